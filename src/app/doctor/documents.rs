//! Checks that the metadata documents of clients can be fetched from here.
//!
//! It requests two existing documents, as a sign-in does. A host may be down, so one response is
//! enough, whatever its status.

use guarded_fetch::{FetchError, Fetcher, Requester};
use url::Url;

use super::finding::{Findings, Verdict};

const EXAMPLES: [&str; 2] = [
    "https://vscode.dev/oauth/client-metadata.json",
    "https://claude.ai/oauth/claude-code-client-metadata",
];
const WHAT: &str = "documents";

/// `fetcher` is the service's own; `None` if documents are turned off.
pub(super) async fn examine(found: &mut Findings, fetcher: Option<&Fetcher>) {
    let Some(fetcher) = fetcher else {
        return found.good(WHAT, "not used: CLIENT_ID_METADATA_DOCUMENTS is off");
    };
    match reach(fetcher).await {
        Ok(host) => found.good(WHAT, format!("{host} is reachable for a client's document")),
        Err(error) => {
            let text = format!(
                "cannot fetch clients' metadata documents from here: {error}. Allow this machine \
                 to reach port 443 of public hosts, set HTTPS_PROXY if there is a proxy, or set \
                 CLIENT_ID_METADATA_DOCUMENTS=off"
            );
            found.add(Verdict::Doubtful, WHAT, text);
        }
    }
    if let Some(prefix) = fetcher.unnamed_translator().await {
        let text = format!(
            "this network translates IPv4 addresses with the prefix {prefix}; set \
             NAT64_PREFIXES={prefix}, or a document's host can resolve to internal IPv4 addresses"
        );
        found.add(Verdict::Doubtful, WHAT, text);
    }
}

/// The first host that responds, or why none does.
async fn reach(fetcher: &Fetcher) -> Result<String, FetchError> {
    let requester = Requester {
        network: None,
        is_known: true,
    };
    let mut failed = FetchError::Url;
    for url in EXAMPLES.iter().filter_map(|text| Url::parse(text).ok()) {
        match fetcher.get(&url, requester).await {
            Ok(_) | Err(FetchError::Status(_) | FetchError::TooLarge) => {
                return Ok(url.host_str().unwrap_or_default().to_owned());
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

#[cfg(test)]
mod tests {
    use foundation::clock::Clock;
    use guarded_fetch::FetchOptions;
    use hyper_util::client::proxy::matcher::Matcher;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::app::doctor::Finding;

    async fn examined(fetcher: Option<&Fetcher>) -> Vec<Finding> {
        let mut found = Findings::default();
        examine(&mut found, fetcher).await;
        found.0
    }

    #[tokio::test]
    async fn documents_that_are_turned_off_are_not_fetched() {
        let found = examined(None).await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].verdict, Verdict::Good);
        assert!(found[0].text.contains("CLIENT_ID_METADATA_DOCUMENTS"));
    }

    #[tokio::test]
    async fn a_network_that_lets_nothing_out_is_doubtful_and_the_settings_are_named() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let refusal = "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n";
                let _ = stream.write_all(refusal.as_bytes()).await;
            }
        });
        let options = FetchOptions {
            proxies: Matcher::builder().all(format!("http://{address}")).build(),
            ..FetchOptions::direct()
        };
        let fetcher = Fetcher::new(options, Clock::system()).unwrap();
        let found = examined(Some(&fetcher)).await;
        assert_eq!(found[0].verdict, Verdict::Doubtful, "{found:?}");
        for setting in ["HTTPS_PROXY", "CLIENT_ID_METADATA_DOCUMENTS=off"] {
            assert!(found[0].text.contains(setting), "{}", found[0].text);
        }
    }
}

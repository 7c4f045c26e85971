use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

const REQUESTER: Requester = Requester {
    network: None,
    is_known: true,
};
/// Even on a busy machine, a fetch from itself takes less.
const SHORT: FetchTimes = FetchTimes {
    queue: Duration::from_millis(300),
    step: Duration::from_millis(500),
    whole: Duration::from_millis(1_500),
    backoff: Duration::from_secs(30),
};

fn options(allow_loopback: bool) -> FetchOptions {
    FetchOptions {
        allow_loopback,
        ..FetchOptions::direct()
    }
}

fn fetcher(options: FetchOptions) -> Fetcher {
    Fetcher::new(options, Clock::system()).expect("a fetcher")
}

fn url(text: &str) -> Url {
    Url::parse(text).expect("a URL")
}

#[tokio::test]
async fn nothing_is_sent_inside_in_clear_or_with_credentials() {
    for (address, allow_loopback) in [
        ("https://127.0.0.1:1/x", false),
        ("https://localhost:1/x", false),
        ("https://[::ffff:127.0.0.1]:1/x", false),
        ("https://169.254.169.254/latest/meta-data", true),
        ("http://8.8.8.8/x", true),
        ("https://8.8.8.8:8443/x", true),
        ("ftp://8.8.8.8/x", true),
        ("http://u:p@127.0.0.1:1/x", true),
        ("http://u@127.0.0.1:1/x", true),
        ("http://:p@127.0.0.1:1/x", true),
    ] {
        let fetcher = fetcher(options(allow_loopback));
        let error = fetcher
            .get(&url(address), REQUESTER)
            .await
            .expect_err(address);
        assert!(
            matches!(error, FetchError::NotPublic | FetchError::Url),
            "{address}: {error}"
        );
    }
}

#[tokio::test]
async fn a_failure_names_its_cause_and_not_the_address() {
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = closed.local_addr().expect("an address");
    drop(closed);
    let url = url(&format!("http://{address}/x?key=hunter2"));
    let fetched = fetcher(options(true)).get(&url, REQUESTER).await;
    let text = fetched.expect_err("refused").to_string();
    assert!(text.contains("refused"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

/// PostgreSQL's intervals have microseconds, so it rejects a freshness in nanoseconds.
#[test]
fn freshness_is_in_whole_seconds() {
    let expires = Clock::system().now() + chrono::TimeDelta::hours(2);
    let expires = expires.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let response = http::Response::builder().header("expires", expires);
    let response = Response::from(response.body("").expect("a response"));
    let url = url("https://client.example/metadata");
    let fresh = fetcher(options(false)).freshness(&url, &response);
    assert!(fresh > Duration::from_hours(1), "{fresh:?}");
    assert_eq!(fresh.subsec_nanos(), 0, "{fresh:?}");
}

/// A server that accepts connections and sends `response`, or nothing; returns its address and how
/// many connections it accepted.
async fn server(response: Option<&'static str>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let taken = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&taken);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                match response {
                    Some(response) => {
                        let _ = stream.write_all(response.as_bytes()).await;
                    }
                    None => std::future::pending().await,
                }
            });
        }
    });
    (address.to_string(), taken)
}

const DOCUMENT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";

fn short() -> FetchOptions {
    FetchOptions {
        times: SHORT,
        ..options(true)
    }
}

#[tokio::test]
async fn silent_hosts_do_not_stop_an_honest_one() {
    let fetcher = fetcher(short());
    let (honest, _) = server(Some(DOCUMENT)).await;
    let mut silent = Vec::new();
    for _ in 0..6 {
        silent.push(server(None).await.0);
    }
    let stranger = |last: u8| Requester {
        network: Some([192, 0, 2, last].into()),
        is_known: false,
    };
    let flood: Vec<_> = (0..24)
        .map(|number| {
            let host = &silent[usize::from(number) % silent.len()];
            let (fetcher, url) = (fetcher.clone(), url(&format!("http://{host}/{number}")));
            // Nine senders request as fast as they can.
            tokio::spawn(async move { fetcher.get(&url, stranger(number % 9)).await })
        })
        .collect();
    let honest = url(&format!("http://{honest}/client.json"));
    let fetched = fetcher.get(&honest, stranger(200)).await;
    assert_eq!(fetched.expect("a document").body, b"{}");
    for outcome in join_all(flood).await {
        let outcome = outcome.expect("no panic");
        let fits = matches!(outcome, Err(FetchError::Busy | FetchError::Timeout));
        assert!(fits, "{outcome:?}");
    }
}

#[tokio::test]
async fn a_document_that_timed_out_is_not_requested_again_for_a_while() {
    let now = Arc::new(Mutex::new(chrono::DateTime::UNIX_EPOCH));
    let clock = Arc::clone(&now);
    let clock = Clock::from_fn(move || *clock.lock().unwrap());
    let fetcher = Fetcher::new(short(), clock).expect("a fetcher");
    let (silent, taken) = server(None).await;
    let url = url(&format!("http://{silent}/x"));
    let first = fetcher.get(&url, REQUESTER).await;
    assert!(matches!(first, Err(FetchError::Timeout)), "{first:?}");
    let again = fetcher.get(&url, REQUESTER).await;
    assert!(matches!(again, Err(FetchError::Silent)), "{again:?}");
    assert_eq!(taken.load(Ordering::Relaxed), 1);
    *now.lock().unwrap() += SHORT.backoff;
    let later = fetcher.get(&url, REQUESTER).await;
    assert!(matches!(later, Err(FetchError::Timeout)), "{later:?}");
    assert_eq!(taken.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn requests_for_the_same_document_share_one_fetch() {
    let fetcher = fetcher(options(true));
    let (honest, taken) = server(Some(DOCUMENT)).await;
    let url = url(&format!("http://{honest}/client.json"));
    let all = join_all((0..50).map(|_| fetcher.get(&url, REQUESTER))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(taken.load(Ordering::Relaxed), 1);
    assert!(fetcher.get(&url, REQUESTER).await.is_ok());
    assert_eq!(taken.load(Ordering::Relaxed), 2, "nothing is remembered");
}

/// A proxy that refuses every tunnel; returns its address and the requests that it got.
async fn proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let kept = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let read = stream.read(&mut request).await.unwrap_or(0);
            let text = String::from_utf8_lossy(&request[..read]).into_owned();
            kept.lock().unwrap().push(text);
            let refusal = "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n";
            let _ = stream.write_all(refusal.as_bytes()).await;
        }
    });
    (address.to_string(), asked)
}

#[tokio::test]
async fn a_proxy_receives_host_names_and_never_internal_ones() {
    let (address, asked) = proxy().await;
    let fetcher = fetcher(FetchOptions {
        proxies: Matcher::builder()
            .all(format!("http://user:secret@{address}"))
            .no("direct.invalid")
            .build(),
        ..short()
    });
    for inside in [
        "https://10.0.0.1/x",
        "https://vault.internal/x",
        "https://intranet/x",
        "https://169.254.169.254/x",
        "https://[fd00::1]/x",
    ] {
        let fetched = fetcher.get(&url(inside), REQUESTER).await;
        let fits = matches!(fetched, Err(FetchError::NotPublic | FetchError::Url));
        assert!(fits, "{inside}: {fetched:?}");
    }
    // It uses neither the proxy nor a direct connection.
    let fetched = fetcher
        .get(&url("https://direct.invalid/x"), REQUESTER)
        .await;
    assert!(fetched.is_err());
    assert!(asked.lock().unwrap().is_empty());

    let fetched = fetcher.get(&url("https://8.8.8.8/x"), REQUESTER).await;
    assert!(
        matches!(fetched, Err(FetchError::Request(_))),
        "{fetched:?}"
    );
    let asked = asked.lock().unwrap().join("\n");
    assert!(asked.starts_with("CONNECT 8.8.8.8:443 "), "{asked}");
    assert!(
        asked.to_lowercase().contains("proxy-authorization: basic "),
        "{asked}"
    );
}

#[tokio::test]
async fn loopback_is_fetched_without_the_proxy() {
    let (address, asked) = proxy().await;
    let (honest, _) = server(Some(DOCUMENT)).await;
    let fetcher = fetcher(FetchOptions {
        proxies: Matcher::builder().all(format!("http://{address}")).build(),
        ..options(true)
    });
    let url = url(&format!("http://{honest}/client.json"));
    assert!(fetcher.get(&url, REQUESTER).await.is_ok());
    assert!(asked.lock().unwrap().is_empty());
}

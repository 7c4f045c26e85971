//! Where a hub is reached, in this process or in others, and how to talk to it.

use serde_json::{Value, json};

/// A redirect URI where nobody listens: the tests read the answer off the redirect.
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:9/callback";

/// The base URL of a hub.
pub(crate) struct Site {
    pub base_url: String,
}

impl Site {
    pub(crate) fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    pub(crate) fn mcp_url(&self) -> String {
        self.url("/mcp")
    }

    /// Registers a public client and returns its `client_id`.
    pub(crate) async fn register(&self) -> String {
        self.register_for(REDIRECT_URI).await
    }

    /// The same, for a redirect URI where somebody listens.
    pub(crate) async fn register_for(&self, redirect_uri: &str) -> String {
        let answer = self
            .post_json(
                "/register",
                &json!({
                    "client_name": "Test Client",
                    "redirect_uris": [redirect_uri],
                    "token_endpoint_auth_method": "none",
                }),
            )
            .await;
        answer["client_id"]
            .as_str()
            .expect("a client_id")
            .to_owned()
    }

    async fn post_json(&self, path: &str, body: &Value) -> Value {
        let response = http()
            .post(self.url(path))
            .json(body)
            .send()
            .await
            .expect("an answer");
        assert!(
            response.status().is_success(),
            "{path}: {}",
            response.status()
        );
        response.json().await.expect("JSON")
    }
}

/// A client that follows no redirect and knows no proxy.
pub(crate) fn http() -> reqwest::Client {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("an HTTP client")
}

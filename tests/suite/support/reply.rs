//! An HTTP answer, read whole, with what the tests ask of it.

use reqwest::{RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::Value;

pub(crate) struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Reply {
    /// Sends the request and reads the answer to its end.
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.text().await.expect("a body"),
        }
    }

    /// A header that must be there once; two of a kind are a fault of their own.
    pub(crate) fn header(&self, name: &str) -> &str {
        let values: Vec<_> = self.headers.get_all(name).iter().collect();
        assert_eq!(values.len(), 1, "{name} in {:?}", self.headers);
        values[0].to_str().expect("text")
    }

    /// The items of a header that is a list, in lower case and in order.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let mut items: Vec<String> = self
            .header(name)
            .split(',')
            .map(|item| item.trim().to_ascii_lowercase())
            .collect();
        items.sort();
        items
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|_| panic!("{}, not JSON: {}", self.status, self.body))
    }

    /// Asserts an OAuth error (RFC 6749 §5.2) and returns its description.
    pub(crate) fn oauth_error(&self, status: u16, error: &str) -> String {
        assert_eq!(self.status, status, "{}", self.body);
        let body = self.json();
        assert_eq!(body["error"], error, "{body}");
        assert_eq!(self.header("cache-control"), "no-store");
        let description = body["error_description"].as_str().unwrap_or_default();
        assert!(!description.is_empty(), "{body}");
        description.to_owned()
    }

    /// Asserts a page for a person, with the headers that every page must have.
    pub(crate) fn page(&self, status: u16) -> &str {
        assert_eq!(self.status, status, "{}", self.body);
        assert_page_headers(&self.headers);
        &self.body
    }
}

/// A page runs nothing, is framed by nobody, is kept nowhere and tells no address on.
pub(crate) fn assert_page_headers(headers: &HeaderMap) {
    let header = |name: &str| {
        headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    };
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    let policy = header("content-security-policy");
    for part in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(part), "{part} in {policy}");
    }
    for unsafe_part in ["unsafe-inline", "unsafe-eval", "script-src"] {
        assert!(!policy.contains(unsafe_part), "{unsafe_part} in {policy}");
    }
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("x-frame-options"), "DENY");
    assert_eq!(header("cross-origin-resource-policy"), "same-origin");
    let permissions = header("permissions-policy");
    for feature in ["camera=()", "geolocation=()", "payment=()"] {
        assert!(permissions.contains(feature), "{feature} in {permissions}");
    }
    // It would cut a popup from the page that opened it.
    assert_eq!(header("cross-origin-opener-policy"), "");
    assert_eq!(header("access-control-allow-origin"), "");
}

//! A token pair in use, as a client would notice.

use reqwest::StatusCode;
use serde_json::json;

use super::{
    hub::TestHub,
    person::{Tokens, call, refresh, tokens},
};

/// Refreshes, which must work; the new pair.
pub(crate) async fn refreshed(hub: &TestHub, pair: &Tokens) -> Tokens {
    let (status, body) = refresh(&hub.base_url, pair).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    tokens(&pair.client_id, &body)
}

/// Refreshes, which must not work, and for good.
pub(crate) async fn refused(hub: &TestHub, pair: &Tokens) {
    let (status, body) = refresh(&hub.base_url, pair).await;
    // Rule 27: 400, not 401.
    assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    assert_eq!(body["error"], "invalid_grant");
}

/// Does the access token open the MCP endpoint?
pub(crate) async fn works(hub: &TestHub, pair: &Tokens) -> bool {
    let (status, body) = call(&hub.base_url, &pair.access_token, "get_space", json!({})).await;
    assert!(
        matches!(status, StatusCode::OK | StatusCode::UNAUTHORIZED),
        "{status} {body}"
    );
    status == StatusCode::OK
}

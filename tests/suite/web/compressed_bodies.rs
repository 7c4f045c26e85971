//! The hub rejects compressed requests, so that a small request cannot become large in memory.

use reqwest::StatusCode;
use serde_json::json;

use crate::support::{
    hub::{REDIRECT_URI, TestHub, http},
    reply::Reply,
};

/// A gzip file (RFC 1952) whose one block is stored as it is.
fn gzipped(text: &[u8]) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("a short text");
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    file.extend(length.to_le_bytes());
    file.extend((!length).to_le_bytes());
    file.extend(text);
    file.extend(crc32fast::hash(text).to_le_bytes());
    file.extend(u32::from(length).to_le_bytes());
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_body_is_refused_and_not_inflated() {
    let hub = TestHub::start().await;
    let metadata = json!({ "redirect_uris": [REDIRECT_URI] }).to_string();
    for path in ["/register", "/token", "/revoke", "/mcp", "/consent"] {
        for coding in ["gzip", "identity, gzip", "deflate", "br", "zstd"] {
            let sent = http()
                .post(hub.url(path))
                .header("content-type", "application/json")
                .header("content-encoding", coding)
                .body(gzipped(metadata.as_bytes()));
            let reply = Reply::to(sent).await;
            reply.oauth_error(415, "invalid_request");
            assert_eq!(reply.header("accept-encoding"), "identity", "{path}");
        }
    }
    let plain = http()
        .post(hub.url("/register"))
        .header("content-encoding", "identity")
        .header("content-type", "application/json");
    let reply = Reply::to(plain.body(metadata.clone())).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    // Nor is it inflated where nobody says what it is.
    let unnamed = http()
        .post(hub.url("/register"))
        .header("content-type", "application/json")
        .body(gzipped(metadata.as_bytes()));
    let reply = Reply::to(unnamed).await;
    reply.oauth_error(400, "invalid_client_metadata");
    hub.stop().await;
}

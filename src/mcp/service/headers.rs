//! The headers of a request to the endpoint.

use actix_web::{HttpRequest, http::header};
use rmcp::model::ProtocolVersion;

use crate::mcp::accept::Accepted;

/// Returns the media types that the client accepts.
pub(super) fn accepted(request: &HttpRequest) -> Accepted {
    let lines = request.headers().get_all(header::ACCEPT);
    Accepted::of(lines.map(header::HeaderValue::as_bytes))
}

/// Whether the type is JSON, which a web page cannot send without a preflight.
pub fn is_json(request: &HttpRequest) -> bool {
    let header = request.headers().get(header::CONTENT_TYPE);
    header
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// Returns the protocol version in the headers.
pub(super) fn version(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get("mcp-protocol-version");
    header.and_then(|value| value.to_str().ok())
}

/// Returns that version if it is unknown.
pub(super) fn unknown_version(request: &HttpRequest) -> Option<ProtocolVersion> {
    let named = version(request)?;
    let known = ProtocolVersion::KNOWN_VERSIONS;
    if known.iter().any(|version| version.as_str() == named) {
        return None;
    }
    serde_json::from_value(named.into()).ok()
}

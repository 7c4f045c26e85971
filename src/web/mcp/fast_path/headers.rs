//! The headers of a plain request.

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use rmcp::model::ProtocolVersion;

use crate::mcp::accept::Accepted;

/// The size of the largest plain request, in bytes.
const LONGEST: u64 = 64 * 1024;
/// The protocol versions that are served.
static PROTOCOL_VERSIONS: [ProtocolVersion; 5] = [
    ProtocolVersion::V_2024_11_05,
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2026_07_28,
];
/// The beginning of a header value in Base64.
const ENCODED: &str = "=?base64?";

/// The protocol version that the headers of a plain request name: `Some(None)` if they name none,
/// `None` if the request is not plain.
#[expect(
    clippy::option_option,
    reason = "the header may be missing in a plain request"
)]
pub(super) fn protocol_version(headers: &HeaderMap) -> Option<Option<&'static ProtocolVersion>> {
    let small = |length: &str| length.parse::<u64>().is_ok_and(|length| length <= LONGEST);
    let plain = only(headers, "content-type") == One("application/json")
        && Accepted::of(headers.get_all(header::ACCEPT).map(HeaderValue::as_bytes)).json
        && matches!(only(headers, "content-length"), One(length) if small(length));
    if !plain {
        return None;
    }
    match only(headers, "mcp-protocol-version") {
        Missing => Some(None),
        One(named) => {
            let mut versions = PROTOCOL_VERSIONS.iter();
            versions.find(|known| known.as_str() == named).map(Some)
        }
        Several => None,
    }
}

/// Whether the headers repeat the method, and the name of the tool if there is one, as they are
/// (MCP 2026-07-28, transports, standard headers). No tool has parameters in headers.
pub(super) fn repeat(headers: &HeaderMap, method: &str, tool: Option<&str>) -> bool {
    let name = only(headers, "mcp-name");
    let is_named = match tool {
        Some(tool) => name == One(tool) && !tool.starts_with(ENCODED),
        None => name == Missing,
    };
    let has_parameters = || {
        let mut names = headers.keys();
        names.any(|name| name.as_str().starts_with("mcp-param-"))
    };
    only(headers, "mcp-method") == One(method) && is_named && !has_parameters()
}

/// The values of a header.
#[derive(PartialEq)]
enum Values<'a> {
    Missing,
    /// One, which is empty if it is not text.
    One(&'a str),
    Several,
}
use Values::{Missing, One, Several};

fn only<'a>(headers: &'a HeaderMap, name: &str) -> Values<'a> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (None, _) => Missing,
        (Some(value), None) => One(value.to_str().unwrap_or_default()),
        (Some(_), Some(_)) => Several,
    }
}

//! Responds to plain requests with less work: `tools/list` from prepared bytes, and `tools/call`
//! without the code for streams, sessions and notifications.
//!
//! A plain request has a small body with nothing but the method and its arguments, comes from a
//! client of a protocol version with a handshake, and expects one response. Any other request is
//! passed on unchanged, so that one place handles every invalid request. The response has exactly
//! the bytes that it would have there.

use std::collections::HashMap;

use actix_web::{
    HttpMessage, HttpResponse,
    dev::ServiceRequest,
    http::{
        Method,
        header::{self, HeaderMap, HeaderValue},
    },
    web,
};
use rmcp::model::{JsonObject, ProtocolVersion, RequestId};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use crate::{
    calls::caller::Caller,
    mcp::{accept::Accepted, server::HubServer, service::WholeBody},
};

/// The size of the largest plain request, in bytes.
const LONGEST: u64 = 64 * 1024;
/// The protocol versions that add nothing to a request.
static PROTOCOL_VERSIONS: [ProtocolVersion; 4] = [
    ProtocolVersion::V_2024_11_05,
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_11_25,
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message<'a> {
    jsonrpc: &'a str,
    id: RequestId,
    method: &'a str,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolCall {
    name: String,
    #[serde(default)]
    arguments: JsonObject,
    #[serde(default, rename = "_meta")]
    meta: Meta,
}

/// The metadata that clients send with a call.
#[expect(
    clippy::zero_sized_map_values,
    reason = "a set cannot be read from an object"
)]
#[derive(Default, Deserialize)]
struct Meta(HashMap<String, IgnoredAny>);

impl Meta {
    /// Whether it requests something: progress, or what protocol versions and traces put there.
    fn asks(&self) -> bool {
        let known = ["progressToken", "traceparent", "tracestate", "baggage"];
        let asks = |key: &str| known.contains(&key) || key.starts_with("io.modelcontextprotocol/");
        self.0.keys().any(|key| asks(key))
    }
}

/// The response, if the request is plain.
pub(super) async fn respond(request: &ServiceRequest, caller: &Caller) -> Option<HttpResponse> {
    let server = request.app_data::<web::Data<HubServer>>()?.clone();
    let at_root = matches!(request.match_info().unprocessed(), "" | "/");
    if request.method() != Method::POST || !at_root {
        return None;
    }
    let protocol_version = protocol_version(request.headers())?;
    let WholeBody(body) = request.extensions().get().cloned()?;
    if !is_object(&body) {
        return None;
    }
    let message: Message<'_> = serde_json::from_slice(&body).ok()?;
    let params = message.params.map_or("{}", RawValue::get);
    if message.jsonrpc != "2.0" || !is_object(params.as_bytes()) {
        return None;
    }
    let mut text = Vec::with_capacity(4096);
    text.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
    serde_json::to_writer(&mut text, &message.id).ok()?;
    text.extend_from_slice(b",\"result\":");
    match message.method {
        "tools/list" => {
            let Nothing {} = serde_json::from_str(params).ok()?;
            text.extend_from_slice(&server.list_as_json(caller)?);
        }
        "tools/call" => {
            let call: ToolCall = serde_json::from_str(params).ok()?;
            if call.meta.asks() {
                return None;
            }
            let called = server.call_as_json(caller, protocol_version, &call.name, call.arguments);
            text.extend_from_slice(&called.await?);
        }
        _ => return None,
    }
    text.push(b'}');
    let response = HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(text);
    Some(response)
}

/// A struct can also be deserialized from a list, which no request is.
fn is_object(json: &[u8]) -> bool {
    json.trim_ascii_start().starts_with(b"{")
}

/// The protocol version that the headers of a plain request name: `Some(None)` if they name none,
/// `None` if the request is not plain.
#[expect(
    clippy::option_option,
    reason = "the header may be missing in a plain request"
)]
fn protocol_version(headers: &HeaderMap) -> Option<Option<&'static ProtocolVersion>> {
    let only = |name: &str| {
        let mut values = headers.get_all(name);
        let first = values
            .next()
            .map(|value| value.to_str().unwrap_or_default());
        (first, values.next().is_some())
    };
    let is = |name: &str, expected: &[&str]| match only(name) {
        (Some(value), false) => expected.contains(&value),
        _ => false,
    };
    let small = |length: &str| length.parse::<u64>().is_ok_and(|length| length <= LONGEST);
    let plain = is("content-type", &["application/json"])
        && Accepted::of(headers.get_all(header::ACCEPT).map(HeaderValue::as_bytes)).json
        && matches!(only("content-length"), (Some(length), false) if small(length));
    if !plain {
        return None;
    }
    match only("mcp-protocol-version") {
        (None, _) => Some(None),
        (Some(named), false) => {
            let known = PROTOCOL_VERSIONS
                .iter()
                .find(|known| known.as_str() == named)?;
            Some(Some(known))
        }
        (Some(_), true) => None,
    }
}

//! `tools/list` from bytes made once per (scopes, policy): the list is most of what an idle
//! client asks for, and writing 40 kB of JSON anew is most of the work.
//!
//! Only the plain request is answered here: a small body with nothing in it but the method, by a
//! client of a revision with a handshake. Anything else goes on as it came, so that one place
//! decides what a wrong request is told. The answer is, to the byte, what it would be there.

use actix_web::{
    HttpResponse,
    dev::{Payload, ServiceRequest},
    http::{
        Method,
        header::{self, HeaderMap},
    },
    web,
};
use rmcp::model::RequestId;
use serde::Deserialize;

use crate::mcp::{Caller, HubServer};

/// Longer ones hold more than the method.
const LONGEST: u64 = 256;
/// What clients accept, as they write it.
const ACCEPTED: [&str; 2] = [
    "application/json, text/event-stream",
    "text/event-stream, application/json",
];
/// The revisions that say nothing more in a request.
const REVISIONS: [&str; 3] = ["2025-03-26", "2025-06-18", "2025-11-25"];

/// A request for the whole list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    jsonrpc: String,
    id: RequestId,
    method: String,
    #[serde(default)]
    params: Nothing,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// The answer, if it is such a request; otherwise the request is as it was.
pub async fn answer(request: &mut ServiceRequest, caller: &Caller) -> Option<HttpResponse> {
    let server = request.app_data::<web::Data<HubServer>>()?.clone();
    let at_root = matches!(request.match_info().unprocessed(), "" | "/");
    if request.method() != Method::POST || !at_root || !is_plain(request.headers()) {
        return None;
    }
    let body = request.extract::<web::Bytes>().await.ok()?;
    request.set_payload(Payload::from(body.clone()));

    let Plain {
        jsonrpc,
        id,
        method,
        params: Nothing {},
    } = serde_json::from_slice(&body).ok()?;
    if jsonrpc != "2.0" || method != "tools/list" {
        return None;
    }
    let id = serde_json::to_string(&id).ok()?;
    let list = server.list_as_json(caller)?;
    let mut text = Vec::with_capacity(list.len() + id.len() + 40);
    text.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
    text.extend_from_slice(id.as_bytes());
    text.extend_from_slice(b",\"result\":");
    text.extend_from_slice(&list);
    text.push(b'}');
    let answer = HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(text);
    Some(answer)
}

fn is_plain(headers: &HeaderMap) -> bool {
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
    is("content-type", &["application/json"])
        && is("accept", &ACCEPTED)
        && (is("mcp-protocol-version", &REVISIONS) || only("mcp-protocol-version").0.is_none())
        && matches!(only("content-length"), (Some(length), false) if small(length))
}

//! Responds to plain requests with less work: lists from prepared bytes, and `tools/call` without
//! the code for streams, sessions and notifications.
//!
//! A plain request has a small body with nothing but the method, its arguments and metadata, and
//! expects one response. Any other request is passed on unchanged, so that one place handles every
//! invalid request. The response has exactly the bytes that it would have there, in every protocol
//! version.

mod headers;
mod metadata;

use actix_web::{
    HttpMessage, HttpResponse,
    dev::ServiceRequest,
    http::{
        Method,
        header::{self, HeaderMap},
    },
    web,
};
use rmcp::model::{JsonObject, ProtocolVersion, RequestId};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    calls::caller::Caller,
    mcp::{listing::Listing, plain::PlainCall, server::HubServer, service::WholeBody},
};
use metadata::Metadata;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message<'a> {
    jsonrpc: &'a str,
    id: RequestId,
    method: &'a str,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

/// The parameters of a list without a cursor.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing<'a> {
    #[serde(borrow, default, rename = "_meta")]
    metadata: Metadata<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolCall<'a> {
    name: String,
    #[serde(default)]
    arguments: JsonObject,
    #[serde(borrow, default, rename = "_meta")]
    metadata: Metadata<'a>,
}

/// A request that may be plain.
struct Plain<'a> {
    server: &'a HubServer,
    caller: &'a Caller,
    headers: &'a HeaderMap,
    version: Option<&'static ProtocolVersion>,
}

/// The response, if the request is plain.
pub(super) async fn respond(request: &ServiceRequest, caller: &Caller) -> Option<HttpResponse> {
    let server = request.app_data::<web::Data<HubServer>>()?.clone();
    let at_root = matches!(request.match_info().unprocessed(), "" | "/");
    if request.method() != Method::POST || !at_root {
        return None;
    }
    let plain = Plain {
        server: &server,
        caller,
        headers: request.headers(),
        version: headers::protocol_version(request.headers())?,
    };
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
    match listing(message.method) {
        Some(listing) => text.extend_from_slice(&plain.list(listing, message.method, params)?),
        None if message.method == "tools/call" => {
            text = plain.call(params, text).await?;
        }
        None => return None,
    }
    text.push(b'}');
    let response = HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(text);
    Some(response)
}

fn listing(method: &str) -> Option<Listing> {
    match method {
        "tools/list" => Some(Listing::Tools),
        "prompts/list" => Some(Listing::Prompts),
        "server/discover" => Some(Listing::Description),
        _ => None,
    }
}

impl Plain<'_> {
    fn list(&self, listing: Listing, method: &str, params: &str) -> Option<bytes::Bytes> {
        let Nothing { metadata } = serde_json::from_str(params).ok()?;
        metadata.client(self.version)?;
        let has_method = match listing {
            Listing::Tools | Listing::Prompts => true,
            Listing::Description => self.is_newest(),
        };
        if !has_method || !self.headers_repeat(method, None) {
            return None;
        }
        self.server.list_as_json(listing, self.caller, self.version)
    }

    /// Calls the tool; the result is appended to the start of the response.
    async fn call(&self, params: &str, start: Vec<u8>) -> Option<Vec<u8>> {
        let ToolCall {
            name,
            arguments,
            metadata,
        } = serde_json::from_str(params).ok()?;
        let client = metadata.client(self.version)?;
        let is_asked = client.asks && self.server.may_ask(&name);
        if is_asked
            || metadata.has_progress_token()
            || !self.headers_repeat("tools/call", Some(&name))
        {
            return None;
        }
        let traceparent = metadata.traceparent();
        let call = PlainCall::new(&name, arguments)
            .traced(traceparent.as_deref())
            .after(start);
        let called = self.server.call_as_json(self.caller, self.version, call);
        called.await
    }

    /// Protocol versions with a handshake do not have the standard headers.
    fn headers_repeat(&self, method: &str, tool: Option<&str>) -> bool {
        !self.is_newest() || headers::repeat(self.headers, method, tool)
    }

    fn is_newest(&self) -> bool {
        self.version == Some(&ProtocolVersion::V_2026_07_28)
    }
}

/// A struct can also be deserialized from a list, which no request is.
fn is_object(json: &[u8]) -> bool {
    json.trim_ascii_start().starts_with(b"{")
}

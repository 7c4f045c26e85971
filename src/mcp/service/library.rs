//! Adapts the protocol's library, which uses the types of `http`, to actix-web.

use std::{convert::Infallible, sync::Arc};

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::Bytes,
};
use futures_util::StreamExt;
use http_body_util::{BodyDataStream, BodyExt, Full, combinators::BoxBody};
use rmcp::{
    model::Extensions,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
    },
};
use serde::{Deserialize, de::IgnoredAny};
use sse_stream::SseStream;
use tracing::Span;

use crate::{calls::caller::Caller, mcp::server::HubServer};

const JSON: &[u8] = b"application/json";
const EVENTS: &[u8] = b"text/event-stream";

#[derive(Clone)]
pub(super) struct Library(StreamableHttpService<HubServer, NeverSessionManager>);

impl Library {
    pub(super) fn new(
        server: HubServer,
        config: StreamableHttpServerConfig,
        max_body: usize,
    ) -> Self {
        let config = config
            .with_legacy_session_mode(false)
            .with_sse_retry(None)
            .with_max_request_body_bytes(max_body);
        let sessions = Arc::new(NeverSessionManager::default());
        let server = move || Ok(server.clone());
        Self(StreamableHttpService::new(server, sessions, config))
    }

    /// Lets the library handle a message of this request.
    pub(super) async fn handle(&self, request: &HttpRequest, message: Bytes) -> LibraryResponse {
        LibraryResponse(self.0.handle(bridged(request, message)).await)
    }
}

/// Converts the request to the library's types.
fn bridged(request: &HttpRequest, message: Bytes) -> http::Request<Full<Bytes>> {
    let mut bridged = http::Request::new(Full::new(message));
    if let Ok(method) = request.method().as_str().parse() {
        *bridged.method_mut() = method;
    }
    if let Ok(uri) = request.uri().to_string().parse() {
        *bridged.uri_mut() = uri;
    }
    let headers = bridged.headers_mut();
    for (name, value) in request.headers() {
        // Tools never see the client's token. The length and the accepted types are already
        // checked.
        let settled = [
            header::AUTHORIZATION,
            header::CONTENT_LENGTH,
            header::ACCEPT,
        ];
        if settled.contains(name) {
            continue;
        }
        let name = http::HeaderName::from_bytes(name.as_str().as_bytes());
        let value = http::HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    let both = http::HeaderValue::from_static("application/json, text/event-stream");
    headers.insert(http::header::ACCEPT, both);
    let mut extensions = Extensions::new();
    // The call runs in a separate task, which must be a child of the request's span.
    extensions.insert(Span::current());
    if let Some(caller) = request.extensions().get::<Caller>() {
        extensions.insert(caller.clone());
    }
    bridged.extensions_mut().insert(extensions);
    bridged
}

/// The library's response.
pub(super) struct LibraryResponse(http::Response<BoxBody<Bytes, Infallible>>);

/// The members that distinguish the response from notifications before it.
#[derive(Deserialize)]
struct Shape {
    result: Option<IgnoredAny>,
    error: Option<IgnoredAny>,
}

impl LibraryResponse {
    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status().as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Whether it is a response of the protocol rather than a plain-text error of the library.
    pub(super) fn is_right(&self) -> bool {
        self.status().is_success() || self.is(JSON)
    }

    pub(super) fn is_stream(&self) -> bool {
        self.is(EVENTS)
    }

    fn is(&self, kind: &[u8]) -> bool {
        let header = self.0.headers().get(http::header::CONTENT_TYPE);
        header.is_some_and(|value| value.as_bytes() == kind)
    }

    /// Streams the response unchanged.
    pub(super) fn pass_on(self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status());
        let (parts, body) = self.0.into_parts();
        for (name, value) in &parts.headers {
            response.append_header((name.as_str(), value.as_bytes()));
        }
        response.streaming(BodyDataStream::new(body))
    }

    /// Returns the only JSON-RPC response in it; `None` if it ends without one.
    pub(super) async fn json(self) -> Option<Bytes> {
        if !self.is_stream() {
            return Some(whole(self.0.into_body()).await);
        }
        let mut events = SseStream::new(self.0.into_body());
        while let Some(Ok(event)) = events.next().await {
            let Some(data) = event.data else { continue };
            let shape: Option<Shape> = serde_json::from_str(&data).ok();
            if shape.is_some_and(|shape| shape.result.is_some() || shape.error.is_some()) {
                return Some(data.into());
            }
        }
        None
    }

    pub(super) async fn text(self) -> String {
        let text = whole(self.0.into_body()).await;
        String::from_utf8_lossy(&text).into_owned()
    }
}

async fn whole(body: BoxBody<Bytes, Infallible>) -> Bytes {
    let Ok(collected) = body.collect().await;
    collected.to_bytes()
}

//! The MCP server behind actix-web: stateless, one JSON response per request. The protocol's
//! library serves one valid message; this module prepares it, for the hub and for the local server:
//!
//! 1. The library handles a method other than POST: 405.
//! 2. The body must have the type JSON (415), and is read once, within a limit (413).
//! 3. Its envelope is parsed (`envelope`): an invalid one is a JSON-RPC error with the status 400.
//!    Invalid `params` are found by the server itself (`params`).
//! 4. `Accept` decides the type of the response (`Accepted`). The library requires both types and
//!    does not support ranges, so it always gets both. A client that does not accept event streams
//!    gets the response of a stream as JSON, without the notifications before it (`responder`).
//! 5. A batch of the first protocol versions is split, and its messages are served in order
//!    ([`batch`]).
//! 6. The library's plain-text errors are converted to JSON-RPC errors.
//!
//! The layer around it authenticates first and stores the [`Caller`](crate::calls::caller::Caller) in the
//! request's extensions. After the response, that layer reads the caller's
//! [`ChallengeSlot`](crate::calls::caller::ChallengeSlot): a challenge there replaces the response with a 401 or 403.

mod batch;
mod headers;
mod library;
mod rejection;
mod responder;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, Scope,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    http::{Method, StatusCode},
    web::{self, Bytes},
};
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;

use super::{envelope::Received, message, server::HubServer};
pub use batch::Charge;
pub(super) use batch::{NO_BATCHES, check_element, has_batches};
use headers::accepted;
pub use headers::is_json;
use rejection::Rejection;
use responder::Responder;

/// The endpoint. It is cheap to clone.
#[derive(Clone)]
pub struct McpService {
    responder: Responder,
    max_body: usize,
}

/// Creates the service to mount with `scope`.
///
/// `allowed_hosts` are the `Host` headers that are accepted; an empty list accepts every host, if
/// another layer checks them. `max_body` is in bytes.
pub fn service(server: HubServer, allowed_hosts: Vec<String>, max_body: usize) -> McpService {
    let config = StreamableHttpServerConfig::default()
        .with_json_response(true)
        .with_allowed_hosts(allowed_hosts);
    McpService::new(server, config, max_body)
}

/// Creates the service of a server with a single caller. `allowed_hosts` and, for browsers,
/// `allowed_origins` decide who may call, in addition to the layers around it. Unless
/// `json_response` is set, responses are event streams.
pub fn local_service(
    server: HubServer,
    allowed_hosts: Vec<String>,
    allowed_origins: Vec<String>,
    json_response: bool,
    max_body: usize,
) -> McpService {
    let config = StreamableHttpServerConfig::default()
        .with_json_response(json_response)
        .with_allowed_hosts(allowed_hosts)
        .with_allowed_origins(allowed_origins);
    McpService::new(server, config, max_body)
}

impl McpService {
    fn new(server: HubServer, config: StreamableHttpServerConfig, max_body: usize) -> Self {
        Self {
            responder: Responder::new(server, config, max_body),
            max_body,
        }
    }

    /// Mounts the endpoint at a path, with and without a trailing slash.
    pub fn scope(
        self,
        path: &str,
    ) -> Scope<
        impl ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse,
            Error = actix_web::Error,
            InitError = (),
        > + use<>,
    > {
        web::scope(path)
            .app_data(web::Data::new(self))
            .route("", web::route().to(handle))
            .route("/", web::route().to(handle))
    }

    async fn respond(&self, request: &HttpRequest, payload: web::Payload) -> HttpResponse {
        if request.method() != Method::POST {
            return self.responder.serve_without_message(request).await;
        }
        match self.respond_to_post(request, payload).await {
            Ok(response) => response,
            Err(rejection) => rejection.response(),
        }
    }

    async fn respond_to_post(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<HttpResponse, Rejection> {
        if !is_json(request) {
            return Err(Rejection::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                message::no_request(None, "send the body with Content-Type: application/json"),
            ));
        }
        let whole = request.extensions_mut().remove::<WholeBody>();
        let body = match whole {
            Some(WholeBody(body)) => body,
            None => self.body(payload).await?,
        };
        let received = Received::read(&body).map_err(Rejection::of)?;
        let accepted = accepted(request);
        match received {
            Received::One(message) => self.responder.serve(request, message, accepted).await,
            Received::Batch(messages) => {
                batch::serve(&self.responder, request, messages, accepted.json).await
            }
        }
    }

    async fn body(&self, payload: web::Payload) -> Result<Bytes, Rejection> {
        match payload.to_bytes_limited(self.max_body).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(error)) => Err(Rejection::Ready(Box::new(body_broken(&error)))),
            Err(_) => Err(Rejection::Ready(Box::new(body_too_large(self.max_body)))),
        }
    }
}

/// A body that the layer around the service has read and stored in the request's extensions.
#[derive(Clone, Debug)]
pub struct WholeBody(pub Bytes);

/// Responds to a body of more bytes than `limit`.
pub fn body_too_large(limit: usize) -> HttpResponse {
    let problem = format!("the body is larger than {limit} bytes");
    let refused = message::no_request(None, &problem);
    Rejection::new(StatusCode::PAYLOAD_TOO_LARGE, refused).response()
}

/// Responds to a body that did not arrive completely.
pub fn body_broken(error: &impl std::fmt::Display) -> HttpResponse {
    let refused = message::not_json(format!("the body could not be read: {error}"));
    Rejection::of(refused).response()
}

async fn handle(
    request: HttpRequest,
    payload: web::Payload,
    service: web::Data<McpService>,
) -> HttpResponse {
    service.respond(&request, payload).await
}

//! The MCP server behind actix-web: stateless, one JSON response per request. The protocol's
//! library serves one valid message; this module prepares it, for the hub and for the local server:
//!
//! 1. The library handles a method other than POST: 405.
//! 2. The body must have the type JSON (415), and is read once, within a limit (413).
//! 3. Its envelope is parsed (`envelope`): an invalid one is a JSON-RPC error with the status 400.
//!    Invalid `params` are found by the server itself (`params`).
//! 4. `Accept` decides the type of the response (`Accepted`). The library requires both types and
//!    does not support ranges, so it always gets both. A client that does not accept event streams
//!    gets the response of a stream as JSON, without the notifications before it.
//! 5. A batch of the first protocol versions is split, and its messages are served in order
//!    ([`batch`]).
//! 6. The library's plain-text errors are converted to JSON-RPC errors.
//!
//! The layer around it authenticates first and stores the [`Caller`] in the request's extensions.
//! After the response, that layer reads the caller's [`ChallengeSlot`](super::ChallengeSlot): a
//! challenge there replaces the response with a 401 or 403.

mod batch;
mod library;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, Scope,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    http::{Method, StatusCode, header},
    web::{self, Bytes},
};
use rmcp::{
    handler::server::ServerHandler,
    model::{ErrorCode, ErrorData, ProtocolVersion, RequestId},
    transport::streamable_http_server::StreamableHttpServerConfig,
};

pub use batch::Charge;
pub(super) use batch::{NO_BATCHES, check_element, has_batches};
use library::{Library, LibraryResponse};

use super::{
    Accepted, HubServer,
    envelope::{self, Message, MessageKind, Received, Refused},
    params,
};

/// The endpoint. It is cheap to clone.
#[derive(Clone)]
pub struct McpService {
    library: Library,
    supported: Vec<ProtocolVersion>,
    json_response: bool,
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
            supported: server.supported_protocol_versions().into_owned(),
            json_response: config.json_response,
            library: Library::new(server, config, max_body),
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
            return self.library.handle(request, Bytes::new()).await.pass_on();
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
                envelope::no_request(None, "send the body with Content-Type: application/json"),
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
            Received::One(message) => self.serve_one(request, message, accepted).await,
            Received::Batch(messages) => self.serve_batch(request, messages, accepted.json).await,
        }
    }

    async fn body(&self, payload: web::Payload) -> Result<Bytes, Rejection> {
        match payload.to_bytes_limited(self.max_body).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(error)) => Err(Rejection::Ready(Box::new(body_broken(&error)))),
            Err(_) => Err(Rejection::Ready(Box::new(body_too_large(self.max_body)))),
        }
    }

    async fn serve_one(
        &self,
        request: &HttpRequest,
        message: Message,
        accepted: Accepted,
    ) -> Result<HttpResponse, Rejection> {
        // Other messages have no response, so there is nothing to accept.
        if let MessageKind::Request { id, method } = &message.kind {
            self.check_accepted(accepted, id, method)?;
        }
        let response = self.library.handle(request, message.text.clone()).await;
        if response.is_right() && (accepted.events || !response.is_stream()) {
            return Ok(response.pass_on());
        }
        let (status, json) = self.json_of(request, response, &message).await;
        Ok(json_response(status, json))
    }

    fn check_accepted(
        &self,
        accepted: Accepted,
        id: &RequestId,
        method: &str,
    ) -> Result<(), Rejection> {
        let problem = match (accepted, method) {
            (Accepted { events: false, .. }, "subscriptions/listen") => {
                "the response is a stream of events: add text/event-stream to Accept"
            }
            (Accepted { json: true, .. }, _) => return Ok(()),
            (Accepted { events: true, .. }, _) if !self.json_response => return Ok(()),
            _ => "the response is JSON: add application/json to Accept",
        };
        Err(Rejection::new(
            StatusCode::NOT_ACCEPTABLE,
            envelope::no_request(Some(id.clone()), problem),
        ))
    }

    /// Returns the response as JSON, for a client that accepts nothing else.
    async fn json_of(
        &self,
        request: &HttpRequest,
        response: LibraryResponse,
        message: &Message,
    ) -> (StatusCode, Bytes) {
        let id = match &message.kind {
            MessageKind::Request { id, .. } => Some(id.clone()),
            MessageKind::Notification | MessageKind::Response => None,
        };
        let status = response.status();
        if response.is_right() {
            if let Some(json) = response.json().await {
                return (status, json);
            }
            let error = ErrorData::internal_error("the response ended too early", None);
            let lost = Refused::new(id, error).write();
            return (StatusCode::INTERNAL_SERVER_ERROR, lost.into());
        }
        let text = response.text().await;
        let (status, error) = match status {
            // The type of the body was valid: the library could not parse the message.
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                let detail = text.strip_prefix("fail to deserialize request body ");
                let refused = params::unreadable(message, detail.unwrap_or(&text));
                return (status_of(&refused.error), refused.write().into());
            }
            status if status.is_server_error() => (status, ErrorData::internal_error(text, None)),
            status => match unknown_version(request) {
                Some(version) => {
                    let supported = &self.supported;
                    let error = ErrorData::unsupported_protocol_version(version, supported);
                    (status, error)
                }
                None => (status, ErrorData::invalid_request(text, None)),
            },
        };
        (status, Refused::new(id, error).write().into())
    }
}

/// A body that the layer around the service has read and stored in the request's extensions.
#[derive(Clone, Debug)]
pub struct WholeBody(pub Bytes);

/// Responds to a body of more bytes than `limit`.
pub fn body_too_large(limit: usize) -> HttpResponse {
    let problem = format!("the body is larger than {limit} bytes");
    let refused = envelope::no_request(None, &problem);
    Rejection::new(StatusCode::PAYLOAD_TOO_LARGE, refused).response()
}

/// Responds to a body that did not arrive completely.
pub fn body_broken(error: &impl std::fmt::Display) -> HttpResponse {
    let refused = envelope::not_json(format!("the body could not be read: {error}"));
    Rejection::of(refused).response()
}

async fn handle(
    request: HttpRequest,
    payload: web::Payload,
    service: web::Data<McpService>,
) -> HttpResponse {
    service.respond(&request, payload).await
}

/// Why a request is not served.
enum Rejection {
    Json(StatusCode, Refused),
    Ready(Box<HttpResponse>),
}

impl Rejection {
    fn new(status: StatusCode, refused: Refused) -> Self {
        Self::Json(status, refused)
    }

    /// Uses the status that fits the error.
    fn of(refused: Refused) -> Self {
        Self::Json(status_of(&refused.error), refused)
    }

    fn response(self) -> HttpResponse {
        match self {
            Self::Json(status, refused) => json_response(status, refused.write().into()),
            Self::Ready(response) => *response,
        }
    }
}

/// Follows the library: only an invalid request has an error status.
fn status_of(error: &ErrorData) -> StatusCode {
    match error.code {
        ErrorCode::INVALID_REQUEST | ErrorCode::PARSE_ERROR => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    }
}

fn json_response(status: StatusCode, json: Bytes) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(json)
}

fn accepted(request: &HttpRequest) -> Accepted {
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
fn version(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get("mcp-protocol-version");
    header.and_then(|value| value.to_str().ok())
}

/// Returns that version if it is unknown.
fn unknown_version(request: &HttpRequest) -> Option<ProtocolVersion> {
    let named = version(request)?;
    let known = ProtocolVersion::KNOWN_VERSIONS;
    if known.iter().any(|version| version.as_str() == named) {
        return None;
    }
    serde_json::from_value(named.into()).ok()
}

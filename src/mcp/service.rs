//! The MCP server behind actix-web: stateless, one JSON response per request. The protocol's
//! library serves one right message; this module stands before it, for the hub and for the
//! local server alike:
//!
//! 1. A method other than POST is the library's: 405.
//! 2. The body is JSON by its type (415), and read once, within bounds (413).
//! 3. Its envelope is read (`envelope`): what is wrong is a JSON-RPC error with the status 400.
//!    What is wrong with `params` is found by the server itself (`params`).
//! 4. `Accept` decides which form the response has (`Accepted`). The library asks for both forms
//!    in it and knows no ranges, so it always sees both; a client that takes no event streams
//!    gets the one response of a stream as JSON, without what was told on the way.
//! 5. A batch, which the first protocol versions have, is taken apart, and its messages are
//!    served one after the other ([`batch`]).
//! 6. The library's errors in plain text become JSON-RPC errors.
//!
//! The layer around it authenticates first and leaves the [`Caller`] in the request's extensions.
//! When the service has answered, that layer looks at the caller's [`Verdict`](super::Verdict): a
//! refusal there replaces the response by a 401 or 403 with a challenge.

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
use library::{Answer, Library};

use super::{
    Accepted, HubServer,
    envelope::{self, Kind, Message, Received, Refused},
    params,
};

/// The endpoint; cheap to clone.
#[derive(Clone)]
pub struct McpService {
    library: Library,
    supported: Vec<ProtocolVersion>,
    json_response: bool,
    max_body: usize,
}

/// The service to mount with `scope`.
///
/// `allowed_hosts` are the `Host` headers that are accepted; an empty list
/// accepts every host, for where something else has checked them. `max_body` is in bytes.
pub fn service(server: HubServer, allowed_hosts: Vec<String>, max_body: usize) -> McpService {
    let config = StreamableHttpServerConfig::default()
        .with_json_response(true)
        .with_allowed_hosts(allowed_hosts);
    McpService::new(server, config, max_body)
}

/// The service of a server that has its one caller. `allowed_hosts` and, where a browser says one,
/// `allowed_origins` decide who may call, beside what stands before it. Unless `json_response`,
/// responses are streams of events.
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

    /// The endpoint at a path, with and without a slash at its end.
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

    async fn answer(&self, request: &HttpRequest, payload: web::Payload) -> HttpResponse {
        if request.method() != Method::POST {
            return self.library.ask(request, Bytes::new()).await.pass_on();
        }
        match self.answer_post(request, payload).await {
            Ok(response) => response,
            Err(refusal) => refusal.response(),
        }
    }

    async fn answer_post(
        &self,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<HttpResponse, Refusal> {
        if !is_json(request) {
            return Err(Refusal::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                envelope::no_request(None, "send the body with Content-Type: application/json"),
            ));
        }
        let whole = request.extensions_mut().remove::<WholeBody>();
        let body = match whole {
            Some(WholeBody(body)) => body,
            None => self.body(payload).await?,
        };
        let received = Received::read(&body).map_err(Refusal::of)?;
        let accepted = accepted(request);
        match received {
            Received::One(message) => self.serve_one(request, message, accepted).await,
            Received::Batch(messages) => self.serve_batch(request, messages, accepted.json).await,
        }
    }

    async fn body(&self, payload: web::Payload) -> Result<Bytes, Refusal> {
        match payload.to_bytes_limited(self.max_body).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(error)) => Err(Refusal::Ready(Box::new(body_broken(&error)))),
            Err(_) => Err(Refusal::Ready(Box::new(body_too_large(self.max_body)))),
        }
    }

    async fn serve_one(
        &self,
        request: &HttpRequest,
        message: Message,
        accepted: Accepted,
    ) -> Result<HttpResponse, Refusal> {
        // To anything else nothing is returned, so there is nothing to accept.
        if let Kind::Request { id, method } = &message.kind {
            self.check_accepted(accepted, id, method)?;
        }
        let answer = self.library.ask(request, message.text.clone()).await;
        if answer.is_right() && (accepted.events || !answer.is_stream()) {
            return Ok(answer.pass_on());
        }
        let (status, json) = self.json_of(request, answer, &message).await;
        Ok(json_response(status, json))
    }

    fn check_accepted(
        &self,
        accepted: Accepted,
        id: &RequestId,
        method: &str,
    ) -> Result<(), Refusal> {
        let problem = match (accepted, method) {
            (Accepted { events: false, .. }, "subscriptions/listen") => {
                "the response is a stream of events: add text/event-stream to Accept"
            }
            (Accepted { json: true, .. }, _) => return Ok(()),
            (Accepted { events: true, .. }, _) if !self.json_response => return Ok(()),
            _ => "the response is JSON: add application/json to Accept",
        };
        Err(Refusal::new(
            StatusCode::NOT_ACCEPTABLE,
            envelope::no_request(Some(id.clone()), problem),
        ))
    }

    /// The one response that a client takes which takes nothing but JSON.
    async fn json_of(
        &self,
        request: &HttpRequest,
        answer: Answer,
        message: &Message,
    ) -> (StatusCode, Bytes) {
        let id = match &message.kind {
            Kind::Request { id, .. } => Some(id.clone()),
            Kind::Notification | Kind::Response => None,
        };
        let status = answer.status();
        if answer.is_right() {
            if let Some(json) = answer.json().await {
                return (status, json);
            }
            let error = ErrorData::internal_error("the response ended too early", None);
            let lost = Refused::new(id, error).write();
            return (StatusCode::INTERNAL_SERVER_ERROR, lost.into());
        }
        let text = answer.text().await;
        let (status, error) = match status {
            // The type of the body was right: the library could not read the message.
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

/// A body that the layer around the service has read; it leaves it in the request's extensions.
#[derive(Clone, Debug)]
pub struct WholeBody(pub Bytes);

/// The response to a body of more bytes than `limit`.
pub fn body_too_large(limit: usize) -> HttpResponse {
    let problem = format!("the body is larger than {limit} bytes");
    let refused = envelope::no_request(None, &problem);
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, refused).response()
}

/// The response to a body that did not arrive whole.
pub fn body_broken(error: &impl std::fmt::Display) -> HttpResponse {
    let refused = envelope::not_json(format!("the body could not be read: {error}"));
    Refusal::of(refused).response()
}

async fn handle(
    request: HttpRequest,
    payload: web::Payload,
    service: web::Data<McpService>,
) -> HttpResponse {
    service.answer(&request, payload).await
}

/// Why a request is not served.
enum Refusal {
    Json(StatusCode, Refused),
    Ready(Box<HttpResponse>),
}

impl Refusal {
    fn new(status: StatusCode, refused: Refused) -> Self {
        Self::Json(status, refused)
    }

    /// With the status that fits the error.
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

/// As the library has it: only what is no request is the status's matter.
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

/// Only what a web page cannot send without a preflight.
pub fn is_json(request: &HttpRequest) -> bool {
    let header = request.headers().get(header::CONTENT_TYPE);
    header
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// The protocol version that the headers name.
fn version(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get("mcp-protocol-version");
    header.and_then(|value| value.to_str().ok())
}

/// The same, if the protocol has no such version.
fn unknown_version(request: &HttpRequest) -> Option<ProtocolVersion> {
    let named = version(request)?;
    let known = ProtocolVersion::KNOWN_VERSIONS;
    if known.iter().any(|version| version.as_str() == named) {
        return None;
    }
    serde_json::from_value(named.into()).ok()
}

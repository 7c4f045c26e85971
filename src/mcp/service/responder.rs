//! Serves one valid message with the protocol's library.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Bytes};
use rmcp::{
    handler::server::ServerHandler,
    model::{ErrorData, ProtocolVersion, RequestId},
    transport::streamable_http_server::StreamableHttpServerConfig,
};

use super::{
    headers::unknown_version,
    library::{Library, LibraryResponse},
    rejection::{Rejection, json_response, status_of},
};
use crate::mcp::{
    accept::Accepted,
    message::{self, Message, MessageKind, Refused},
    params,
    server::HubServer,
};

/// Serves messages, one at a time. It is cheap to clone.
#[derive(Clone)]
pub(super) struct Responder {
    library: Library,
    supported: Vec<ProtocolVersion>,
    json_response: bool,
}

impl Responder {
    pub(super) fn new(
        server: HubServer,
        config: StreamableHttpServerConfig,
        max_body: usize,
    ) -> Self {
        Self {
            supported: server.supported_protocol_versions().into_owned(),
            json_response: config.json_response,
            library: Library::new(server, config, max_body),
        }
    }

    /// Lets the library respond to a request that has no message.
    pub(super) async fn serve_without_message(&self, request: &HttpRequest) -> HttpResponse {
        self.library.handle(request, Bytes::new()).await.pass_on()
    }

    /// Serves a message that is not part of a batch.
    pub(super) async fn serve(
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
            message::no_request(Some(id.clone()), problem),
        ))
    }

    /// Serves a request of a batch, and returns the response as JSON.
    pub(super) async fn serve_as_json(&self, request: &HttpRequest, message: &Message) -> Bytes {
        let response = self.library.handle(request, message.text.clone()).await;
        self.json_of(request, response, message).await.1
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

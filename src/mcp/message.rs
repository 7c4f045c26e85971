//! A JSON-RPC message whose envelope is valid, and the error for any other.

use bytes::Bytes;
use rmcp::model::{ErrorData, RequestId};
use serde::Serialize;

/// A message with a valid envelope.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Message {
    pub kind: MessageKind,
    pub text: Bytes,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum MessageKind {
    Request {
        id: RequestId,
        method: String,
    },
    Notification,
    /// A response to a request of the server.
    Response,
}

/// Why a message is rejected, and the id of the request if it is readable.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refused {
    pub id: Option<RequestId>,
    pub error: Box<ErrorData>,
    /// Whether it looks like a response. An error in return could cause another error.
    pub response: bool,
}

impl Refused {
    pub(super) fn new(id: Option<RequestId>, error: ErrorData) -> Self {
        Self {
            id,
            error: Box::new(error),
            response: false,
        }
    }

    /// Writes the error response as JSON.
    pub(super) fn write(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Response<'a> {
            jsonrpc: &'static str,
            // JSON-RPC 2.0 §5: null if it could not be read.
            id: Option<&'a RequestId>,
            error: &'a ErrorData,
        }
        let response = Response {
            jsonrpc: "2.0",
            id: self.id.as_ref(),
            error: &self.error,
        };
        serde_json::to_vec(&response).unwrap_or_default()
    }
}

/// Reports bytes that are not JSON.
pub(super) fn not_json(problem: impl AsRef<str>) -> Refused {
    let message = format!("Parse error: {}", problem.as_ref());
    Refused::new(None, ErrorData::parse_error(message, None))
}

/// Reports JSON that is not a valid message.
pub(super) fn no_request(id: Option<RequestId>, problem: &str) -> Refused {
    let message = format!("Invalid request: {problem}");
    Refused::new(id, ErrorData::invalid_request(message, None))
}

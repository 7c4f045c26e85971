//! The responses to requests that the protocol's library does not serve.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::Bytes,
};
use rmcp::model::{ErrorCode, ErrorData};

use crate::mcp::message::Refused;

/// Why a request is not served.
pub(super) enum Rejection {
    Json(StatusCode, Refused),
    Ready(Box<HttpResponse>),
}

impl Rejection {
    pub(super) fn new(status: StatusCode, refused: Refused) -> Self {
        Self::Json(status, refused)
    }

    /// Uses the status that fits the error.
    pub(super) fn of(refused: Refused) -> Self {
        Self::Json(status_of(&refused.error), refused)
    }

    pub(super) fn response(self) -> HttpResponse {
        match self {
            Self::Json(status, refused) => json_response(status, refused.write().into()),
            Self::Ready(response) => *response,
        }
    }
}

/// Follows the library: only an invalid request has an error status.
pub(super) fn status_of(error: &ErrorData) -> StatusCode {
    match error.code {
        ErrorCode::INVALID_REQUEST | ErrorCode::PARSE_ERROR => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    }
}

pub(super) fn json_response(status: StatusCode, json: Bytes) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(json)
}

//! Backlog's errors: `{"errors":[{"message","code","moreInfo"}]}` with an HTTP status.

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use serde_json::json;
use thiserror::Error;

/// An error response of the API.
#[derive(Clone, Debug, Error)]
#[error("{message} (code {code})")]
pub(crate) struct ApiError {
    status: StatusCode,
    code: u8,
    message: String,
}

/// The result of an API handler.
pub(crate) type ApiResult = Result<HttpResponse, ApiError>;

impl ApiError {
    fn new(status: StatusCode, code: u8, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// Code 5: the user may see the target but not do this to it.
    pub(crate) fn unauthorized_operation(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, 5, message)
    }

    /// Code 6: the target does not exist, or the user may not know that it does.
    pub(crate) fn no_resource(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, 6, message)
    }

    /// Code 7: a parameter is missing or wrong.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 7, message)
    }

    /// Code 9: the maximum number of these exists.
    pub(crate) fn overflow(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 9, message)
    }

    /// Code 11: no API key, or one that is not valid.
    pub(crate) fn authentication() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, 11, "Authentication failure.")
    }

    /// Code 13: over the rate limit.
    pub(crate) fn too_many_requests() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, 13, "Too many requests.")
    }

    /// The response body, also for tests that inject a failure in Backlog's form.
    pub(crate) fn body(code: u8, message: &str) -> String {
        json!({ "errors": [{ "message": message, "code": code, "moreInfo": "" }] }).to_string()
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status)
            .content_type("application/json;charset=utf-8")
            .body(Self::body(self.code, &self.message))
    }
}

/// The response to a path that does not exist.
pub(crate) async fn not_found() -> HttpResponse {
    ApiError::no_resource("Undefined resource.").error_response()
}

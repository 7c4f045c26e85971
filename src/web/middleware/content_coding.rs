//! Rejects bodies with a content coding (RFC 9110 §15.5.16). The hub decodes none: a body that is
//! small in transit and large in memory would bypass every size limit.

use actix_web::{
    Error, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderMap},
    middleware::Next,
};
use serde_json::json;

use crate::telemetry::RequestId;

/// The middleware around every route.
pub async fn refuse<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    if !is_coded(request.headers()) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let refusal = HttpResponse::UnsupportedMediaType()
        .insert_header((header::ACCEPT_ENCODING, "identity"))
        .json(json!({
            "error": "invalid_request",
            "error_description": "The body has a Content-Encoding; send it without one.",
            "request_id": RequestId::current(),
        }));
    Ok(request.into_response(refusal).map_into_right_body())
}

fn is_coded(headers: &HeaderMap) -> bool {
    headers.get_all(header::CONTENT_ENCODING).any(|value| {
        // A value that is not text is not `identity` either.
        value.to_str().map_or(true, |codings| {
            codings
                .split(',')
                .map(str::trim)
                .any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"))
        })
    })
}

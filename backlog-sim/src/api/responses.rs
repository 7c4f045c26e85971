//! The responses of the API.

#![expect(
    clippy::unnecessary_wraps,
    reason = "a handler returns one of them as its result"
)]

use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;

use crate::error::ApiResult;

pub(super) fn ok(view: &impl Serialize) -> ApiResult {
    Ok(json(StatusCode::OK, view))
}

pub(super) fn created(view: &impl Serialize) -> ApiResult {
    Ok(json(StatusCode::CREATED, view))
}

pub(super) fn no_content() -> ApiResult {
    Ok(HttpResponse::NoContent().finish())
}

fn json(status: StatusCode, view: &impl Serialize) -> HttpResponse {
    match serde_json::to_vec(view) {
        Ok(body) => HttpResponse::build(status)
            .content_type("application/json;charset=utf-8")
            .body(body),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}

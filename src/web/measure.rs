//! Counts and times the requests, by the pattern of their route.

use std::time::Instant;

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

use crate::observe::Metrics;

/// What has no route is one: paths that strangers make up are no label.
const UNKNOWN: &str = "unknown";

/// The middleware around every route.
pub async fn measure<B: MessageBody>(
    metrics: Metrics,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if !metrics.are_kept() {
        return next.call(request).await;
    }
    let started = Instant::now();
    let route = request.match_pattern();
    let answer = next.call(request).await;
    let status = match &answer {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    let route = route.as_deref().unwrap_or(UNKNOWN);
    metrics.http_request(route, status.as_u16(), started.elapsed());
    answer
}

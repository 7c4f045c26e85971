//! Counts and times requests by route pattern, and records the rejected ones.
//!
//! A handler that rejects a request adds a [`Refusal`] to the extensions of its response; without
//! one, the status decides. It also determines the level of the log line (`telemetry::refusals`).

use std::{net::IpAddr, time::Instant};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::StatusCode,
    middleware::Next,
    web,
};
use tracing::Span;

use crate::web::AppState;
use crate::{audit::Refusal, domain::security::SecurityEvent};

/// One label for all requests without a route: arbitrary paths must not become labels.
const UNKNOWN: &str = "unknown";

/// The middleware around every route.
pub async fn measure<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let Some(hub) = request.app_data::<web::Data<AppState>>().cloned() else {
        return next.call(request).await;
    };
    let started = Instant::now();
    let route = match hub.recorder.metrics.are_kept() {
        true => request.match_pattern(),
        false => None,
    };
    let address = hub.limits.client_address(request.request());
    record_address(&hub, address);
    let result = next.call(request).await;
    let status = match &result {
        Ok(response) => {
            note_refusal(&hub, response, address);
            response.status()
        }
        Err(error) => error.as_response_error().status_code(),
    };
    let route = route.as_deref().unwrap_or(UNKNOWN);
    let took = started.elapsed();
    hub.recorder
        .metrics
        .http_request(route, status.as_u16(), took);
    result
}

/// Adds the client address to the log lines of the request, in the form that the operator chose.
fn record_address(hub: &AppState, address: Option<IpAddr>) {
    let addresses = hub.recorder.security.addresses();
    let Some(kept) = address.and_then(|address| addresses.kept(address)) else {
        return;
    };
    let shown = match kept.prefix_len() == kept.max_prefix_len() {
        true => kept.addr().to_string(),
        false => kept.to_string(),
    };
    Span::current().record("client", shown);
}

fn note_refusal<B>(hub: &AppState, response: &ServiceResponse<B>, address: Option<IpAddr>) {
    let refusal = response.response().extensions().get::<Refusal>().copied();
    let event = match refusal {
        Some(Refusal(event)) => event,
        None => event_of(response.status()),
    };
    if let Some(event) = event {
        hub.recorder.security.note(event, address);
    }
}

/// The event of a response without a [`Refusal`].
fn event_of(status: StatusCode) -> Option<SecurityEvent> {
    match status {
        StatusCode::BAD_REQUEST
        | StatusCode::REQUEST_TIMEOUT
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::URI_TOO_LONG
        | StatusCode::UNSUPPORTED_MEDIA_TYPE => Some(SecurityEvent::MalformedRequest),
        StatusCode::MISDIRECTED_REQUEST => Some(SecurityEvent::HostRefused),
        StatusCode::TOO_MANY_REQUESTS => Some(SecurityEvent::RequestLimited),
        _ => None,
    }
}

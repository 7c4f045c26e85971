//! Counts and times the requests, by the pattern of their route, and notes those that were refused.
//!
//! A handler that refuses a request adds a [`Refusal`] to the extensions of its response; without
//! one, the status decides. The level of the log line depends on it, too (`telemetry::refusals`).

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

use super::Hub;
use crate::observe::{Refusal, SecurityEvent};

/// What has no route is one: paths that strangers make up are no label.
const UNKNOWN: &str = "unknown";

/// The middleware around every route.
pub async fn measure<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let Some(hub) = request.app_data::<web::Data<Hub>>().cloned() else {
        return next.call(request).await;
    };
    let started = Instant::now();
    let route = match hub.recorder.metrics.are_kept() {
        true => request.match_pattern(),
        false => None,
    };
    let address = hub.limits.client_address(request.request());
    record_address(&hub, address);
    let answer = next.call(request).await;
    let status = match &answer {
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
    answer
}

/// Writes the address into the log lines of the request, as far as the operator chose so.
fn record_address(hub: &Hub, address: Option<IpAddr>) {
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

fn note_refusal<B>(hub: &Hub, response: &ServiceResponse<B>, address: Option<IpAddr>) {
    let told = response.response().extensions().get::<Refusal>().copied();
    let event = match told {
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

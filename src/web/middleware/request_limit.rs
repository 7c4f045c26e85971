//! The middleware that limits the requests under way of one network ([`under_way`](crate::web::limits::in_progress)).

use actix_web::{
    Error, HttpRequest, HttpResponse, ResponseError,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header,
    middleware::Next,
    web,
};

use crate::web::{
    AppState,
    error::{JsonError, PageError},
    limits::in_progress::AGAIN,
};

/// The middleware around every route.
pub async fn bound<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let Some(hub) = request.app_data::<web::Data<AppState>>() else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let network = hub.limits.sender(request.request()).network();
    let network = network.filter(|_| !is_mcp(hub, &request));
    let place = match network.map(|network| hub.under_way.request(network)) {
        None => None,
        Some(Some(place)) => Some(place),
        Some(None) => {
            let refusal = refusal(request.request());
            return Ok(request.into_response(refusal).map_into_right_body());
        }
    };
    let response = next.call(request).await?.map_into_left_body();
    drop(place);
    Ok(response)
}

/// Whether the request is for the MCP endpoint, which counts by grant.
fn is_mcp(hub: &AppState, request: &ServiceRequest) -> bool {
    let pattern = request.match_pattern().unwrap_or_default();
    let pattern = pattern.strip_prefix("/spaces/{space}").unwrap_or(&pattern);
    let pattern = pattern.strip_suffix('/').unwrap_or(pattern);
    let pattern = pattern
        .strip_prefix("/projects/{project}")
        .unwrap_or(pattern);
    pattern == "/mcp" || pattern == hub.mcp_path
}

/// A page for a browser, JSON for a client.
fn refusal(request: &HttpRequest) -> HttpResponse {
    let accepts = request.headers().get(header::ACCEPT);
    let is_browser = accepts
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accepts| accepts.contains("text/html"));
    match is_browser {
        true => PageError::limited(request, AGAIN).error_response(),
        false => JsonError::from(AGAIN).error_response(),
    }
}

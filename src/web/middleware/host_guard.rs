//! Rejects requests for hosts that are not the hub's (DNS rebinding), and adds the strict headers
//! to every response.
//!
//! They do not include `Cross-Origin-Opener-Policy`: on any response of a sign-in, even a redirect,
//! it would separate a popup from the page that opened it and waits for its message.

use actix_web::{
    Error, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderValue},
    middleware::Next,
    web,
};

use crate::web::{AppState, issuer, pages::CONTENT_SECURITY_POLICY};

/// A year, the minimum for browsers' preload lists. Subdomains are excluded, because the operator
/// of the hub may not run them.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000";

/// The pages use no browser feature beyond HTML.
const PERMISSIONS_POLICY: &str = "accelerometer=(), camera=(), display-capture=(), fullscreen=(), \
    geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), \
    publickey-credentials-get=(), usb=()";

/// Probes address the hub by its IP address, from inside, and learn nothing.
const OPEN_TO_ANY_HOST: [&str; 2] = ["/health", "/ready"];

pub async fn guard<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let hub = request.app_data::<web::Data<AppState>>();
    let is_https = hub.is_some_and(|hub| hub.base_url.is_https());
    let known = OPEN_TO_ANY_HOST.contains(&request.path()) || is_known_host(&request).await;
    let mut response = if known {
        next.call(request).await?.map_into_left_body()
    } else {
        let refusal = HttpResponse::MisdirectedRequest()
            .content_type("text/plain; charset=utf-8")
            .body(
                "This server is not configured for this host name. Check \
                 MCP_SERVER_BASE_URL, MCP_HTTP_ALLOWED_HOSTS, or the proxy's Host header.\n",
            );
        request.into_response(refusal).map_into_right_body()
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::PERMISSIONS_POLICY, PERMISSIONS_POLICY),
        (header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if is_https {
        let value = HeaderValue::from_static(STRICT_TRANSPORT_SECURITY);
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

async fn is_known_host(request: &ServiceRequest) -> bool {
    let Some(hub) = request.app_data::<web::Data<AppState>>() else {
        return false;
    };
    let Some(host) = issuer::host(request.request()) else {
        return false;
    };
    if hub.is_own_host(&host) {
        return true;
    }
    match hub.space_at(&host).await {
        Ok(space) => space.is_some(),
        Err(error) => {
            tracing::error!(%error, "could not look up the host of a request");
            false
        }
    }
}

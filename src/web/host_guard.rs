//! Refuses requests for hosts that are not the hub's (DNS rebinding), and puts the
//! strict headers on every response.
//!
//! No `Cross-Origin-Opener-Policy` is among them: on any response that a sign-in passes through,
//! a redirect included, it would cut a popup from the page that opened it and waits for its message.

use actix_web::{
    Error, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderValue},
    middleware::Next,
    web,
};

use super::{Hub, issuer, pages::CONTENT_SECURITY_POLICY};

/// A year, as browsers' lists want it at least. Not for the names below this one: whoever runs the
/// hub need not run those.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000";

/// No page uses what a browser has beyond HTML.
const PERMISSIONS_POLICY: &str = "accelerometer=(), camera=(), display-capture=(), fullscreen=(), \
    geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), \
    publickey-credentials-get=(), usb=()";

/// Probes come by address, from inside, and learn nothing.
const OPEN_TO_ANY_HOST: [&str; 2] = ["/health", "/ready"];

pub async fn guard<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let hub = request.app_data::<web::Data<Hub>>();
    let is_https = hub.is_some_and(|hub| hub.base_url.is_https());
    let known = OPEN_TO_ANY_HOST.contains(&request.path()) || is_known_host(&request).await;
    let mut response = if known {
        next.call(request).await?.map_into_left_body()
    } else {
        let refusal = HttpResponse::MisdirectedRequest()
            .content_type("text/plain; charset=utf-8")
            .body(
                "This host name is not one that this server answers to. Check \
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
    let Some(hub) = request.app_data::<web::Data<Hub>>() else {
        return false;
    };
    let Some(host) = issuer::host(request.request()) else {
        return false;
    };
    if hub.answers_to(&host) {
        return true;
    }
    match hub.space_at(&host).await {
        Ok(space) => space.is_some(),
        Err(error) => {
            tracing::error!(%error, "the host of a request could not be looked up");
            false
        }
    }
}

//! Where Backlog's answer to a sign-in may arrive, and where it goes on to.
//!
//! Each space has a redirect URI of its own, so that the code of one space can never arrive as
//! another's (RFC 9700 §4.4.2): below the hub's URL (`/spaces/<slug>/callback`), or at its own host.
//! Spaces from before that, and the one of the environment, share `/callback`. The one that counts
//! is stored with the sign-in.
//!
//! A browser whose cookie is at another name of the hub is sent on there: to `/callback` where that
//! is shared, else to the path of the space, where no other site sends anybody.

use actix_web::HttpRequest;
use url::Url;

use super::{Hub, issuer};
use crate::{
    db::authorization_requests::Approved,
    domain::{Authority, SpaceId, space::SHARED_REDIRECT_URI},
};

const HTTPS: u16 = 443;

/// Whether Backlog was asked to answer this sign-in here, or the hub itself sent the browser on.
pub async fn is_expected_here(
    hub: &Hub,
    request: &HttpRequest,
    approved: &Approved,
) -> Result<bool, sqlx::Error> {
    let path = request.path();
    if approved.backlog_redirect_uri == SHARED_REDIRECT_URI {
        return Ok(path == SHARED_REDIRECT_URI
            && !is_at_another_space(hub, request, approved.space).await?);
    }
    Ok(path == onward_path(approved) || is_at_own_host(request, approved))
}

/// The URL where the sign-in goes on, if it did not begin here. Its origin is taken from what is
/// stored, never from the request.
pub fn onward(hub: &Hub, request: &HttpRequest, approved: &Approved) -> Option<(String, String)> {
    let issuer = Url::parse(&approved.request.issuer).ok()?;
    let origin = issuer.origin().ascii_serialization();
    // A proxy may have another name for the hub's own host, but not for a space's.
    let is_base = origin == hub.base_url.as_str() && !is_at_own_host(request, approved);
    let is_here = is_base
        || issuer::host(request).is_some_and(|host| match hub.own_origin(&host) {
            Some(own) => own == origin,
            None => origin == format!("https://{}", host.without_default(HTTPS)),
        });
    let url = format!(
        "{origin}{}?{}",
        onward_path(approved),
        request.query_string()
    );
    (!is_here).then_some((origin, url))
}

/// Where the browser is sent on to, at any name of the hub.
fn onward_path(approved: &Approved) -> String {
    match approved.backlog_redirect_uri.starts_with('/') {
        true => approved.backlog_redirect_uri.clone(),
        false => format!("/spaces/{}/callback", approved.slug),
    }
}

/// Whether the request came to the redirect URI of a space that has it at its own host.
fn is_at_own_host(request: &HttpRequest, approved: &Approved) -> bool {
    let own = approved.backlog_redirect_uri.strip_prefix("https://");
    let own = own.and_then(|rest| Authority::parse(rest.strip_suffix(SHARED_REDIRECT_URI)?));
    let host = issuer::host(request);
    request.path() == SHARED_REDIRECT_URI
        && own.is_some_and(|own| host.is_some_and(|host| own.is(&host, HTTPS)))
}

/// Whether the request came to the host of another space than this one.
async fn is_at_another_space(
    hub: &Hub,
    request: &HttpRequest,
    space: SpaceId,
) -> Result<bool, sqlx::Error> {
    let Some(host) = issuer::host(request).filter(|host| !hub.answers_to(host)) else {
        return Ok(false);
    };
    let at_host = hub.space_at(&host).await?;
    Ok(at_host.is_some_and(|other| other.id != space))
}

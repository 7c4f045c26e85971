//! Where Backlog's response to a sign-in may arrive, and where the browser continues.
//!
//! Each space has its own redirect URI, so that the code of one space never arrives as another's
//! (RFC 9700 §4.4.2): below the hub's URL (`/spaces/<slug>/callback`) or at the space's own host.
//! Older spaces, and the space of the environment, share `/callback`. The redirect URI in effect is
//! stored with the sign-in.
//!
//! If the browser's cookie is at another host name of the hub, the browser is redirected there: to
//! `/callback` if the space shares it, otherwise to the path of the space, which no other site
//! uses.

use actix_web::HttpRequest;
use url::Url;

use crate::domain::{Authority, SpaceId, space::SHARED_REDIRECT_URI};
use crate::web::{AppState, issuer};

const HTTPS: u16 = 443;

/// A sign-in that awaits the response of Backlog.
pub(in crate::web) struct Expected<'a> {
    pub space: SpaceId,
    pub slug: &'a str,
    /// The issuer at which it began.
    pub issuer: &'a str,
    /// The redirect URI that was sent to Backlog.
    pub redirect_uri: &'a str,
}

/// Whether this is the redirect URI of the sign-in, or the path to which the hub itself redirected
/// the browser.
pub(super) async fn is_expected_here(
    hub: &AppState,
    request: &HttpRequest,
    expected: &Expected<'_>,
) -> Result<bool, sqlx::Error> {
    let path = request.path();
    if expected.redirect_uri == SHARED_REDIRECT_URI {
        return Ok(path == SHARED_REDIRECT_URI
            && !is_at_another_space(hub, request, expected.space).await?);
    }
    Ok(path == onward_path(expected) || is_at_own_host(request, expected))
}

/// The URL at which the sign-in continues if it did not begin here. Its origin comes from the
/// stored request, never from the current one.
pub(super) fn onward(
    hub: &AppState,
    request: &HttpRequest,
    expected: &Expected<'_>,
) -> Option<(String, String)> {
    let issuer = Url::parse(expected.issuer).ok()?;
    let origin = issuer.origin().ascii_serialization();
    // A proxy may use another name for the hub's own host, but not for a space's.
    let is_base = origin == hub.base_url.as_str() && !is_at_own_host(request, expected);
    let is_here = is_base
        || issuer::host(request).is_some_and(|host| match hub.own_origin(&host) {
            Some(own) => own == origin,
            None => origin == format!("https://{}", host.without_default(HTTPS)),
        });
    let url = format!(
        "{origin}{}?{}",
        onward_path(expected),
        request.query_string()
    );
    (!is_here).then_some((origin, url))
}

/// The path to which the browser is redirected, at any host name of the hub.
fn onward_path(expected: &Expected<'_>) -> String {
    match expected.redirect_uri.starts_with('/') {
        true => expected.redirect_uri.to_owned(),
        false => format!("/spaces/{}/callback", expected.slug),
    }
}

/// Whether the request came to a redirect URI at the space's own host.
fn is_at_own_host(request: &HttpRequest, expected: &Expected<'_>) -> bool {
    let own = expected.redirect_uri.strip_prefix("https://");
    let own = own.and_then(|rest| Authority::parse(rest.strip_suffix(SHARED_REDIRECT_URI)?));
    let host = issuer::host(request);
    request.path() == SHARED_REDIRECT_URI
        && own.is_some_and(|own| host.is_some_and(|host| own.is(&host, HTTPS)))
}

/// Whether the request came to the host of a different space.
async fn is_at_another_space(
    hub: &AppState,
    request: &HttpRequest,
    space: SpaceId,
) -> Result<bool, sqlx::Error> {
    let Some(host) = issuer::host(request).filter(|host| !hub.is_own_host(host)) else {
        return Ok(false);
    };
    let at_host = hub.space_at(&host).await?;
    Ok(at_host.is_some_and(|other| other.id != space))
}

//! Backlog's response to a sign-in: whether it arrived where it was expected, and what it is.

use actix_web::{HttpRequest, http::header};
use oauth_values::{ErrorCode, OAuthError, Params};
use url::Url;

use super::backlog_redirect::{self, Expected};
use crate::web::{AppState, error::PageError, pages::Problem};
use crate::{
    db,
    domain::{Authority, Space, SpaceId, security::SecurityEvent},
};

/// Checks that the response may arrive here. Returns the URL at which the sign-in continues, if it
/// began at another host.
pub(in crate::web) async fn arrive(
    hub: &AppState,
    request: &HttpRequest,
    expected: &Expected<'_>,
) -> Result<Option<String>, PageError> {
    let from_db = |error| PageError::from_db(request, &error);
    let is_expected = backlog_redirect::is_expected_here(hub, request, expected);
    if !is_expected.await.map_err(from_db)? {
        // Anyone who begins a sign-in can send this.
        tracing::info!(
            space = expected.slug,
            path = request.path(),
            "the response to a sign-in arrived at the redirect URI of another space; no code was \
             exchanged"
        );
        return Err(mixed_up(request));
    }
    let Some((origin, url)) = backlog_redirect::onward(hub, request, expected) else {
        return Ok(None);
    };
    match is_known(hub, &origin).await.map_err(from_db)? {
        true => Ok(Some(url)),
        false => Err(PageError::new(request, Problem::RequestExpired)),
    }
}

/// Finds the space of the sign-in, and checks that the browser does not come from another one.
pub(in crate::web) async fn find_space(
    hub: &AppState,
    request: &HttpRequest,
    id: SpaceId,
) -> Result<Space, PageError> {
    let page = |problem| PageError::new(request, problem);
    let from_db = |error| PageError::from_db(request, &error);
    let space = db::spaces::find(&hub.db, id)
        .await
        .map_err(from_db)?
        .ok_or_else(|| page(Problem::RequestExpired))?;
    if !space.is_enabled() {
        return Err(page(Problem::SpaceDisabled { name: space.name }));
    }
    if comes_from_another_space(hub, request, &space)
        .await
        .map_err(from_db)?
    {
        tracing::info!(
            space = space.slug,
            "the response to a sign-in came from another space; no code was exchanged"
        );
        return Err(mixed_up(request));
    }
    Ok(space)
}

/// The response came from another space than the one requested.
fn mixed_up(request: &HttpRequest) -> PageError {
    let problem = Problem::InvalidRequest {
        detail: "The response came from a different Backlog space than the one requested."
            .to_owned(),
    };
    PageError::new(request, problem).counted_as(SecurityEvent::SpaceMixUp)
}

/// Whether the `Referer` is another space. Where spaces share one callback, a site that poses as
/// one space could redirect the browser to another, with its own `state`, and receive the code that
/// comes back (RFC 9700 §4.4). A browser need not send a `Referer`: only separate redirect URIs
/// keep spaces apart.
async fn comes_from_another_space(
    hub: &AppState,
    request: &HttpRequest,
    asked: &Space,
) -> Result<bool, sqlx::Error> {
    let referrer = request
        .headers()
        .get(header::REFERER)
        .and_then(|value| Url::parse(value.to_str().ok()?).ok());
    match referrer.map(|url| url.origin().ascii_serialization()) {
        Some(origin) if origin != asked.base_url => db::spaces::is_one_at(&hub.db, &origin).await,
        _ => Ok(false),
    }
}

/// Whether the origin still belongs to the hub or to a space.
async fn is_known(hub: &AppState, origin: &str) -> Result<bool, sqlx::Error> {
    if hub.is_issuer_at(origin) {
        return Ok(true);
    }
    match origin.strip_prefix("https://").and_then(Authority::parse) {
        Some(host) => Ok(hub.space_at(&host).await?.is_some()),
        None => Ok(false),
    }
}

/// The response of Backlog.
pub(in crate::web) enum BacklogResponse<'a> {
    Code(&'a str),
    Refused(OAuthError),
}

impl<'a> BacklogResponse<'a> {
    pub(in crate::web) fn read(params: &'a Params) -> Option<Self> {
        match (params.get("error"), params.get("code")) {
            (Some("access_denied"), _) => Some(Self::Refused(OAuthError::new(
                ErrorCode::AccessDenied,
                "The user declined at Backlog.",
            ))),
            (Some(error), _) => {
                // Any client that begins a sign-in can send this.
                tracing::info!(
                    error = oauth_values::params::display(error),
                    "Backlog rejected a sign-in"
                );
                Some(Self::Refused(OAuthError::new(
                    ErrorCode::ServerError,
                    "Backlog rejected the sign-in.",
                )))
            }
            (None, Some(code)) => Some(Self::Code(code)),
            (None, None) => None,
        }
    }
}

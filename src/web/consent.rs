//! `POST /consent`: the person's decision.
//!
//! 1. The request must exist, wait for a decision, and belong to this browser; the
//!    CSRF value must be the one that its page was rendered with.
//! 2. Approve: the request gets its space, scopes and Backlog `state` in one
//!    statement, and the browser goes to Backlog.
//! 3. Deny: the client gets `access_denied`.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use subtle::ConstantTimeEq;
use url::Url;

use super::{
    Hub, Issuer,
    authorize::error_location,
    browser,
    error::{self, JsonError, PageError},
    expired,
    limits::Endpoint,
    pages::{ForwardPage, Problem},
    request_body::OAuthBody,
    space_choice,
    unchecked::LookUpError,
};
use crate::{
    db::{
        self,
        authorization_requests::{Approval, Posted, Request},
    },
    domain::{AuthorizationRequestId, Client, Space},
    oauth::{
        ErrorCode, OAuthError, Params, Scope, Scopes,
        token::{BacklogState, CsrfKind, CsrfToken},
    },
};

pub async fn post(
    hub: web::Data<Hub>,
    issuer: Issuer,
    request: HttpRequest,
    body: Result<OAuthBody, JsonError>,
) -> Result<HttpResponse, PageError> {
    let answer = answer(&hub, &issuer, &request, body);
    error::counting_failures(&hub, Endpoint::Consent, &request, answer).await
}

async fn answer(
    hub: &Hub,
    issuer: &Issuer,
    request: &HttpRequest,
    body: Result<OAuthBody, JsonError>,
) -> Result<HttpResponse, PageError> {
    let page = |problem| PageError::new(request, problem);
    let invalid = |detail: &str| {
        page(Problem::InvalidRequest {
            detail: detail.to_owned(),
        })
    };

    let body = body.map_err(|error| match error {
        JsonError::Busy(_) => page(Problem::RateLimited {
            seconds: error::RETRY_AFTER,
        }),
        _ => invalid("The form is too large, or did not arrive whole."),
    })?;
    let params = Params::parse(body.bytes()).map_err(|error| invalid(&error.description))?;
    let id = params
        .get("request")
        .and_then(|text| uuid::Uuid::parse_str(text).ok())
        .map(AuthorizationRequestId)
        .ok_or_else(|| invalid("The form is incomplete."))?;
    let (csrf, credential) = params
        .get("csrf")
        .and_then(|text| hub.read::<CsrfKind>(text))
        .ok_or_else(|| invalid(NOT_THE_PAGE))?;
    let find = async {
        let found = db::authorization_requests::find(&hub.db, id).await;
        found.map_err(LookUpError::Failed)
    };
    let posted = hub
        .look_up(credential, hub.limits.sender(request), find)
        .await
        .map_err(|error| PageError::from_look_up(request, error))?
        .filter(|posted| posted.request.issuer == issuer.url)
        .ok_or_else(|| page(Problem::RequestExpired))?;
    check_sender(hub, request, &csrf, &posted).map_err(page)?;
    if posted.decided {
        return Err(page(Problem::RequestExpired));
    }
    if posted.expired {
        return Err(expired::page(hub, request, &posted.request).await);
    }

    let target = match params.get("decision") {
        Some("deny") => deny(hub, &posted.request).await.map_err(page)?,
        Some("approve") => {
            let (space, scopes) = choice(hub, issuer, request, &posted, &params).await?;
            approve(hub, id, &space, scopes).await.map_err(page)?.into()
        }
        _ => return Err(invalid("The form is incomplete.")),
    };
    let target = Url::parse(&target).map_err(|_| page(Problem::ServerError))?;
    let forward = ForwardPage {
        locale: error::locale(request),
        target,
    };
    Ok(error::html(StatusCode::OK, forward.html()))
}

const NOT_THE_PAGE: &str = "The form was not sent by the consent page.";

/// Ends a request; where the client hears of it.
async fn deny(hub: &Hub, asked: &Request) -> Result<String, Problem> {
    match db::authorization_requests::deny(&hub.db, asked.id).await {
        Ok(true) => {
            let denied = OAuthError::new(ErrorCode::AccessDenied, "The person declined.");
            let (uri, state) = (&asked.redirect_uri, asked.state.as_deref());
            Ok(error_location(uri, &asked.issuer, state, &denied))
        }
        Ok(false) => Err(Problem::RequestExpired),
        Err(error) => {
            tracing::error!(%error, "the database failed");
            Err(Problem::ServerError)
        }
    }
}

/// The space and the scopes that the form has; both must have been offered.
async fn choice(
    hub: &Hub,
    issuer: &Issuer,
    request: &HttpRequest,
    posted: &Posted,
    params: &Params,
) -> Result<(Arc<Space>, Scopes), PageError> {
    let page = |problem| PageError::new(request, problem);
    let space = match chosen_space(hub, issuer, posted, params).await {
        Ok(Some(space)) => space,
        Ok(None) => return Err(not_offered(hub, request, params).await),
        Err(error) => return Err(PageError::from_db(request, &error)),
    };
    if !space.is_enabled() {
        let name = space.name.clone();
        return Err(page(Problem::SpaceDisabled { name }));
    }
    let scopes = chosen_scopes(posted.request.scopes, params).ok_or_else(|| {
        page(Problem::InvalidRequest {
            detail: "The access is not one of those offered.".to_owned(),
        })
    })?;
    Ok((space, scopes))
}

/// Moves a request on to Backlog; where the browser goes.
pub async fn approve(
    hub: &Hub,
    id: AuthorizationRequestId,
    space: &Space,
    scopes: Scopes,
) -> Result<Url, Problem> {
    let application = hub.sessions.space_oauth(space).map_err(|error| {
        tracing::error!(space = space.slug, %error, "the space cannot be used");
        Problem::ServerError
    })?;
    let state = BacklogState::issue(&hub.random, &hub.check_key);
    let approval = Approval {
        space: space.id,
        scopes,
        backlog_state: state.hash(),
    };
    match db::authorization_requests::approve(&hub.db, id, &approval).await {
        Ok(true) => Ok(application.authorize_url(state.reveal())),
        Ok(false) => Err(Problem::RequestExpired),
        Err(error) => {
            tracing::error!(%error, "the database failed");
            Err(Problem::ServerError)
        }
    }
}

/// Does the form come from the page, in the browser that the page was shown in?
fn check_sender(
    hub: &Hub,
    request: &HttpRequest,
    csrf: &CsrfToken,
    posted: &Posted,
) -> Result<(), Problem> {
    let same = |stored: &[u8], presented: &[u8]| bool::from(stored.ct_eq(presented));
    let is_browser = browser::known(hub, request)
        .is_some_and(|browser| same(posted.browser.as_bytes(), browser.hash().as_bytes()));
    if !is_browser {
        return Err(Problem::WrongBrowser);
    }
    if !same(&posted.csrf, csrf.hash().as_bytes()) {
        return Err(Problem::InvalidRequest {
            detail: NOT_THE_PAGE.to_owned(),
        });
    }
    Ok(())
}

async fn chosen_space(
    hub: &Hub,
    issuer: &Issuer,
    posted: &Posted,
    params: &Params,
) -> Result<Option<Arc<Space>>, sqlx::Error> {
    let Some(client) = client_of(hub, posted).await? else {
        return Ok(None);
    };
    let offered = space_choice::spaces(hub, issuer, &client, &posted.request.resource).await?;
    Ok(offered
        .into_iter()
        .find(|space| Some(space.slug.as_str()) == params.get("space")))
}

/// One that was disabled while the page was open is no longer offered, and the person is
/// told so; any other was never on the page.
async fn not_offered(hub: &Hub, request: &HttpRequest, params: &Params) -> PageError {
    let slug = params.get("space").unwrap_or_default();
    match hub.sessions.space_by_slug(&hub.db, slug).await {
        Ok(Some(space)) if !space.is_enabled() => {
            let name = space.name.clone();
            PageError::new(request, Problem::SpaceDisabled { name })
        }
        Ok(_) => PageError::new(
            request,
            Problem::InvalidRequest {
                detail: "The Backlog space is not one of those offered.".to_owned(),
            },
        ),
        Err(error) => PageError::from_db(request, &error),
    }
}

async fn client_of(hub: &Hub, posted: &Posted) -> Result<Option<Client>, sqlx::Error> {
    db::clients::find(&hub.db, posted.request.client).await
}

/// The person may give less than was asked for.
fn chosen_scopes(requested: Scopes, params: &Params) -> Option<Scopes> {
    let read = Scopes::from_iter([Scope::Read]);
    let scopes = match params.get("access") {
        Some("read") => requested.intersection(read),
        Some("read_write") => requested,
        Some(_) | None => return None,
    };
    (!scopes.is_empty()).then_some(scopes)
}

//! `POST /consent`: the user's decision.
//!
//! 1. The request must exist, be undecided and belong to this browser. The CSRF value must be the
//!    one of its page.
//! 2. Approve: the space is the only one offered, one that was shown, or one that the user named.
//!    If no space matches, or a project is not allowed, the page is shown again with the reason. The
//!    client policy of the space must allow the client (`client_policy`).
//! 3. One statement stores the space, scopes, projects, Backlog `state`, redirect URI and code
//!    verifier, and the browser is redirected to Backlog.
//! 4. Deny: the client gets `access_denied`.

use std::{collections::BTreeSet, sync::Arc};

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use oauth_values::{
    ErrorCode, OAuthError, Params, Scope, Scopes,
    token::{BacklogState, CsrfKind, CsrfToken},
};
use secrecy::SecretString;
use subtle::ConstantTimeEq;
use url::Url;

use super::{
    client_policy::{self, Back},
    consent_again::{Form, Wrong},
    consent_projects::{self, Given},
    expired_sign_in,
    page_attempt::counting_failures,
    redirect::error_location,
    space_name::{Found, SpaceName},
    space_selection::{self, Offer},
};
use crate::web::{
    AppState, Issuer, browser,
    error::{self, JsonError, PageError},
    limits::{Attempt, Endpoint, Limited, unchecked_lookups::LookUpError},
    offered_access,
    pages::{
        ConsentPage, ForwardPage, NamingProblem, Problem, level_field,
        response::{frame, html},
    },
    request_body::OAuthBody,
};
use crate::{
    db::{
        self,
        authorization_requests::{Approval, Posted, Request},
    },
    domain::{
        AuthorizationRequestId, Client, Space, security::SecurityEvent, space::verifier_place,
    },
    metrics::SignInOutcome,
};

pub async fn post(
    hub: web::Data<AppState>,
    issuer: Issuer,
    request: HttpRequest,
    body: Result<OAuthBody, JsonError>,
) -> Result<HttpResponse, PageError> {
    let response = respond(&hub, &issuer, &request, body);
    counting_failures(&hub.limits, Endpoint::Consent, &request, response).await
}

async fn respond(
    hub: &AppState,
    issuer: &Issuer,
    request: &HttpRequest,
    body: Result<OAuthBody, JsonError>,
) -> Result<HttpResponse, PageError> {
    let page = |problem| PageError::new(request, problem);
    let body = body.map_err(|error| match error {
        JsonError::Busy(_) => page(Problem::RateLimited {
            seconds: error::RETRY_AFTER,
        }),
        _ => invalid(
            request,
            "The form is too large or did not arrive completely.",
        ),
    })?;
    let params =
        Params::parse(body.bytes()).map_err(|error| invalid(request, &error.description))?;
    let (posted, client) = find_posted(hub, issuer, request, &params).await?;

    let decision = params.get("decision");
    let denied = (decision == Some("deny")).then_some(SecurityEvent::SignInDenied);
    let target = match decision {
        Some("deny") => deny(hub, &posted.request).await.map_err(page)?,
        Some("approve") => match choice(hub, issuer, request, (&posted, client), &params).await? {
            Choice::Made {
                space,
                scopes,
                projects,
            } => {
                let decision = Decision {
                    space: &space,
                    scopes,
                    projects,
                };
                let approved = approve(hub, posted.request.id, decision).await;
                approved.map_err(page)?.into()
            }
            Choice::Again(consent) => {
                return ask_again(hub, request, &consent)
                    .map_err(|limited| PageError::limited(request, limited));
            }
        },
        _ => return Err(invalid(request, "The form is incomplete.")),
    };
    let target = Url::parse(&target).map_err(|_| page(Problem::ServerError))?;
    let forward = ForwardPage {
        frame: frame(request),
        target,
        account: None,
    };
    let forward = html(StatusCode::OK, forward.html());
    Ok(error::counted(forward, denied))
}

/// Finds the undecided request that the form is for, and checks that its own page sent the form.
async fn find_posted(
    hub: &AppState,
    issuer: &Issuer,
    request: &HttpRequest,
    params: &Params,
) -> Result<(Posted, Client), PageError> {
    let page = |problem| PageError::new(request, problem);
    let id = params
        .get("request")
        .and_then(|text| uuid::Uuid::parse_str(text).ok())
        .map(AuthorizationRequestId)
        .ok_or_else(|| invalid(request, "The form is incomplete."))?;
    let (csrf, credential) = params
        .get("csrf")
        .and_then(|text| hub.read::<CsrfKind>(text))
        .ok_or_else(|| invalid(request, NOT_THE_PAGE).counted_as(SecurityEvent::FormForged))?;
    let find = async {
        let found = db::authorization_requests::find(&hub.db, id).await;
        found.map_err(LookUpError::Failed)
    };
    let (posted, client) = hub
        .look_up(credential, hub.limits.sender(request), find)
        .await
        .map_err(|error| PageError::from_look_up(request, error))?
        .filter(|(posted, _)| posted.request.issuer == issuer.url)
        .ok_or_else(|| page(Problem::RequestExpired))?;
    check_sender(hub, request, &csrf, &posted).map_err(|problem| match problem {
        Problem::WrongBrowser => page(problem),
        _ => page(problem).counted_as(SecurityEvent::FormForged),
    })?;
    if posted.decided {
        return Err(page(Problem::RequestExpired));
    }
    if posted.expired {
        return Err(expired_sign_in::page(hub, request, &posted.request).await);
    }
    Ok((posted, client))
}

/// Shows the page again, and counts the failure.
fn ask_again(
    hub: &AppState,
    request: &HttpRequest,
    consent: &ConsentPage,
) -> Result<HttpResponse, Limited> {
    let attempt = Attempt {
        endpoint: Endpoint::Consent,
        sender: hub.limits.sender(request),
        client_id: None,
    };
    hub.limits.count_failure(attempt)?;
    Ok(html(StatusCode::BAD_REQUEST, consent.html()))
}

fn invalid(request: &HttpRequest, detail: &str) -> PageError {
    let detail = detail.to_owned();
    PageError::new(request, Problem::InvalidRequest { detail })
}

const NOT_THE_PAGE: &str = "The form was not sent by the consent page.";

/// Ends a request and returns the error redirect for the client.
async fn deny(hub: &AppState, asked: &Request) -> Result<String, Problem> {
    match db::authorization_requests::deny(&hub.db, asked.id).await {
        Ok(true) => {
            let denied = OAuthError::new(ErrorCode::AccessDenied, "The user declined.");
            hub.recorder.metrics.sign_in(SignInOutcome::AccessDenied);
            let (uri, state) = (&asked.redirect_uri, asked.state.as_deref());
            Ok(error_location(uri, &asked.issuer, state, &denied))
        }
        Ok(false) => Err(Problem::RequestExpired),
        Err(error) => {
            tracing::error!(%error, "the database failed");
            Err(Problem::Unavailable)
        }
    }
}

/// The result of reading the user's choice.
enum Choice {
    Made {
        space: Arc<Space>,
        scopes: Scopes,
        projects: Option<BTreeSet<String>>,
    },
    /// The page again, with the problem of the space's name or of the projects.
    Again(Box<ConsentPage>),
}

/// Reads the space, the scopes and the projects from the form; all must have been offered.
async fn choice(
    hub: &AppState,
    issuer: &Issuer,
    request: &HttpRequest,
    (posted, client): (&Posted, Client),
    params: &Params,
) -> Result<Choice, PageError> {
    let page = |problem| PageError::new(request, problem);
    let from_db = |error| PageError::from_db(request, &error);
    let not_offered = || invalid(request, "The Backlog space is not one of those offered.");
    let (resource, browser) = (&posted.request.resource, browser::known(hub, request));
    let offer = space_selection::offer(hub, issuer, &client, resource, browser.as_ref());
    let offer = offer.await.map_err(from_db)?;
    let form = Form {
        issuer,
        posted,
        params,
        client,
        browser,
        given: Given::read(params),
    };
    let space = match chosen_space(hub, &offer, params).await.map_err(from_db)? {
        Chosen::Space(space) => space,
        Chosen::NotOffered => return Err(not_offered()),
        Chosen::Nothing(problem) => {
            let again = form.again(hub, request, &offer, Wrong::Space(problem));
            return again.await.map(Choice::Again).map_err(from_db);
        }
    };
    if !space.is_enabled() {
        let name = space.name.clone();
        return Err(page(Problem::SpaceDisabled { name }));
    }
    let back = Back::of(&posted.request);
    client_policy::check(hub, request, (&*space, &form.client), back).await?;
    let offered = offered_access::within(hub, &space, posted.request.scopes);
    let scopes = chosen_scopes(offered, params)
        .ok_or_else(|| invalid(request, "The access level is not one of those offered."))?;
    if let Some(key) = consent_projects::not_allowed(hub, &space, resource) {
        let detail = format!("The operator does not allow the project {key} in this space.");
        return Err(invalid(request, &detail));
    }
    match consent_projects::chosen(hub, &space, resource, &form.given) {
        Ok(projects) => Ok(Choice::Made {
            space,
            scopes,
            projects,
        }),
        Err(problem) => {
            // The space is settled: the page asks for the projects of this one.
            let settled = Offer::One(space);
            let again = form.again(hub, request, &settled, Wrong::Projects(problem));
            again.await.map(Choice::Again).map_err(from_db)
        }
    }
}

/// The access that a user has approved.
pub(super) struct Decision<'a> {
    pub space: &'a Space,
    pub scopes: Scopes,
    /// The keys of the only projects; `None` for no restriction.
    pub projects: Option<BTreeSet<String>>,
}

/// Approves a request and returns Backlog's authorization URL.
pub(super) async fn approve(
    hub: &AppState,
    id: AuthorizationRequestId,
    decision: Decision<'_>,
) -> Result<Url, Problem> {
    let Decision {
        space,
        scopes,
        projects,
    } = decision;
    let application = hub.sessions.space_oauth(space).map_err(|error| {
        tracing::error!(space = space.slug, %error, "the space cannot be used");
        Problem::ServerError
    })?;
    let state = BacklogState::issue(&hub.random, &hub.check_key);
    let verifier = BASE64_URL_SAFE_NO_PAD.encode(hub.random.bytes::<32>());
    let verifier = SecretString::from(verifier);
    let row = id.to_string();
    let approval = Approval {
        space: space.id,
        scopes,
        projects,
        backlog_state: state.hash(),
        backlog_redirect_uri: space.redirect_uri.clone(),
        backlog_verifier: hub
            .keys
            .seal(verifier_place(&row, &space.base_url), &verifier),
    };
    match db::authorization_requests::approve(&hub.db, id, &approval).await {
        Ok(true) => Ok(application.authorize_url(state.reveal(), &verifier)),
        Ok(false) => Err(Problem::RequestExpired),
        Err(error) => {
            tracing::error!(%error, "the database failed");
            Err(Problem::Unavailable)
        }
    }
}

/// Checks that the form comes from its own page, in the browser that was shown the page.
fn check_sender(
    hub: &AppState,
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

/// The space that the form selects.
enum Chosen {
    Space(Arc<Space>),
    NotOffered,
    Nothing(NamingProblem),
}

/// If only one space is offered, the form must contain it. Otherwise the user selects a space by
/// its radio button or by typing. A space that was disabled meanwhile is included, so that a page
/// can report it.
async fn chosen_space(
    hub: &AppState,
    offer: &Offer,
    params: &Params,
) -> Result<Chosen, sqlx::Error> {
    let (slug, typed) = (params.get("space"), params.get("named_space"));
    if let Offer::One(only) = offer {
        return Ok(match slug == Some(only.slug.as_str()) {
            true => Chosen::Space(Arc::clone(only)),
            false => settled_meanwhile(hub, slug).await?,
        });
    }
    let named = match typed.map(str::trim).filter(|typed| !typed.is_empty()) {
        None => None,
        Some(typed) => Some((typed.to_owned(), named_space(hub, typed).await?)),
    };
    let chosen = match slug {
        None => None,
        Some(slug) => hub.sessions.space_by_slug(&hub.db, slug).await?,
    };
    Ok(match (slug, chosen, named) {
        (Some(_), None, _) => Chosen::NotOffered,
        (None, _, None) => Chosen::Nothing(NamingProblem::Missing),
        (Some(_), Some(space), None) | (None, _, Some((_, Found::One(space)))) => {
            Chosen::Space(space)
        }
        (Some(_), Some(space), Some((typed, found))) => match found {
            Found::One(other) if other.id == space.id => Chosen::Space(space),
            _ => Chosen::Nothing(NamingProblem::Both { typed }),
        },
        (None, _, Some((typed, Found::Several))) => {
            Chosen::Nothing(NamingProblem::Several { typed })
        }
        (None, _, Some((typed, Found::None))) => Chosen::Nothing(NamingProblem::Unknown { typed }),
    })
}

async fn named_space(hub: &AppState, typed: &str) -> Result<Found, sqlx::Error> {
    match SpaceName::read(typed) {
        Some(name) => name.find(hub).await,
        None => Ok(Found::None),
    }
}

/// A space that was disabled while the page was open is no longer offered, and the page reports
/// that. Any other space was never on the page.
async fn settled_meanwhile(hub: &AppState, slug: Option<&str>) -> Result<Chosen, sqlx::Error> {
    let slug = slug.unwrap_or_default();
    let space = hub.sessions.space_by_slug(&hub.db, slug).await?;
    let disabled = space.filter(|space| !space.is_enabled());
    Ok(disabled.map_or(Chosen::NotOffered, Chosen::Space))
}

/// The user may grant less than was offered; the levels are those that the user chose, and only with
/// writing. Where the page did not know the space yet, its limits apply to the choice.
pub(in crate::web) fn chosen_scopes(offered: Scopes, params: &Params) -> Option<Scopes> {
    let read = Scopes::from_iter([Scope::Read]);
    let base = match params.get("access") {
        Some("read") => offered.intersection(read),
        Some("read_write") => offered.base(),
        Some(_) | None => return None,
    };
    let is_chosen = |level: &Scope| params.get(level_field(*level)) == Some("allow");
    let chosen: Scopes = Scope::LEVELS.into_iter().filter(is_chosen).collect();
    let scopes = base.union(chosen.intersection(offered)).effective();
    (!scopes.is_empty()).then_some(scopes)
}

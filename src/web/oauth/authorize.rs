//! `GET /authorize`: validation, then the consent page (RFC 6749 §4.1.1).
//!
//! 1. Client and redirect URI: an error is a page, never a redirect.
//! 2. The client policy of the space, as soon as the space is known: an error is a page
//!    (`client_policy`).
//! 3. Everything else: an error is a redirect with `error`, `iss` and `state`. If the redirect URI
//!    is unknown, a page links to it instead.
//! 4. The request is stored for this browser, with the hash of one CSRF value.
//! 5. If this browser has approved the same request before and the client itself sent it
//!    (`consent_skip`), the browser is redirected to Backlog at once.
//! 6. Otherwise the consent page shows the request; the user decides at `POST /consent`.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use guarded_fetch::FetchError;
use oauth_values::{
    ClientIdForm, ErrorCode, OAuthError, Params, RedirectUri, Scopes,
    authorization::{self, AuthorizationParams},
    known_callback::CallbackOwner,
    token::{BrowserId, CsrfToken},
};
use tracing::Level;
use url::Url;

use super::{
    client_documents::{self, ClientLookupError},
    client_policy::{self, Back},
    consent::{self, Decision},
    consent_page::{self, Shown},
    consent_projects, consent_skip,
    redirect::{error_location, redirect},
    space_selection::{self, Offer},
};
use crate::web::{
    AppState, Issuer, browser,
    error::PageError,
    limits::{Attempt, Endpoint, Sender, Work},
    offered_access,
    pages::{
        Problem, RefusedPage,
        response::{cookie_of_client, frame, html},
    },
};
use crate::{
    db::{self, authorization_requests::NewRequest, consents::ConsentKey},
    domain::{AuthorizationRequestId, Client, Space},
    metrics::SignInOutcome,
    telemetry::Refusals,
};

pub async fn get(
    hub: web::Data<AppState>,
    issuer: Issuer,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let named = Params::parse_only(request.query_string().as_bytes(), &["client_id"]);
    let attempt = Attempt {
        endpoint: Endpoint::Authorize,
        sender: hub.limits.sender(&request),
        client_id: named.as_ref().ok().and_then(|named| named.get("client_id")),
    };
    // A `client_id` that the hub never issued gets a page, without a database query or a count.
    if let Some(client_id) = attempt.client_id
        && hub.client_id_form(client_id) == ClientIdForm::NeverIssued
    {
        return Err(PageError::new(&request, Problem::UnknownClient));
    }
    let refused = |limited| PageError::limited(&request, limited);
    let response = respond(&hub, &issuer, &request, attempt);
    hub.limits.counting(attempt, refused, response).await
}

async fn respond(
    hub: &AppState,
    issuer: &Issuer,
    request: &HttpRequest,
    attempt: Attempt<'_>,
) -> Result<HttpResponse, PageError> {
    let from_db = |error| PageError::from_db(request, &error);
    let limited = |limited| PageError::limited(request, limited);
    let (client, redirect_uri) = identify(hub, issuer, request, attempt.sender).await?;
    let known = browser::known(hub, request);
    let of_client = (&client, &redirect_uri);
    let validated = match check(hub, issuer, request, of_client, known.as_ref()).await {
        Ok(validated) => validated,
        Err(AuthorizeError::Page(page)) => return Err(page),
        Err(AuthorizeError::Redirect(error)) => {
            hub.limits.count_failure(attempt).map_err(limited)?;
            return Ok(refuse(request, issuer, &redirect_uri, &error));
        }
    };

    hub.limits
        .check_work(Work::SignIn, attempt.sender)
        .map_err(limited)?;
    let is_known = known.is_some();
    let browser_id = known.unwrap_or_else(|| BrowserId::generate(&hub.random));
    let begun = begin(hub, issuer, of_client, &validated, &browser_id).await;
    let begun = begun.map_err(from_db)?;

    let approved = approved_before(hub, request, of_client, &validated, &browser_id).await;
    if let Some((space, scopes)) = approved.map_err(from_db)? {
        let projects = consent_projects::of_resource(&validated.resource);
        let decision = Decision {
            space,
            scopes,
            projects,
        };
        let url = consent::approve(hub, begun.id, decision)
            .await
            .map_err(|problem| PageError::new(request, problem))?;
        return Ok(redirect(url.as_str()));
    }

    let space = validated.offer.known();
    let shown = Shown {
        issuer,
        client,
        redirect_uri: &redirect_uri,
        scopes: validated.params.scopes,
        id: begun.id,
        csrf: begun.csrf.reveal(),
        offer: &validated.offer,
        problem: None,
        projects: consent_projects::shown(hub, space, &validated.resource, None),
        browser: Some(&browser_id).filter(|_| is_known),
    };
    let page = consent_page::of(hub, request, shown)
        .await
        .map_err(from_db)?;
    with_cookies(hub, request, html(StatusCode::OK, page.html()), &browser_id)
}

/// Adds the cookie of the browser, and that of the language if the client asks for one.
fn with_cookies(
    hub: &AppState,
    request: &HttpRequest,
    mut response: HttpResponse,
    browser: &BrowserId,
) -> Result<HttpResponse, PageError> {
    let lifetime = hub.lifetimes.authorization_request;
    let language = cookie_of_client(request, hub.base_url.is_https(), lifetime);
    let cookies = [Some(browser::cookie(hub, browser)), language];
    for cookie in cookies.iter().flatten() {
        if let Err(error) = response.add_cookie(cookie) {
            tracing::error!(%error, "could not set a cookie");
            return Err(PageError::new(request, Problem::ServerError));
        }
    }
    Ok(response)
}

/// A stored sign-in: the values that the form of its consent page sends back.
struct Begun {
    id: AuthorizationRequestId,
    csrf: CsrfToken,
}

async fn begin(
    hub: &AppState,
    issuer: &Issuer,
    (client, redirect_uri): (&Client, &RedirectUri),
    validated: &ValidatedRequest,
    browser: &BrowserId,
) -> Result<Begun, sqlx::Error> {
    let csrf = CsrfToken::issue(&hub.random, &hub.check_key);
    let id = AuthorizationRequestId::new(&hub.clock, &hub.random);
    let request = NewRequest {
        id,
        client: client.key,
        issuer: &issuer.url,
        redirect_uri,
        state: validated.params.state.as_deref(),
        code_challenge: &validated.params.code_challenge,
        resource: &validated.resource,
        scopes: validated.params.scopes,
        browser: browser.hash(),
        csrf: csrf.hash(),
        lifetime: hub.lifetimes.authorization_request,
    };
    db::authorization_requests::insert(&hub.db, &request).await?;
    hub.newcomers.add();
    hub.recorder.metrics.sign_in(SignInOutcome::Begun);
    Ok(Begun { id, csrf })
}

/// How an invalid request is rejected: with a page for the user or a redirect to the client.
enum AuthorizeError {
    Page(PageError),
    Redirect(OAuthError),
}

impl From<OAuthError> for AuthorizeError {
    fn from(error: OAuthError) -> Self {
        Self::Redirect(error)
    }
}

/// A request that passed all checks.
struct ValidatedRequest {
    params: AuthorizationParams,
    resource: String,
    offer: Offer,
}

/// Finds the client and the redirect URI for the response.
async fn identify(
    hub: &AppState,
    issuer: &Issuer,
    request: &HttpRequest,
    sender: Sender,
) -> Result<(Client, RedirectUri), PageError> {
    let page = |problem| PageError::new(request, problem);
    let invalid = |error: OAuthError| {
        page(Problem::InvalidRequest {
            detail: error.description.into_owned(),
        })
    };
    let query = request.query_string().as_bytes();
    let address = Params::parse_only(query, &["client_id", "redirect_uri"]).map_err(invalid)?;
    let client_id = address
        .get("client_id")
        .ok_or_else(|| page(Problem::UnknownClient))?;
    let found = client_documents::find_client(hub, client_id, sender);
    let client = hub
        .look_up_client(client_id, sender, false, found)
        .await
        .map_err(|error| match error {
            ClientLookupError::Database(error) => PageError::from_db(request, &error),
            ClientLookupError::Document(error) => {
                log_unfetched(request, client_id, &error);
                page(unfetched(client_id, &error))
            }
            ClientLookupError::Metadata(error) => invalid(error),
            ClientLookupError::Limited(limited) => PageError::limited(request, limited),
            ClientLookupError::Off => page(Problem::DocumentsOff),
        })?
        .filter(|client| client.may_use_issuer_of(issuer.space_id()))
        .ok_or_else(|| page(Problem::UnknownClient))?;
    let redirect_uri =
        redirect_uri(&client, &address).ok_or_else(|| page(Problem::RedirectUriMismatch))?;
    Ok((client, redirect_uri))
}

/// Logs the cause for the operator. Any client can name a document that does not exist, so the
/// lines are limited.
fn log_unfetched(request: &HttpRequest, client_id: &str, error: &FetchError) {
    const MESSAGE: &str = "could not fetch a client metadata document";
    match Refusals::level_for(request) {
        Level::INFO => tracing::info!(client_id, %error, "{MESSAGE}"),
        _ => tracing::debug!(client_id, %error, "{MESSAGE}"),
    }
}

/// The problem shown for a document that could not be fetched. Only a reason visible in the URL
/// itself is disclosed; the addresses that its name resolves to are not.
fn unfetched(client_id: &str, error: &FetchError) -> Problem {
    match (error, Url::parse(client_id)) {
        (FetchError::Url, Ok(url)) => Problem::ClientNotFetched {
            host: consent_page::host_and_port(&url),
        },
        _ => Problem::ClientUnavailable,
    }
}

/// Validates the rest of the request and finds the spaces it may be for.
async fn check(
    hub: &AppState,
    issuer: &Issuer,
    request: &HttpRequest,
    of_client: (&Client, &RedirectUri),
    browser: Option<&BrowserId>,
) -> Result<ValidatedRequest, AuthorizeError> {
    let from_db = |error| AuthorizeError::Page(PageError::from_db(request, &error));
    let (client, _) = of_client;
    // Before any error that is for the client: the policy may distrust its redirect URI.
    if let Some(space) = &issuer.space {
        check_policy(hub, issuer, request, of_client, space).await?;
    }
    let params = Params::parse(request.query_string().as_bytes())?;
    let params = AuthorizationParams::parse(&params, client.scopes)?;
    let resource = space_selection::endpoint(hub, issuer, &params.resources)
        .await
        .map_err(from_db)??;
    let offer = space_selection::offer(hub, issuer, client, &resource, browser)
        .await
        .map_err(from_db)?;
    if let Offer::One(only) = &offer {
        check_policy(hub, issuer, request, of_client, only).await?;
    }
    let not_allowed = offer
        .known()
        .and_then(|space| consent_projects::not_allowed(hub, space, &resource));
    if let Some(key) = not_allowed {
        return Err(AuthorizeError::Redirect(OAuthError::new(
            ErrorCode::InvalidTarget,
            format!("The operator does not allow the project {key} in this Backlog space."),
        )));
    }
    let unusable = match &offer {
        Offer::None => Problem::NoSpace,
        Offer::One(only) if !only.is_enabled() => Problem::SpaceDisabled {
            name: only.name.clone(),
        },
        Offer::One(only) if offered_access::within(hub, only, params.scopes).is_empty() => {
            return Err(AuthorizeError::Redirect(OAuthError::new(
                ErrorCode::InvalidScope,
                "The limits of this Backlog space leave nothing of the requested scope.",
            )));
        }
        Offer::One(_) | Offer::Open(_) => {
            return Ok(ValidatedRequest {
                params,
                resource,
                offer,
            });
        }
    };
    Err(AuthorizeError::Page(PageError::new(request, unusable)))
}

/// Checks whether an enabled space allows the client.
async fn check_policy(
    hub: &AppState,
    issuer: &Issuer,
    request: &HttpRequest,
    (client, redirect_uri): (&Client, &RedirectUri),
    space: &Space,
) -> Result<(), AuthorizeError> {
    if !space.is_enabled() {
        return Ok(());
    }
    let back = Back::of_query(request, &issuer.url, redirect_uri);
    let checked = client_policy::check(hub, request, (space, client), back).await;
    checked.map_err(AuthorizeError::Page)
}

/// Sends an error to the client. If the redirect URI is not a known one, the error is a page with a
/// link, so that the hub is not an open redirector (RFC 9700 §4.11.2).
fn refuse(
    request: &HttpRequest,
    issuer: &Issuer,
    redirect_uri: &RedirectUri,
    refusal: &OAuthError,
) -> HttpResponse {
    let state = Params::parse_only(request.query_string().as_bytes(), &["state"])
        .and_then(|params| authorization::state(&params))
        .unwrap_or_default();
    let location = error_location(redirect_uri, &issuer.url, state.as_deref(), refusal);
    match (CallbackOwner::of(redirect_uri), Url::parse(&location)) {
        (CallbackOwner::Unknown, Ok(target)) => {
            let refused = RefusedPage {
                frame: frame(request),
                target,
                detail: refusal.description.to_string(),
            };
            html(StatusCode::BAD_REQUEST, refused.html())
        }
        _ => redirect(&location),
    }
}

/// The space and the scopes of a request that this browser has approved before, if the client itself
/// sent it. Only approvals for all projects are remembered, so they cover the endpoint of one.
async fn approved_before<'a>(
    hub: &AppState,
    request: &HttpRequest,
    (client, redirect_uri): (&Client, &RedirectUri),
    validated: &'a ValidatedRequest,
    browser: &BrowserId,
) -> Result<Option<(&'a Space, Scopes)>, sqlx::Error> {
    let space = match &validated.offer {
        Offer::One(space) if !validated.params.asks_for_consent => space,
        _ => return Ok(None),
    };
    if !consent_skip::is_from_client(request, redirect_uri) {
        return Ok(None);
    }
    let key = ConsentKey {
        browser: browser.hash(),
        client: client.key,
        space: space.id,
        redirect_uri: redirect_uri.as_str(),
    };
    let scopes = offered_access::within(hub, space, validated.params.scopes);
    let is_covered = db::consents::covers(&hub.db, &key, scopes).await?;
    Ok(is_covered.then_some((&**space, scopes)))
}

/// The presented redirect URI, or the only registered one if none was sent.
fn redirect_uri(client: &Client, params: &Params) -> Option<RedirectUri> {
    match (params.get("redirect_uri"), client.redirect_uris.as_slice()) {
        // Registration has already checked whether the URI is allowed.
        (Some(text), _) => RedirectUri::parse_trusted(text)
            .ok()
            .filter(|presented| client.allows_redirect_to(presented)),
        (None, [only]) => Some(only.clone()),
        (None, _) => None,
    }
}

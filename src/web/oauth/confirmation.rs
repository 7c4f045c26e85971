//! The page after Backlog's response that names the user who has signed in, before there is a grant
//! or a code. It is shown if the browser last signed in to the space as another user or not at all.
//!
//! 1. `GET /callback` has stored the tokens in the user's account and redirects here (`callback`).
//!    The URL identifies the sign-in by a sealed value, which opens in the browser of the sign-in
//!    only. So a request from elsewhere costs no statement, and Backlog's code leaves the address bar.
//! 2. `GET /sign-in` shows the page. Its form has a sealed value of its own, so that no other page
//!    can send it.
//! 3. Continue: one transaction decides the sign-in and makes the grant. A second click waits for the
//!    first one and returns the same response, which is stored sealed. The response to the form
//!    leads back to this page, which then redirects to the client.
//! 4. "Not you?": the sign-in is decided without a grant. An account that no grant uses is deleted.
//!    The page leads to the space, where the user signs out, and starts the same request again.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use oauth_values::{ErrorCode, OAuthError, Params, token::BrowserId};
use sealing::Place;
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;
use url::{Url, form_urlencoded};
use uuid::Uuid;

use super::{
    client_policy::{self, Back},
    consent_page, expired_sign_in,
    new_grant::{self, Consented},
    page_attempt::counting_failures,
    redirect::{error_location, redirect},
    restored_connections::{self, Restored},
};
use crate::web::{
    AppState, account, browser,
    error::{self, JsonError, PageError},
    limits::Endpoint,
    pages::{
        ConfirmPage, ForwardPage, Problem, SwitchPage,
        response::{frame, html},
    },
    request_body::OAuthBody,
};
use crate::{
    accounts::backlog_tokens::RenewalError,
    db::{
        self,
        authorization_requests::Request,
        confirmations::{State, Waiting},
    },
    domain::{
        AuthorizationRequestId, Client, Space, security::SecurityEvent,
        space::confirmed_response_place,
    },
    metrics::SignInOutcome,
};

/// The page, and the action of its form.
pub const PATH: &str = "/sign-in";
/// How long the user can take to confirm.
pub const READING_TIME: Duration = Duration::from_mins(10);

/// The use of a sealed value.
const IN_URL: &str = "sign_in_url";
const IN_FORM: &str = "sign_in_form";

/// Redirects the browser to the page.
pub(super) fn ask(
    hub: &AppState,
    request: &HttpRequest,
    id: AuthorizationRequestId,
) -> Result<HttpResponse, PageError> {
    let browser = browser::known(hub, request);
    let browser = browser.ok_or_else(|| PageError::new(request, Problem::WrongBrowser))?;
    Ok(redirect(&path(hub, &browser, id)))
}

pub async fn get(
    hub: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let response = show(&hub, &request);
    counting_failures(&hub.limits, Endpoint::Consent, &request, response).await
}

pub async fn post(
    hub: web::Data<AppState>,
    request: HttpRequest,
    body: Result<OAuthBody, JsonError>,
) -> Result<HttpResponse, PageError> {
    let response = decide(&hub, &request, body);
    counting_failures(&hub.limits, Endpoint::Consent, &request, response).await
}

async fn show(hub: &AppState, request: &HttpRequest) -> Result<HttpResponse, PageError> {
    let query = request.query_string().as_bytes();
    let params = Params::parse(query).map_err(|error| invalid(request, &error.description))?;
    let (browser, waiting) = find(hub, request, &params, IN_URL).await?;
    match waiting.state {
        State::Asked => {}
        State::Expired => return Err(expired_sign_in::page(hub, request, &waiting.request).await),
        State::Granted => return to_client(hub, request, &waiting).await,
        State::Declined => return Err(PageError::new(request, Problem::RequestExpired)),
    }
    let (space, client) = space_and_client(hub, request, &waiting).await?;
    let back = Back::of(&waiting.request);
    client_policy::check(hub, request, (&space, &client), back).await?;
    let operator = db::spaces::operator(&hub.db, space.id).await;
    let operator = operator.map_err(|error| PageError::from_db(request, &error))?;
    let page = ConfirmPage {
        frame: frame(request).of_space(operator),
        user: waiting.user.name.clone(),
        space: consent_page::line(&space, None),
        client: consent_page::asking(client, &waiting.request.redirect_uri),
        granted: waiting.granted,
        projects: waiting.projects.clone(),
        page: seal(hub, &browser, IN_FORM, waiting.request.id),
        form_action: PATH.to_owned(),
    };
    Ok(html(StatusCode::OK, page.html()))
}

async fn decide(
    hub: &AppState,
    request: &HttpRequest,
    body: Result<OAuthBody, JsonError>,
) -> Result<HttpResponse, PageError> {
    let body = body.map_err(|error| match error {
        JsonError::Busy(_) => {
            let seconds = error::RETRY_AFTER;
            PageError::new(request, Problem::RateLimited { seconds })
        }
        _ => invalid(
            request,
            "The form is too large or did not arrive completely.",
        ),
    })?;
    let params =
        Params::parse(body.bytes()).map_err(|error| invalid(request, &error.description))?;
    let (browser, waiting) = find(hub, request, &params, IN_FORM).await?;
    match params.get("decision") {
        Some("continue") => {
            let here = address(hub, request, &browser, waiting.request.id);
            carry_on(hub, request, waiting, &here).await
        }
        Some("switch") => switch(hub, request, waiting).await,
        _ => Err(invalid(request, "The form is incomplete.")),
    }
}

/// Makes the grant, or repeats the response of the first click.
async fn carry_on(
    hub: &AppState,
    request: &HttpRequest,
    waiting: Waiting,
    here: &str,
) -> Result<HttpResponse, PageError> {
    let page = |problem| PageError::new(request, problem);
    let space = db::spaces::find(&hub.db, waiting.space).await;
    let space = space
        .map_err(|error| PageError::from_db(request, &error))?
        .ok_or_else(|| page(Problem::RequestExpired))?;
    let confirmed = match waiting.state {
        State::Asked => confirm(hub, &space, &waiting).await.map_err(|error| {
            tracing::error!(%error, "could not store a confirmed sign-in");
            page(Problem::Unavailable)
        })?,
        State::Granted => Confirmed::Before,
        State::Declined => return Err(page(Problem::RequestExpired)),
        State::Expired => return Err(expired_sign_in::page(hub, request, &waiting.request).await),
    };
    let asked = &waiting.request;
    match confirmed {
        Confirmed::Now { target, restored } => {
            hub.recorder.metrics.sign_in(SignInOutcome::Finished);
            restored
                .and_then(|restored| restored_connections::page(hub, request, restored, &target))
                .map_or_else(|| forward(request, asked, here), Ok)
        }
        Confirmed::ClientNotAllowed => {
            Err(client_policy::refused(hub, request, space.id, asked).await)
        }
        Confirmed::Before => {
            first_response(hub, request, &space, asked).await?;
            forward(request, asked, here)
        }
        Confirmed::Refused(error) => {
            let outcome = SignInOutcome::of_error(error.code);
            hub.recorder.metrics.sign_in(outcome);
            let (uri, state) = (&asked.redirect_uri, asked.state.as_deref());
            let target = error_location(uri, &asked.issuer, state, &error);
            forward(request, asked, &target)
        }
    }
}

/// Redirects to the client of a confirmed sign-in, while its code is valid.
async fn to_client(
    hub: &AppState,
    request: &HttpRequest,
    waiting: &Waiting,
) -> Result<HttpResponse, PageError> {
    let found = db::spaces::find(&hub.db, waiting.space).await;
    let space = found
        .map_err(|error| PageError::from_db(request, &error))?
        .ok_or_else(|| PageError::new(request, Problem::RequestExpired))?;
    let target = first_response(hub, request, &space, &waiting.request).await?;
    Ok(redirect(&target))
}

/// The URL of the page, at the host of the request. After the confirmation it redirects to the
/// client. A refresh to the client itself makes Chromium open a connection in advance, which it may
/// not use, and a client that listens on loopback waits until all of its connections have ended.
fn address(
    hub: &AppState,
    request: &HttpRequest,
    browser: &BrowserId,
    id: AuthorizationRequestId,
) -> String {
    let scheme = if hub.base_url.is_https() {
        "https"
    } else {
        "http"
    };
    let connection = request.connection_info();
    let host = match request
        .headers()
        .get(header::HOST)
        .map(|host| host.to_str())
    {
        Some(Ok(host)) => host,
        _ => connection.host(),
    };
    format!("{scheme}://{host}{}", path(hub, browser, id))
}

/// The path and query of the page.
fn path(hub: &AppState, browser: &BrowserId, id: AuthorizationRequestId) -> String {
    let sealed = seal(hub, browser, IN_URL, id);
    let sealed: String = form_urlencoded::byte_serialize(sealed.as_bytes()).collect();
    format!("{PATH}?page={sealed}")
}

/// The response to the first click, while its code is valid.
async fn first_response(
    hub: &AppState,
    request: &HttpRequest,
    space: &Space,
    asked: &Request,
) -> Result<String, PageError> {
    let time = hub.lifetimes.authorization_code;
    let sealed = db::confirmations::repeatable_response(&hub.db, asked.id, time).await;
    let sealed = sealed.map_err(|error| PageError::from_db(request, &error))?;
    let row = asked.id.to_string();
    let place = confirmed_response_place(&row, &space.base_url);
    let target = sealed.and_then(|sealed| hub.keys.open(place, &sealed).ok());
    let target = target.ok_or_else(|| PageError::new(request, Problem::RequestExpired))?;
    Ok(target.expose_secret().to_owned())
}

/// Continues to the client. The response to a form cannot redirect there ([`ForwardPage`]).
fn forward(
    request: &HttpRequest,
    asked: &Request,
    target: &str,
) -> Result<HttpResponse, PageError> {
    let target = Url::parse(target).map_err(|_| PageError::new(request, Problem::ServerError))?;
    let forward = ForwardPage {
        frame: frame(request),
        target,
        account: Some(account::path_at(&asked.issuer)),
    };
    Ok(html(StatusCode::OK, forward.html()))
}

/// The result of Continue.
enum Confirmed {
    /// With the URL of the client, and the connections that work again.
    Now {
        target: String,
        restored: Option<Restored>,
    },
    /// Another click was first.
    Before,
    /// The client gets an error.
    Refused(OAuthError),
    /// An operator has changed the client policy during the sign-in; nothing is decided.
    ClientNotAllowed,
}

/// Decides the sign-in and makes its grant in one transaction.
async fn confirm(
    hub: &AppState,
    space: &Space,
    waiting: &Waiting,
) -> Result<Confirmed, RenewalError> {
    let asked = &waiting.request;
    let mut transaction = hub.db.begin().await?;
    let held = db::spaces::hold_open_at(&mut *transaction, space.id, &space.base_url);
    let Some(open) = held.await? else {
        return Ok(Confirmed::Refused(new_grant::space_closed()));
    };
    let client = db::clients::touch(&mut *transaction, asked.client).await?;
    if !client_policy::still_allows(&open.clients, client.as_ref(), asked) {
        return Ok(Confirmed::ClientNotAllowed);
    }
    if !db::confirmations::decide(&mut *transaction, asked.id).await? {
        return Ok(Confirmed::Before);
    }
    let user = waiting.user.id;
    let account = hub.sessions.resume_sign_in(&mut transaction, space, user);
    let Some(account) = account.await? else {
        return Ok(Confirmed::Refused(OAuthError::new(
            ErrorCode::AccessDenied,
            "The sign-in at Backlog has ended; start again.",
        )));
    };
    let consented = Consented {
        request: asked,
        space,
        granted: waiting.granted,
        projects: waiting.projects.clone(),
        browser: waiting.browser,
        user: &waiting.user,
    };
    let granted = new_grant::make(
        hub,
        &mut transaction,
        &consented,
        &account,
        waiting.restored,
    )
    .await?;
    let target = granted.target(asked);
    let (row, text) = (asked.id.to_string(), target.clone().into());
    let sealed = hub
        .keys
        .seal(confirmed_response_place(&row, &space.base_url), &text);
    db::confirmations::keep_response(&mut *transaction, asked.id, &sealed).await?;
    transaction.commit().await?;
    tracing::info!(
        grant = %granted.id,
        space = space.slug,
        backlog_user = user,
        "a user signed in"
    );
    let restored = granted.restored;
    Ok(Confirmed::Now { target, restored })
}

/// Ends the sign-in without a grant, and shows how to sign in as another user.
async fn switch(
    hub: &AppState,
    request: &HttpRequest,
    waiting: Waiting,
) -> Result<HttpResponse, PageError> {
    let from_db = |error| PageError::from_db(request, &error);
    let (space, client) = space_and_client(hub, request, &waiting).await?;
    let is_declined = decline(hub, &waiting).await.map_err(from_db)?;
    if !is_declined {
        let found = db::confirmations::find(&hub.db, waiting.request.id).await;
        let state = found.map_err(from_db)?.map(|waiting| waiting.state);
        if state == Some(State::Granted) {
            return Err(PageError::new(request, Problem::RequestExpired));
        }
    }
    if is_declined {
        hub.recorder.metrics.sign_in(SignInOutcome::AccessDenied);
    }
    let page = SwitchPage {
        frame: frame(request),
        user: waiting.user.name.clone(),
        space: consent_page::line(&space, None),
        space_url: Url::parse(&space.base_url).ok(),
        again: expired_sign_in::again(&waiting.request, &client),
    };
    let denied = is_declined.then_some(SecurityEvent::SignInDenied);
    Ok(error::counted(html(StatusCode::OK, page.html()), denied))
}

/// Decides the sign-in without a grant. The account keeps the new tokens if a grant uses it.
async fn decline(hub: &AppState, waiting: &Waiting) -> Result<bool, sqlx::Error> {
    let mut transaction = hub.db.begin().await?;
    if !db::confirmations::decide(&mut *transaction, waiting.request.id).await? {
        return Ok(false);
    }
    let (space, user) = (waiting.space, waiting.user.id);
    db::accounts::hold(&mut *transaction, space, user).await?;
    db::accounts::delete_unused(&mut *transaction, space, user).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Finds the sign-in of a sealed value, which only its own browser can present.
async fn find(
    hub: &AppState,
    request: &HttpRequest,
    params: &Params,
    place: &'static str,
) -> Result<(BrowserId, Waiting), PageError> {
    let page = |problem| PageError::new(request, problem);
    let browser = browser::known(hub, request).ok_or_else(|| page(Problem::WrongBrowser))?;
    let sealed = params.get("page").unwrap_or_default();
    let id = open(hub, &browser, place, sealed).ok_or_else(|| page(Problem::WrongBrowser))?;
    let found = db::confirmations::find(&hub.db, id).await;
    let waiting = found
        .map_err(|error| PageError::from_db(request, &error))?
        .ok_or_else(|| page(Problem::RequestExpired))?;
    let stored = waiting.browser;
    if !bool::from(stored.as_bytes().ct_eq(browser.hash().as_bytes())) {
        return Err(page(Problem::WrongBrowser));
    }
    Ok((browser, waiting))
}

async fn space_and_client(
    hub: &AppState,
    request: &HttpRequest,
    waiting: &Waiting,
) -> Result<(Space, Client), PageError> {
    let from_db = |error| PageError::from_db(request, &error);
    let gone = || PageError::new(request, Problem::RequestExpired);
    let space = db::spaces::find(&hub.db, waiting.space).await;
    let client = db::clients::find(&hub.db, waiting.request.client).await;
    Ok((
        space.map_err(from_db)?.ok_or_else(gone)?,
        client.map_err(from_db)?.ok_or_else(gone)?,
    ))
}

fn invalid(request: &HttpRequest, detail: &str) -> PageError {
    let detail = detail.to_owned();
    PageError::new(request, Problem::InvalidRequest { detail })
}

fn place<'a>(column: &'static str, row: &'a str) -> Place<'a> {
    Place {
        table: "pages",
        column,
        row,
        bound_to: PATH,
    }
}

fn seal(
    hub: &AppState,
    browser: &BrowserId,
    column: &'static str,
    id: AuthorizationRequestId,
) -> String {
    let row = browser.hash().to_hex();
    hub.keys.seal(place(column, &row), &id.to_string().into())
}

fn open(
    hub: &AppState,
    browser: &BrowserId,
    column: &'static str,
    sealed: &str,
) -> Option<AuthorizationRequestId> {
    let row = browser.hash().to_hex();
    let text = hub.keys.open(place(column, &row), sealed).ok()?;
    let id = Uuid::parse_str(text.expose_secret()).ok()?;
    Some(AuthorizationRequestId(id))
}

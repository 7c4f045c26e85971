//! Backlog's response to a sign-in of the page; it arrives at the callback of the space.
//!
//! 1. It must arrive where it is expected, in the browser that began it, while that is not over.
//!    A repeated one leads to the page and gives no session.
//! 2. One statement finishes the sign-in. Then the code is exchanged, and the user is looked up.
//! 3. If the user has a live account here, it gets the new tokens. Otherwise they are not kept, because
//!    the page makes no grant and revives none, unless the user asked for that in order to make a
//!    personal token. Where they are kept and the space trusts an identity provider, it remembers who
//!    its user is.
//! 4. The browser's session of before ends, and a new one begins.

use actix_web::{HttpRequest, HttpResponse, web};
use oauth_values::{
    ErrorCode, OAuthError, Params,
    token::{AccountSession, AccountState, BrowserId},
};
use subtle::ConstantTimeEq;

use super::{Place, session, sign_in, signed_out};
use crate::accounts::backlog_tokens::RenewalError;
use crate::db::{self, account_sessions::NewSession, account_sign_ins::SignIn};
use crate::domain::{Space, security::SecurityEvent};
use crate::metrics::SignInOutcome;
use crate::web::{
    AppState, browser,
    error::{self, PageError},
    limits::Holder,
    oauth::{
        backlog_redirect::Expected,
        backlog_response::{self, BacklogResponse},
        backlog_user::{self, Received},
        redirect::redirect,
    },
    pages::{Problem, SignedOut},
};

pub async fn respond(
    hub: &web::Data<AppState>,
    request: &HttpRequest,
    params: &Params,
    state: AccountState,
) -> Result<HttpResponse, PageError> {
    let page = |problem| PageError::new(request, problem);
    let begun = find(hub, request, &state).await?;
    let expected = Expected {
        space: begun.space,
        slug: &begun.slug,
        issuer: &begun.issuer,
        redirect_uri: &begun.redirect_uri,
    };
    if let Some(onward) = backlog_response::arrive(hub, request, &expected).await? {
        return Ok(redirect(&onward));
    }
    let browser = own_browser(hub, request, &begun)?;
    if begun.is_over {
        return Ok(to_page(&begun));
    }
    let response = BacklogResponse::read(params).ok_or_else(|| {
        page(Problem::InvalidRequest {
            detail: "Backlog sent neither a code nor an error.".to_owned(),
        })
    })?;
    let space = backlog_response::find_space(hub, request, begun.space).await?;
    let is_ours = db::account_sign_ins::finish(&hub.db, begun.state).await;
    if !is_ours.map_err(|error| PageError::from_db(request, &error))? {
        return Ok(to_page(&begun));
    }
    let signed_in = match response {
        BacklogResponse::Refused(error) => Err(error),
        BacklogResponse::Code(_) if begun.site != space.base_url => Err(moved()),
        BacklogResponse::Code(code) => {
            let at_callback = Space {
                redirect_uri: begun.redirect_uri.clone(),
                ..space.clone()
            };
            let tasks = hub.sessions.tasks();
            let (hub, code) = (hub.clone(), code.to_owned());
            let keeps_tokens = begun.keeps_tokens;
            let sign_in = async move {
                let by = (&browser, &state);
                complete(&hub, &at_callback, by, &code, keeps_tokens).await
            };
            backlog_user::to_the_end(tasks, sign_in).await
        }
    };
    match signed_in {
        Ok(session) => {
            let metrics = &hub.recorder.metrics;
            metrics.account_sign_in(SignInOutcome::Finished);
            session::set_cookie(hub, request, &space, Some(&session), to_page(&begun))
        }
        Err(error) => refuse(hub, request, (&space, &begun.issuer), place(&begun), &error),
    }
}

async fn find(
    hub: &AppState,
    request: &HttpRequest,
    state: &AccountState,
) -> Result<SignIn, PageError> {
    let unknown = || PageError::new(request, Problem::RequestExpired);
    // A state that the hub never issued costs no statement.
    if !state.is_issued_with(&hub.check_key) {
        return Err(unknown());
    }
    // A finished sign-in may be asked for again, at no higher rate than a session.
    let limited = hub.limits.check_holder(Holder::Token(state.hash()));
    limited.map_err(|limited| PageError::limited(request, limited))?;
    let found = db::account_sign_ins::find(&hub.db, state.hash()).await;
    found
        .map_err(|error| PageError::from_db(request, &error))?
        .ok_or_else(unknown)
}

/// The browser in which the sign-in began, if it sent the request.
fn own_browser(
    hub: &AppState,
    request: &HttpRequest,
    begun: &SignIn,
) -> Result<BrowserId, PageError> {
    browser::known(hub, request)
        .filter(|browser| {
            let stored = begun.browser.as_bytes();
            stored.ct_eq(browser.hash().as_bytes()).into()
        })
        .ok_or_else(|| PageError::new(request, Problem::WrongBrowser))
}

/// The page that the sign-in leads to.
fn place(begun: &SignIn) -> Place {
    match begun.for_device {
        true => Place::Device,
        false => Place::Account,
    }
}

fn to_page(begun: &SignIn) -> HttpResponse {
    redirect(&format!("{}{}", begun.issuer, place(begun).path()))
}

/// Exchanges the code, and stores the session.
async fn complete(
    hub: &AppState,
    space: &Space,
    (browser, state): (&BrowserId, &AccountState),
    code: &str,
    keeps_tokens: bool,
) -> Result<AccountSession, OAuthError> {
    let verifier = sign_in::verifier(browser, state);
    let received = backlog_user::exchange(hub, space, code, Some(&verifier)).await?;
    let stored = store(hub, space, browser, &received, keeps_tokens).await;
    let session = stored.map_err(|error| backlog_user::not_stored(&error))?;
    let session = session.ok_or_else(moved)?;
    tracing::info!(
        space = space.slug,
        backlog_user = received.user.id,
        "a user signed in to the connections page"
    );
    Ok(session)
}

/// Stores the session, and the tokens if the user has an account or asked for one. `None`: an operator moved or
/// disabled the space meanwhile.
async fn store(
    hub: &AppState,
    space: &Space,
    browser: &BrowserId,
    received: &Received,
    keeps_tokens: bool,
) -> Result<Option<AccountSession>, RenewalError> {
    let user = &received.user;
    let mut transaction = hub.db.begin().await?;
    // The audit event of the session names the user. An erasure locks in the same order.
    db::audit_events::lock_to_write(&mut *transaction).await?;
    let open = db::spaces::hold_open_at(&mut *transaction, space.id, &space.base_url).await?;
    let Some(open) = open else {
        return Ok(None);
    };
    let held = db::accounts::hold(&mut *transaction, space.id, user.id).await?;
    // A replica of the previous release makes grants without an account.
    let has_account = match held {
        // Who looks at the connections must not revive those that Backlog has ended.
        Some(held) => held.account.tokens.is_some(),
        None => !db::grants::of_user(&mut *transaction, space.id, user.id)
            .await?
            .is_empty(),
    };
    if has_account || keeps_tokens {
        let given = (&received.tokens, received.at);
        let account = hub
            .sessions
            .sign_in(&mut transaction, space, user.id, given);
        account.await?;
        if open.has_identity_provider {
            received.remember(hub, &mut transaction, space).await?;
        }
    }
    db::account_sessions::end(&mut *transaction, browser.hash(), space.id).await?;
    let session = AccountSession::issue(&hub.random, &hub.check_key);
    let begun = NewSession {
        hash: session.hash(),
        space: space.id,
        user,
        browser: browser.hash(),
        lifetime: session::LIFETIME,
    };
    db::account_sessions::insert(&mut *transaction, &begun).await?;
    transaction.commit().await?;
    Ok(Some(session))
}

fn moved() -> OAuthError {
    OAuthError::new(
        ErrorCode::AccessDenied,
        "The Backlog space was disabled or moved during the sign-in.",
    )
}

/// Shows that the sign-in failed, with a button that starts it again.
fn refuse(
    hub: &AppState,
    request: &HttpRequest,
    at: (&Space, &str),
    place: Place,
    error: &OAuthError,
) -> Result<HttpResponse, PageError> {
    let outcome = SignInOutcome::of_error(error.code);
    hub.recorder.metrics.account_sign_in(outcome);
    let (because, event) = match error.code {
        ErrorCode::AccessDenied => (SignedOut::Denied, SecurityEvent::SignInDenied),
        _ => (SignedOut::Failed, SecurityEvent::SignInFailed),
    };
    let response = signed_out::page(hub, request, at, place, Some(because))?;
    Ok(error::counted(response, Some(event)))
}

//! `GET /callback`, `GET /spaces/{space}/callback`: Backlog's response to a sign-in.
//!
//! 1. The `state` must be known and unused, and the sign-in must expect its response at this path
//!    ([`backlog_response`]). Until then, nothing is consumed. A `state` of the connections page
//!    leads there and never here ([`account::callback`]).
//! 2. A sign-in that began at another host name of the hub, or at the host name of its space,
//!    continues there, because the browser's cookie is there.
//! 3. The sign-in must belong to this browser and must not have expired. If the browser sends a
//!    `Referer`, it must not be another space's. The space must still be at the same site.
//! 4. An error from Backlog is passed to the client as `access_denied` or `server_error`.
//! 5. One statement finishes the request. Then the code is exchanged at Backlog, and the user is
//!    looked up there. From here on the work is a separate task: a browser that disconnects must
//!    not end it between Backlog's response and the database.
//! 6. The tokens go to the user's account. If the space trusts an identity provider, it remembers
//!    who its user is.
//! 7. If this browser last signed in to the space as the same user, the grant and a single-use code
//!    are stored with them ([`new_grant`]) if the space still allows the client, and the browser returns to the client with `code`, `iss`
//!    and `state`. If the sign-in has restored the account, a page first lists the connections that
//!    work again.
//! 8. Otherwise the user first confirms the sign-in ([`confirmation`]).

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use oauth_values::{
    ErrorCode, OAuthError, Params,
    token::{AccountState, StateKind},
};
use sealing::UnsealError;
use secrecy::SecretString;
use subtle::ConstantTimeEq;

use super::{
    backlog_redirect::Expected,
    backlog_response::{self, BacklogResponse},
    backlog_user::{self, Received},
    client_policy, confirmation, expired_sign_in,
    new_grant::{self, Consented, NewGrant},
    page_attempt::counting_failures,
    redirect::{redirect, redirect_with_error},
    restored_connections,
};
use crate::web::{
    AppState, account, browser,
    error::{self, PageError},
    limits::{Endpoint, unchecked_lookups::LookUpError},
    pages::Problem,
};
use crate::{
    accounts::backlog_tokens::RenewalError,
    db::{
        self,
        authorization_requests::{Approved, Request},
        sign_ins::Arrival,
    },
    domain::{Space, security::SecurityEvent, space::verifier_place},
    metrics::SignInOutcome,
};

pub async fn get(
    hub: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    counting_failures(
        &hub.limits,
        Endpoint::Callback,
        &request,
        respond(&hub, &request),
    )
    .await
}

async fn respond(
    hub: &web::Data<AppState>,
    request: &HttpRequest,
) -> Result<HttpResponse, PageError> {
    let page = |problem| PageError::new(request, problem);

    let params = Params::parse(request.query_string().as_bytes()).map_err(|error| {
        page(Problem::InvalidRequest {
            detail: error.description.into_owned(),
        })
    })?;
    // The `state` says what the sign-in is for.
    if let Some(state) = params.get("state").and_then(AccountState::parse) {
        return account::callback::respond(hub, request, &params, state).await;
    }
    let approved = find(hub, request, &params).await?;
    if let Some(onward) = backlog_response::arrive(hub, request, &expected(&approved)).await? {
        return Ok(redirect(&onward));
    }
    check_browser(hub, request, &approved).await?;
    if approved.unconfirmed {
        // A reload, or a browser that did not get the response.
        return confirmation::ask(hub, request, approved.request.id);
    }
    let backlog_response = BacklogResponse::read(&params).ok_or_else(|| {
        page(Problem::InvalidRequest {
            detail: "Backlog sent neither a code nor an error.".to_owned(),
        })
    })?;
    let space = backlog_response::find_space(hub, request, approved.space).await?;
    complete(hub, request, (space, approved), backlog_response).await
}

/// Finds the sign-in of the `state`, unless it is finished and confirmed.
async fn find(
    hub: &AppState,
    request: &HttpRequest,
    params: &Params,
) -> Result<Approved, PageError> {
    let page = |problem| PageError::new(request, problem);
    let (state, credential) = params
        .get("state")
        .and_then(|text| hub.read::<StateKind>(text))
        .ok_or_else(|| page(Problem::RequestExpired))?;
    let find = async {
        let hash = state.hash();
        let found = db::authorization_requests::find_by_backlog_state(&hub.db, hash).await;
        found.map_err(LookUpError::Failed)
    };
    hub.look_up(credential, hub.limits.sender(request), find)
        .await
        .map_err(|error| PageError::from_look_up(request, error))?
        .filter(|approved| !approved.finished || approved.unconfirmed)
        .ok_or_else(|| page(Problem::RequestExpired))
}

/// Where the response to the sign-in is expected.
fn expected(approved: &Approved) -> Expected<'_> {
    Expected {
        space: approved.space,
        slug: &approved.slug,
        issuer: &approved.request.issuer,
        redirect_uri: &approved.backlog_redirect_uri,
    }
}

/// Checks that the sign-in belongs to this browser and has not expired.
async fn check_browser(
    hub: &AppState,
    request: &HttpRequest,
    approved: &Approved,
) -> Result<(), PageError> {
    let same_browser = browser::known(hub, request).is_some_and(|browser| {
        approved
            .browser
            .as_bytes()
            .ct_eq(browser.hash().as_bytes())
            .into()
    });
    if !same_browser {
        return Err(PageError::new(request, Problem::WrongBrowser));
    }
    if approved.expired && !approved.unconfirmed {
        return Err(expired_sign_in::page(hub, request, &approved.request).await);
    }
    Ok(())
}

/// Finishes the sign-in, and returns the browser to the client with the result.
async fn complete(
    hub: &web::Data<AppState>,
    request: &HttpRequest,
    (space, approved): (Space, Approved),
    backlog_response: BacklogResponse<'_>,
) -> Result<HttpResponse, PageError> {
    let begun = match backlog_response {
        BacklogResponse::Refused(error) => Err(error),
        BacklogResponse::Code(code) => match open_verifier(hub, &space, &approved) {
            Ok(verifier) => Ok((code.to_owned(), verifier)),
            Err(UnsealError::Altered) => {
                return Err(space_moved(hub, request, (&space, &approved)).await);
            }
            Err(error) => Err(verifier_lost(&space, &error)),
        },
    };
    // The redirect URI to which the code was sent applies, even if an operator has changed it
    // since.
    let space = Space {
        redirect_uri: approved.backlog_redirect_uri.clone(),
        ..space
    };
    let (approved, tasks) = (Arc::new(approved), hub.sessions.tasks());
    let is_ours = db::authorization_requests::finish(&hub.db, approved.request.id).await;
    if !is_ours.map_err(|error| PageError::from_db(request, &error))? {
        return Err(PageError::new(request, Problem::RequestExpired));
    }

    let signed_in = match begun {
        Err(error) => Err(error),
        Ok(code) => {
            let (hub, approved) = (hub.clone(), Arc::clone(&approved));
            let sign_in = async move { sign_in(&hub, &space, &approved, code).await };
            backlog_user::to_the_end(tasks, sign_in).await
        }
    };
    match signed_in {
        Ok(SignedIn::Granted(granted)) => Ok(welcome(hub, request, &approved.request, granted)),
        Ok(SignedIn::Unconfirmed) => confirmation::ask(hub, request, approved.request.id),
        Ok(SignedIn::ClientNotAllowed) => {
            hub.recorder.metrics.sign_in(SignInOutcome::AccessDenied);
            let (space, asked) = (approved.space, &approved.request);
            Err(client_policy::refused(hub, request, space, asked).await)
        }
        Err(error) => Ok(refusal(hub, &approved.request, &error)),
    }
}

/// Returns the browser to the client with the code, or shows the connections that work again.
fn welcome(
    hub: &AppState,
    request: &HttpRequest,
    asked: &Request,
    granted: NewGrant,
) -> HttpResponse {
    hub.recorder.metrics.sign_in(SignInOutcome::Finished);
    let target = granted.target(asked);
    granted
        .restored
        .and_then(|restored| restored_connections::page(hub, request, restored, &target))
        .unwrap_or_else(|| redirect(&target))
}

fn refusal(hub: &AppState, asked: &Request, error: &OAuthError) -> HttpResponse {
    let outcome = SignInOutcome::of_error(error.code);
    hub.recorder.metrics.sign_in(outcome);
    let event = match error.code {
        ErrorCode::AccessDenied => SecurityEvent::SignInDenied,
        _ => SecurityEvent::SignInFailed,
    };
    let state = asked.state.as_deref();
    let back = redirect_with_error(&asked.redirect_uri, &asked.issuer, state, error);
    error::counted(back, Some(event))
}

/// The result of a sign-in.
enum SignedIn {
    Granted(NewGrant),
    /// The user has not confirmed it yet.
    Unconfirmed,
    /// An operator has changed the client policy during the sign-in; nothing is stored.
    ClientNotAllowed,
}

/// Exchanges Backlog's code, looks up the user, and stores the grant with a code of the hub.
async fn sign_in(
    hub: &AppState,
    space: &Space,
    approved: &Approved,
    (backlog_code, verifier): (String, Option<SecretString>),
) -> Result<SignedIn, OAuthError> {
    let received = backlog_user::exchange(hub, space, &backlog_code, verifier.as_ref()).await?;
    let user = &received.user;
    let stored = store(hub, space, approved, &received).await;
    let stored = stored.map_err(|error| backlog_user::not_stored(&error))?;
    let signed_in = stored.ok_or_else(new_grant::space_closed)?;
    if let SignedIn::Granted(granted) = &signed_in {
        tracing::info!(
            grant = %granted.id,
            space = space.slug,
            backlog_user = user.id,
            "a user signed in"
        );
    }
    Ok(signed_in)
}

/// Stores a sign-in as a whole: with a grant, or as one that its user has to confirm. `None`: an
/// operator moved or disabled the space during the sign-in.
async fn store(
    hub: &AppState,
    space: &Space,
    approved: &Approved,
    received: &Received,
) -> Result<Option<SignedIn>, RenewalError> {
    let user = &received.user;
    let asked = &approved.request;
    let arrival = Arrival {
        space: space.id,
        base_url: &space.base_url,
        client: asked.client,
        browser: approved.browser,
        backlog_user_id: user.id,
    };
    let mut transaction = hub.db.begin().await?;
    // Rows are locked in one order everywhere: spaces, clients, accounts, grants.
    let Some(open) = db::sign_ins::arrive(&mut *transaction, &arrival).await? else {
        return Ok(None);
    };
    let is_known = open.is_known;
    if is_known && !client_policy::still_allows(&open.clients, open.client.as_ref(), asked) {
        return Ok(Some(SignedIn::ClientNotAllowed));
    }
    let given = (&received.tokens, received.at);
    let account = hub
        .sessions
        .sign_in(&mut transaction, space, user.id, given);
    let account = account.await?;
    if open.has_identity_provider {
        received.remember(hub, &mut transaction, space).await?;
    }
    let signed_in = match is_known {
        true => {
            let consented = Consented {
                request: asked,
                space,
                granted: approved.granted,
                projects: approved.projects.clone(),
                browser: approved.browser,
                user,
            };
            let is_restored = account.is_restored;
            let granted = new_grant::make(hub, &mut transaction, &consented, &account, is_restored);
            SignedIn::Granted(granted.await?)
        }
        false => {
            let (id, time) = (approved.request.id, confirmation::READING_TIME);
            let asked =
                db::confirmations::ask(&mut *transaction, id, user, account.is_restored, time);
            asked.await?;
            SignedIn::Unconfirmed
        }
    };
    transaction.commit().await?;
    Ok(Some(signed_in))
}

/// The code verifier; `None` if a replica of an older release began the authorization. It is sealed
/// for the site that issued the code.
fn open_verifier(
    hub: &AppState,
    space: &Space,
    approved: &Approved,
) -> Result<Option<SecretString>, UnsealError> {
    let row = approved.request.id.to_string();
    let place = verifier_place(&row, &space.base_url);
    let sealed = approved.backlog_verifier.as_deref();
    sealed
        .map(|sealed| hub.keys.open(place, sealed))
        .transpose()
}

fn verifier_lost(space: &Space, error: &UnsealError) -> OAuthError {
    tracing::error!(space = space.slug, %error, "could not decrypt the code verifier of a sign-in");
    OAuthError::new(
        ErrorCode::ServerError,
        "The sign-in could not be completed; start again.",
    )
}

/// The page for a sign-in that began before its space moved to another site; it offers to start
/// again there. The old site issued the code, so the new site must not receive it.
async fn space_moved(
    hub: &AppState,
    request: &HttpRequest,
    (space, approved): (&Space, &Approved),
) -> PageError {
    tracing::debug!(
        space = space.slug,
        "the space of a sign-in has moved; no code was exchanged"
    );
    let page = expired_sign_in::page(hub, request, &approved.request).await;
    page.counted_as(SecurityEvent::SignInFailed)
}

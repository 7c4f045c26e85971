//! `POST /account/sign-in`: sends the browser to Backlog, for the page and not for a client.
//!
//! The form of a user who wants to make a personal token has `keep`, and that of a user who connects a
//! device `for`, which also says where the sign-in leads: the hub then keeps the tokens of
//! Backlog although the user may have no connection.
//!
//! The code verifier (RFC 7636) is not stored. It is the hash of the browser's cookie and the
//! `state`: Backlog and a URL have the one, the browser alone has the other.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use oauth_values::token::{AccountState, BrowserId};
use secrecy::SecretString;
use sha2::{Digest, Sha256};

use super::form::{self, Purpose};
use crate::db::{self, account_sign_ins::NewSignIn};
use crate::domain::Space;
use crate::metrics::SignInOutcome;
use crate::web::{
    AppState, Issuer, browser,
    error::{JsonError, PageError},
    limits::{Endpoint, Work},
    oauth::page_attempt::counting_failures,
    pages::{
        ForwardPage, Problem,
        response::{frame, html},
    },
    request_body::OAuthBody,
};

pub async fn post(
    hub: web::Data<AppState>,
    issuer: Issuer,
    request: HttpRequest,
    body: Result<OAuthBody, JsonError>,
) -> Result<HttpResponse, PageError> {
    let response = begin(&hub, &issuer, &request, body);
    counting_failures(&hub.limits, Endpoint::Account, &request, response).await
}

async fn begin(
    hub: &AppState,
    issuer: &Issuer,
    request: &HttpRequest,
    body: Result<OAuthBody, JsonError>,
) -> Result<HttpResponse, PageError> {
    let page = |problem| PageError::new(request, problem);
    let params = form::read(hub, request, body)?;
    let space = issuer
        .space
        .as_ref()
        .ok_or_else(|| page(Problem::NotFound))?;
    if !space.is_enabled() {
        let name = space.name.clone();
        return Err(page(Problem::SpaceDisabled { name }));
    }
    let browser = browser::known(hub, request).ok_or_else(|| page(Problem::WrongBrowser))?;
    if !form::is_own(hub, &params, (Purpose::SignIn, browser.hash(), space.id)) {
        return Err(form::forged(request));
    }
    hub.limits
        .check_work(Work::SignIn, hub.limits.sender(request))
        .map_err(|limited| PageError::limited(request, limited))?;
    let application = hub.sessions.space_oauth(space).map_err(|error| {
        tracing::error!(space = space.slug, %error, "the space cannot be used");
        page(Problem::ServerError)
    })?;
    let state = AccountState::issue(&hub.random, &hub.check_key);
    let for_device = params.get("for") == Some("device");
    let keeps_tokens = for_device || params.get("keep") == Some("allow");
    let purpose = (keeps_tokens, for_device);
    store(hub, (space, &issuer.url), &state, &browser, purpose)
        .await
        .map_err(|error| PageError::from_db(request, &error))?;
    let forward = ForwardPage {
        frame: frame(request),
        target: application.authorize_url(state.reveal(), &verifier(&browser, &state)),
        account: None,
    };
    Ok(html(StatusCode::OK, forward.html()))
}

async fn store(
    hub: &AppState,
    (space, issuer_url): (&Space, &str),
    state: &AccountState,
    browser: &BrowserId,
    (keeps_tokens, for_device): (bool, bool),
) -> Result<(), sqlx::Error> {
    let begun = NewSignIn {
        state: state.hash(),
        space,
        issuer: issuer_url,
        browser: browser.hash(),
        lifetime: hub.lifetimes.authorization_request,
        keeps_tokens,
        for_device,
    };
    db::account_sign_ins::insert(&hub.db, &begun).await?;
    hub.newcomers.add();
    hub.recorder.metrics.account_sign_in(SignInOutcome::Begun);
    Ok(())
}

/// The code verifier of a sign-in.
pub(super) fn verifier(browser: &BrowserId, state: &AccountState) -> SecretString {
    let hash = Sha256::new()
        .chain_update("account sign-in verifier\0")
        .chain_update(browser.reveal())
        .chain_update("\0")
        .chain_update(state.reveal())
        .finalize();
    BASE64_URL_SAFE_NO_PAD.encode(hash).into()
}

#[cfg(test)]
mod tests {
    use foundation::random::Random;
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_verifier_is_that_of_one_browser_and_one_state() {
        let random = Random::system();
        let browsers = [0, 1].map(|_| BrowserId::generate(&random));
        let states = [0, 1].map(|_| AccountState::generate(&random));
        let of = |browser: usize, state: usize| {
            let verifier = verifier(&browsers[browser], &states[state]);
            verifier.expose_secret().to_owned()
        };
        assert_eq!(of(0, 0), of(0, 0));
        // RFC 7636 §4.1.
        assert_eq!(of(0, 0).len(), 43);
        assert_ne!(of(0, 0), of(1, 0));
        assert_ne!(of(0, 0), of(0, 1));
    }
}

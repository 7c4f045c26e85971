//! Personal tokens on the page: access tokens of the user's own, for programs without a browser.
//!
//! 1. The page lists the user's tokens and, if the operator allows it, has a form that makes one
//!    ([`section`]). A token needs the user's account. Where there is none, another sign-in of the page
//!    makes it ([`sign_in`](super::sign_in)).
//! 2. The form names the token and chooses its access, projects and lifetime, within the limits of the
//!    space; a choice that is not valid is shown again with the problem and makes nothing.
//! 3. One transaction makes the grant and its only access token ([`make`]). The space's row is locked,
//!    so that no operator can forbid it meanwhile, the session must still be live, and the account's row
//!    is locked, so that no two requests exceed the number of tokens.
//! 4. The response to the form is the only one that has the token. There is no refresh token: the
//!    grant ends with the expiry.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use actix_web::HttpRequest;
use chrono::TimeDelta;
use oauth_values::{Params, Scopes, token::PersonalToken};

use super::{
    SIGN_IN_PATH,
    form::{self, Purpose},
    session::SignedIn,
};
use crate::accounts::backlog_tokens::RenewalError;
use crate::db::{self, access_tokens::NewAccessToken, grants::OwnConnection};
use crate::domain::{BacklogUser, ClientKey, Grant, GrantId, Space};
use crate::web::{
    AppState, Issuer,
    error::PageError,
    issuer::path_of,
    not_allowed,
    oauth::{consent, consent_page, consent_projects},
    pages::{
        Levels, MadeToken, Making, OwnTokenLine, Problem, ProjectChoice, SignInAgain, TOKEN_DAYS,
        TOKEN_NAME_MAX, TokenProblem, TokenSection,
    },
};

/// The live tokens that a user can have in a space.
const MOST: i64 = 20;

/// A form that made no token, to be shown again.
pub(super) struct Rejected {
    name: String,
    projects: consent_projects::Given,
    pub problem: TokenProblem,
}

/// What became of a form.
pub(super) enum Outcome {
    Made(MadeToken),
    Rejected(Rejected),
    /// The session has ended meanwhile.
    SignedOut,
}

/// What a form asks for.
struct Asked {
    name: String,
    scopes: Scopes,
    projects: Option<BTreeSet<String>>,
    lifetime: Duration,
}

impl Asked {
    fn read(
        hub: &AppState,
        space: &Space,
        issuer: &Issuer,
        params: &Params,
    ) -> Result<Self, TokenProblem> {
        let name = params.get("name").unwrap_or_default().trim();
        let is_name = (1..=TOKEN_NAME_MAX).contains(&name.chars().count())
            && !name.chars().any(char::is_control);
        if !is_name {
            return Err(TokenProblem::Name);
        }
        let offered = levels(hub, space).offered;
        let scopes = consent::chosen_scopes(offered, params).ok_or(TokenProblem::Access)?;
        let given = consent_projects::Given::read(params);
        let projects = consent_projects::chosen(hub, space, &issuer.mcp_url, &given)
            .map_err(TokenProblem::Projects)?;
        let days = params.get("days").and_then(|days| days.parse::<u16>().ok());
        let days = days.filter(|days| TOKEN_DAYS.contains(days));
        let days = days.ok_or(TokenProblem::Days)?;
        let chosen = Duration::from_hours(24 * u64::from(days));
        let longest = hub.lifetimes.grant.unwrap_or(chosen);
        Ok(Self {
            name: name.to_owned(),
            scopes,
            projects,
            lifetime: chosen.min(longest),
        })
    }
}

/// The access that a token can have.
pub(super) fn levels(hub: &AppState, space: &Space) -> Levels {
    consent_page::levels_of(hub, space, Scopes::all())
}

/// The choice of projects, with what a rejected form said.
pub(super) fn projects(
    hub: &AppState,
    (space, issuer): (&Space, &Issuer),
    rejected: Option<&Rejected>,
) -> ProjectChoice {
    let given = rejected.map(|rejected| {
        let problem = match &rejected.problem {
            TokenProblem::Projects(problem) => Some(problem.clone()),
            _ => None,
        };
        (&rejected.projects, problem)
    });
    consent_projects::shown(hub, Some(space), &issuer.mcp_url, given)
}

/// Makes the token that a form asks for.
pub(super) async fn make(
    hub: &AppState,
    request: &HttpRequest,
    at: (&Space, &Issuer),
    params: &Params,
    signed_in: &SignedIn,
) -> Result<Outcome, PageError> {
    let (space, issuer) = at;
    let rejected = |problem| {
        Ok(Outcome::Rejected(Rejected {
            name: params.get("name").unwrap_or_default().to_owned(),
            projects: consent_projects::Given::read(params),
            problem,
        }))
    };
    let asked = match Asked::read(hub, space, issuer, params) {
        Ok(asked) => asked,
        Err(problem) => return rejected(problem),
    };
    let address = hub.limits.proven_address(request);
    if not_allowed::check_network(&space.networks, address).is_err() {
        return rejected(TokenProblem::Network);
    }
    let stored = store(hub, at, signed_in, &asked).await.map_err(|error| {
        tracing::error!(%error, "could not store a personal token");
        PageError::new(request, Problem::Unavailable)
    })?;
    match stored {
        Stored::Token(token) => Ok(Outcome::Made(MadeToken {
            token: token.reveal().into(),
            endpoint: issuer.mcp_url.clone(),
            expires_at: hub.clock.now() + TimeDelta::from_std(asked.lifetime).unwrap_or_default(),
        })),
        Stored::Not(problem) => rejected(problem),
        Stored::SignedOut => Ok(Outcome::SignedOut),
    }
}

enum Stored {
    Token(PersonalToken),
    Not(TokenProblem),
    SignedOut,
}

/// Stores the grant and its access token. Rows are locked in one order everywhere: spaces, clients,
/// accounts, grants.
async fn store(
    hub: &AppState,
    (space, issuer): (&Space, &Issuer),
    signed_in: &SignedIn,
    asked: &Asked,
) -> Result<Stored, RenewalError> {
    let user = &signed_in.user;
    let mut transaction = hub.db.begin().await?;
    // The audit event names the user. An erasure locks in the same order.
    db::audit_events::lock_to_write(&mut *transaction).await?;
    let allowed = db::personal_tokens::hold_allowing(&mut *transaction, space.id, &space.base_url);
    if !allowed.await? {
        return Ok(Stored::Not(TokenProblem::NotAllowed));
    }
    let session = db::account_sessions::find(&mut *transaction, signed_in.hash, space.id);
    if session.await?.is_none() {
        return Ok(Stored::SignedOut);
    }
    let client = db::personal_tokens::client(&mut *transaction, space.id).await?;
    let account = hub
        .sessions
        .resume_sign_in(&mut transaction, space, user.id);
    let Some(account) = account.await? else {
        return Ok(Stored::Not(TokenProblem::NoSignIn));
    };
    let live = db::personal_tokens::count_live(&mut *transaction, space.id, user.id).await?;
    if live >= MOST {
        return Ok(Stored::Not(TokenProblem::TooMany(live)));
    }
    let grant = grant(hub, (space, issuer), user, client, asked);
    let sealed = hub.sessions.seal(grant.id, space, &account);
    db::grants::insert(&mut *transaction, &grant, &sealed, account.generation).await?;
    let token = PersonalToken::issue(&hub.random, &hub.check_key);
    let row = NewAccessToken {
        hash: token.hash(),
        grant: grant.id,
        refresh_token: None,
        scopes: asked.scopes,
        lifetime: asked.lifetime,
    };
    db::access_tokens::insert(&mut *transaction, &row).await?;
    db::personal_tokens::insert(&mut *transaction, grant.id, &asked.name, asked.lifetime).await?;
    transaction.commit().await?;
    tracing::info!(
        grant = %grant.id,
        space = space.slug,
        backlog_user = user.id,
        "a user made a personal token"
    );
    Ok(Stored::Token(token))
}

fn grant(
    hub: &AppState,
    (space, issuer): (&Space, &Issuer),
    user: &BacklogUser,
    client: ClientKey,
    asked: &Asked,
) -> Grant {
    Grant {
        id: GrantId::new(&hub.clock, &hub.random),
        space_id: space.id,
        client,
        backlog_user_id: user.id,
        backlog_user_name: user.name.clone(),
        scopes: asked.scopes,
        issuer: issuer.url.clone(),
        resource: issuer.mcp_url.clone(),
        redirect_uri: None,
        projects: asked.projects.clone(),
    }
}

/// The user's tokens among the connections, which keeps the others, and whether one can be made.
/// `None` where there are none and none can be made.
pub(super) async fn section(
    hub: &AppState,
    (space, issuer): (&Space, &Issuer),
    signed_in: &SignedIn,
    connections: &mut Vec<OwnConnection>,
    rejected: Option<&Rejected>,
) -> Result<Option<TokenSection>, sqlx::Error> {
    let user = signed_in.user.id;
    let standing = db::personal_tokens::standing(&hub.db, space.id, user).await?;
    let named = db::personal_tokens::of_user(&hub.db, space.id, user).await?;
    let mut named: HashMap<_, _> = named.into_iter().map(|one| (one.grant, one)).collect();
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for connection in connections.drain(..) {
        match named.remove(&connection.grant) {
            Some(token) => own.push(line(hub, token, connection)),
            None => others.push(connection),
        }
    }
    *connections = others;
    if !standing.is_allowed && own.is_empty() && rejected.is_none() {
        return Ok(None);
    }
    let making = match (standing.is_allowed, standing.has_account) {
        (false, _) => Making::NotAllowed,
        (true, false) => Making::SignIn(SignInAgain {
            page: form::seal(hub, Purpose::SignIn, signed_in.browser.hash(), space.id),
            form_action: format!("{}{SIGN_IN_PATH}", path_of(&issuer.url)),
        }),
        (true, true) => Making::Form,
    };
    Ok(Some(TokenSection {
        own,
        making,
        name: rejected.map_or_else(String::new, |rejected| rejected.name.clone()),
        problem: rejected.map(|rejected| rejected.problem.clone()),
    }))
}

fn line(
    hub: &AppState,
    token: db::personal_tokens::Named,
    connection: OwnConnection,
) -> OwnTokenLine {
    OwnTokenLine {
        id: token.grant.to_string(),
        name: token.name,
        scopes: connection.scopes,
        projects: connection.projects,
        expires_at: token.expires_at,
        is_expired: token.expires_at <= hub.clock.now(),
        last_used_at: connection.last_used_at,
        last_used_from: connection.last_used_from,
    }
}

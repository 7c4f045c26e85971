//! `GET /account`: the connections of a user. `POST /account`: ends them, makes a personal token,
//! forgets the approvals of the browser, or signs out.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use oauth_values::{Params, RedirectUri};
use uuid::Uuid;

use super::{
    Place,
    form::{self, Purpose},
    path_at,
    personal_tokens::{self, Outcome, Rejected},
    session::{self, SignedIn},
    signed_out, space_form,
};
use crate::db::{self, grants::OwnConnection};
use crate::domain::{
    Client, GrantId, RevocationReason, Space, grant::TO_A_DEVICE, security::SecurityEvent,
};
use crate::web::{
    AppState, Issuer,
    error::{self, JsonError, PageError},
    limits::Endpoint,
    oauth::{consent_page, page_attempt::counting_failures},
    pages::{
        AccountPage, Done, MadeToken, OwnConnectionLine, Problem, SignedOut, TokenProblem,
        response::{frame, html},
    },
    request_body::OAuthBody,
};

pub async fn get(
    hub: web::Data<AppState>,
    issuer: Issuer,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let response = show(&hub, &issuer, &request);
    counting_failures(&hub.limits, Endpoint::Account, &request, response).await
}

pub async fn post(
    hub: web::Data<AppState>,
    issuer: Issuer,
    request: HttpRequest,
    body: Result<OAuthBody, JsonError>,
) -> Result<HttpResponse, PageError> {
    let response = change(&hub, &issuer, &request, body);
    counting_failures(&hub.limits, Endpoint::Account, &request, response).await
}

async fn show(
    hub: &AppState,
    issuer: &Issuer,
    request: &HttpRequest,
) -> Result<HttpResponse, PageError> {
    let Some(space) = space_of(issuer, request)? else {
        return space_form::show(hub, request, Place::Account).await;
    };
    match session::find(hub, request, space).await? {
        Some(signed_in) => page(hub, request, (space, issuer), &signed_in, Acted::Nothing).await,
        None => signed_out::page(hub, request, (space, &issuer.url), Place::Account, None),
    }
}

/// The space of the issuer, if it has one; a page if it is disabled.
pub(super) fn space_of<'a>(
    issuer: &'a Issuer,
    request: &HttpRequest,
) -> Result<Option<&'a Space>, PageError> {
    match issuer.space.as_deref() {
        Some(space) if !space.is_enabled() => {
            let name = space.name.clone();
            Err(PageError::new(request, Problem::SpaceDisabled { name }))
        }
        space => Ok(space),
    }
}

async fn change(
    hub: &AppState,
    issuer: &Issuer,
    request: &HttpRequest,
    body: Result<OAuthBody, JsonError>,
) -> Result<HttpResponse, PageError> {
    let from_db = |error| PageError::from_db(request, &error);
    let params = form::read(hub, request, body)?;
    let space = space_of(issuer, request)?;
    let space = space.ok_or_else(|| PageError::new(request, Problem::NotFound))?;
    let at = (space, issuer.url.as_str());
    let Some(signed_in) = session::find(hub, request, space).await? else {
        return signed_out::page(hub, request, at, Place::Account, Some(SignedOut::Expired));
    };
    let own = (Purpose::Connections, signed_in.hash, space.id);
    if !form::is_own(hub, &params, own) {
        return Err(form::forged(request));
    }
    if params.get("action") == Some("sign_out") {
        db::account_sessions::end(&hub.db, signed_in.browser.hash(), space.id)
            .await
            .map_err(from_db)?;
        let page = signed_out::page(hub, request, at, Place::Account, Some(SignedOut::ByUser))?;
        return session::set_cookie(hub, request, space, None, page);
    }
    let acted = match params.get("action") {
        Some("make_token") => {
            let by = (space, issuer);
            match personal_tokens::make(hub, request, by, &params, &signed_in).await? {
                Outcome::Made(token) => Acted::Made(token),
                Outcome::Rejected(rejected) => Acted::Rejected(rejected),
                Outcome::SignedOut => {
                    return signed_out::page(
                        hub,
                        request,
                        at,
                        Place::Account,
                        Some(SignedOut::Expired),
                    );
                }
            }
        }
        _ => Acted::Done(act(hub, request, &params, &signed_in).await?),
    };
    page(hub, request, (space, issuer), &signed_in, acted).await
}

/// What a form has led to.
enum Acted {
    /// There was none.
    Nothing,
    Done(Done),
    Made(MadeToken),
    Rejected(Rejected),
}

/// Does what the form says.
async fn act(
    hub: &AppState,
    request: &HttpRequest,
    params: &Params,
    signed_in: &SignedIn,
) -> Result<Done, PageError> {
    let from_db = |error| PageError::from_db(request, &error);
    let incomplete = || form::invalid(request, "The form is incomplete.");
    let (session, reason) = (signed_in.hash, RevocationReason::ByUser.as_str());
    Ok(match params.get("action") {
        Some(action @ ("end" | "end_token")) => {
            let grant = params.get("connection").map(Uuid::parse_str);
            let grant = grant.and_then(Result::ok).map(GrantId);
            let grant = grant.ok_or_else(incomplete)?;
            let ended = db::account_sessions::end_connection(&hub.db, session, grant).await;
            if ended.map_err(from_db)? {
                tracing::info!(%grant, reason, "grant revoked");
            }
            match action {
                "end" => Done::Ended,
                _ => Done::TokenEnded,
            }
        }
        Some("end_all") => {
            let ended = db::account_sessions::end_all_connections(&hub.db, session).await;
            let ended = ended.map_err(from_db)?;
            if ended > 0 {
                tracing::info!(ended, reason, "grants revoked");
            }
            Done::AllEnded
        }
        Some("forget") => {
            db::account_sessions::forget_approvals(&hub.db, session)
                .await
                .map_err(from_db)?;
            Done::Forgotten
        }
        _ => return Err(incomplete()),
    })
}

/// The page with the user's connections.
async fn page(
    hub: &AppState,
    request: &HttpRequest,
    (space, issuer): (&Space, &Issuer),
    signed_in: &SignedIn,
    acted: Acted,
) -> Result<HttpResponse, PageError> {
    let from_db = |error| PageError::from_db(request, &error);
    let user = signed_in.user.id;
    let connections = db::grants::of_user(&hub.db, space.id, user).await;
    let mut connections = connections.map_err(from_db)?;
    let (done, made, rejected) = match acted {
        Acted::Nothing => (None, None, None),
        Acted::Done(done) => (Some(done), None, None),
        Acted::Made(token) => (None, Some(token), None),
        Acted::Rejected(rejected) => (None, None, Some(rejected)),
    };
    let (at, rejected) = ((space, issuer), rejected.as_ref());
    let tokens = personal_tokens::section(hub, at, signed_in, &mut connections, rejected).await;
    let clients = db::clients::of_user(&hub.db, space.id, user).await;
    let clients = clients.map_err(from_db)?.into_iter();
    let clients: HashMap<_, _> = clients.map(|client| (client.key, client)).collect();
    let operator = db::spaces::operator(&hub.db, space.id).await;
    let path = path_at(&issuer.url);
    let page = AccountPage {
        frame: frame(request)
            .of_space(operator.map_err(from_db)?)
            .at(path.clone()),
        user: signed_in.user.name.clone(),
        space: consent_page::line(space, None),
        connections: connections
            .into_iter()
            // A client that an operator has just deleted took its grants along.
            .filter_map(|connection| Some(line(clients.get(&connection.client)?, connection)))
            .collect(),
        tokens: tokens.map_err(from_db)?,
        levels: personal_tokens::levels(hub, space),
        projects: personal_tokens::projects(hub, at, rejected),
        made,
        done,
        page: form::seal(hub, Purpose::Connections, signed_in.hash, space.id),
        form_action: path,
    };
    let problem = rejected.map(|rejected| &rejected.problem);
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.status()).ok());
    let response = html(status.unwrap_or(StatusCode::OK), page.html());
    let is_network = matches!(problem, Some(TokenProblem::Network));
    let event = is_network.then_some(SecurityEvent::NetworkNotAllowed);
    Ok(error::counted(response, event))
}

fn line(client: &Client, connection: OwnConnection) -> OwnConnectionLine {
    let asking = |uri: &RedirectUri| consent_page::asking(client.clone(), uri);
    // A client can change what it has registered, but not where the code of a grant went.
    let known = connection.redirect_uri.as_deref();
    let known = known.and_then(|uri| RedirectUri::parse_trusted(uri).ok());
    OwnConnectionLine {
        id: connection.grant.to_string(),
        clients: match known {
            _ if connection.redirect_uri.as_deref() == Some(TO_A_DEVICE) => {
                vec![consent_page::asking_for_device(client.clone())]
            }
            Some(uri) => vec![asking(&uri)],
            None => client.redirect_uris.iter().map(asking).collect(),
        },
        scopes: connection.scopes,
        projects: connection.projects,
        made_at: connection.made_at,
        last_used_at: connection.last_used_at,
        last_used_from: connection.last_used_from,
    }
}

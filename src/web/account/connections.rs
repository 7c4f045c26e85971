//! `GET /account`: the connections of a user. `POST /account`: ends them, forgets the approvals of
//! the browser, or signs out.

use std::collections::HashMap;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use oauth_values::{Params, RedirectUri};
use uuid::Uuid;

use super::{
    form::{self, Purpose},
    path_at,
    session::{self, SignedIn},
    signed_out, space_form,
};
use crate::db::{self, grants::OwnConnection};
use crate::domain::{Client, GrantId, RevocationReason, Space};
use crate::web::{
    AppState, Issuer,
    error::{JsonError, PageError},
    limits::Endpoint,
    oauth::{consent_page, page_attempt::counting_failures},
    pages::{
        AccountPage, Done, OwnConnectionLine, Problem, SignedOut,
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
        return space_form::show(hub, request).await;
    };
    match session::find(hub, request, space).await? {
        Some(signed_in) => page(hub, request, (space, issuer), &signed_in, None).await,
        None => signed_out::page(hub, request, (space, &issuer.url), None),
    }
}

/// The space of the issuer, if it has one; a page if it is disabled.
fn space_of<'a>(issuer: &'a Issuer, request: &HttpRequest) -> Result<Option<&'a Space>, PageError> {
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
        return signed_out::page(hub, request, at, Some(SignedOut::Expired));
    };
    let own = (Purpose::Connections, signed_in.hash, space.id);
    if !form::is_own(hub, &params, own) {
        return Err(form::forged(request));
    }
    let Some(done) = act(hub, request, &params, &signed_in).await? else {
        db::account_sessions::end(&hub.db, signed_in.browser.hash(), space.id)
            .await
            .map_err(from_db)?;
        let page = signed_out::page(hub, request, at, Some(SignedOut::ByUser))?;
        return session::set_cookie(hub, request, space, None, page);
    };
    page(hub, request, (space, issuer), &signed_in, Some(done)).await
}

/// Does what the form says. `None`: the user signs out.
async fn act(
    hub: &AppState,
    request: &HttpRequest,
    params: &Params,
    signed_in: &SignedIn,
) -> Result<Option<Done>, PageError> {
    let from_db = |error| PageError::from_db(request, &error);
    let incomplete = || form::invalid(request, "The form is incomplete.");
    let (session, reason) = (signed_in.hash, RevocationReason::ByUser.as_str());
    Ok(Some(match params.get("action") {
        Some("end") => {
            let grant = params.get("connection").map(Uuid::parse_str);
            let grant = grant.and_then(Result::ok).map(GrantId);
            let grant = grant.ok_or_else(incomplete)?;
            let ended = db::account_sessions::end_connection(&hub.db, session, grant).await;
            if ended.map_err(from_db)? {
                tracing::info!(%grant, reason, "grant revoked");
            }
            Done::Ended
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
        Some("sign_out") => return Ok(None),
        _ => return Err(incomplete()),
    }))
}

/// The page with the user's connections.
async fn page(
    hub: &AppState,
    request: &HttpRequest,
    (space, issuer): (&Space, &Issuer),
    signed_in: &SignedIn,
    done: Option<Done>,
) -> Result<HttpResponse, PageError> {
    let from_db = |error| PageError::from_db(request, &error);
    let user = signed_in.user.id;
    let connections = db::grants::of_user(&hub.db, space.id, user).await;
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
            .map_err(from_db)?
            .into_iter()
            // A client that an operator has just deleted took its grants along.
            .filter_map(|connection| Some(line(clients.get(&connection.client)?, connection)))
            .collect(),
        done,
        page: form::seal(hub, Purpose::Connections, signed_in.hash, space.id),
        form_action: path,
    };
    Ok(html(StatusCode::OK, page.html()))
}

fn line(client: &Client, connection: OwnConnection) -> OwnConnectionLine {
    let asking = |uri: &RedirectUri| consent_page::asking(client.clone(), uri);
    // A client can change what it has registered, but not where the code of a grant went.
    let known = connection.redirect_uri.as_deref();
    let known = known.and_then(|uri| RedirectUri::parse_trusted(uri).ok());
    OwnConnectionLine {
        id: connection.grant.to_string(),
        clients: match known {
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

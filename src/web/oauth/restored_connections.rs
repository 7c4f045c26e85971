//! The page after a sign-in that has restored an account: it lists the connections that work again.
//!
//! 1. `GET /callback` shows the page before the redirect to the client (`callback`).
//! 2. Each connection has a form that ends it: `POST /connections/end`.
//! 3. The page's state is sealed in the form for the browser that was shown it. So nothing is
//!    stored, and no other page can send the form.
//! 4. A link continues to the client.

use oauth_values::{Params, token::BrowserId};
use sealing::Place;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use std::time::Duration;
use url::Url;
use uuid::Uuid;

use super::page_attempt::counting_failures;
use crate::web::{
    AppState, account, browser,
    error::{self, JsonError, PageError},
    limits::Endpoint,
    pages::{
        ConnectionLine, Problem, RestoredPage,
        response::{frame, html},
    },
    request_body::OAuthBody,
};
use crate::{
    db::{self, grants::Connection},
    domain::{Grant, GrantId, RevocationReason, SpaceId},
};

/// The action of the page's forms.
pub const PATH: &str = "/connections/end";
/// How long the page, and the authorization code in its link, are valid.
pub const READING_TIME: Duration = Duration::from_mins(10);

/// The connections that a sign-in has restored.
pub struct Restored {
    about: About,
    /// The path of the page with all connections.
    account: String,
    connections: Vec<Connection>,
}

/// The user and the space that the connections belong to.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct About {
    space: Uuid,
    backlog_user_id: i64,
    /// The new connection, which the page does not list.
    but: Uuid,
}

/// The state of the page, sealed so that only the hub can have written it.
#[derive(Serialize, Deserialize)]
struct PageState {
    about: About,
    target: Url,
    /// `None` if a replica of the previous release sealed it.
    #[serde(default)]
    account: Option<String>,
    until: DateTime<Utc>,
}

impl Restored {
    /// The other connections of the user who signed in; `None` if there are none.
    pub async fn read(db: &mut PgConnection, made: &Grant) -> Result<Option<Self>, sqlx::Error> {
        let about = About {
            space: made.space_id.0,
            backlog_user_id: made.backlog_user_id,
            but: made.id.0,
        };
        let connections = about.connections(db).await?;
        let account = account::path_at(&made.issuer);
        Ok((!connections.is_empty()).then_some(Self {
            about,
            account,
            connections,
        }))
    }
}

impl About {
    async fn connections(&self, db: &mut PgConnection) -> Result<Vec<Connection>, sqlx::Error> {
        let (space, but) = (SpaceId(self.space), GrantId(self.but));
        db::grants::connections(db, space, self.backlog_user_id, but).await
    }
}

/// The page that replaces a redirect to `target`; `None` if it cannot be made.
pub fn page(
    hub: &AppState,
    request: &HttpRequest,
    restored: Restored,
    target: &str,
) -> Option<HttpResponse> {
    let browser = browser::known(hub, request)?;
    let state = PageState {
        about: restored.about,
        target: Url::parse(target).ok()?,
        account: Some(restored.account),
        until: hub.clock.now() + READING_TIME,
    };
    let sealed = seal(hub, &browser, &state).ok()?;
    Some(show(request, state, sealed, restored.connections))
}

/// `POST /connections/end`: ends one connection and shows the page again.
pub async fn post(
    hub: web::Data<AppState>,
    request: HttpRequest,
    body: Result<OAuthBody, JsonError>,
) -> Result<HttpResponse, PageError> {
    let response = end(&hub, &request, body);
    counting_failures(&hub.limits, Endpoint::Consent, &request, response).await
}

async fn end(
    hub: &AppState,
    request: &HttpRequest,
    body: Result<OAuthBody, JsonError>,
) -> Result<HttpResponse, PageError> {
    let page = |problem| PageError::new(request, problem);
    let from_db = |error| PageError::from_db(request, &error);
    let invalid = |detail: &str| {
        page(Problem::InvalidRequest {
            detail: detail.to_owned(),
        })
    };
    let body = body.map_err(|error| match error {
        JsonError::Busy(_) => page(Problem::RateLimited {
            seconds: error::RETRY_AFTER,
        }),
        _ => invalid("The form is too large or did not arrive completely."),
    })?;
    let params = Params::parse(body.bytes()).map_err(|error| invalid(&error.description))?;
    let browser = browser::known(hub, request).ok_or_else(|| page(Problem::WrongBrowser))?;
    let sealed = params.get("page").unwrap_or_default();
    let state = open(hub, &browser, sealed)
        .ok_or_else(|| invalid("The form belongs to another browser."))?;
    if state.until <= hub.clock.now() {
        return Err(page(Problem::RequestExpired));
    }
    let chosen = params
        .get("connection")
        .and_then(|text| Uuid::parse_str(text).ok())
        .map(GrantId)
        .ok_or_else(|| invalid("The form is incomplete."))?;
    let mut db = hub.db.acquire().await.map_err(from_db)?;
    let connections = state.about.connections(&mut db).await.map_err(from_db)?;
    if connections.iter().any(|one| one.grant == chosen) {
        let reason = RevocationReason::ByUser;
        let ended = db::grants::revoke(&mut *db, chosen, reason);
        if ended.await.map_err(from_db)? {
            tracing::info!(grant = %chosen, reason = reason.as_str(), "grant revoked");
        }
    }
    // A connection that had already ended is not listed either.
    let connections = state.about.connections(&mut db).await.map_err(from_db)?;
    Ok(show(request, state, sealed.to_owned(), connections))
}

fn show(
    request: &HttpRequest,
    state: PageState,
    sealed: String,
    connections: Vec<Connection>,
) -> HttpResponse {
    let page = RestoredPage {
        frame: frame(request),
        target: state.target,
        account: state.account,
        page: sealed,
        form_action: PATH.to_owned(),
        connections: connections.into_iter().map(line).collect(),
    };
    html(StatusCode::OK, page.html())
}

fn line(connection: Connection) -> ConnectionLine {
    let document = Url::parse(&connection.client_id).ok();
    ConnectionLine {
        id: connection.grant.to_string(),
        client_name: connection.client_name,
        document_host: document.and_then(|url| url.host_str().map(str::to_owned)),
        made_at: connection.made_at,
        last_used_at: connection.last_used_at,
    }
}

fn place(row: &str) -> Place<'_> {
    Place {
        table: "pages",
        column: "restored",
        row,
        bound_to: PATH,
    }
}

fn seal(hub: &AppState, browser: &BrowserId, state: &PageState) -> serde_json::Result<String> {
    let text = serde_json::to_string(state)?;
    Ok(hub.keys.seal(place(&browser.hash().to_hex()), &text.into()))
}

fn open(hub: &AppState, browser: &BrowserId, sealed: &str) -> Option<PageState> {
    let text = hub
        .keys
        .open(place(&browser.hash().to_hex()), sealed)
        .ok()?;
    serde_json::from_str(text.expose_secret()).ok()
}

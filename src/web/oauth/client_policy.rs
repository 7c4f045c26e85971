//! Refuses a client that the operator of the space does not allow, with a page for the user.
//!
//! The check is made as soon as the space is known: at `/authorize`, when the user has chosen the
//! space, and again before there is a code. The page has a link to the client, with the OAuth error,
//! only if the policy trusts its redirect URI. No refusal redirects by itself, because the user has
//! to know whom to ask.

use actix_web::{HttpMessage, HttpRequest};
use oauth_values::{Params, RedirectUri, authorization};
use tracing::Level;
use url::Url;

use super::{consent_page, redirect::error_location};
use crate::web::{
    AppState,
    error::PageError,
    not_allowed::{self, NotAllowed},
    pages::{ClientRefusedPage, Problem, response::frame},
};
use crate::{
    db::{self, authorization_requests::Request},
    domain::{AllowedClients, Client, Provenance, Space, SpaceId},
    telemetry::{Refusals, RequestId},
};

/// Where the response to the client goes.
pub(super) struct Back<'a> {
    issuer: &'a str,
    redirect_uri: &'a RedirectUri,
    state: Option<String>,
}

impl<'a> Back<'a> {
    /// Of the request at `/authorize`.
    pub(super) fn of_query(
        request: &HttpRequest,
        issuer: &'a str,
        redirect_uri: &'a RedirectUri,
    ) -> Self {
        let state = Params::parse_only(request.query_string().as_bytes(), &["state"])
            .and_then(|params| authorization::state(&params))
            .unwrap_or_default();
        Self {
            issuer,
            redirect_uri,
            state,
        }
    }

    /// Of a sign-in that has begun.
    pub(super) fn of(asked: &'a Request) -> Self {
        Self {
            issuer: &asked.issuer,
            redirect_uri: &asked.redirect_uri,
            state: asked.state.clone(),
        }
    }
}

/// Checks whether users may sign in to the space with the client.
pub(super) async fn check(
    hub: &AppState,
    request: &HttpRequest,
    of: (&Space, &Client),
    back: Back<'_>,
) -> Result<(), PageError> {
    let (space, client) = of;
    let uri = back.redirect_uri.as_str();
    match not_allowed::check_client(&space.clients, client, Some(uri)) {
        Ok(()) => Ok(()),
        Err(_) => Err(page(hub, request, of, back).await),
    }
}

/// Whether the locked row of a space allows the client of a sign-in, if there still is one.
pub(super) fn still_allows(
    allowed: &AllowedClients,
    client: Option<&Provenance>,
    asked: &Request,
) -> bool {
    client.is_some_and(|client| allowed.admit(client, [asked.redirect_uri.as_str()]))
}

/// The page for a sign-in whose client was refused when its space was locked.
pub(super) async fn refused(
    hub: &AppState,
    request: &HttpRequest,
    space: SpaceId,
    asked: &Request,
) -> PageError {
    let space = db::spaces::find(&hub.db, space).await;
    let client = db::clients::find(&hub.db, asked.client).await;
    match (space, client) {
        (Ok(Some(space)), Ok(Some(client))) => {
            page(hub, request, (&space, &client), Back::of(asked)).await
        }
        (Err(error), _) | (_, Err(error)) => PageError::from_db(request, &error),
        _ => PageError::new(request, Problem::RequestExpired),
    }
}

async fn page(
    hub: &AppState,
    request: &HttpRequest,
    (space, client): (&Space, &Client),
    back: Back<'_>,
) -> PageError {
    log(request, space, client);
    let operator = match db::spaces::operator(&hub.db, space.id).await {
        Ok(operator) => operator,
        Err(error) => return PageError::from_db(request, &error),
    };
    let (uri, state) = (back.redirect_uri, back.state.as_deref());
    let location = error_location(uri, back.issuer, state, &NotAllowed::Client.oauth_error());
    let target = Url::parse(&location)
        .ok()
        .filter(|_| space.clients.trust(uri));
    PageError::client_refused(ClientRefusedPage {
        frame: frame(request).of_space(operator),
        client: consent_page::asking(client.clone(), uri),
        space: consent_page::line(space, None),
        policy: space.clients.policy,
        back: target,
        request_id: request
            .extensions()
            .get::<RequestId>()
            .map(ToString::to_string),
    })
}

/// Logs what an operator needs to allow the client. The lines are limited.
fn log(request: &HttpRequest, space: &Space, client: &Client) {
    const MESSAGE: &str = "the client policy of a space refused a sign-in";
    let (space, client_id) = (&space.slug, &client.client_id);
    match Refusals::level_for(request) {
        Level::INFO => tracing::info!(space, client_id, "{MESSAGE}"),
        _ => tracing::debug!(space, client_id, "{MESSAGE}"),
    }
}

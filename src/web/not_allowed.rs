//! What the operator of a space does not allow: a client, or the network of a request.
//!
//! The errors are those of a disabled space (`access_denied`): a client that gets `invalid_grant`
//! discards its tokens, which are valid again when the operator allows it.

use std::net::IpAddr;

use actix_web::HttpRequest;
use oauth_values::{ErrorCode, OAuthError, RedirectUri};
use tracing::Level;

use crate::{
    accounts::session_cache::Session,
    domain::{AllowedClients, AllowedNetworks, Client, security::SecurityEvent},
    telemetry::Refusals,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    #[error(
        "The administrator of this Backlog space does not allow this client. Ask the \
         administrator to allow it."
    )]
    Client,
    #[error("The administrator of this Backlog space does not allow requests from this network.")]
    Network,
}

impl NotAllowed {
    pub fn event(self) -> SecurityEvent {
        match self {
            Self::Client => SecurityEvent::ClientNotAllowed,
            Self::Network => SecurityEvent::NetworkNotAllowed,
        }
    }

    pub fn oauth_error(self) -> OAuthError {
        OAuthError::new(ErrorCode::AccessDenied, self.to_string())
    }

    /// Logs a request with a valid token. The lines are limited.
    fn log(self, request: &HttpRequest, session: &Session) {
        const MESSAGE: &str = "a request is not allowed by its space";
        let (kind, grant) = (self.event().as_str(), session.principal.grant.id);
        let space = &session.principal.space.slug;
        match Refusals::level_for(request) {
            Level::INFO => tracing::info!(kind, %grant, space, "{MESSAGE}"),
            _ => tracing::debug!(kind, %grant, space, "{MESSAGE}"),
        }
    }
}

/// Checks a client with responses that go to this redirect URI, or to any that it has registered.
pub(super) fn check_client(
    allowed: &AllowedClients,
    client: &Client,
    redirect_uri: Option<&str>,
) -> Result<(), NotAllowed> {
    let proven = client.provenance();
    let registered = client.redirect_uris.iter().map(RedirectUri::as_str);
    let is_allowed = match redirect_uri {
        Some(uri) => allowed.admit(&proven, [uri]),
        None => allowed.admit(&proven, registered),
    };
    is_allowed.then_some(()).ok_or(NotAllowed::Client)
}

/// Checks the address that a request comes from, if it is known.
pub(super) fn check_network(
    allowed: &AllowedNetworks,
    address: Option<IpAddr>,
) -> Result<(), NotAllowed> {
    let is_allowed = allowed.admit(address);
    is_allowed.then_some(()).ok_or(NotAllowed::Network)
}

/// Checks the client and the address of a request with a valid token.
pub(super) fn check_session(
    session: &Session,
    request: &HttpRequest,
    address: Option<IpAddr>,
) -> Result<(), NotAllowed> {
    let of_client = session.client_is_allowed.then_some(());
    of_client
        .ok_or(NotAllowed::Client)
        .and_then(|()| check_network(&session.principal.space.networks, address))
        .inspect_err(|not_allowed| not_allowed.log(request, session))
}

//! The part of a caller that a subscription keeps: it looks up the caller's permissions again.

use std::{net::IpAddr, sync::Arc};

use chrono::{DateTime, Utc};
use oauth_values::{Scopes, token::TokenHash};

use crate::{
    accounts::{
        session_cache::{Session, SessionCache},
        subscriptions::Place,
    },
    calls::policy::Policy,
    domain::{GrantId, SpaceId},
};

/// Everything needed to look up a caller's permissions again.
#[derive(Clone)]
pub struct Subscriber {
    pub sessions: SessionCache,
    pub token: TokenHash,
    pub grant: GrantId,
    /// The Backlog user of the grant.
    pub user: (SpaceId, i64),
    pub token_expires_at: DateTime<Utc>,
    /// Where the request came from, if that is known.
    pub address: Option<IpAddr>,
    /// The limits of the caller other than those of the space and the grant.
    pub bounds: Policy,
    /// The limits of the space and the grant.
    pub policy_of: fn(&Session) -> Policy,
    /// Called when the request has become a subscription, which has limits of its own.
    pub began: Arc<dyn Fn() + Send + Sync>,
}

/// The permissions of a caller, as they are now.
pub(crate) struct Permissions {
    pub scopes: Scopes,
    pub policy: Policy,
}

impl Subscriber {
    /// Takes a place for a subscription; `None` if a limit is reached.
    pub(crate) fn take_place(&self) -> Option<Place> {
        let holder = (self.grant, self.user);
        self.sessions.subscriptions().take(holder, self.token)
    }

    /// Returns the current permissions of the caller; `None` if it no longer has any.
    pub(crate) async fn permissions(&self) -> Option<Permissions> {
        let _permit = self.sessions.subscriptions().lookup_permit().await;
        let session = match self.sessions.by_hash(self.token).await {
            Ok(session) => session?,
            Err(error) => {
                tracing::warn!(%error, "could not look up the permissions of a subscription; it \
                                        ends");
                return None;
            }
        };
        let space = &session.principal.space;
        let is_allowed =
            space.is_enabled() && session.client_is_allowed && space.networks.admit(self.address);
        is_allowed.then(|| Permissions {
            scopes: session.principal.scopes,
            policy: self.bounds.narrowed_by(&(self.policy_of)(&session)),
        })
    }
}

//! The Backlog tokens of a grant. They belong to its user's account, which all grants of the user
//! share.
//!
//! 1. If enough time is left, the token in memory is used. If little is left, it is used and a
//!    renewal starts in the background. If none is left, or Backlog responded 401, the call waits
//!    for a renewal.
//! 2. Callers of this process queue. Between processes the lease of the account's row decides, and
//!    the others poll until the new tokens are stored (`renewal`, `lease`). No database connection
//!    is held during the request to Backlog.
//! 3. A new pair is kept until it replaces the generation it came from in the database (`keeping`).
//! 4. After a rejection, the account is put in doubt or ended (`settling`). Any other failure
//!    changes nothing.
//! 5. A sign-in stores its pair in the account (`sign_in`). Pairs that replicas of the previous
//!    release left in the rows of grants are adopted (`adoption`).
//! 6. What the hub itself asks Backlog about a user, it asks with the account's tokens (`own_access`).

mod account;
mod account_tokens;
mod adoption;
mod context;
mod error;
mod keeping;
mod lease;
mod own_access;
mod renewal;
mod sealed;
mod settling;
mod sign_in;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::TimeDelta;
use secrecy::ExposeSecret;

use super::{
    access::{AccessError, BacklogAccess},
    session_error::SessionError,
};
use crate::{
    db::accounts::Account,
    domain::{Grant, Space, audit_event::Actor},
};

pub use account::Accounts;
use account::{Pair, State};
use account_tokens::AccountTokens;
use backlog_client::{BacklogUrl, Credentials};
pub use context::RenewalContext;
pub use error::RenewalError;
pub use own_access::OwnAccess;
pub use sealed::access_token_place;
pub use sign_in::SignedIn;

/// A background renewal starts when less time than this is left.
const RENEW_AHEAD: TimeDelta = TimeDelta::minutes(5);
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The Backlog tokens of one grant.
#[derive(Clone, Debug)]
pub struct GrantAccess(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    actor: Actor,
    url: BacklogUrl,
    tokens: AccountTokens,
}

impl RenewalContext {
    fn access_error(&self, error: &RenewalError) -> AccessError {
        match error {
            RenewalError::Ended => AccessError::SignInAgain,
            RenewalError::InDoubt { until } => AccessError::InDoubt {
                retry_after: (*until - self.clock.now()).to_std().unwrap_or(RETRY_AFTER),
            },
            RenewalError::Backlog(_)
            | RenewalError::Database(_)
            | RenewalError::Sealed(_)
            | RenewalError::Space(_)
            | RenewalError::TimedOut => AccessError::Unavailable {
                retry_after: Some(RETRY_AFTER),
            },
        }
    }
}

impl GrantAccess {
    /// Returns the access of a live grant; an error if the tokens of its account cannot be opened.
    pub fn new(
        renewals: &Arc<RenewalContext>,
        grant: &Grant,
        space: &Arc<Space>,
        account: &Account,
    ) -> Result<Self, SessionError> {
        let read = renewals.open_account(space, account)?;
        Ok(Self(Arc::new(Inner {
            actor: Actor {
                grant: grant.id,
                client: grant.client,
                space: space.id,
            },
            url: BacklogUrl::parse(&space.base_url)?,
            tokens: AccountTokens {
                account: renewals.accounts.open(account.id, read),
                user: grant.backlog_user_id,
                space: Arc::clone(space),
                renewals: Arc::clone(renewals),
            },
        })))
    }

    /// Whether Backlog has ended the account: the user has to sign in again.
    pub fn has_ended(&self) -> bool {
        self.0.tokens.account.state().has_ended()
    }

    /// Whether the account has changed since it was read.
    pub(crate) fn is_stale(&self) -> bool {
        self.0.tokens.account.is_stale()
    }

    pub(crate) fn set_stale(&self, is_stale: bool) {
        self.0.tokens.account.set_stale(is_stale);
    }

    /// As [`credentials`](BacklogAccess::credentials), and valid for this long, unless Backlog's own
    /// lifetime is shorter or a renewal fails.
    pub async fn credentials_for(&self, time: Duration) -> Result<Credentials, AccessError> {
        let known = self.0.tokens.account.state();
        let now = self.0.tokens.renewals.clock.now();
        if let Some(pair) = &known.pair
            && pair.expires_at > now
            && (pair.expires_at - now)
                .to_std()
                .is_ok_and(|left| left < time)
            && let Ok(renewed) = self.renewed_after(known.generation).await
        {
            return Ok(renewed);
        }
        self.credentials().await
    }

    /// Waits for tokens newer than `generation`. The renewal runs as a separate task, so that a
    /// client that disconnects cannot cancel it between Backlog's response and the database.
    async fn renewed_after(&self, generation: i64) -> Result<Credentials, AccessError> {
        let tokens = self.0.tokens.clone();
        let renewals = &self.0.tokens.renewals;
        let task = renewals
            .tasks
            .spawn(async move { tokens.renewed_after(generation).await });
        let error = match task.await {
            Ok(Ok(State {
                pair: Some(Pair { access_token, .. }),
                ..
            })) => return Ok(Credentials::Bearer(access_token)),
            Ok(Ok(State { pair: None, .. })) => RenewalError::Ended,
            Ok(Err(error)) => error,
            Err(error) => {
                tracing::error!(grant = %self.0.actor.grant, %error, "a renewal task of Backlog \
                                                                      tokens failed");
                RenewalError::TimedOut
            }
        };
        tracing::warn!(grant = %self.0.actor.grant, %error, "could not renew Backlog tokens");
        Err(renewals.access_error(&error))
    }

    /// Renews in the background, unless a renewal is under way or Backlog must not be asked yet.
    fn renew_ahead(&self, known: &State) {
        let tokens = &self.0.tokens;
        let now = tokens.renewals.clock.now();
        if known.is_unstored
            || known.standing.in_doubt_at(now).is_some()
            || tokens.account.flight.try_lock().is_err()
        {
            return;
        }
        let (tokens, grant) = (tokens.clone(), self.0.actor.grant);
        let generation = known.generation;
        self.0.tokens.renewals.tasks.spawn(async move {
            if let Err(error) = tokens.renewed_after(generation).await {
                tracing::warn!(%grant, %error, "background renewal of Backlog tokens failed");
            }
        });
    }
}

#[async_trait]
impl BacklogAccess for GrantAccess {
    fn url(&self) -> &BacklogUrl {
        &self.0.url
    }

    fn user(&self) -> Option<i64> {
        Some(self.0.tokens.user)
    }

    fn actor(&self) -> Option<Actor> {
        Some(self.0.actor)
    }

    async fn credentials(&self) -> Result<Credentials, AccessError> {
        let known = self.0.tokens.account.state();
        let Some(pair) = &known.pair else {
            return Err(AccessError::SignInAgain);
        };
        let left = pair.expires_at - self.0.tokens.renewals.clock.now();
        if left <= TimeDelta::zero() {
            return self.renewed_after(known.generation).await;
        }
        if left < RENEW_AHEAD {
            self.renew_ahead(&known);
        }
        Ok(Credentials::Bearer(pair.access_token.clone()))
    }

    async fn renew(&self, rejected: &Credentials) -> Result<Credentials, AccessError> {
        let known = self.0.tokens.account.state();
        let Some(pair) = &known.pair else {
            return Err(AccessError::SignInAgain);
        };
        match rejected {
            Credentials::Bearer(token)
                if token.expose_secret() == pair.access_token.expose_secret() =>
            {
                self.renewed_after(known.generation).await
            }
            _ => Ok(Credentials::Bearer(pair.access_token.clone())),
        }
    }
}

//! The Backlog tokens behind a grant, renewed by one caller at a time across all
//! processes.
//!
//! 1. Enough time left: the token in memory serves. Little left: it serves too,
//!    and a renewal starts in the background. None left, or Backlog said 401: wait
//!    for a renewal.
//! 2. In this process callers queue; among processes the `renewing_until` lease of
//!    the grant's row decides, and the others look until the new tokens are there.
//!    No database connection is held during the call to Backlog.
//! 3. The new pair is stored only over the generation it came from. `invalid_grant`
//!    revokes only the generation it was about; any other failure changes nothing.

mod sealed;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgPool;
use tokio::{sync::MutexGuard, time::Instant};
use tokio_util::task::TaskTracker;
use url::Url;

use super::{AccessError, BacklogAccess, space_application::SpaceApplication};
use crate::{
    backlog::{BacklogClient, BacklogUrl, Credentials, OAuthError, TOKEN_TIMEOUT},
    clock::Clock,
    crypto::{KeyRing, UnsealError},
    db::{self, grants::SealedTokens},
    domain::{Grant, RevocationReason, Space, activity::Actor},
    observe::Recorder,
};

pub use sealed::access_token_place;
use sealed::refresh_token_place;

/// A renewal starts in the background when less than this is left.
const RENEW_AHEAD: TimeDelta = TimeDelta::minutes(5);
/// Longer than the call to Backlog and the attempts to store its answer may take, so
/// that no two renewals ever overlap.
const LEASE: Duration = TOKEN_TIMEOUT.saturating_add(Duration::from_secs(10));
/// How long a caller waits for the renewals of others, in this process and elsewhere: if
/// one of those died, its lease ends before the caller gives up.
const PATIENCE: Duration = LEASE.saturating_add(Duration::from_secs(5));
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Backlog has already let go of the old refresh token when the new one is stored,
/// so a database that stumbles gets more than one chance.
const STORE_ATTEMPTS: u32 = 6;
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// What every renewal works with.
#[derive(Debug)]
pub struct Renewals {
    pub db: PgPool,
    pub keys: Arc<KeyRing>,
    pub backlog: BacklogClient,
    pub clock: Clock,
    pub callback: Url,
    /// Renewals outlive the request that caused them; shutdown waits for these.
    pub tasks: TaskTracker,
    pub recorder: Recorder,
}

/// The Backlog tokens of one grant.
#[derive(Clone, Debug)]
pub struct GrantAccess(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    actor: Actor,
    user: i64,
    space: Arc<Space>,
    url: BacklogUrl,
    current: Mutex<Current>,
    flight: tokio::sync::Mutex<()>,
    renewals: Arc<Renewals>,
}

#[derive(Clone, Debug)]
struct Current {
    access_token: SecretString,
    expires_at: DateTime<Utc>,
    generation: i64,
}

/// Why a renewal brought no tokens.
#[derive(Debug, thiserror::Error)]
enum RenewalError {
    #[error("the grant has ended")]
    Ended,
    #[error(transparent)]
    Backlog(OAuthError),
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("a stored token cannot be opened: {0}")]
    Sealed(#[from] UnsealError),
    #[error("the space cannot be used: {0}")]
    Space(#[from] super::space_application::SpaceError),
    #[error("somebody else's renewal did not end in time")]
    Impatient,
}

impl From<RenewalError> for AccessError {
    fn from(error: RenewalError) -> Self {
        match error {
            RenewalError::Ended => Self::SignInAgain,
            RenewalError::Backlog(_)
            | RenewalError::Database(_)
            | RenewalError::Sealed(_)
            | RenewalError::Space(_)
            | RenewalError::Impatient => Self::Unavailable {
                retry_after: Some(RETRY_AFTER),
            },
        }
    }
}

impl GrantAccess {
    /// The tokens of a live grant; an error if its stored tokens do not open.
    pub fn new(
        renewals: &Arc<Renewals>,
        grant: &Grant,
        space: &Arc<Space>,
    ) -> Result<Option<Self>, super::sessions::SessionError> {
        let Some(current) = renewals.open(grant.id, space, &grant.tokens)? else {
            return Ok(None);
        };
        Ok(Some(Self(Arc::new(Inner {
            actor: Actor {
                grant: grant.id,
                client: grant.client,
                space: space.id,
            },
            user: grant.backlog_user_id,
            url: BacklogUrl::parse(&space.base_url)?,
            space: Arc::clone(space),
            current: Mutex::new(current),
            flight: tokio::sync::Mutex::new(()),
            renewals: Arc::clone(renewals),
        }))))
    }

    fn current(&self) -> Current {
        self.0
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits for tokens newer than `generation`. The work runs as a task of its own:
    /// a client that hangs up must not end it between Backlog's answer and the database.
    async fn renewed_after(&self, generation: i64) -> Result<Credentials, AccessError> {
        let access = self.clone();
        let task = self
            .0
            .renewals
            .tasks
            .spawn(async move { access.renew_after(generation).await });
        match task.await {
            Ok(Ok(current)) => Ok(Credentials::Bearer(current.access_token)),
            Ok(Err(error)) => {
                tracing::warn!(grant = %self.0.actor.grant, %error, "no renewed Backlog tokens");
                Err(error.into())
            }
            Err(error) => {
                tracing::error!(grant = %self.0.actor.grant, %error, "a renewal ended early");
                Err(RenewalError::Impatient.into())
            }
        }
    }

    async fn renew_after(&self, generation: i64) -> Result<Current, RenewalError> {
        let renewals = &self.0.renewals;
        let patience = Instant::now() + PATIENCE;
        let _flight = in_turn(&self.0.flight, patience).await?;
        let current = self.current();
        if current.generation > generation {
            return Ok(current);
        }
        loop {
            if let Some(sealed) =
                db::grants::lease_renewal(&renewals.db, self.0.actor.grant, generation, LEASE)
                    .await?
                && let Some(current) = self.counted(generation, &sealed).await?
            {
                return Ok(current);
            }
            let stored = db::grants::backlog_tokens(&renewals.db, self.0.actor.grant)
                .await?
                .ok_or(RenewalError::Ended)?;
            let stored = renewals
                .open(self.0.actor.grant, &self.0.space, &stored)?
                .ok_or(RenewalError::Ended)?;
            if stored.generation > generation {
                return Ok(self.adopt(stored));
            }
            if Instant::now() >= patience {
                return Err(RenewalError::Impatient);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Renews, and counts how that ended; of many who wait for it, none counts.
    async fn counted(
        &self,
        generation: i64,
        sealed: &str,
    ) -> Result<Option<Current>, RenewalError> {
        let renewed = self.renew(generation, sealed).await;
        let outcome = match &renewed {
            Ok(Some(_)) => "renewed",
            Err(RenewalError::Ended) => "ended",
            Ok(None) | Err(_) => "failed",
        };
        self.0.renewals.recorder.metrics.renewal(outcome);
        renewed
    }

    /// Renews, with the lease of `generation` in hand. `None`: whatever came of it, it is
    /// not what is stored, because the grant has gone on or ended in the meantime.
    async fn renew(&self, generation: i64, sealed: &str) -> Result<Option<Current>, RenewalError> {
        let renewals = &self.0.renewals;
        let grant = self.0.actor.grant;
        let row = grant.to_string();
        let asked = async {
            let refresh_token = renewals
                .keys
                .open(refresh_token_place(&row, &self.0.space.base_url), sealed)?;
            SpaceApplication::open(&self.0.space, &renewals.keys, &renewals.callback)?
                .refresh(&renewals.backlog, &refresh_token)
                .await
                .map_err(RenewalError::Backlog)
        };
        match asked.await {
            Ok(tokens) => {
                let answered_at = renewals.clock.now();
                let sealed = renewals.seal(grant, &self.0.space, &tokens, answered_at);
                if !self.store(generation, &sealed).await? {
                    return Ok(None);
                }
                tracing::info!(%grant, generation = generation + 1, "Backlog tokens renewed");
                Ok(Some(self.adopt(Current {
                    access_token: tokens.access_token,
                    expires_at: sealed.expires_at,
                    generation: generation + 1,
                })))
            }
            Err(RenewalError::Backlog(OAuthError::InvalidGrant)) => {
                let reason = RevocationReason::BacklogInvalidGrant;
                if !db::grants::revoke(&renewals.db, grant, Some(generation), reason).await? {
                    return Ok(None);
                }
                tracing::warn!(%grant, reason = reason.as_str(), "grant revoked");
                Err(RenewalError::Ended)
            }
            Err(error) => {
                db::grants::release_renewal(&renewals.db, grant, generation).await?;
                Err(error)
            }
        }
    }

    async fn store(&self, generation: i64, tokens: &SealedTokens) -> Result<bool, sqlx::Error> {
        let mut attempt = 1;
        loop {
            let stored = db::grants::store_renewal(
                &self.0.renewals.db,
                self.0.actor.grant,
                generation,
                tokens,
            )
            .await;
            match stored {
                Err(error) if attempt < STORE_ATTEMPTS => {
                    tracing::warn!(grant = %self.0.actor.grant, %error, attempt, "renewal not stored yet");
                    tokio::time::sleep(Duration::from_millis(100) * 2_u32.pow(attempt)).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    fn adopt(&self, newer: Current) -> Current {
        let mut current = self
            .0
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if newer.generation > current.generation {
            *current = newer;
        }
        current.clone()
    }
}

/// Waits until nobody else in this process renews.
async fn in_turn(
    flight: &tokio::sync::Mutex<()>,
    patience: Instant,
) -> Result<MutexGuard<'_, ()>, RenewalError> {
    let turn = tokio::time::timeout_at(patience, flight.lock()).await;
    turn.map_err(|_| RenewalError::Impatient)
}

#[async_trait]
impl BacklogAccess for GrantAccess {
    fn url(&self) -> &BacklogUrl {
        &self.0.url
    }

    fn user(&self) -> Option<i64> {
        Some(self.0.user)
    }

    fn actor(&self) -> Option<Actor> {
        Some(self.0.actor)
    }

    async fn credentials(&self) -> Result<Credentials, AccessError> {
        let current = self.current();
        let left = current.expires_at - self.0.renewals.clock.now();
        if left <= TimeDelta::zero() {
            return self.renewed_after(current.generation).await;
        }
        if left < RENEW_AHEAD && self.0.flight.try_lock().is_ok() {
            let access = self.clone();
            self.0.renewals.tasks.spawn(async move {
                if let Err(error) = access.renew_after(current.generation).await {
                    tracing::warn!(grant = %access.0.actor.grant, %error, "no early renewal");
                }
            });
        }
        Ok(Credentials::Bearer(current.access_token))
    }

    async fn renew(&self, rejected: &Credentials) -> Result<Credentials, AccessError> {
        let current = self.current();
        match rejected {
            Credentials::Bearer(token)
                if token.expose_secret() == current.access_token.expose_secret() =>
            {
                self.renewed_after(current.generation).await
            }
            _ => Ok(Credentials::Bearer(current.access_token)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_waits_for_ever_for_their_turn() {
        let flight = tokio::sync::Mutex::new(());
        let soon = || Instant::now() + Duration::from_millis(20);
        let first = in_turn(&flight, soon()).await;
        assert!(first.is_ok());
        for _ in 0..2 {
            let second = in_turn(&flight, soon()).await;
            assert!(matches!(second, Err(RenewalError::Impatient)));
        }
        drop(first);
        assert!(in_turn(&flight, soon()).await.is_ok());
    }
}

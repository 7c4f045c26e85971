//! Renews an account, one caller at a time across all processes.

use backlog_client::OAuthError;
use secrecy::ExposeSecret;
use tokio::{sync::MutexGuard, time::Instant};

use super::{
    account::State,
    account_tokens::AccountTokens,
    error::RenewalError,
    lease::{self, LEASE, POLL_INTERVAL, RENEWAL_TIMEOUT, YIELD},
    sealed::ClearPair,
    settling::Settled,
};
use crate::{
    accounts::space_oauth,
    db::{
        self,
        accounts::renewal::{self, Lease},
    },
    domain::account::{Doubt, Evidence, Standing},
};

impl AccountTokens {
    /// Waits for tokens newer than `generation`, regardless of which process renews them.
    pub(super) async fn renewed_after(&self, generation: i64) -> Result<State, RenewalError> {
        let deadline = Instant::now() + RENEWAL_TIMEOUT;
        let _flight = in_turn(&self.account.flight, deadline).await?;
        loop {
            let known = self.account.state();
            if known.generation > generation {
                return Ok(known);
            }
            if let Some(renewed) = self.try_renewal(generation).await? {
                return Ok(renewed);
            }
            let stored = self.read().await?;
            if stored.has_ended() {
                return Err(RenewalError::Ended);
            }
            if stored.generation > generation {
                return Ok(stored);
            }
            if let Some(until) = stored.standing.in_doubt_at(self.renewals.clock.now()) {
                return Err(RenewalError::InDoubt { until });
            }
            if Instant::now() >= deadline {
                return Err(RenewalError::TimedOut);
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    async fn read(&self) -> Result<State, RenewalError> {
        let found = db::accounts::find(&self.renewals.db, self.account.id).await?;
        let found = found.ok_or(RenewalError::Ended)?;
        let read = self.renewals.open_account(&self.space, &found)?;
        Ok(self.account.take(read))
    }

    /// Renews if the lease is available. Returns `None` if it is not, or if the renewed pair is not
    /// the stored one.
    async fn try_renewal(&self, generation: i64) -> Result<Option<State>, RenewalError> {
        let (db, id) = (&self.renewals.db, self.account.id);
        let leased = lease::in_time(renewal::lease(db, id, generation, LEASE)).await?;
        let Some(lease) = leased else {
            return Ok(None);
        };
        if !lease.is_whole {
            renewal::release(db, id, generation).await?;
            return Ok(None);
        }
        if lease.taken_over && self.is_stored_after_all(generation).await? {
            return Ok(None);
        }
        let metrics = &self.renewals.recorder.metrics;
        let refusal = match self.ask(&lease).await {
            Ok((replaced, pair)) => {
                metrics.renewal("renewed");
                return Ok(self.keep(generation, &lease, (&replaced, &pair)).await);
            }
            Err(RenewalError::Backlog(OAuthError::InvalidGrant)) => Evidence::Refused,
            Err(RenewalError::Backlog(OAuthError::Unreadable)) => Evidence::Unreadable,
            Err(error) => {
                metrics.renewal("failed");
                self.release(generation).await;
                return Err(error);
            }
        };
        let settled = self.settle(generation, refusal, lease.taken_over).await;
        metrics.renewal(match &settled {
            Ok(Settled::Ended) => "ended",
            Ok(Settled::Doubted { doubt, .. }) if *doubt == Doubt::Spared => "spared",
            Ok(Settled::Doubted { .. }) => "doubted",
            Ok(Settled::Moved) | Err(_) => "failed",
        });
        match settled? {
            Settled::Moved => Ok(None),
            Settled::Doubted { until, .. } => {
                self.read().await?;
                Err(RenewalError::InDoubt { until })
            }
            Settled::Ended => {
                self.account.take(State {
                    pair: None,
                    generation,
                    standing: Standing::Ended,
                    is_unstored: false,
                });
                Err(RenewalError::Ended)
            }
        }
    }

    /// Whether the previous holder of the lease still stores the pair that Backlog issued. A
    /// database outage longer than the lease ends for all replicas at once, and Backlog must not be
    /// asked again for a pair that one of them holds.
    async fn is_stored_after_all(&self, generation: i64) -> Result<bool, RenewalError> {
        let until = Instant::now() + YIELD;
        loop {
            if self.read().await?.generation > generation {
                return Ok(true);
            }
            if Instant::now() >= until {
                return Ok(false);
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Renews at Backlog; returns the refresh token that was used and the new pair.
    async fn ask(&self, lease: &Lease) -> Result<(String, ClearPair), RenewalError> {
        let renewals = &self.renewals;
        let refresh_token =
            renewals.open_refresh_token(self.account.id, &self.space, &lease.refresh_token)?;
        let tokens = space_oauth::open(&self.space, &renewals.keys, &renewals.callback)?
            .refresh(&renewals.backlog, &refresh_token)
            .await
            .map_err(RenewalError::Backlog)?;
        let pair = ClearPair::new(&tokens, renewals.clock.now());
        Ok((refresh_token.expose_secret().to_owned(), pair))
    }

    /// Releases the lease. If that fails, it expires on its own.
    async fn release(&self, generation: i64) {
        let id = self.account.id;
        if let Err(error) = renewal::release(&self.renewals.db, id, generation).await {
            tracing::warn!(account = %id, %error, "could not release the lease of an account; it \
                                                   will expire");
        }
    }
}

/// Waits until no other task of this process renews.
async fn in_turn(
    flight: &tokio::sync::Mutex<()>,
    deadline: Instant,
) -> Result<MutexGuard<'_, ()>, RenewalError> {
    let turn = tokio::time::timeout_at(deadline, flight.lock()).await;
    turn.map_err(|_| RenewalError::TimedOut)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_wait_for_a_turn_times_out() {
        let flight = tokio::sync::Mutex::new(());
        let soon = || Instant::now() + Duration::from_millis(20);
        let first = in_turn(&flight, soon()).await;
        assert!(first.is_ok());
        for _ in 0..2 {
            let second = in_turn(&flight, soon()).await;
            assert!(matches!(second, Err(RenewalError::TimedOut)));
        }
        drop(first);
        assert!(in_turn(&flight, soon()).await.is_ok());
    }
}

//! Keeps a pair that Backlog has issued until it is stored.
//!
//! 1. The pair serves calls at once, and is sealed for the rows that will hold it.
//! 2. The hub tries to store it under the lease. Usually this succeeds.
//! 3. If the database is unavailable, a background task retries until the pair or a newer one is
//!    stored. Shutdown waits for it. The lease may end meanwhile: the process that takes it over
//!    waits some seconds for the pair (`renewal`). If the pair does not arrive, Backlog rejects the
//!    stored one, the account is in doubt, and the pair is later stored over that.

use std::sync::Arc;

use secrecy::ExposeSecret;

use super::{
    account::State,
    account_tokens::AccountTokens,
    lease,
    sealed::{ClearPair, Owner},
    sign_in::refresh_hash,
};
use crate::db::accounts::renewal::{self, Lease, Renewed};

/// Failed attempts between two log messages.
const LOG_EVERY: u32 = 60;

impl AccountTokens {
    /// Uses a renewed pair, and stores it now or later. Returns `None` if a newer one is stored
    /// already.
    pub(super) async fn keep(
        &self,
        generation: i64,
        lease: &Lease,
        (replaced, pair): (&str, &ClearPair),
    ) -> Option<State> {
        let renewed = Arc::new(self.seal_renewed(generation, lease, (replaced, pair)));
        let held = self.account.hold(pair.as_pair(), generation);
        match lease::store(|| renewal::store(&self.renewals.db, &renewed)).await {
            Ok(stored) => self.settle_store(&renewed, stored),
            Err(error) => {
                tracing::warn!(
                    account = %self.account.id, %error,
                    "could not store renewed Backlog tokens; will retry"
                );
                let tokens = self.clone();
                self.renewals
                    .tasks
                    .spawn(async move { tokens.store_in_the_end(&renewed).await });
                Some(held)
            }
        }
    }

    fn seal_renewed(
        &self,
        generation: i64,
        lease: &Lease,
        (replaced, pair): (&str, &ClearPair),
    ) -> Renewed {
        let account = self.account.id;
        let is_replaced = pair.refresh_token.expose_secret() != replaced;
        Renewed {
            account,
            generation,
            tokens: self
                .renewals
                .seal(Owner::Account(account), &self.space, pair),
            of_grants: self
                .renewals
                .seal_for_grants(&lease.grants, &self.space, pair),
            replaced_refresh_hash: is_replaced.then(|| refresh_hash(replaced)),
        }
    }

    fn settle_store(&self, renewed: &Renewed, stored: Option<i64>) -> Option<State> {
        let account = self.account.id;
        match stored {
            Some(generation) => {
                self.account.is_stored_as(generation);
                tracing::info!(%account, generation, "Backlog tokens renewed");
                Some(self.account.state())
            }
            None => {
                self.account.let_go(renewed.generation);
                tracing::info!(%account, "did not store renewed Backlog tokens: newer ones are \
                                          stored");
                None
            }
        }
    }

    async fn store_in_the_end(&self, renewed: &Renewed) {
        let metrics = &self.renewals.recorder.metrics;
        metrics.unstored_pairs(1.0);
        let mut attempts = 0_u32;
        loop {
            tokio::time::sleep(lease::TRY_AGAIN_AFTER).await;
            match lease::in_time(renewal::store(&self.renewals.db, renewed)).await {
                Ok(stored) => {
                    self.settle_store(renewed, stored);
                    break;
                }
                Err(error) => {
                    attempts += 1;
                    if attempts.is_multiple_of(LOG_EVERY) {
                        tracing::warn!(
                            account = %self.account.id, %error, attempts,
                            "renewed Backlog tokens are still not stored; will retry"
                        );
                    }
                }
            }
        }
        metrics.unstored_pairs(-1.0);
    }
}

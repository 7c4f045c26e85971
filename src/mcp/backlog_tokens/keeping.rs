//! A pair that Backlog has given is never thrown away.
//!
//! 1. It serves calls from the moment it came, and is sealed for the rows that it is for.
//! 2. Under the lease it is tried to be stored; mostly that is all.
//! 3. If the database is away, a task of its own goes on trying, for as long as the process lives
//!    or until something newer is stored. Shutdown waits for it. The lease may end meanwhile:
//!    whoever takes it over waits for the pair for some seconds (`renewal`). If it does not come,
//!    Backlog refuses what is stored, the account is in doubt, and the pair is stored over that.

use std::sync::Arc;

use secrecy::ExposeSecret;

use super::{
    AccountTokens,
    account::State,
    lease,
    sealed::{ClearPair, Owner},
    sign_in::refresh_hash,
};
use crate::db::accounts::renewal::{self, Lease, Renewed};

/// Attempts between two lines of the log.
const TELL_EVERY: u32 = 60;

impl AccountTokens {
    /// Takes a renewed pair into use, and stores it now or later. `None`: something newer is
    /// stored already.
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
                tracing::info!(%account, "renewed Backlog tokens not stored: newer ones are");
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
                    if attempts.is_multiple_of(TELL_EVERY) {
                        tracing::warn!(
                            account = %self.account.id, %error, attempts,
                            "renewed Backlog tokens are not stored yet"
                        );
                    }
                }
            }
        }
        metrics.unstored_pairs(-1.0);
    }
}

//! Lookups for unauthenticated requests: only credentials that the hub may have issued are looked
//! up.
//!
//! 1. A credential with the hub's check was issued here. It is always looked up, and its failures
//!    count for no address.
//! 2. A credential in the form of an older version has no check and is looked up within a budget:
//!    per network, and for this process. Only those not found count. One that was found is exempt
//!    for a day, so that attackers lock no user out.
//! 3. Clients registered by operators have no check and need no budget.
//! 4. Any other credential was never issued: it costs no database query and no count.

use std::{
    collections::HashSet,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::{Quota, clock::Clock as _};
use moka::sync::Cache;
use oauth_values::token::{CredentialKind, TokenHash};
use sqlx::PgPool;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    Limited,
    clock::{Direct, Instant, MonotonicClock},
};
use crate::db;

/// The rate of lookups of this process that may find nothing. A burst of ten seconds' worth is
/// allowed.
const A_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(49);
const BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(499);
const AT_A_TIME: usize = 8;
/// How long a lookup waits for its turn.
const TURN_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the list of the operators' clients is cached.
const OPERATORS_FOR: Duration = Duration::from_mins(1);
const MAX_FOUND: u64 = 100_000;
const FOUND_FOR: Duration = Duration::from_hours(24);

/// A presented credential that the hub may have issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credential {
    pub kind: CredentialKind,
    pub hash: TokenHash,
    /// Its check is correct, so the hub issued it.
    pub is_issued: bool,
}

/// Why a credential could not be looked up.
#[derive(Debug)]
pub enum LookUpError<E> {
    Failed(E),
    Limited(Limited),
}

impl<E> From<Limited> for LookUpError<E> {
    fn from(limited: Limited) -> Self {
        Self::Limited(limited)
    }
}

/// The budget for credentials without a check.
#[derive(Debug)]
pub struct Unchecked {
    /// Credentials that were found; they are exempt from the budget.
    found: Cache<TokenHash, ()>,
    unfound: Direct,
    /// Few at a time, so that a budget that runs out stops those that wait.
    turns: Semaphore,
    /// The clients registered by operators.
    of_operators: moka::future::Cache<(), Arc<HashSet<String>>>,
    /// The time until which unknown credentials are not looked up.
    spent_until: Mutex<Option<Instant>>,
    clock: MonotonicClock,
}

impl Unchecked {
    pub fn new(clock: MonotonicClock) -> Self {
        Self {
            found: Cache::builder()
                .max_capacity(MAX_FOUND)
                .time_to_live(FOUND_FOR)
                .build(),
            unfound: Direct::direct_with_clock(
                Quota::per_second(A_SECOND).allow_burst(BURST),
                clock.clone(),
            ),
            turns: Semaphore::new(AT_A_TIME),
            of_operators: moka::future::Cache::builder()
                .max_capacity(1)
                .time_to_live(OPERATORS_FOR)
                .build(),
            spent_until: Mutex::default(),
            clock,
        }
    }

    /// # Errors
    /// The budget is spent.
    pub fn check(&self) -> Result<(), Limited> {
        let until = *self.spent_until();
        let now = self.clock.now();
        match until {
            Some(until) if until > now => Err(Limited {
                retry_after: until.duration_since(now).as_secs() + 1,
            }),
            _ => Ok(()),
        }
    }

    /// Counts a credential that was not found.
    pub fn count_unfound(&self) {
        if let Err(not_until) = self.unfound.check() {
            *self.spent_until() = Some(not_until.earliest_possible());
        }
    }

    /// Whether the credential was found before, so it needs no budget.
    pub fn is_exempt(&self, credential: Credential) -> bool {
        self.found.contains_key(&credential.hash)
    }

    /// Exempts a credential that was found from the budget.
    pub fn exempt(&self, credential: Credential) {
        self.found.insert(credential.hash, ());
    }

    /// Waits for the turn of a lookup.
    ///
    /// # Errors
    /// It did not come in time.
    pub async fn turn(&self) -> Result<Option<SemaphorePermit<'_>>, Limited> {
        let turn = tokio::time::timeout(TURN_TIMEOUT, self.turns.acquire()).await;
        let turn = turn.map_err(|_| Limited { retry_after: 1 })?;
        Ok(turn.ok())
    }

    /// Whether an operator registered the client. Such clients have no check, and other requests
    /// must not prevent their lookup.
    pub async fn is_of_operator(&self, db: &PgPool, client_id: &str) -> bool {
        let read = async { db::clients::ids_of_operators(db).await.map(Arc::new) };
        let ids = self.of_operators.try_get_with((), read).await;
        ids.is_ok_and(|ids| ids.contains(client_id))
    }

    fn spent_until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.spent_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_credentials_share_a_budget_over_all_networks() {
        let start = Instant::now();
        let still = MonotonicClock::from_fn(move || start);
        let unchecked = Unchecked::new(still);
        let mut admitted = 0;
        while unchecked.check().is_ok() {
            unchecked.count_unfound();
            admitted += 1;
            assert!(admitted < 10_000, "never spent");
        }
        assert_eq!(admitted, BURST.get() + 1, "the last one finds it spent");
        assert_eq!(unchecked.check(), Err(Limited { retry_after: 1 }));
    }
}

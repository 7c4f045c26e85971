//! What the hub looks up for strangers: only what it may have issued.
//!
//! 1. A credential with the hub's check was issued here. It is looked up, however many others
//!    failed at its address, and a failure counts for nobody.
//! 2. One that has the form of an older version, which had no check, is looked up under a budget:
//!    per network, and for this process. Only what is not found counts. One that was found once is
//!    exempt for a day, so that strangers keep no user out.
//! 3. The clients that operators registered have no check, and are known without a budget.
//! 4. Anything else was never issued: no statement, and no count.

use std::{
    collections::HashSet,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::{DefaultDirectRateLimiter, Quota, clock::Reference as _};
use moka::sync::Cache;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    Hub,
    error::JsonError,
    limits::{Attempt, Endpoint, Holder, Limited, Sender, networks},
};
use crate::{
    db,
    oauth::{
        ClientIdForm, client_id,
        token::{Checked, CodeKind, RefreshKind, Token, TokenHash},
    },
};

/// Look-ups of this process that may find nothing, a second; as many as a burst of ten seconds at
/// once.
const A_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(49);
const BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(499);
const AT_A_TIME: usize = 8;
/// How long a turn is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the clients of operators are remembered.
const OPERATORS_FOR: Duration = Duration::from_secs(60);
const MAX_FOUND: u64 = 100_000;
const FOUND_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// A presented credential that the hub may have issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credential {
    pub kind: &'static str,
    pub hash: TokenHash,
    /// Its check is right, so the hub did issue it.
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

/// The budget of what has no check.
#[derive(Debug)]
pub struct Unchecked {
    /// What was found, so that it is looked up again whatever the budget.
    found: Cache<TokenHash, ()>,
    unfound: DefaultDirectRateLimiter,
    /// Few at a time, so that a budget that is spent meanwhile stops those that wait.
    turns: Semaphore,
    /// The clients that operators registered.
    of_operators: moka::future::Cache<(), Arc<HashSet<String>>>,
    /// Until when nothing unknown is looked up.
    spent_until: Mutex<Option<networks::Instant>>,
}

impl Default for Unchecked {
    fn default() -> Self {
        Self {
            found: Cache::builder()
                .max_capacity(MAX_FOUND)
                .time_to_live(FOUND_FOR)
                .build(),
            unfound: DefaultDirectRateLimiter::direct(
                Quota::per_second(A_SECOND).allow_burst(BURST),
            ),
            turns: Semaphore::new(AT_A_TIME),
            of_operators: moka::future::Cache::builder()
                .max_capacity(1)
                .time_to_live(OPERATORS_FOR)
                .build(),
            spent_until: Mutex::default(),
        }
    }
}

impl Unchecked {
    fn check(&self) -> Result<(), Limited> {
        let until = *self.spent_until();
        match until {
            Some(until) if until > networks::now() => Err(Limited {
                retry_after: Duration::from(until.duration_since(networks::now())).as_secs() + 1,
            }),
            _ => Ok(()),
        }
    }

    fn count_unfound(&self) {
        if let Err(not_until) = self.unfound.check() {
            *self.spent_until() = Some(not_until.earliest_possible());
        }
    }

    fn spent_until(&self) -> MutexGuard<'_, Option<networks::Instant>> {
        self.spent_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    /// Reads a presented token; `None` if its form is none that the hub ever issued.
    pub fn read<K: Checked>(&self, text: &str) -> Option<(Token<K>, Credential)> {
        let token = Token::<K>::parse(text)?;
        let credential = self.credential(&token);
        Some((token, credential))
    }

    /// A token of the right form, as it is looked up.
    pub fn credential<K: Checked>(&self, token: &Token<K>) -> Credential {
        Credential {
            kind: K::NAME,
            hash: token.hash(),
            is_issued: token.is_issued_with(&self.check_key),
        }
    }

    /// What the form of a `client_id` says of its origin.
    pub fn client_id_form(&self, client_id: &str) -> ClientIdForm {
        ClientIdForm::of(client_id, &self.check_key)
    }

    /// Looks a presented credential up, or refuses to: what has no check has a budget.
    pub async fn look_up<T, E: From<Limited>>(
        &self,
        credential: Credential,
        sender: Sender,
        found: impl Future<Output = Result<Option<T>, E>>,
    ) -> Result<Option<T>, E> {
        if credential.is_issued {
            return found.await;
        }
        let _turn = self.admit(credential, sender).await?;
        let found = found.await?;
        match &found {
            Some(_) => self.note_found(credential),
            None => self.note_unfound(credential, sender)?,
        }
        Ok(found)
    }

    /// Looks up the client that a `client_id` names. What was never issued is not looked up; the
    /// URL of a document has limits of its own. A request whose token the hub issued is vouched for.
    pub async fn look_up_client<T, E: From<Limited>>(
        &self,
        client_id: &str,
        sender: Sender,
        is_vouched_for: bool,
        found: impl Future<Output = Result<Option<T>, E>>,
    ) -> Result<Option<T>, E> {
        match self.client_id_form(client_id) {
            ClientIdForm::NeverIssued => Ok(None),
            ClientIdForm::Url | ClientIdForm::Checked => found.await,
            ClientIdForm::Unchecked if is_vouched_for || self.is_of_operator(client_id).await => {
                found.await
            }
            ClientIdForm::Unchecked => {
                let credential = Credential {
                    kind: "client_id",
                    hash: client_id::digest(client_id),
                    is_issued: false,
                };
                self.look_up(credential, sender, found).await
            }
        }
    }

    /// Answers a request that presents a credential where failures count. What the hub issued
    /// counts for itself alone.
    pub async fn answering<T>(
        &self,
        attempt: Attempt<'_>,
        credential: Option<Credential>,
        answer: impl Future<Output = Result<T, JsonError>>,
    ) -> Result<T, JsonError> {
        let Some(credential) = credential else {
            return self.limits.counting(attempt, JsonError::from, answer).await;
        };
        if credential.is_issued {
            self.limits.check_holder(Holder::Token(credential.hash))?;
            return answer.await;
        }
        // In its turn it is looked up and no more: an answer may wait for the host of a client.
        let exists = async { self.exists(credential).await.map(|is| is.then_some(())) };
        let exists = async { exists.await.map_err(JsonError::from) };
        self.look_up(credential, attempt.sender, exists).await?;
        self.limits.counting(attempt, JsonError::from, answer).await
    }

    /// Whether what `/token` or `/revoke` was shown is stored.
    async fn exists(&self, Credential { kind, hash, .. }: Credential) -> Result<bool, sqlx::Error> {
        if kind == CodeKind::NAME {
            return db::authorization_codes::exists(&self.db, hash).await;
        }
        let client = match kind == RefreshKind::NAME {
            true => db::refresh_tokens::client_id_of(&self.db, hash).await,
            false => db::access_tokens::client_id_of(&self.db, hash).await,
        };
        Ok(client?.is_some())
    }

    /// Whether an operator registered the client: those have no check, and no stranger decides
    /// whether they are looked up.
    async fn is_of_operator(&self, client_id: &str) -> bool {
        let read = async { db::clients::ids_of_operators(&self.db).await.map(Arc::new) };
        let ids = self.unchecked.of_operators.try_get_with((), read).await;
        ids.is_ok_and(|ids| ids.contains(client_id))
    }

    /// Waits for the turn of a credential without a check. One that was found before has none to
    /// wait for.
    ///
    /// # Errors
    /// The budget is spent.
    async fn admit(
        &self,
        credential: Credential,
        sender: Sender,
    ) -> Result<Option<SemaphorePermit<'_>>, Limited> {
        if self.unchecked.found.contains_key(&credential.hash) {
            return Ok(None);
        }
        let admitted = async {
            self.check(sender)?;
            let turn = tokio::time::timeout(PATIENCE, self.unchecked.turns.acquire());
            let turn = turn.await.map_err(|_| Limited { retry_after: 1 })?;
            // Others may have spent the budget meanwhile.
            self.check(sender)?;
            Ok(turn.ok())
        };
        let admitted = admitted.await;
        if admitted.is_err() {
            self.count(credential, "refused");
        }
        admitted
    }

    fn check(&self, sender: Sender) -> Result<(), Limited> {
        self.limits.check_address(attempt(sender))?;
        self.unchecked.check()
    }

    /// It was found: it is exempt from the budget from now on.
    fn note_found(&self, credential: Credential) {
        if !credential.is_issued {
            self.unchecked.found.insert(credential.hash, ());
            self.count(credential, "found");
        }
    }

    /// It was not found, and counts.
    ///
    /// # Errors
    /// There were too many.
    fn note_unfound(&self, credential: Credential, sender: Sender) -> Result<(), Limited> {
        if credential.is_issued {
            return Ok(());
        }
        self.count(credential, "unknown");
        self.unchecked.count_unfound();
        self.limits.count_failure(attempt(sender))
    }

    fn count(&self, credential: Credential, outcome: &'static str) {
        let metrics = &self.recorder.metrics;
        metrics.unchecked_credential(credential.kind, outcome);
    }
}

fn attempt(sender: Sender) -> Attempt<'static> {
    Attempt {
        endpoint: Endpoint::Unchecked,
        sender,
        client_id: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_found_has_a_budget_over_all_networks() {
        let unchecked = Unchecked::default();
        let mut admitted = 0;
        while unchecked.check().is_ok() {
            unchecked.count_unfound();
            admitted += 1;
            assert!(admitted < 10_000, "never spent");
        }
        assert!(admitted > BURST.get(), "{admitted}");
        let refused = unchecked
            .check()
            .map_or_else(|limited| limited.retry_after, |()| 1);
        assert_eq!(refused, 1);
    }
}

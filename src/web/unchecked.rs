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

use governor::{DefaultDirectRateLimiter, Quota, clock::Reference as _};
use moka::sync::Cache;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    AppState,
    error::JsonError,
    limits::{Attempt, Endpoint, Holder, Limited, Sender, networks},
};
use crate::{
    db,
    oauth::{
        ClientIdForm, client_id,
        token::{Checked, CredentialKind, Token, TokenHash},
    },
};

/// The rate of lookups of this process that may find nothing. A burst of ten seconds' worth is
/// allowed.
const A_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(49);
const BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(499);
const AT_A_TIME: usize = 8;
/// How long a lookup waits for its turn.
const TURN_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the list of the operators' clients is cached.
const OPERATORS_FOR: Duration = Duration::from_secs(60);
const MAX_FOUND: u64 = 100_000;
const FOUND_FOR: Duration = Duration::from_secs(24 * 60 * 60);

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
    unfound: DefaultDirectRateLimiter,
    /// Few at a time, so that a budget that runs out stops those that wait.
    turns: Semaphore,
    /// The clients registered by operators.
    of_operators: moka::future::Cache<(), Arc<HashSet<String>>>,
    /// The time until which unknown credentials are not looked up.
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

impl AppState {
    /// Reads a presented token; `None` if the hub never issued tokens of this form.
    pub fn read<K: Checked>(&self, text: &str) -> Option<(Token<K>, Credential)> {
        let token = Token::<K>::parse(text)?;
        let credential = self.credential(&token);
        Some((token, credential))
    }

    /// A token of a valid form, as it is looked up.
    pub fn credential<K: Checked>(&self, token: &Token<K>) -> Credential {
        Credential {
            kind: K::CREDENTIAL,
            hash: token.hash(),
            is_issued: token.is_issued_with(&self.check_key),
        }
    }

    /// The origin of a `client_id` according to its form.
    pub fn client_id_form(&self, client_id: &str) -> ClientIdForm {
        ClientIdForm::of(client_id, &self.check_key)
    }

    /// Looks up a presented credential; one without a check needs budget.
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

    /// Looks up the client that a `client_id` names. One that was never issued is not looked up;
    /// the URL of a document has its own limits. A request with a token that the hub issued needs
    /// no budget.
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
                    kind: CredentialKind::ClientId,
                    hash: client_id::digest(client_id),
                    is_issued: false,
                };
                self.look_up(credential, sender, found).await
            }
        }
    }

    /// Awaits the response to a request with a credential, and counts failures. A credential that
    /// the hub issued counts only for itself.
    pub async fn respond_within_limits<T>(
        &self,
        attempt: Attempt<'_>,
        credential: Option<Credential>,
        response: impl Future<Output = Result<T, JsonError>>,
    ) -> Result<T, JsonError> {
        let Some(credential) = credential else {
            return self
                .limits
                .counting(attempt, JsonError::from, response)
                .await;
        };
        if credential.is_issued {
            self.limits.check_holder(Holder::Token(credential.hash))?;
            return response.await;
        }
        // Only the lookup runs in its turn: the response may wait for a client's host.
        let exists = async { self.exists(credential).await.map(|is| is.then_some(())) };
        let exists = async { exists.await.map_err(JsonError::from) };
        self.look_up(credential, attempt.sender, exists).await?;
        self.limits
            .counting(attempt, JsonError::from, response)
            .await
    }

    /// Whether the credential presented at `/token` or `/revoke` is stored.
    async fn exists(&self, Credential { kind, hash, .. }: Credential) -> Result<bool, sqlx::Error> {
        let client = match kind {
            CredentialKind::AuthorizationCode => {
                return db::authorization_codes::exists(&self.db, hash).await;
            }
            CredentialKind::RefreshToken => {
                db::refresh_tokens::client_id_of(&self.db, hash).await?
            }
            CredentialKind::AccessToken => db::access_tokens::client_id_of(&self.db, hash).await?,
            // Neither endpoint takes them.
            CredentialKind::RegistrationToken
            | CredentialKind::ConsentPage
            | CredentialKind::State
            | CredentialKind::ClientId => None,
        };
        Ok(client.is_some())
    }

    /// Whether an operator registered the client. Such clients have no check, and other requests
    /// must not prevent their lookup.
    async fn is_of_operator(&self, client_id: &str) -> bool {
        let read = async { db::clients::ids_of_operators(&self.db).await.map(Arc::new) };
        let ids = self.unchecked.of_operators.try_get_with((), read).await;
        ids.is_ok_and(|ids| ids.contains(client_id))
    }

    /// Waits for the turn of a credential without a check. One that was found before need not wait.
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
            let turn = tokio::time::timeout(TURN_TIMEOUT, self.unchecked.turns.acquire());
            let turn = turn.await.map_err(|_| Limited { retry_after: 1 })?;
            // Other requests may have spent the budget meanwhile.
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

    /// Exempts a credential that was found from the budget.
    fn note_found(&self, credential: Credential) {
        if !credential.is_issued {
            self.unchecked.found.insert(credential.hash, ());
            self.count(credential, "found");
        }
    }

    /// Counts a credential that was not found.
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
        metrics.unchecked_credential(credential.kind.as_str(), outcome);
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
    fn unknown_credentials_share_a_budget_over_all_networks() {
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

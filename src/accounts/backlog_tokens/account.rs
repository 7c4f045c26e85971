//! Accounts in this process: all grants of a user share one state of the tokens.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use crate::domain::{AccountId, account::Standing};

/// Unused accounts are dropped when the map reaches this size.
const FORGET_AT: usize = 1_024;

/// A valid access token and its expiry.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub access_token: SecretString,
    pub expires_at: DateTime<Utc>,
}

/// The known state of an account.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// `None` once the account has ended.
    pub pair: Option<Pair>,
    /// The stored generation, or one more while the pair is not stored yet.
    pub generation: i64,
    pub standing: Standing,
    /// Whether the pair is newer than the stored one. It is kept until it is stored.
    pub is_unstored: bool,
}

impl State {
    pub(super) fn has_ended(&self) -> bool {
        self.pair.is_none()
    }
}

/// An account in use by a session or a renewal of this process.
#[derive(Debug)]
pub(super) struct SharedAccount {
    pub id: AccountId,
    /// The lock that serializes renewals within this process.
    pub flight: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    is_stale: AtomicBool,
}

impl SharedAccount {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn state(&self) -> State {
        self.lock().clone()
    }

    /// Adopts a state read from the database unless a newer one is held, and returns the current
    /// state.
    pub(super) fn take(&self, read: State) -> State {
        let mut state = self.lock();
        let is_newer = read.generation > state.generation
            || (read.generation == state.generation && !state.is_unstored);
        if is_newer {
            *state = read;
        }
        state.clone()
    }

    /// Uses a pair that Backlog issued in place of that of `generation`, even before it is stored.
    pub(super) fn hold(&self, pair: Pair, generation: i64) -> State {
        let mut state = self.lock();
        *state = State {
            pair: Some(pair),
            generation: generation + 1,
            standing: Standing::Live,
            is_unstored: true,
        };
        state.clone()
    }

    /// Records that the held pair is now stored as this generation.
    pub(super) fn is_stored_as(&self, generation: i64) {
        let mut state = self.lock();
        if state.is_unstored {
            state.generation = generation;
            state.is_unstored = false;
        }
    }

    /// Drops the held pair, because a newer one than `generation` is stored and will be read next.
    pub(super) fn let_go(&self, generation: i64) {
        let mut state = self.lock();
        if state.is_unstored {
            state.generation = generation;
            state.is_unstored = false;
        }
        drop(state);
        self.set_stale(true);
    }

    /// Whether the database reported a change that was not read yet.
    pub(super) fn is_stale(&self) -> bool {
        self.is_stale.load(Ordering::Acquire)
    }

    pub(super) fn set_stale(&self, is_stale: bool) {
        self.is_stale.store(is_stale, Ordering::Release);
    }
}

/// The accounts of this process.
#[derive(Debug, Default)]
pub struct Accounts(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    by_id: HashMap<AccountId, Weak<SharedAccount>>,
    forget_at: usize,
}

impl Accounts {
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the account as shared by this process, updated with the state that was read.
    pub(super) fn open(&self, id: AccountId, read: State) -> Arc<SharedAccount> {
        let mut open = self.lock();
        if let Some(account) = open.by_id.get(&id).and_then(Weak::upgrade) {
            drop(open);
            account.take(read);
            return account;
        }
        let account = Arc::new(SharedAccount {
            id,
            flight: tokio::sync::Mutex::new(()),
            state: Mutex::new(read),
            is_stale: AtomicBool::new(false),
        });
        open.by_id.insert(id, Arc::downgrade(&account));
        if open.by_id.len() > open.forget_at.max(FORGET_AT) {
            open.by_id.retain(|_, account| account.strong_count() > 0);
            open.forget_at = open.by_id.len() * 2;
        }
        account
    }

    /// Marks an account as changed in the database.
    pub fn note_change(&self, id: AccountId) {
        let account = self.lock().by_id.get(&id).and_then(Weak::upgrade);
        if let Some(account) = account {
            account.set_stale(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use foundation::{clock::Clock, random::Random};
    use secrecy::ExposeSecret;

    use super::*;

    fn id() -> AccountId {
        AccountId::new(&Clock::system(), &Random::system())
    }

    fn pair(token: &str) -> Pair {
        Pair {
            access_token: token.into(),
            expires_at: DateTime::<Utc>::UNIX_EPOCH,
        }
    }

    fn stored(token: &str, generation: i64) -> State {
        State {
            pair: Some(pair(token)),
            generation,
            standing: Standing::Live,
            is_unstored: false,
        }
    }

    fn token(state: &State) -> Option<&str> {
        Some(state.pair.as_ref()?.access_token.expose_secret())
    }

    #[test]
    fn a_pair_that_is_not_stored_yet_outlives_what_is_read() {
        let account = Accounts::default().open(id(), stored("a", 3));
        account.hold(pair("b"), 3);
        // The database still has the old pair, or reports that the account has ended.
        for read in [
            stored("a", 3),
            State {
                pair: None,
                standing: Standing::Ended,
                ..stored("a", 3)
            },
            stored("of a sign-in that is not known to be newer", 4),
        ] {
            assert_eq!(token(&account.take(read)), Some("b"));
        }
        account.is_stored_as(7);
        assert_eq!(account.state().generation, 7);
        assert_eq!(token(&account.take(stored("c", 8))), Some("c"));
    }

    #[test]
    fn a_pair_that_something_newer_has_replaced_is_let_go() {
        let account = Accounts::default().open(id(), stored("a", 3));
        account.hold(pair("b"), 3);
        account.let_go(3);
        assert!(account.is_stale());
        assert_eq!(token(&account.take(stored("c", 4))), Some("c"));
    }

    #[test]
    fn an_older_state_changes_nothing_and_an_end_is_adopted() {
        let account = Accounts::default().open(id(), stored("a", 3));
        assert_eq!(token(&account.take(stored("b", 2))), Some("a"));
        let ended = State {
            pair: None,
            standing: Standing::Ended,
            ..stored("a", 3)
        };
        assert!(account.take(ended).has_ended());
        assert_eq!(token(&account.take(stored("c", 4))), Some("c"));
    }

    #[test]
    fn all_of_a_process_share_an_account_while_one_uses_it() {
        let accounts = Accounts::default();
        let id = id();
        let first = accounts.open(id, stored("a", 3));
        let second = accounts.open(id, stored("b", 4));
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(token(&first.state()), Some("b"));
        accounts.note_change(id);
        assert!(first.is_stale());
        drop((first, second));
        for _ in 0..3 * FORGET_AT {
            accounts.open(self::id(), stored("x", 1));
        }
        assert!(accounts.lock().by_id.len() <= FORGET_AT + 1);
    }
}

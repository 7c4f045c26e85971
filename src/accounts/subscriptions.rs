//! The open subscriptions of a process ([`Subscriptions`]).
//!
//! 1. A subscription takes a place. Their number is limited per grant, user and process.
//! 2. A change of the database ends the subscriptions of its grant or token, and wakes all if it is
//!    a change of a space.
//! 3. A place is released when it is dropped.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use oauth_values::token::TokenHash;
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit, watch};
use tokio_util::sync::CancellationToken;

use crate::domain::{Change, GrantId, SpaceId};

/// The limit per grant, which several windows of one client may share.
const PER_GRANT: usize = 8;
/// The limit for all grants of a user together.
const PER_USER: usize = 32;
const PER_PROCESS: usize = 2_000;
/// The maximum number of concurrent lookups after a change of a space.
const MAX_CONCURRENT_LOOKUPS: usize = 4;

/// The subscriptions of a process; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Subscriptions(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    places: Mutex<Places>,
    /// Counts the changes of spaces.
    spaces: watch::Sender<u64>,
    looking: Semaphore,
    stopped: CancellationToken,
}

#[derive(Debug, Default)]
struct Places {
    next: u64,
    taken: HashMap<u64, Taken>,
}

#[derive(Debug)]
struct Taken {
    grant: GrantId,
    user: (SpaceId, i64),
    token: TokenHash,
    ended: CancellationToken,
}

impl Default for Subscriptions {
    fn default() -> Self {
        Self(Arc::new(Inner {
            places: Mutex::default(),
            spaces: watch::Sender::new(0),
            looking: Semaphore::new(MAX_CONCURRENT_LOOKUPS),
            stopped: CancellationToken::new(),
        }))
    }
}

impl Subscriptions {
    /// Ends the subscriptions that a change ends, and wakes those that it may affect.
    pub(crate) fn apply(&self, change: &Change) {
        let ends = |taken: &Taken| match change {
            Change::Grant(id) => taken.grant == *id,
            Change::Token(hash) => taken.token == *hash,
            Change::ListeningEnded => true,
            Change::Space | Change::Secret | Change::Account(_) | Change::ListeningBegan => false,
        };
        for taken in self.places().taken.values().filter(|taken| ends(taken)) {
            taken.ended.cancel();
        }
        if matches!(change, Change::Space) {
            self.0.spaces.send_modify(|changes| *changes += 1);
        }
    }

    /// Ends all current and future subscriptions.
    pub(crate) fn stop(&self) {
        self.0.stopped.cancel();
    }

    /// Waits until another lookup may run after a change of a space.
    pub(crate) async fn lookup_permit(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.0.looking.acquire().await
    }

    fn places(&self) -> std::sync::MutexGuard<'_, Places> {
        self.0.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place for one more; `None` if a limit is reached.
    pub(crate) fn take(&self, (grant, user): Holder, token: TokenHash) -> Option<Place> {
        let mut places = self.places();
        let of_grant = places.taken.values().filter(|taken| taken.grant == grant);
        let of_user = places.taken.values().filter(|taken| taken.user == user);
        if places.taken.len() >= PER_PROCESS
            || of_grant.count() >= PER_GRANT
            || of_user.count() >= PER_USER
        {
            return None;
        }
        let ended = self.0.stopped.child_token();
        places.next += 1;
        let number = places.next;
        let taken = Taken {
            grant,
            user,
            token,
            ended: ended.clone(),
        };
        places.taken.insert(number, taken);
        Some(Place {
            number,
            ended,
            spaces: self.0.spaces.subscribe(),
            subscriptions: self.clone(),
        })
    }
}

/// The holder of a subscription: a grant, and its Backlog user.
pub(crate) type Holder = (GrantId, (SpaceId, i64));

/// A taken place, which is released on drop.
pub(crate) struct Place {
    number: u64,
    /// Canceled when the subscription has to end.
    pub ended: CancellationToken,
    /// The number of changes of spaces.
    pub spaces: watch::Receiver<u64>,
    subscriptions: Subscriptions,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.subscriptions.places().taken.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use foundation::{clock::Clock, random::Random};
    use oauth_values::token::AccessToken;

    use super::*;

    fn grant() -> GrantId {
        GrantId::new(&Clock::system(), &Random::system())
    }

    fn of(grant: GrantId, user: i64) -> Holder {
        (grant, (SpaceId(uuid::Uuid::nil()), user))
    }

    fn token() -> TokenHash {
        AccessToken::generate(&Random::system()).hash()
    }

    #[test]
    fn places_are_few_and_given_back() {
        let subscriptions = Subscriptions::default();
        let (mine, others) = (grant(), grant());
        let places: Vec<_> = (0..PER_GRANT)
            .map(|_| subscriptions.take(of(mine, 1), token()).expect("a place"))
            .collect();
        assert!(subscriptions.take(of(mine, 1), token()).is_none());
        assert!(subscriptions.take(of(others, 2), token()).is_some());
        drop(places);
        assert!(subscriptions.take(of(mine, 1), token()).is_some());
        assert_eq!(subscriptions.places().taken.len(), 0);
    }

    #[test]
    fn many_grants_of_one_user_do_not_take_the_places_of_others() {
        let subscriptions = Subscriptions::default();
        let taken: Vec<_> = std::iter::from_fn(|| subscriptions.take(of(grant(), 1), token()))
            .take(PER_PROCESS)
            .collect();
        assert_eq!(taken.len(), PER_USER);
        assert!(subscriptions.take(of(grant(), 2), token()).is_some());
    }

    #[test]
    fn a_change_ends_what_it_is_about() {
        let subscriptions = Subscriptions::default();
        let (grant, token) = (grant(), token());
        let take = || subscriptions.take(of(grant, 1), token).expect("a place");
        let (place, other) = (
            take(),
            subscriptions
                .take(of(self::grant(), 2), self::token())
                .unwrap(),
        );
        let changes = [
            Change::Space,
            Change::ListeningBegan,
            Change::Grant(self::grant()),
        ];
        for change in changes {
            subscriptions.apply(&change);
            assert!(!place.ended.is_cancelled(), "{change:?}");
        }
        subscriptions.apply(&Change::Grant(grant));
        assert!(place.ended.is_cancelled() && !other.ended.is_cancelled());
        let place = take();
        subscriptions.apply(&Change::Token(token));
        assert!(place.ended.is_cancelled() && !other.ended.is_cancelled());
        subscriptions.apply(&Change::ListeningEnded);
        assert!(other.ended.is_cancelled());
        subscriptions.stop();
        assert!(take().ended.is_cancelled());
    }
}

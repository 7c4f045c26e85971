//! Limits what senders may have in progress at a time: requests by network, calls by grant, by user
//! and by space, uploads by user and by space.
//!
//! 1. A request counts for the network that it comes from until its response is ready.
//!    `X-Forwarded-For` names the network if a trusted proxy sent the request.
//! 2. A request at the MCP endpoint with a valid token counts for its grant and its user instead: a
//!    hosted assistant is one network with many users. Without a valid token the response is
//!    immediate.
//! 3. A call with an event stream is in progress until the stream ends. A subscription is not: it
//!    has its own limits.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    Limited,
    body_budget::Held,
    concurrency::{Concurrency, Place},
};
use crate::domain::{GrantId, SpaceId};

/// The requests of a network, without those of signed-in users at the MCP endpoint.
const REQUESTS_OF_A_NETWORK: usize = 256;
/// More than any assistant sends at a time.
const CALLS_OF_A_GRANT: usize = 32;
/// The calls of all grants of one user. Their requests to Backlog share the user's slots. Other
/// users have their own.
const CALLS_OF_A_USER: usize = 48;
/// The calls of all users. A call that waits for Backlog holds no thread and no database
/// connection, so their number is limited by memory alone.
const CALLS: usize = 4096;
/// If a space hangs, the other spaces have the rest.
const CALLS_OF_A_SPACE: usize = CALLS / 2;
/// The memory reserved for a call without its bodies: the buffers of a connection from its client
/// and of one to Backlog, with TLS, and its state. A work tool has a few more for a moment.
const BYTES_OF_A_CALL: usize = 64 << 10;
/// The memory of all calls.
pub const CALL_MEMORY: usize = CALLS * BYTES_OF_A_CALL;
/// Files of all users that are on their way to Backlog, each with its window of memory.
const UPLOADS: usize = 32;
/// The other spaces always find some.
const UPLOADS_OF_A_SPACE: usize = 16;
const UPLOADS_OF_A_USER: usize = 4;
/// A place becomes free within moments.
pub const AGAIN: Limited = Limited { retry_after: 1 };

/// The counts.
#[derive(Clone, Debug)]
pub struct UnderWay {
    requests: Concurrency<IpAddr>,
    calls_of_grants: Concurrency<GrantId>,
    calls_of_users: Concurrency<(SpaceId, i64)>,
    calls_of_spaces: Concurrency<SpaceId>,
    calls: Concurrency<()>,
    uploads: Concurrency<()>,
    uploads_of_spaces: Concurrency<SpaceId>,
    uploads_of_users: Concurrency<(SpaceId, i64)>,
}

/// The places of a call until it ends.
type CallPlaces = (
    Place<GrantId>,
    Place<(SpaceId, i64)>,
    Place<SpaceId>,
    Place<()>,
);

/// The places of an upload until it ends.
pub type UploadPlaces = (Place<(SpaceId, i64)>, Place<SpaceId>, Place<()>);

impl UnderWay {
    /// On a local hub (`spare_calls`), calls are not limited.
    pub fn new(spare_calls: bool) -> Self {
        let calls = |limit| if spare_calls { usize::MAX } else { limit };
        Self {
            requests: Concurrency::new(REQUESTS_OF_A_NETWORK),
            calls_of_grants: Concurrency::new(calls(CALLS_OF_A_GRANT)),
            calls_of_users: Concurrency::new(calls(CALLS_OF_A_USER)),
            calls_of_spaces: Concurrency::new(calls(CALLS_OF_A_SPACE)),
            calls: Concurrency::new(calls(CALLS)),
            uploads: Concurrency::new(UPLOADS),
            uploads_of_spaces: Concurrency::new(UPLOADS_OF_A_SPACE),
            uploads_of_users: Concurrency::new(UPLOADS_OF_A_USER),
        }
    }

    /// Counts a request from this network until its place is dropped; `None` at the limit.
    pub fn request(&self, network: IpAddr) -> Option<Place<IpAddr>> {
        self.requests.enter(network)
    }

    /// Counts a file on its way to Backlog until its places are dropped.
    ///
    /// # Errors
    /// The user, the space or the process has reached the limit.
    pub fn upload(&self, user: (SpaceId, i64)) -> Result<UploadPlaces, Limited> {
        let of_user = self.uploads_of_users.enter(user).ok_or(AGAIN)?;
        let of_space = self.uploads_of_spaces.enter(user.0).ok_or(AGAIN)?;
        let of_all = self.uploads.enter(()).ok_or(AGAIN)?;
        Ok((of_user, of_space, of_all))
    }

    /// The number of calls in progress.
    pub fn calls(&self) -> usize {
        self.calls.held(())
    }

    /// Counts a call of this grant until it ends.
    ///
    /// # Errors
    /// The grant, its user, the space or the process has reached the limit.
    pub fn call(&self, grant: GrantId, user: (SpaceId, i64)) -> Result<Call, Limited> {
        let of_grant = self.calls_of_grants.enter(grant).ok_or(AGAIN)?;
        let of_user = self.calls_of_users.enter(user).ok_or(AGAIN)?;
        let of_space = self.calls_of_spaces.enter(user.0).ok_or(AGAIN)?;
        let of_all = self.calls.enter(()).ok_or(AGAIN)?;
        Ok(Call(Arc::new(Mutex::new(Some(Taken {
            _places: (of_grant, of_user, of_space, of_all),
            body: None,
        })))))
    }
}

/// A call in progress, with the memory of its request; it ends with its last clone.
#[derive(Clone)]
pub struct Call(Arc<Mutex<Option<Taken>>>);

struct Taken {
    _places: CallPlaces,
    body: Option<Held>,
}

impl Call {
    /// Makes the call hold the memory of its request.
    pub fn keep(&self, body: Held) {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = &mut *taken {
            taken.body = Some(body);
        }
    }

    /// Releases the call's place and memory before its end.
    pub fn free(&self) {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(taken);
    }
}

#[cfg(test)]
mod tests {
    use foundation::{clock::Clock, random::Random};

    use super::*;
    use crate::web::limits::body_budget::{BodyBudget, Owner};

    const SPACE: SpaceId = SpaceId(uuid::Uuid::nil());

    fn grant() -> GrantId {
        GrantId::new(&Clock::system(), &Random::system())
    }

    #[test]
    fn a_grant_and_a_user_have_so_many_calls_under_way_and_others_their_own() {
        let under_way = UnderWay::new(false);
        let (one, another, neighbor) = (grant(), grant(), grant());
        let calls = |grant: GrantId, user: i64| -> Vec<Call> {
            std::iter::from_fn(|| under_way.call(grant, (SPACE, user)).ok()).collect()
        };
        let first = calls(one, 1);
        assert_eq!(first.len(), CALLS_OF_A_GRANT);
        let second = calls(another, 1);
        assert_eq!(second.len(), CALLS_OF_A_USER - CALLS_OF_A_GRANT);
        assert_eq!(calls(neighbor, 2).len(), CALLS_OF_A_GRANT);
        assert_eq!(under_way.call(one, (SPACE, 1)).err(), Some(AGAIN));
        drop(first);
        assert_eq!(calls(one, 1).len(), CALLS_OF_A_GRANT);
        drop(second);
    }

    #[test]
    fn a_space_that_hangs_leaves_calls_for_the_other_spaces() {
        let under_way = UnderWay::new(false);
        let space = |number| SpaceId(uuid::Uuid::from_u128(number));
        let mut held = Vec::new();
        for number in [1, 2] {
            for user in 0.. {
                match under_way.call(grant(), (space(number), user)) {
                    Ok(call) => held.push(call),
                    Err(limited) => {
                        assert_eq!(limited, AGAIN);
                        break;
                    }
                }
            }
            let spaces = usize::try_from(number).unwrap();
            assert_eq!(held.len(), spaces * CALLS_OF_A_SPACE);
        }
        // The process has reached its limit; what was taken for the refused call is free again.
        let of_a_third = || under_way.call(grant(), (space(3), 1));
        assert_eq!(of_a_third().err(), Some(AGAIN));
        held.pop();
        assert!(of_a_third().is_ok());
    }

    #[test]
    fn a_call_releases_its_slot_with_its_last_clone_or_on_request() {
        let under_way = UnderWay::new(true);
        let budget = BodyBudget::default();
        let grant = grant();
        for frees_early in [false, true] {
            let call = under_way.call(grant, (SPACE, 1)).expect("a place");
            let mut held = budget.hold(Owner::Spared, 10).expect("room");
            held.grow(10).expect("room");
            call.keep(held);
            let clone = call.clone();
            drop(call);
            assert_eq!(budget.in_memory(), 10);
            if frees_early {
                clone.free();
                assert_eq!(budget.in_memory(), 0);
            }
            drop(clone);
            assert_eq!(budget.in_memory(), 0);
        }
    }
}

//! The memory budget for request bodies: how many bytes are in memory at a time, in total and for
//! each sender.
//!
//! 1. A body reserves its announced length from its sender's share: the user's if an access token
//!    was valid, otherwise the network's. A body without an announced length reserves as its bytes
//!    arrive.
//! 2. A body takes memory from the total budget only as its bytes arrive, so an announced length
//!    takes nothing from other senders.
//! 3. Both are released when the body is dropped.
//!
//! Nothing waits: a waiting body would stay in memory.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::Sender;
use crate::domain::SpaceId;

/// The maximum number of bytes.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimits {
    pub of_all: usize,
    pub of_a_network: usize,
    pub of_a_user: usize,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self {
            of_all: 64 << 20,
            // 128 times the largest body that the OAuth endpoints accept.
            of_a_network: 2 << 20,
            // Four times the largest body that the MCP endpoint accepts.
            of_a_user: 16 << 20,
        }
    }
}

/// The owner of the share that a body takes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    Network(IpAddr),
    /// The Backlog user with this id, across all their grants.
    User(SpaceId, i64),
    /// A client on the hub's own computer: only the total budget applies.
    Spared,
}

impl From<Sender> for Owner {
    fn from(sender: Sender) -> Self {
        sender.network().map_or(Self::Spared, Self::Network)
    }
}

/// There is no memory left for a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// The sender's share is used up.
    Share,
    /// The total budget is used up.
    Budget,
}

/// The budget; clones share it.
#[derive(Clone, Debug)]
pub struct BodyBudget(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limits: BodyLimits,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    shares: HashMap<Owner, usize>,
}

impl Default for BodyBudget {
    fn default() -> Self {
        Self::new(BodyLimits::default())
    }
}

impl BodyBudget {
    pub fn new(limits: BodyLimits) -> Self {
        Self(Arc::new(Inner {
            limits,
            taken: Mutex::default(),
        }))
    }

    /// The bytes that are in memory now.
    pub fn in_memory(&self) -> usize {
        self.taken().all
    }

    /// Reserves `announced` bytes of the owner's share. Nothing is taken from the total budget, but
    /// that many bytes must be free in it.
    pub fn hold(&self, owner: Owner, announced: usize) -> Result<Held, Full> {
        let left = self.0.limits.of_all.saturating_sub(self.taken().all);
        if announced > left {
            return Err(Full::Budget);
        }
        let mut held = Held {
            budget: self.clone(),
            owner,
            share: 0,
            memory: 0,
        };
        held.grow_share(announced)?;
        Ok(held)
    }

    fn limit_of(&self, owner: Owner) -> usize {
        match owner {
            Owner::Network(_) => self.0.limits.of_a_network,
            Owner::User(..) => self.0.limits.of_a_user,
            Owner::Spared => self.0.limits.of_all,
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reservation of one body, until it is dropped.
#[derive(Debug)]
pub struct Held {
    budget: BodyBudget,
    owner: Owner,
    share: usize,
    memory: usize,
}

impl Held {
    /// Grows the reservation so that the body may have `bytes` in memory.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Full> {
        self.grow_share(bytes)?;
        let more = bytes.saturating_sub(self.memory);
        let mut taken = self.budget.taken();
        if taken.all + more > self.budget.0.limits.of_all {
            return Err(Full::Budget);
        }
        taken.all += more;
        drop(taken);
        self.memory += more;
        Ok(())
    }

    fn grow_share(&mut self, bytes: usize) -> Result<(), Full> {
        let more = bytes.saturating_sub(self.share);
        if more == 0 {
            return Ok(());
        }
        let limit = self.budget.limit_of(self.owner);
        let mut taken = self.budget.taken();
        let share = taken.shares.entry(self.owner).or_default();
        if *share + more > limit {
            if *share == 0 {
                taken.shares.remove(&self.owner);
            }
            return Err(Full::Share);
        }
        *share += more;
        drop(taken);
        self.share += more;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut taken = self.budget.taken();
        taken.all = taken.all.saturating_sub(self.memory);
        if let Some(share) = taken.shares.get_mut(&self.owner) {
            *share = share.saturating_sub(self.share);
            if *share == 0 {
                taken.shares.remove(&self.owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: BodyLimits = BodyLimits {
        of_all: 100,
        of_a_network: 20,
        of_a_user: 40,
    };

    fn network(last: u8) -> Owner {
        Owner::Network([192, 0, 2, last].into())
    }

    fn user(id: i64) -> Owner {
        Owner::User(SpaceId(uuid::Uuid::nil()), id)
    }

    #[test]
    fn a_sender_has_its_share_and_gives_it_back() {
        let budget = BodyBudget::new(LIMITS);
        let first = budget.hold(network(1), 15).expect("room");
        assert_eq!(budget.hold(network(1), 6).err(), Some(Full::Share));
        assert!(budget.hold(network(1), 5).is_ok());
        assert!(budget.hold(network(2), 20).is_ok());
        assert!(budget.hold(user(1), 40).is_ok());
        assert!(budget.hold(user(2), 41).is_err());
        drop(first);
        assert!(budget.hold(network(1), 20).is_ok());
        assert!(budget.taken().shares.is_empty());
    }

    #[test]
    fn announced_bodies_reserve_no_memory_of_other_senders() {
        let budget = BodyBudget::new(LIMITS);
        let announced: Vec<_> = (0..50)
            .map(|last| budget.hold(network(last), 20).expect("room"))
            .collect();
        assert_eq!(budget.in_memory(), 0);
        let mut sent = budget.hold(user(1), 40).expect("room");
        assert_eq!(sent.grow(40), Ok(()));
        assert_eq!(budget.in_memory(), 40);
        drop(announced);
        assert_eq!(budget.in_memory(), 40);
    }

    #[test]
    fn the_budget_of_all_is_never_exceeded() {
        let budget = BodyBudget::new(LIMITS);
        let mut bodies: Vec<_> = (0..3)
            .map(|id| budget.hold(user(id), 40).expect("room"))
            .collect();
        assert_eq!(bodies[0].grow(40), Ok(()));
        assert_eq!(bodies[1].grow(40), Ok(()));
        assert_eq!(bodies[2].grow(21), Err(Full::Budget));
        assert_eq!(bodies[2].grow(20), Ok(()));
        assert_eq!(budget.hold(network(1), 1).err(), Some(Full::Budget));
        drop(bodies);
        assert_eq!(budget.in_memory(), 0);
        assert!(budget.hold(network(1), 1).is_ok());
    }

    #[test]
    fn a_body_without_a_length_takes_its_share_as_it_comes() {
        let budget = BodyBudget::new(LIMITS);
        let mut body = budget.hold(network(1), 0).expect("room");
        assert_eq!(body.grow(12), Ok(()));
        assert_eq!(budget.hold(network(1), 9).err(), Some(Full::Share));
        assert_eq!(body.grow(21), Err(Full::Share));
        assert_eq!(budget.in_memory(), 12);
    }

    #[test]
    fn the_own_computer_has_no_share_of_its_own() {
        let budget = BodyBudget::new(LIMITS);
        let mut body = budget.hold(Owner::Spared, 100).expect("room");
        assert_eq!(body.grow(100), Ok(()));
        assert_eq!(budget.hold(Owner::Spared, 1).err(), Some(Full::Budget));
    }
}

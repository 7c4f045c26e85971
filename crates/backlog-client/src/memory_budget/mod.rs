//! The memory budgets for Backlog's responses: over all spaces, per space, and per user of a space.
//!
//! 1. Each response reserves its `Content-Length` from the budgets of its user and its space before
//!    it is read, so that responses of one user or space queue and none is aborted halfway. The
//!    announced length takes nothing from other spaces. A response of unknown length reserves in
//!    doubling steps, and may be aborted halfway.
//! 2. The overall budget is reserved as bytes arrive.
//! 3. A complete response reserves more of all for the values parsed from it
//!    ([`values`](super::values)).
//! 4. They are released when the last copy of its bytes, and of [`HeldMemory`], is dropped.
//!
//! A response without memory waits for a while and then fails.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use foundation::shares::Shares;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{BacklogError, BacklogUrl, ClientOptions};

/// The maximum that a response reserves of the overall budget before its first byte arrives.
const UP_FRONT: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct MemoryBudget {
    bytes: Arc<Semaphore>,
    spaces: Shares<BacklogUrl>,
    users: Shares<(BacklogUrl, i64)>,
    timeout: Duration,
}

/// The user and the space that a response counts for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner<'a> {
    pub space: &'a BacklogUrl,
    /// `None`: it counts for the space only.
    pub user: Option<i64>,
}

/// The bytes of a response, with the memory that they reserve.
#[derive(Debug)]
pub(super) struct BudgetedBody {
    bytes: Vec<u8>,
    /// The same number of bytes from each budget: the user's, if there is one, then the space's.
    of_shares: Vec<OwnedSemaphorePermit>,
    /// At least the capacity of `bytes`.
    of_all: OwnedSemaphorePermit,
    /// The size of the smallest of these budgets.
    share: usize,
}

/// The memory reserved for a response, held until all copies are dropped.
#[derive(Clone, Debug, Default)]
pub struct HeldMemory {
    #[expect(dead_code, reason = "it gives its permits back when it is dropped")]
    permits: Arc<Vec<OwnedSemaphorePermit>>,
}

/// The bytes of a complete response, which hold its memory.
struct Whole {
    bytes: Vec<u8>,
    _held: HeldMemory,
}

impl AsRef<[u8]> for Whole {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl MemoryBudget {
    pub(crate) fn new(options: &ClientOptions) -> Self {
        Self {
            bytes: Arc::new(Semaphore::new(options.max_bytes_in_memory)),
            spaces: Shares::new(options.max_bytes_per_space),
            users: Shares::new(options.max_bytes_per_user),
            timeout: options.queue_timeout,
        }
    }

    /// Creates an empty body of this owner, and reserves the announced length.
    pub(crate) async fn body(
        &self,
        owner: Owner<'_>,
        announced: usize,
    ) -> Result<BudgetedBody, BacklogError> {
        let Owner { space, user } = owner;
        let of_user = user.map(|user| self.users.of((space.clone(), user)));
        let mut share = self.spaces.permits();
        if of_user.is_some() {
            share = share.min(self.users.permits());
        }
        let shares = of_user.into_iter().chain([self.spaces.of(space.clone())]);
        let mut of_shares = Vec::with_capacity(2);
        for share in shares {
            of_shares.push(self.take(&share, announced).await?);
        }
        let bytes = announced.min(UP_FRONT);
        Ok(BudgetedBody {
            of_shares,
            of_all: self.take(&self.bytes, bytes).await?,
            bytes: Vec::with_capacity(bytes),
            share,
        })
    }

    /// Appends to a body, which grows by doubling to be copied rarely.
    pub(crate) async fn extend(
        &self,
        body: &mut BudgetedBody,
        chunk: &[u8],
    ) -> Result<(), BacklogError> {
        let wanted = body.len() + chunk.len();
        let shared = body.shared();
        if wanted > shared {
            let grown = wanted.max(body.share.min(2 * shared));
            self.share_more(body, grown - shared).await?;
        }
        let taken = body.of_all.num_permits();
        if wanted > taken {
            let grown = wanted.max(body.shared().min(2 * taken));
            body.of_all
                .merge(self.take(&self.bytes, grown - taken).await?);
            body.bytes.reserve_exact(grown - body.len());
        }
        body.bytes.extend_from_slice(chunk);
        Ok(())
    }

    /// Reserves this many bytes in addition to those of a body.
    pub(crate) async fn grow(
        &self,
        body: &mut BudgetedBody,
        bytes: usize,
    ) -> Result<(), BacklogError> {
        if bytes > 0 {
            self.share_more(body, bytes).await?;
            body.of_all.merge(self.take(&self.bytes, bytes).await?);
        }
        Ok(())
    }

    async fn share_more(&self, body: &mut BudgetedBody, bytes: usize) -> Result<(), BacklogError> {
        for of_share in &mut body.of_shares {
            let share = Arc::clone(of_share.semaphore());
            of_share.merge(self.take(&share, bytes).await?);
        }
        Ok(())
    }

    async fn take(
        &self,
        of: &Arc<Semaphore>,
        bytes: usize,
    ) -> Result<OwnedSemaphorePermit, BacklogError> {
        let permits = u32::try_from(bytes).map_err(|_| BacklogError::NoMemory)?;
        let taken = Arc::clone(of).acquire_many_owned(permits);
        let taken = tokio::time::timeout(self.timeout, taken).await;
        taken
            .ok()
            .and_then(Result::ok)
            .ok_or(BacklogError::NoMemory)
    }
}

impl BudgetedBody {
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes reserved from each of its shares.
    fn shared(&self) -> usize {
        let of_shares = self.of_shares.iter();
        of_shares
            .map(OwnedSemaphorePermit::num_permits)
            .min()
            .unwrap_or(0)
    }

    /// Returns the bytes, which hold the memory, and a handle that also holds it without them.
    pub(crate) fn keep(self) -> (Bytes, HeldMemory) {
        let mut permits = self.of_shares;
        permits.push(self.of_all);
        let held = HeldMemory {
            permits: Arc::new(permits),
        };
        let whole = Whole {
            bytes: self.bytes,
            _held: held.clone(),
        };
        (Bytes::from_owner(whole), held)
    }
}

impl AsRef<[u8]> for BudgetedBody {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl From<BudgetedBody> for Bytes {
    fn from(body: BudgetedBody) -> Self {
        body.keep().0
    }
}

#[cfg(test)]
mod tests;

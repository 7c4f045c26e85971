//! The memory budgets for Backlog's responses: one over all spaces, and one per space.
//!
//! 1. Each response reserves its `Content-Length` from its space's budget before it is read, so
//!    that responses of one space queue and none is aborted halfway. The announced length takes
//!    nothing from other spaces. A response of unknown length reserves in doubling steps, and may
//!    be aborted halfway.
//! 2. The overall budget is reserved as bytes arrive.
//! 3. A complete response reserves more of both for the values parsed from it
//!    ([`values`](super::values)).
//! 4. Both are released when the last copy of its bytes, and of [`HeldMemory`], is dropped.
//!
//! A response without memory waits for a while and then fails.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{BacklogError, BacklogUrl};

/// The maximum that a response reserves of the overall budget before its first byte arrives.
const UP_FRONT: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct MemoryBudget {
    bytes: Arc<Semaphore>,
    bytes_per_space: usize,
    spaces: Mutex<HashMap<BacklogUrl, Arc<Semaphore>>>,
    timeout: Duration,
}

/// The bytes of a response, with the memory that they reserve.
#[derive(Debug)]
pub(super) struct BudgetedBody {
    bytes: Vec<u8>,
    of_space: OwnedSemaphorePermit,
    /// At least the capacity of `bytes`.
    of_all: OwnedSemaphorePermit,
    space: Arc<Semaphore>,
}

/// The memory reserved for a response, held until all copies are dropped.
#[derive(Clone, Debug, Default)]
pub struct HeldMemory {
    #[expect(dead_code, reason = "it gives its permits back when it is dropped")]
    permits: Option<Arc<[OwnedSemaphorePermit; 2]>>,
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
    pub fn new(bytes: usize, bytes_per_space: usize, timeout: Duration) -> Self {
        Self {
            bytes: Arc::new(Semaphore::new(bytes)),
            bytes_per_space,
            spaces: Mutex::default(),
            timeout,
        }
    }

    /// Creates an empty body from this space, and reserves the announced length.
    pub async fn body(
        &self,
        url: &BacklogUrl,
        announced: usize,
    ) -> Result<BudgetedBody, BacklogError> {
        let space = self.space(url);
        let of_space = self.take(&space, announced).await?;
        let bytes = announced.min(UP_FRONT);
        Ok(BudgetedBody {
            of_space,
            of_all: self.take(&self.bytes, bytes).await?,
            bytes: Vec::with_capacity(bytes),
            space,
        })
    }

    /// Appends to a body, which grows by doubling to be copied rarely.
    pub async fn extend(&self, body: &mut BudgetedBody, chunk: &[u8]) -> Result<(), BacklogError> {
        let wanted = body.len() + chunk.len();
        let share = body.of_space.num_permits();
        if wanted > share {
            let grown = wanted.max(self.bytes_per_space.min(2 * share));
            let more = self.take(&body.space, grown - share).await?;
            body.of_space.merge(more);
        }
        let taken = body.of_all.num_permits();
        if wanted > taken {
            let grown = wanted.max(body.of_space.num_permits().min(2 * taken));
            body.of_all
                .merge(self.take(&self.bytes, grown - taken).await?);
            body.bytes.reserve_exact(grown - body.len());
        }
        body.bytes.extend_from_slice(chunk);
        Ok(())
    }

    /// Reserves this many bytes in addition to those of a body.
    pub async fn grow(&self, body: &mut BudgetedBody, bytes: usize) -> Result<(), BacklogError> {
        if bytes > 0 {
            body.of_space.merge(self.take(&body.space, bytes).await?);
            body.of_all.merge(self.take(&self.bytes, bytes).await?);
        }
        Ok(())
    }

    fn space(&self, url: &BacklogUrl) -> Arc<Semaphore> {
        let mut spaces = self.spaces.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(space) = spaces.get(url) {
            return Arc::clone(space);
        }
        let new = Arc::new(Semaphore::new(self.bytes_per_space));
        spaces.insert(url.clone(), Arc::clone(&new));
        new
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
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Returns the bytes, which hold the memory, and a handle that also holds it without them.
    pub fn keep(self) -> (Bytes, HeldMemory) {
        let permits = Some(Arc::new([self.of_space, self.of_all]));
        let held = HeldMemory { permits };
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

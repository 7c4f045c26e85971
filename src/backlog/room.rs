//! How much of Backlog's answers is in memory at a time, over all spaces and of each.
//!
//! 1. An answer takes what it announces of its space's share, so that those of one space wait in
//!    line and none is given up half read. What a site announces takes nothing from other spaces.
//!    One that announces no length takes its share as it comes, in doubling steps, and may be
//!    given up half read.
//! 2. Of the whole it takes room as its bytes arrive.
//! 3. When it is whole, it takes more of both for what is made of it ([`values`](super::values)).
//! 4. It gives both back when the last copy of its bytes, and of [`Held`], is dropped.
//!
//! One for which there is no room waits for a while and is then given up.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{BacklogError, BacklogUrl};

/// What an answer may take of the whole before any of it is there.
const UP_FRONT: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Room {
    bytes: Arc<Semaphore>,
    bytes_per_space: usize,
    spaces: Mutex<HashMap<BacklogUrl, Arc<Semaphore>>>,
    patience: Duration,
}

/// The bytes of an answer, with the room that they take.
#[derive(Debug)]
pub(super) struct Body {
    bytes: Vec<u8>,
    of_space: OwnedSemaphorePermit,
    /// At least as much as `bytes` has capacity.
    of_all: OwnedSemaphorePermit,
    space: Arc<Semaphore>,
}

/// The room that an answer takes, for as long as a copy of this is kept.
#[derive(Clone, Debug, Default)]
pub struct Held {
    #[expect(dead_code, reason = "it gives its permits back when it is dropped")]
    permits: Option<Arc<[OwnedSemaphorePermit; 2]>>,
}

/// The bytes of a whole answer, which hold its room.
struct Whole {
    bytes: Vec<u8>,
    _held: Held,
}

impl AsRef<[u8]> for Whole {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Room {
    pub fn new(bytes: usize, bytes_per_space: usize, patience: Duration) -> Self {
        Self {
            bytes: Arc::new(Semaphore::new(bytes)),
            bytes_per_space,
            spaces: Mutex::default(),
            patience,
        }
    }

    /// An empty body from this space, with its share for as much as it announces.
    pub async fn body(&self, url: &BacklogUrl, announced: usize) -> Result<Body, BacklogError> {
        let space = self.space(url);
        let of_space = self.take(&space, announced).await?;
        let bytes = announced.min(UP_FRONT);
        Ok(Body {
            of_space,
            of_all: self.take(&self.bytes, bytes).await?,
            bytes: Vec::with_capacity(bytes),
            space,
        })
    }

    /// Adds to a body. It grows by doubling, so that it is seldom copied.
    pub async fn extend(&self, body: &mut Body, chunk: &[u8]) -> Result<(), BacklogError> {
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

    /// Takes room for this many bytes beside those of a body.
    pub async fn grow(&self, body: &mut Body, bytes: usize) -> Result<(), BacklogError> {
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
        let permits = u32::try_from(bytes).map_err(|_| BacklogError::NoRoom)?;
        let taken = Arc::clone(of).acquire_many_owned(permits);
        let taken = tokio::time::timeout(self.patience, taken).await;
        taken.ok().and_then(Result::ok).ok_or(BacklogError::NoRoom)
    }
}

impl Body {
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes, which hold the room, and what holds it when they are gone.
    pub fn keep(self) -> (Bytes, Held) {
        let permits = Some(Arc::new([self.of_space, self.of_all]));
        let held = Held { permits };
        let whole = Whole {
            bytes: self.bytes,
            _held: held.clone(),
        };
        (Bytes::from_owner(whole), held)
    }
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl From<Body> for Bytes {
    fn from(body: Body) -> Self {
        body.keep().0
    }
}

#[cfg(test)]
mod tests;

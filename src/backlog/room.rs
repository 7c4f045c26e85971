//! How much of Backlog's answers is in memory at a time, over all spaces.
//!
//! An answer takes its room as it arrives, and gives it back when the last copy of its bytes is
//! dropped. One for which there is none waits for a while and is then given up.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::BacklogError;

#[derive(Debug)]
pub(super) struct Room {
    bytes: Arc<Semaphore>,
    patience: Duration,
}

/// The bytes of an answer, with the room that they take.
#[derive(Debug)]
pub(super) struct Body {
    bytes: Vec<u8>,
    room: OwnedSemaphorePermit,
}

impl Room {
    pub fn new(bytes: usize, patience: Duration) -> Self {
        Self {
            bytes: Arc::new(Semaphore::new(bytes)),
            patience,
        }
    }

    /// An empty body with room for this much.
    pub async fn body(&self, bytes: usize) -> Result<Body, BacklogError> {
        let room = self.take(bytes).await?;
        Ok(Body {
            bytes: Vec::with_capacity(bytes),
            room,
        })
    }

    /// Adds to a body.
    pub async fn extend(&self, body: &mut Body, chunk: &[u8]) -> Result<(), BacklogError> {
        let wanted = body.len() + chunk.len();
        if let Some(more) = wanted.checked_sub(body.room.num_permits()) {
            body.room.merge(self.take(more).await?);
        }
        body.bytes.extend_from_slice(chunk);
        Ok(())
    }

    async fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, BacklogError> {
        let permits = u32::try_from(bytes).map_err(|_| BacklogError::NoRoom)?;
        let taken = Arc::clone(&self.bytes).acquire_many_owned(permits);
        let taken = tokio::time::timeout(self.patience, taken).await;
        taken.ok().and_then(Result::ok).ok_or(BacklogError::NoRoom)
    }
}

impl Body {
    pub fn len(&self) -> usize {
        self.bytes.len()
    }
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl From<Body> for Bytes {
    fn from(body: Body) -> Self {
        Self::from_owner(body)
    }
}

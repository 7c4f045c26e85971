//! Bounds what clients that do not read their answers keep in memory: the server waits for ever
//! for them to take what they asked for.
//!
//! 1. A small answer passes as it is, and so do the small events of a stream.
//! 2. A large one takes its bytes of the room of all, and of its space's share. If there is none,
//!    it is dropped at once: what waited for room would be in memory all the while. Where a tool
//!    has changed something, its client is told that ([`done`]).
//! 3. It is handed out in pieces; with the last one its room is free again.
//! 4. After a time the rest is dropped with its room, whether the server asks for more or its
//!    client has stopped reading. A client that then goes on reading is hung up on.

use std::{
    collections::HashMap,
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::{
    Error, HttpRequest,
    body::{BodySize, BoxBody, MessageBody},
    dev::ServiceResponse,
    http::header,
    web::Bytes,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::AbortHandle,
};

use super::done;
use crate::{domain::SpaceId, mcp::Verdict};

/// The server's own buffer holds as much for every connection.
const SMALL: usize = 64 * 1024;
/// Of all large answers, in bytes.
const ROOM: usize = 256 << 20;
/// Of the answers to callers of one space, in bytes.
const ROOM_PER_SPACE: usize = 64 << 20;
/// How long a client may take for one; the largest then come at 1.5 Mbit/s.
const PATIENCE: Duration = Duration::from_secs(60);

/// The room for large answers; cheap to clone, clones share it.
#[derive(Clone, Debug)]
pub struct LargeAnswers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bytes: Arc<Semaphore>,
    bytes_per_space: usize,
    spaces: Mutex<HashMap<SpaceId, Arc<Semaphore>>>,
    patience: Duration,
}

/// What an answer takes, until it is dropped.
#[derive(Debug)]
struct Taken {
    _of_space: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Default for LargeAnswers {
    fn default() -> Self {
        Self::new(ROOM, ROOM_PER_SPACE, PATIENCE)
    }
}

impl LargeAnswers {
    fn new(bytes: usize, bytes_per_space: usize, patience: Duration) -> Self {
        Self(Arc::new(Inner {
            bytes: Arc::new(Semaphore::new(bytes)),
            bytes_per_space,
            spaces: Mutex::default(),
            patience,
        }))
    }

    /// The answer to a caller of this space, within bounds; `verdict` is what was found on the
    /// way to it.
    ///
    /// # Errors
    /// There is no room for it now, and nothing was changed; it is gone.
    pub fn bound(
        &self,
        space: SpaceId,
        verdict: &Verdict,
        mut response: ServiceResponse<BoxBody>,
    ) -> Result<ServiceResponse<Bounded>, HttpRequest> {
        let mut taken = None;
        if let BodySize::Sized(bytes) = response.response().body().size()
            && bytes > SMALL as u64
        {
            let bytes = usize::try_from(bytes).ok();
            taken = bytes.and_then(|bytes| self.take(space, bytes));
            if taken.is_none() {
                response = told_done(verdict, response)?;
            }
        }
        Ok(response.map_body(|_, body| Bounded {
            body,
            room: self.clone(),
            space,
            verdict: verdict.clone(),
            taken,
            large: None,
        }))
    }

    fn take(&self, space: SpaceId, bytes: usize) -> Option<Taken> {
        let permits = u32::try_from(bytes).ok()?;
        let of = |room| Semaphore::try_acquire_many_owned(room, permits).ok();
        Some(Taken {
            _of_space: of(self.space(space))?,
            _of_all: of(Arc::clone(&self.0.bytes))?,
        })
    }

    fn space(&self, space: SpaceId) -> Arc<Semaphore> {
        let mut spaces = self.0.spaces.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Semaphore::new(self.0.bytes_per_space));
        Arc::clone(spaces.entry(space).or_insert_with(new))
    }
}

/// The same answer with a small body that tells what was done, if something was.
fn told_done(
    verdict: &Verdict,
    response: ServiceResponse<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, HttpRequest> {
    let (request, response) = response.into_parts();
    let (mut head, body) = response.into_parts();
    head.headers_mut().remove(header::CONTENT_LENGTH);
    let told = match body.try_into_bytes() {
        Ok(bytes) if verdict.has_changed() => done::instead(&bytes),
        _ => None,
    };
    match told {
        None => Err(request),
        Some(told) => Ok(ServiceResponse::new(
            request,
            head.set_body(told).map_into_boxed_body(),
        )),
    }
}

/// The body of an answer.
pub struct Bounded {
    body: BoxBody,
    room: LargeAnswers,
    space: SpaceId,
    verdict: Verdict,
    /// For the one chunk of an answer whose length is known.
    taken: Option<Taken>,
    /// What of a large chunk was not handed out yet.
    large: Option<Large>,
}

impl MessageBody for Bounded {
    type Error = Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Error>>> {
        loop {
            if let Some(large) = &self.large {
                match large.piece() {
                    Ok(piece) if piece.is_empty() => self.large = None,
                    piece => return Poll::Ready(Some(piece.map_err(Error::from))),
                }
            }
            let chunk = match ready!(Pin::new(&mut self.body).poll_next(context)) {
                Some(Ok(chunk)) if chunk.len() > SMALL => chunk,
                Some(chunk) => return Poll::Ready(Some(chunk.map_err(Error::from))),
                None => return Poll::Ready(None),
            };
            let taken = self.taken.take();
            let Some(taken) = taken.or_else(|| self.room.take(self.space, chunk.len())) else {
                if self.verdict.has_changed()
                    && let Some(told) = done::instead(&chunk)
                {
                    return Poll::Ready(Some(Ok(told)));
                }
                tracing::warn!("a large answer was cut off: too many are being read");
                let full = io::Error::from(io::ErrorKind::OutOfMemory);
                return Poll::Ready(Some(Err(full.into())));
            };
            self.large = Some(Large::new(chunk, taken, self.room.0.patience));
        }
    }
}

/// A large chunk, until it is handed out or time is up.
struct Large {
    rest: Rest,
    end: AbortHandle,
}

/// Shared with the task that waits for the time to be up.
#[derive(Clone)]
struct Rest(Arc<Mutex<Option<(Bytes, Taken)>>>);

impl Rest {
    fn drop_now(&self) {
        let rest = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(rest);
    }
}

impl Large {
    fn new(chunk: Bytes, taken: Taken, patience: Duration) -> Self {
        let rest = Rest(Arc::new(Mutex::new(Some((chunk, taken)))));
        let late = rest.clone();
        let end = tokio::spawn(async move {
            tokio::time::sleep(patience).await;
            late.drop_now();
            tracing::debug!("a client did not read its answer in time");
        });
        Self {
            rest,
            end: end.abort_handle(),
        }
    }

    /// The next piece, empty at the end; an error if time is up.
    fn piece(&self) -> io::Result<Bytes> {
        let mut rest = self.rest.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (rest, _) = rest.as_mut().ok_or(io::ErrorKind::TimedOut)?;
        Ok(rest.split_to(rest.len().min(SMALL)))
    }
}

impl Drop for Large {
    fn drop(&mut self) {
        // The task is dropped only when the runtime comes to it.
        self.rest.drop_now();
        self.end.abort();
    }
}

#[cfg(test)]
mod tests;

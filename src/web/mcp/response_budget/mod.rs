//! Limits the memory of responses that clients do not read: without it, the server would wait
//! forever for them to read.
//!
//! 1. A small response, or a small event of a stream, passes unchanged.
//! 2. A large one reserves its bytes in the total budget and in the shares of its space and its user.
//!    If there is no memory, it is dropped at once, because a waiting response would stay in memory.
//!    If a tool has changed something, a small response reports that ([`lost_response`]).
//! 3. It is sent in pieces; the last one releases its memory.
//! 4. After a timeout, the rest is dropped with its memory, even if the client has stopped reading.
//!    If the client then reads on, its connection is closed.

use std::{
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
use foundation::shares::Shares;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::AbortHandle,
};

use super::lost_response;
use crate::{calls::caller::ChallengeSlot, domain::SpaceId};

/// The server's own buffer holds this much for every connection.
const SMALL: usize = 64 * 1024;
/// The limit for all large responses, in bytes.
pub const MAX_BYTES: usize = 256 << 20;
/// The limit for the responses to one space, in bytes.
const MAX_BYTES_PER_SPACE: usize = 64 << 20;
/// The limit for the responses to one user of a space, in bytes.
const MAX_BYTES_PER_USER: usize = 32 << 20;
/// How long a client may take to read one; the largest need 1.5 Mbit/s.
const READ_TIMEOUT: Duration = Duration::from_mins(1);

/// The memory budget for large responses; clones share it.
#[derive(Clone, Debug)]
pub struct ResponseBudget(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bytes: Arc<Semaphore>,
    spaces: Shares<SpaceId>,
    users: Shares<User>,
    timeout: Duration,
}

/// A Backlog user of a space.
type User = (SpaceId, i64);

/// The reservation of one response, until it is dropped.
#[expect(
    clippy::struct_field_names,
    reason = "a permit for each limit: of what it is one is its name"
)]
#[derive(Debug)]
struct Reservation {
    _of_user: OwnedSemaphorePermit,
    _of_space: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Default for ResponseBudget {
    fn default() -> Self {
        Self::new(
            MAX_BYTES,
            (MAX_BYTES_PER_SPACE, MAX_BYTES_PER_USER),
            READ_TIMEOUT,
        )
    }
}

impl ResponseBudget {
    fn new(bytes: usize, (per_space, per_user): (usize, usize), timeout: Duration) -> Self {
        Self(Arc::new(Inner {
            bytes: Arc::new(Semaphore::new(bytes)),
            spaces: Shares::new(per_space),
            users: Shares::new(per_user),
            timeout,
        }))
    }

    /// The response to this user, within the budget; `challenge` is the result of its
    /// calls.
    ///
    /// # Errors
    /// There is no memory for it, and nothing was changed; the response is lost.
    pub fn bound(
        &self,
        user: User,
        challenge: &ChallengeSlot,
        mut response: ServiceResponse<BoxBody>,
    ) -> Result<ServiceResponse<BudgetedBody>, HttpRequest> {
        let mut reserved = None;
        if let BodySize::Sized(bytes) = response.response().body().size()
            && bytes > SMALL as u64
        {
            let bytes = usize::try_from(bytes).ok();
            reserved = bytes.and_then(|bytes| self.reserve(user, bytes));
            if reserved.is_none() {
                response = report_done(challenge, response)?;
            }
        }
        Ok(response.map_body(|_, body| BudgetedBody {
            body,
            budget: self.clone(),
            user,
            challenge: challenge.clone(),
            reserved,
            large: None,
        }))
    }

    fn reserve(&self, user: User, bytes: usize) -> Option<Reservation> {
        let permits = u32::try_from(bytes).ok()?;
        let of = |bytes| Semaphore::try_acquire_many_owned(bytes, permits).ok();
        let (space, _) = user;
        Some(Reservation {
            _of_user: of(self.0.users.of(user))?,
            _of_space: of(self.0.spaces.of(space))?,
            _of_all: of(Arc::clone(&self.0.bytes))?,
        })
    }
}

/// The same response with a small body that reports the change, if there was one.
fn report_done(
    challenge: &ChallengeSlot,
    response: ServiceResponse<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, HttpRequest> {
    let (request, response) = response.into_parts();
    let (mut head, body) = response.into_parts();
    head.headers_mut().remove(header::CONTENT_LENGTH);
    let replacement = match body.try_into_bytes() {
        Ok(bytes) if challenge.has_changed() => lost_response::replacement(&bytes),
        _ => None,
    };
    match replacement {
        None => Err(request),
        Some(replacement) => Ok(ServiceResponse::new(
            request,
            head.set_body(replacement).map_into_boxed_body(),
        )),
    }
}

/// The body of a response.
pub struct BudgetedBody {
    body: BoxBody,
    budget: ResponseBudget,
    user: User,
    challenge: ChallengeSlot,
    /// For the one chunk of a response of known length.
    reserved: Option<Reservation>,
    /// The unsent part of a large chunk.
    large: Option<Large>,
}

impl MessageBody for BudgetedBody {
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
            let reserved = self.reserved.take();
            let Some(reserved) = reserved.or_else(|| self.budget.reserve(self.user, chunk.len()))
            else {
                if self.challenge.has_changed()
                    && let Some(replacement) = lost_response::replacement(&chunk)
                {
                    return Poll::Ready(Some(Ok(replacement)));
                }
                tracing::warn!("a large response was cut off: the memory budget is used up");
                let full = io::Error::from(io::ErrorKind::OutOfMemory);
                return Poll::Ready(Some(Err(full.into())));
            };
            self.large = Some(Large::new(chunk, reserved, self.budget.0.timeout));
        }
    }
}

/// A large chunk, until it is sent or has timed out.
struct Large {
    rest: Rest,
    end: AbortHandle,
}

/// Shared with the task that waits for the timeout.
#[derive(Clone)]
struct Rest(Arc<Mutex<Option<(Bytes, Reservation)>>>);

impl Rest {
    fn drop_now(&self) {
        let rest = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(rest);
    }
}

impl Large {
    fn new(chunk: Bytes, reserved: Reservation, timeout: Duration) -> Self {
        let rest = Rest(Arc::new(Mutex::new(Some((chunk, reserved)))));
        let late = rest.clone();
        let end = tokio::spawn(async move {
            tokio::time::sleep(timeout).await;
            late.drop_now();
            tracing::debug!("a client did not read its response in time");
        });
        Self {
            rest,
            end: end.abort_handle(),
        }
    }

    /// The next piece, empty at the end; an error after the timeout.
    fn piece(&self) -> io::Result<Bytes> {
        let mut rest = self.rest.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (rest, _) = rest.as_mut().ok_or(io::ErrorKind::TimedOut)?;
        Ok(rest.split_to(rest.len().min(SMALL)))
    }
}

impl Drop for Large {
    fn drop(&mut self) {
        // The runtime may drop the task later.
        self.rest.drop_now();
        self.end.abort();
    }
}

#[cfg(test)]
mod tests;

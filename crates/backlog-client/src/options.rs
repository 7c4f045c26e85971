//! The limits of the client.

use std::time::Duration;

/// Limits of a [`BacklogClient`](super::BacklogClient).
#[derive(Clone, Copy, Debug)]
pub struct ClientOptions {
    pub connect_timeout: Duration,
    /// From sending to the last byte of the response.
    pub timeout: Duration,
    /// How long a call waits for a slot before it fails with
    /// [`Busy`](crate::BacklogError::Busy), and for memory before it fails with
    /// [`NoMemory`](crate::BacklogError::NoMemory).
    pub queue_timeout: Duration,
    /// Maximum number of concurrent requests to one space that count for no user: those of
    /// sign-ins, and all of a local server. Token requests take no slot.
    pub concurrency_without_user: usize,
    /// Maximum number of concurrent requests of one user to one space. The requests of all users
    /// together have no limit, which a slow space would reach at once. They cost memory: the
    /// caller limits the number of calls, and the budgets below the size of responses.
    pub concurrency_per_user: usize,
    /// Maximum size of a response that is read into memory.
    pub max_response_bytes: usize,
    /// Memory budget for responses of all spaces, before they are parsed.
    pub max_bytes_in_memory: usize,
    /// Memory budget of one space, so that it leaves memory for the others.
    pub max_bytes_per_space: usize,
    /// Memory budget of one user, so that it leaves memory for the other users of the space. The
    /// largest response fits in it, with the maximum number of values.
    pub max_bytes_per_user: usize,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            queue_timeout: Duration::from_secs(10),
            concurrency_without_user: 64,
            concurrency_per_user: 32,
            max_response_bytes: 16 << 20,
            // In four spaces at once, four requests each can hold the largest response.
            max_bytes_in_memory: 256 << 20,
            max_bytes_per_space: 64 << 20,
            max_bytes_per_user: 32 << 20,
        }
    }
}

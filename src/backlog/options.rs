//! The limits of the client.

use std::time::Duration;

/// Limits of a [`BacklogClient`](super::BacklogClient).
#[derive(Clone, Copy, Debug)]
pub struct ClientOptions {
    pub connect_timeout: Duration,
    /// From sending to the last byte of the answer.
    pub timeout: Duration,
    /// How long a call waits for a slot before it fails with [`BacklogError::Busy`], and for
    /// memory before it fails with [`BacklogError::NoRoom`].
    pub queue_timeout: Duration,
    /// Calls under way to one space at a time.
    pub concurrency_per_space: usize,
    /// Largest answer that is read into memory.
    pub max_response_bytes: usize,
    /// All answers in memory at a time, of all spaces, before they are read as JSON.
    pub max_bytes_in_memory: usize,
    /// Of one space, so that it leaves room for the others.
    pub max_bytes_per_space: usize,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            queue_timeout: Duration::from_secs(10),
            concurrency_per_space: 64,
            max_response_bytes: 16 << 20,
            // A sixteenth of a space's slots may hold the largest answer, in four spaces.
            max_bytes_in_memory: 256 << 20,
            max_bytes_per_space: 64 << 20,
        }
    }
}

//! The limits for files: their sizes, and the resources that a call may use to show one.

use super::pool::Pool;

/// Largest file that a tool returns, in bytes: 7 MiB, about 10 MB as base64.
pub(crate) const LARGEST_FILE: usize = 7 << 20;

/// The largest file that is accepted, in bytes: 4 MB as base64, about the limit of a request.
pub(crate) const LARGEST_UPLOAD: usize = 3_000_000;

/// Limits for files: tokens in a response, and memory while they are prepared.
#[derive(Clone, Debug, Default)]
pub(crate) struct FileLimits {
    pub max_tokens: usize,
    pub(super) pool: Pool,
}

impl FileLimits {
    pub(crate) fn new(max_tokens: usize) -> Self {
        Self {
            max_tokens,
            pool: Pool::default(),
        }
    }
}

//! The numeric IDs of everything but documents.

/// Backlog's numeric ids.
pub type Id = u64;

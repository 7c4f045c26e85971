//! The tests of what the crate exports.

mod formats;
mod hostile;
mod support;

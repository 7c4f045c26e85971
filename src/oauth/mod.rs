//! The OAuth protocol as values: no I/O, no database, no HTTP framework.

pub mod scope;

pub use scope::{Scope, Scopes};

//! Encryption at rest, and the hashing of client secrets.

pub mod key_ring;
pub mod secret_hash;

pub use key_ring::{KeyRing, KeyRingError, Place, UnsealError};
pub use secret_hash::SecretHasher;

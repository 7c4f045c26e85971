//! The parts that every other crate of the hub stands on: an injected clock and random source,
//! shares of a limit, and the TLS configuration.

pub mod clock;
pub mod random;
pub mod shares;
mod tls;

pub use tls::tls_config;

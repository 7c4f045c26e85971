//! How a connection to the database is protected in transit.

use std::net::IpAddr;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// The protection of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// The connection stays on the machine.
    Local,
    /// Encrypted, and the server's certificate is verified.
    Verified,
    /// Encrypted, but the server's certificate is not verified.
    Unverified,
    /// Possibly not encrypted.
    Plain,
}

impl Transport {
    /// How connections with these options are protected.
    pub(super) fn of(options: &PgConnectOptions) -> Self {
        let host = options.get_host().trim_matches(['[', ']']);
        let is_loopback = host == "localhost"
            || host
                .parse::<IpAddr>()
                .is_ok_and(|address| address.to_canonical().is_loopback());
        if is_loopback || options.get_socket().is_some() || host.starts_with('/') {
            return Self::Local;
        }
        match options.get_ssl_mode() {
            PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer => Self::Plain,
            PgSslMode::Require => Self::Unverified,
            PgSslMode::VerifyCa | PgSslMode::VerifyFull => Self::Verified,
        }
    }
}

//! How a connection to the database is protected in transit.

use std::net::IpAddr;

use secrecy::SecretString;
use sqlx::postgres::PgSslMode;

use super::{UrlError, options};

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

/// How connections to this URL are protected.
///
/// # Errors
/// As [`options`].
pub fn transport(url: &SecretString) -> Result<Transport, UrlError> {
    let options = options(url)?;
    let host = options.get_host().trim_matches(['[', ']']);
    let is_loopback = host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback());
    if is_loopback || options.get_socket().is_some() || host.starts_with('/') {
        return Ok(Transport::Local);
    }
    Ok(match options.get_ssl_mode() {
        PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer => Transport::Plain,
        PgSslMode::Require => Transport::Unverified,
        PgSslMode::VerifyCa | PgSslMode::VerifyFull => Transport::Verified,
    })
}

//! Parses a database URL like libpq. Errors never contain a parameter's value: any of them may be
//! a secret, even under a misspelled name.
//!
//! 1. The URL is split; several hosts and a fragment are rejected.
//! 2. Each parameter is passed to sqlx, has no effect here, or is rejected by name. Values missing
//!    in the URL come from libpq's environment variables.
//! 3. sqlx parses its parameters, and meets nothing that it would log.
//! 4. The certificates that the TLS mode needs are read once, so that an error can name them.

mod transport;

use std::{fs, io, net::IpAddr, path::PathBuf, str::FromStr};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

pub use transport::Transport;

/// Why the hub cannot use a URL. `DATABASE_URL` precedes the text.
#[derive(Debug, thiserror::Error)]
pub enum UrlError {
    #[error(
        "is not a PostgreSQL URL; expected postgres://user:password@host:5432/database, with \
         the special characters of the user name and the password percent-encoded"
    )]
    Form,
    #[error("names several hosts; name one: the primary, or an address that follows it")]
    SeveralHosts,
    #[error("contains a \"#\"; write it as %23")]
    Fragment,
    #[error("has the unknown parameter \"{0}\"; remove it or correct its name")]
    Unknown(String),
    #[error(
        "has a parameter with an invalid name; percent-encode the special characters of the \
         password (\"&\" is %26, \"?\" is %3F)"
    )]
    Unnamed,
    #[error("has the parameter {name}: {problem}")]
    Parameter { name: String, problem: &'static str },
    #[error("has the parameter {name}: cannot read {}: {error}", shown(path))]
    File {
        name: String,
        path: String,
        error: io::Error,
    },
}

/// How a parameter is treated.
enum Parameter {
    /// It is passed to sqlx.
    Read,
    /// It tunes or requires the existing behavior, or something that does not exist here.
    WithoutEffect,
    Refused(&'static str),
}

const NOT_SUPPORTED: &str = "it is not supported; remove it";
const NOT_A_NUMBER: &str = "expected a number";
const MODES: &str = "expected disable, allow, prefer, require, verify-ca or verify-full";
const WEAK_MODE: &str = "the certificates of the system need sslmode=verify-full";

const MODE: &[&str] = &["sslmode", "ssl-mode"];
const ROOTS: &[&str] = &["sslrootcert", "ssl-root-cert", "ssl-ca"];
const CERTIFICATE: &[&str] = &["sslcert", "ssl-cert"];
const KEY: &[&str] = &["sslkey", "ssl-key"];

/// Reads a database URL.
///
/// # Errors
/// [`UrlError`], also for a certificate file that cannot be read.
pub fn options(url: &SecretString) -> Result<PgConnectOptions, UrlError> {
    let mut url = parsed(url.expose_secret())?;
    let parameters = Parameters::of(&url)?;
    url.set_query(None);
    let tls = Tls::of(&parameters)?;
    if !parameters.read.is_empty() {
        url.query_pairs_mut().extend_pairs(&parameters.read);
    }
    let options = PgConnectOptions::from_str(url.as_str()).map_err(|_| UrlError::Form)?;
    Ok(tls
        .apply(options)
        .application_name("backlog-mcp-hub")
        // Every server since PostgreSQL 12 sends enough digits, and a pooler rejects parameters
        // that it does not know.
        .extra_float_digits(None))
}

/// How connections to this URL are protected.
///
/// # Errors
/// As [`options`].
pub fn transport(url: &SecretString) -> Result<Transport, UrlError> {
    options(url).map(|options| Transport::of(&options))
}

fn parsed(text: &str) -> Result<Url, UrlError> {
    let rest = text
        .strip_prefix("postgres://")
        .or_else(|| text.strip_prefix("postgresql://"))
        .ok_or(UrlError::Form)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let hosts = authority.rsplit('@').next().unwrap_or_default();
    if hosts.contains(',') {
        return Err(UrlError::SeveralHosts);
    }
    let url = Url::parse(text).map_err(|_| UrlError::Form)?;
    if url.fragment().is_some() {
        return Err(UrlError::Fragment);
    }
    Ok(url)
}

/// The effective parameters, each once: the last one of its name, as in libpq.
struct Parameters {
    read: Vec<(String, String)>,
}

impl Parameters {
    fn of(url: &Url) -> Result<Self, UrlError> {
        let mut read: Vec<(String, String)> = Vec::new();
        let mut after_secret = false;
        for (name, value) in url.query_pairs() {
            let (mut name, mut value) = (name.into_owned(), value.into_owned());
            // libpq accepts this form for compatibility with JDBC.
            if name == "ssl" && value == "true" {
                (name, value) = ("sslmode".to_owned(), "require".to_owned());
            }
            let parameter = known(&name, &value);
            // An "&" in a password ends it, and the next name is the rest of the password.
            let is_name = is_name(&name) && !value.is_empty() && !after_secret;
            after_secret = matches!(&*name, "password" | "sslpassword");
            match parameter {
                None if is_name => return Err(UrlError::Unknown(name)),
                None => return Err(UrlError::Unnamed),
                Some(_) if value.is_empty() => {}
                Some(Parameter::Refused(problem)) => {
                    return Err(UrlError::Parameter { name, problem });
                }
                Some(Parameter::WithoutEffect) => {
                    tracing::debug!(name, "a parameter of the database URL has no effect");
                }
                Some(Parameter::Read) => {
                    check(&name, &value)?;
                    if !name.starts_with("options") {
                        read.retain(|(known, _)| *known != name);
                    }
                    read.push((name, value));
                }
            }
        }
        Ok(Self { read })
    }

    /// The value under one of a parameter's names, or else of its environment variable, with the
    /// name where it was found.
    fn value(&self, names: &[&str], variable: &str) -> Option<(String, String)> {
        let given = self
            .read
            .iter()
            .rfind(|(name, _)| names.contains(&name.as_str()));
        given.cloned().or_else(|| {
            let value = std::env::var(variable).ok()?;
            Some((variable.to_owned(), value)).filter(|(_, value)| !value.is_empty())
        })
    }
}

fn is_name(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

/// The parameters that are passed to sqlx, besides those of TLS.
const READ: &[&str] = &[
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "options",
    "statement-cache-capacity",
];

/// The parameters that tune or require the existing behavior, with any value.
const WITHOUT_EFFECT: &[&str] = &[
    "application_name",
    "connect_timeout",
    "client_encoding",
    "fallback_application_name",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "load_balance_hosts",
    "sslcompression",
    "sslsni",
    "krbsrvname",
    "gsslib",
    "gssdelegation",
    "channel_binding",
    "min_protocol_version",
    "max_protocol_version",
];

/// The parameters of libpq that the hub does not support.
const UNSUPPORTED: &[&str] = &[
    "service",
    "servicefile",
    "requiressl",
    "requirepeer",
    "require_auth",
    "replication",
    "sslcrl",
    "sslcrldir",
    "sslkeylogfile",
    "scram_client_key",
    "scram_server_key",
    "oauth_issuer",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_scope",
];

/// The parameters of libpq 18, and sqlx's aliases.
fn known(name: &str, value: &str) -> Option<Parameter> {
    let is_option = name.starts_with("options[") && name.ends_with(']');
    let is_tls = [MODE, ROOTS, CERTIFICATE, KEY].concat().contains(&name);
    if is_tls || is_option || READ.contains(&name) {
        return Some(Parameter::Read);
    }
    if WITHOUT_EFFECT.contains(&name) {
        return Some(Parameter::WithoutEffect);
    }
    if UNSUPPORTED.contains(&name) {
        return Some(Parameter::Refused(NOT_SUPPORTED));
    }
    known_by_value(name, value)
}

/// The parameters whose treatment depends on the value, or that need an explanation.
fn known_by_value(name: &str, value: &str) -> Option<Parameter> {
    use Parameter::{Refused, WithoutEffect};
    let unless = |fine: &[&str], problem| match fine.contains(&value) {
        true => WithoutEffect,
        false => Refused(problem),
    };
    Some(match name {
        "target_session_attrs" => unless(
            &["any", "read-write", "primary"],
            "the hub writes; expected any, read-write or primary",
        ),
        "gssencmode" => unless(&["disable", "allow", "prefer"], NOT_SUPPORTED),
        "sslcertmode" => unless(&["disable", "allow"], NOT_SUPPORTED),
        "sslnegotiation" => unless(&["postgres"], "expected postgres"),
        "ssl_min_protocol_version" => unless(
            &["TLSv1", "TLSv1.1", "TLSv1.2"],
            "expected TLSv1.2; later versions are used where the server has them",
        ),
        "ssl_max_protocol_version" => unless(&["TLSv1.3"], "expected TLSv1.3"),
        "sslpassword" => Refused(
            "an encrypted key of the client cannot be read; decrypt the file of sslkey and \
             remove this parameter",
        ),
        "passfile" => Refused("it is not supported; set PGPASSFILE"),
        _ => return None,
    })
}

/// Checks values that sqlx would repeat in its error, or reject only when it connects.
fn check(name: &str, value: &str) -> Result<(), UrlError> {
    let problem = match name {
        "host" | "hostaddr" | "port" if value.contains(',') => return Err(UrlError::SeveralHosts),
        "hostaddr" if value.parse::<IpAddr>().is_err() => "expected an IP address",
        "port" if value.parse::<u16>().is_err() => NOT_A_NUMBER,
        "statement-cache-capacity" if value.parse::<usize>().is_err() => NOT_A_NUMBER,
        _ => return Ok(()),
    };
    Err(UrlError::Parameter {
        name: name.to_owned(),
        problem,
    })
}

/// How the connection is encrypted and verified, where sqlx and libpq differ.
struct Tls {
    mode: Option<PgSslMode>,
    system_roots: bool,
}

impl Tls {
    fn of(parameters: &Parameters) -> Result<Self, UrlError> {
        let mode = match parameters.value(MODE, "PGSSLMODE") {
            None => None,
            Some((name, value)) => {
                let problem = MODES;
                let mode = value.parse::<PgSslMode>();
                Some(mode.map_err(|_| UrlError::Parameter { name, problem })?)
            }
        };
        let roots = parameters.value(ROOTS, "PGSSLROOTCERT");
        let (mode, system_roots) = match (&roots, mode) {
            (Some((_, value)), None | Some(PgSslMode::VerifyFull)) if value == "system" => {
                (Some(PgSslMode::VerifyFull), true)
            }
            (Some((name, value)), Some(_)) if value == "system" => {
                return Err(UrlError::Parameter {
                    name: name.clone(),
                    problem: WEAK_MODE,
                });
            }
            // As in libpq: with a certificate authority, `require` verifies the server.
            (Some(_), Some(PgSslMode::Require)) => (Some(PgSslMode::VerifyCa), false),
            (_, mode) => (mode, false),
        };
        let tls = Self { mode, system_roots };
        tls.examine(roots, parameters)?;
        Ok(tls)
    }

    /// Reads the files that a connection will need.
    fn examine(
        &self,
        roots: Option<(String, String)>,
        parameters: &Parameters,
    ) -> Result<(), UrlError> {
        let mode = self.mode.unwrap_or_default();
        if let Some((name, value)) = roots
            && !self.system_roots
            && matches!(mode, PgSslMode::VerifyCa | PgSslMode::VerifyFull)
        {
            certificates(name, value)?;
        }
        if matches!(mode, PgSslMode::Disable | PgSslMode::Allow) {
            return Ok(());
        }
        let certificate = parameters.value(CERTIFICATE, "PGSSLCERT");
        let key = parameters.value(KEY, "PGSSLKEY");
        match (certificate, key) {
            (None, None) => Ok(()),
            (Some((name, value)), Some((key_name, key))) => {
                certificates(name, value)?;
                private_key(key_name, key)
            }
            (Some((name, _)), None) => Err(UrlError::Parameter {
                name,
                problem: "sslkey is required with it",
            }),
            (None, Some((name, _))) => Err(UrlError::Parameter {
                name,
                problem: "sslcert is required with it",
            }),
        }
    }

    fn apply(&self, options: PgConnectOptions) -> PgConnectOptions {
        let options = match self.mode {
            Some(mode) => options.ssl_mode(mode),
            None => options,
        };
        // sqlx always trusts the system's certificates, and these in addition: none.
        match self.system_roots {
            true => options.ssl_root_cert_from_pem(Vec::new()),
            false => options,
        }
    }
}

fn certificates(name: String, value: String) -> Result<(), UrlError> {
    let pem = contents(&name, value)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match certificates {
        Ok(found) if !found.is_empty() => Ok(()),
        Ok(_) | Err(_) => Err(UrlError::Parameter {
            name,
            problem: "expected a certificate in PEM format",
        }),
    }
}

fn private_key(name: String, value: String) -> Result<(), UrlError> {
    let pem = contents(&name, value)?;
    match PrivateKeyDer::from_pem_slice(&pem) {
        Ok(_) => Ok(()),
        Err(_) => Err(UrlError::Parameter {
            name,
            problem: "expected a private key in PEM format that is not encrypted",
        }),
    }
}

/// The contents of the file that a certificate parameter names, or of the parameter itself if it
/// holds PEM, by sqlx's rule.
fn contents(name: &str, value: String) -> Result<Vec<u8>, UrlError> {
    let trimmed = value.trim();
    if trimmed.starts_with("-----BEGIN") && trimmed.ends_with("-----") {
        return Ok(value.into_bytes());
    }
    fs::read(PathBuf::from(&value)).map_err(|error| UrlError::File {
        name: name.to_owned(),
        path: value,
        error,
    })
}

/// A path as an error may show it. A value that is no path may be a key given by mistake: its
/// base64 form has no dot and does not begin with a slash.
fn shown(path: &str) -> &str {
    let is_path = path.starts_with('/') || path.contains('.');
    match is_path && path.len() <= 255 && !path.contains("-----") {
        true => path,
        false => "the file that it names",
    }
}

#[cfg(test)]
mod tests;

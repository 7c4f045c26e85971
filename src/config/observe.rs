//! The settings of the audit trail, the metrics and the security events.

use std::{net::SocketAddr, time::Duration};

use clap::Args;

use super::{
    error::ConfigError,
    values::{given, parsed, switch},
};
use crate::domain::security::ClientAddresses;

const DAY: Duration = Duration::from_hours(24);
const RETENTION: Duration = DAY.saturating_mul(400);
const LONGEST_RETENTION: u32 = 10 * 366;

/// The settings, unchecked.
#[derive(Args, Debug, Default)]
pub struct ObserveArgs {
    /// Address and port of the Prometheus metrics, e.g. 127.0.0.1:9464 [default: off]
    #[arg(long, env = "METRICS_ADDR", value_name = "ADDRESS:PORT")]
    pub metrics_addr: Option<String>,
    /// How many days audit events are kept, e.g. 90d; they are deleted by whole months
    /// [default: 400d]
    #[arg(long, env = "AUDIT_RETENTION", value_name = "DAYS")]
    pub audit_retention: Option<String>,
    /// Whether tool calls are audited, in addition to sign-ins and revocations [default: true]
    #[arg(
        long,
        env = "AUDIT_TOOL_CALLS",
        value_name = "true|false",
        num_args = 0..=1,
        default_missing_value = "true"
    )]
    pub audit_tool_calls: Option<String>,
    /// How much of a client's address logs and security events contain: off, network (the /24 of
    /// IPv4, the /48 of IPv6) or full [default: off]
    #[arg(long, env = "CLIENT_ADDRESSES", value_name = "off|network|full")]
    pub client_addresses: Option<String>,
}

/// The settings, checked.
#[derive(Clone, Copy, Debug)]
pub struct ObserveSettings {
    /// Where metrics are served; `None`: metrics are neither served nor collected.
    pub metrics: Option<SocketAddr>,
    pub audit_retention: Duration,
    pub audit_tool_calls: bool,
    /// How much of a client's address logs and security events contain.
    pub client_addresses: ClientAddresses,
    /// How often audit events are written.
    pub events_every: Duration,
    /// How often the last uses of grants are written.
    pub uses_every: Duration,
    /// How often expired rows are removed.
    pub cleanup_every: Duration,
    /// How often audit events that are older than `audit_retention` are removed.
    pub retention_every: Duration,
}

impl Default for ObserveSettings {
    fn default() -> Self {
        Self {
            metrics: None,
            audit_retention: RETENTION,
            audit_tool_calls: true,
            client_addresses: ClientAddresses::Off,
            events_every: Duration::from_secs(5),
            uses_every: Duration::from_mins(1),
            cleanup_every: Duration::from_mins(5),
            retention_every: Duration::from_hours(1),
        }
    }
}

impl ObserveArgs {
    pub fn resolve(self) -> Result<ObserveSettings, ConfigError> {
        let default = ObserveSettings::default();
        Ok(ObserveSettings {
            metrics: parsed(
                "METRICS_ADDR",
                self.metrics_addr,
                "an address with a port, such as 127.0.0.1:9464",
            )?,
            audit_retention: audit_retention(self.audit_retention)?,
            audit_tool_calls: switch("AUDIT_TOOL_CALLS", self.audit_tool_calls, true)?,
            client_addresses: client_addresses(self.client_addresses)?,
            ..default
        })
    }
}

fn client_addresses(choice: Option<String>) -> Result<ClientAddresses, ConfigError> {
    match given(choice).as_deref() {
        None | Some("off") => Ok(ClientAddresses::Off),
        Some("network") => Ok(ClientAddresses::Network),
        Some("full") => Ok(ClientAddresses::Full),
        Some(other) => Err(ConfigError::new(
            "CLIENT_ADDRESSES",
            format!("is {other:?}; expected off, network or full"),
        )),
    }
}

/// How long audit events are kept, by `AUDIT_RETENTION`.
pub fn audit_retention(given_days: Option<String>) -> Result<Duration, ConfigError> {
    let Some(text) = given(given_days) else {
        return Ok(RETENTION);
    };
    days(&text).ok_or_else(|| {
        let problem = format!(
            "is {text:?}; expected a number of days such as 90d, from 1d to {LONGEST_RETENTION}d"
        );
        ConfigError::new("AUDIT_RETENTION", problem)
    })
}

/// Parses `90d` or `90`. A number is never seconds, because that mistake would delete audit events
/// for good.
fn days(text: &str) -> Option<Duration> {
    let number = text.strip_suffix('d').unwrap_or(text);
    let days: u32 = number.parse().ok()?;
    (1..=LONGEST_RETENTION).contains(&days).then(|| days * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retention(text: &str) -> Result<Duration, ConfigError> {
        let args = ObserveArgs {
            audit_retention: Some(text.to_owned()),
            ..ObserveArgs::default()
        };
        args.resolve().map(|settings| settings.audit_retention)
    }

    #[test]
    fn retention_is_in_days_and_never_nothing() {
        assert_eq!(retention("90").unwrap(), 90 * DAY);
        assert_eq!(retention("90d").unwrap(), 90 * DAY);
        assert_eq!(retention("").unwrap(), 400 * DAY);
        for wrong in ["0", "0d", "90s", "-1", "99999999999d", "forever"] {
            let error = retention(wrong).unwrap_err().to_string();
            assert!(error.starts_with("AUDIT_RETENTION is"), "{error}");
        }
    }

    #[test]
    fn addresses_of_clients_are_kept_only_if_that_is_chosen() {
        let chosen = |text: Option<&str>| {
            let args = ObserveArgs {
                client_addresses: text.map(str::to_owned),
                ..ObserveArgs::default()
            };
            args.resolve().map(|settings| settings.client_addresses)
        };
        for off in [None, Some(""), Some("off")] {
            assert_eq!(chosen(off).unwrap(), ClientAddresses::Off);
        }
        assert_eq!(chosen(Some("network")).unwrap(), ClientAddresses::Network);
        assert_eq!(chosen(Some("full")).unwrap(), ClientAddresses::Full);
        let error = chosen(Some("true")).unwrap_err().to_string();
        assert!(error.starts_with("CLIENT_ADDRESSES is"), "{error}");
    }

    #[test]
    fn an_address_without_a_port_is_refused() {
        let args = ObserveArgs {
            metrics_addr: Some("127.0.0.1".to_owned()),
            ..ObserveArgs::default()
        };
        let error = args.resolve().unwrap_err().to_string();
        assert!(error.starts_with("METRICS_ADDR is"), "{error}");
    }
}

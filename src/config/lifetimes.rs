//! How long things live: the settings, their defaults and their bounds.

use std::{ops::RangeInclusive, time::Duration};

use super::{ConfigError, LifetimeArgs, values::duration};

/// How long things live.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// From `/authorize` to Backlog's answer.
    pub authorization_request: Duration,
    pub authorization_code: Duration,
    pub access_token: Duration,
    pub refresh_token: Duration,
    pub refresh_grace: Duration,
    /// How long an approval is remembered for a browser.
    pub consent: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            authorization_request: Duration::from_secs(15 * 60),
            // Some users copy the address of a browser into a terminal.
            authorization_code: Duration::from_secs(2 * 60),
            access_token: Duration::from_secs(3600),
            refresh_token: Duration::from_secs(30 * 24 * 3600),
            refresh_grace: Duration::from_secs(60),
            consent: Duration::from_secs(30 * 24 * 3600),
        }
    }
}

impl LifetimeArgs {
    pub(super) fn resolve(self) -> Result<Lifetimes, ConfigError> {
        let default = Lifetimes::default();
        Ok(Lifetimes {
            access_token: duration("ACCESS_TOKEN_TTL", self.access_token_ttl)?
                .unwrap_or(default.access_token),
            refresh_token: duration("REFRESH_TOKEN_TTL", self.refresh_token_ttl)?
                .unwrap_or(default.refresh_token),
            refresh_grace: match duration("REFRESH_GRACE", self.refresh_grace)? {
                // For so long a stolen refresh token would go unnoticed.
                Some(grace) if grace > LONGEST_GRACE => {
                    return Err(ConfigError::new(
                        "REFRESH_GRACE",
                        "is longer than 10 minutes",
                    ));
                }
                given => given.unwrap_or(default.refresh_grace),
            },
            authorization_request: match duration("SIGN_IN_TTL", self.sign_in_ttl)? {
                Some(time) if !SIGN_IN.contains(&time) => {
                    return Err(ConfigError::new(
                        "SIGN_IN_TTL",
                        "is not between 1 minute and 1 hour",
                    ));
                }
                given => given.unwrap_or(default.authorization_request),
            },
            authorization_code: match duration(
                "AUTHORIZATION_CODE_TTL",
                self.authorization_code_ttl,
            )? {
                Some(time) if time > LONGEST_CODE => {
                    return Err(ConfigError::new(
                        "AUTHORIZATION_CODE_TTL",
                        "is longer than 10 minutes (RFC 6749 §4.1.2)",
                    ));
                }
                given => given.unwrap_or(default.authorization_code),
            },
            ..default
        })
    }
}

const LONGEST_GRACE: Duration = Duration::from_secs(600);
const LONGEST_CODE: Duration = Duration::from_secs(600);
/// Less is too short to sign in at Backlog, and more keeps what strangers begin for too long.
const SIGN_IN: RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(3600);

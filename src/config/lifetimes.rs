//! Lifetimes: the settings, their defaults and their bounds.

use std::{ops::RangeInclusive, time::Duration};

use super::{args::LifetimeArgs, error::ConfigError, values::duration};

/// How long requests, codes, tokens and approvals are valid.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// From `/authorize` to the redirect back from Backlog.
    pub authorization_request: Duration,
    pub authorization_code: Duration,
    pub access_token: Duration,
    pub refresh_token: Duration,
    pub refresh_grace: Duration,
    /// From the sign-in on; `None` for no bound.
    pub grant: Option<Duration>,
    /// How long an approval is remembered for a browser.
    pub consent: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            authorization_request: Duration::from_mins(15),
            // Some users copy the URL from the browser into a terminal.
            authorization_code: Duration::from_mins(2),
            access_token: Duration::from_hours(1),
            refresh_token: Duration::from_hours(720),
            refresh_grace: Duration::from_mins(1),
            grant: None,
            consent: Duration::from_hours(720),
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
                // The reuse of a stolen refresh token goes unnoticed for that long.
                Some(grace) if grace > LONGEST_GRACE => {
                    return Err(ConfigError::new(
                        "REFRESH_GRACE",
                        "is longer than 10 minutes; expected at most 10m",
                    ));
                }
                given => given.unwrap_or(default.refresh_grace),
            },
            grant: match duration("GRANT_MAX_AGE", self.grant_max_age)? {
                Some(age) if age < SHORTEST_GRANT => {
                    return Err(ConfigError::new("GRANT_MAX_AGE", "is shorter than 1 hour"));
                }
                given => given,
            },
            authorization_request: match duration("SIGN_IN_TTL", self.sign_in_ttl)? {
                Some(time) if !SIGN_IN.contains(&time) => {
                    return Err(ConfigError::new(
                        "SIGN_IN_TTL",
                        "is out of range; expected a time from 1m to 1h",
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
                        "is longer than 10 minutes (RFC 6749 §4.1.2); expected at most 10m",
                    ));
                }
                given => given.unwrap_or(default.authorization_code),
            },
            ..default
        })
    }
}

const LONGEST_GRACE: Duration = Duration::from_mins(10);
const LONGEST_CODE: Duration = Duration::from_mins(10);
/// Longer than an authorization code lives, and than a user takes to sign in again.
const SHORTEST_GRANT: Duration = Duration::from_hours(1);
/// A shorter time does not suffice to sign in at Backlog; a longer one keeps the requests of
/// unauthenticated clients for too long.
const SIGN_IN: RangeInclusive<Duration> = Duration::from_mins(1)..=Duration::from_hours(1);

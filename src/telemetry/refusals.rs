//! The level at which a response is logged. Unauthenticated clients must not be able to alert an
//! operator or fill the disk, so their requests are not errors, and their log lines are limited.
//!
//! 1. A 5xx response is an error, unless it is the client's fault.
//! 2. A 4xx response is logged at `info`, up to a limit per minute: it has an id that a user may
//!    quote.
//! 3. All others, and requests that cannot be parsed or are for another host, are logged at
//!    `debug`.
//!
//! All of them are counted (`observe::security`).

use std::{num::NonZeroU32, sync::Arc};

use actix_web::{Error, HttpRequest, dev::ServiceResponse};
use governor::{DefaultDirectRateLimiter, Quota};
use tracing::Level;

use crate::{audit::Refusal, domain::security::SecurityEvent};

/// The maximum number of lines per minute about rejected requests, with bursts up to all of them.
const LINES: u32 = 600;

/// Counts the lines. Cheap to clone; application data.
#[derive(Clone, Debug)]
pub struct Refusals(Arc<DefaultDirectRateLimiter>);

impl Default for Refusals {
    fn default() -> Self {
        let lines = NonZeroU32::new(LINES).unwrap_or(NonZeroU32::MIN);
        let limiter = DefaultDirectRateLimiter::direct(Quota::per_minute(lines));
        Self(Arc::new(limiter))
    }
}

impl Refusals {
    /// The level of a line about a rejected request: `INFO`, up to the limit per minute.
    fn level(&self) -> Level {
        match self.0.check() {
            Ok(()) => Level::INFO,
            Err(_) => Level::DEBUG,
        }
    }

    /// The same for a line that a handler logs about its request.
    pub fn level_for(request: &HttpRequest) -> Level {
        let refusals = request.app_data::<Self>();
        refusals.map_or(Level::INFO, Self::level)
    }
}

/// `ERROR`, `INFO` or `DEBUG`.
pub(super) fn level_of<B>(outcome: &Result<ServiceResponse<B>, Error>) -> Level {
    let response = match outcome {
        Ok(response) => response,
        Err(error) if error.as_response_error().status_code().is_client_error() => {
            return Level::INFO;
        }
        Err(_) => return Level::ERROR,
    };
    let refusal = response.response().extensions().get::<Refusal>().copied();
    match (response.status().as_u16(), refusal) {
        (500.., None | Some(Refusal(None))) => Level::ERROR,
        // With `RequestLimited`, the hub protects itself from too many requests.
        (500.., Some(Refusal(Some(SecurityEvent::RequestLimited))))
        | (..400, _)
        | (400 | 408 | 413 | 414 | 415 | 421, None) => Level::DEBUG,
        _ => Refusals::level_for(response.request()),
    }
}

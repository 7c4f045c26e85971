//! The level at which a response is logged. Strangers must not be able to wake an operator or to fill
//! the disk, so their requests are no errors, and the lines about them are limited.
//!
//! 1. An answer of 5xx is an error, unless it is a client's fault.
//! 2. An answer of 4xx is logged at `info`, as long as there are not too many in a minute: it has
//!    an id that a user may quote.
//! 3. The rest, and what cannot be read or is for another host, is logged at `debug`.
//!
//! All of them are counted (`observe::security`).

use std::{num::NonZeroU32, sync::Arc};

use actix_web::{Error, dev::ServiceResponse};
use governor::{DefaultDirectRateLimiter, Quota};
use tracing::Level;

use crate::observe::{Refusal, SecurityEvent};

/// Lines about refused requests in a minute, all at once if need be.
const LINES: u32 = 600;

/// Counts the lines; cheap to clone, data of the application.
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
    fn has_line(&self) -> bool {
        self.0.check().is_ok()
    }
}

/// `ERROR`, `INFO` or `DEBUG`.
pub(super) fn level_of<B>(outcome: &Result<ServiceResponse<B>, Error>) -> Level {
    let answer = match outcome {
        Ok(answer) => answer,
        Err(error) if error.as_response_error().status_code().is_client_error() => {
            return Level::INFO;
        }
        Err(_) => return Level::ERROR,
    };
    let told = answer.response().extensions().get::<Refusal>().copied();
    let refusals = || answer.request().app_data::<Refusals>();
    match (answer.status().as_u16(), told) {
        (500.., None | Some(Refusal(None))) => Level::ERROR,
        // The hub protects itself from too many requests.
        (500.., Some(Refusal(Some(SecurityEvent::RequestLimited)))) => Level::DEBUG,
        (..400, _) | (400 | 408 | 413 | 414 | 415 | 421, None) => Level::DEBUG,
        _ if refusals().is_none_or(Refusals::has_line) => Level::INFO,
        _ => Level::DEBUG,
    }
}

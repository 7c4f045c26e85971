//! The state of a question: sealed, and bound to the principal, the tool, its arguments and five
//! minutes. A state may be used again within them: a deletion that is repeated finds nothing, and
//! the changes of a digest are the same.

use chrono::{DateTime, TimeDelta, Utc};
use rmcp::ErrorData;
use sealing::KeyRing;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::calls::binding::Binding;

/// The time in which the user may decide.
pub(super) const LIFETIME: TimeDelta = TimeDelta::minutes(5);
/// The column of the place of a state.
const COLUMN: &str = "request_state";

/// The content of a state.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct State {
    /// The subject of the question.
    pub subject: String,
    #[serde(with = "chrono::serde::ts_seconds")]
    pub expires: DateTime<Utc>,
}

impl State {
    pub(super) fn seal(&self, binding: &Binding, keys: &KeyRing) -> String {
        let text = serde_json::to_string(self)
            .unwrap_or_else(|error| unreachable!("a state is JSON: {error}"));
        keys.seal(binding.place(COLUMN), &SecretString::from(text))
    }

    /// Opens the state of a call.
    ///
    /// # Errors
    /// It is of another call, altered, sealed with another key, or expired: −32602.
    pub(super) fn open(
        binding: &Binding,
        keys: &KeyRing,
        sealed: &str,
        now: DateTime<Utc>,
    ) -> Result<Self, ErrorData> {
        let invalid = || {
            let reason = "requestState: it has expired, was altered, or belongs to another call; \
                          call the tool again without requestState and inputResponses";
            ErrorData::invalid_params(reason, None)
        };
        let text = keys
            .open(binding.place(COLUMN), sealed)
            .map_err(|_| invalid())?;
        let state: Self = serde_json::from_str(text.expose_secret()).map_err(|_| invalid())?;
        match now < state.expires {
            true => Ok(state),
            false => Err(invalid()),
        }
    }
}

//! The error texts of failed tool calls, for the model: what to do next, then what went wrong and
//! where. Sign-in problems and temporary ones have distinct texts, and no text asks to repeat a
//! change that may have been made.

mod advice;
mod backlog;

use crate::mcp::error::ToolError;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};

use super::{AccessError, input_kind::Input, name_kind::Named};
use crate::backlog::InputError;

/// The result of a call that has changed something, where the actual response was lost or did not
/// fit.
pub const DONE: &str = "The change was made, but Backlog's response could not be delivered. Do not \
    repeat the call: read the item to see the result.";

/// The details that an error text may refer to.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    /// The tool, or the item to read.
    pub what: &'a str,
    /// The inputs of the tool.
    pub inputs: &'a [Input],
    /// Those of them that accept names.
    pub named: &'a [Named],
    pub now: DateTime<Utc>,
}

impl ToolError {
    /// The text for the model. It names tools without the prefix.
    pub fn explain(&self, context: Context<'_>) -> String {
        let Context {
            what: tool, now, ..
        } = context;
        match self {
            Self::Input(error @ InputError::Required { inputs, .. }) => {
                format!("{error}: give {}", inputs.replace('|', " or "))
            }
            Self::Input(error) => format!("Invalid arguments for tool {tool}: {error}"),
            Self::Access(error) => access(*error),
            Self::Backlog { error, about } => backlog::explain(error, about, context),
            Self::TooFewLeft { needed, left } => format!(
                "Give ids instead of names, or fewer names, or try again {}: looking up these \
                 names takes {needed} requests, and Backlog allows this user {} more until then.",
                time(left.until, now),
                left.requests
            ),
            Self::FileTooLarge { max_bytes, page } => format!(
                "The file is larger than maxBytes ({max_bytes}), so it was not read. Open it in \
                 Backlog: {page}"
            ),
            Self::OutsideProjects(reason) => {
                format!(
                    "{tool} was not called, because only some projects are allowed here: {reason}."
                )
            }
        }
    }
}

fn access(error: AccessError) -> String {
    match error {
        AccessError::SignInAgain => "Backlog no longer accepts this connection's sign-in. \
             Reconnect and sign in to Backlog again; repeating the call will not help."
            .to_owned(),
        AccessError::KeyRefused => "Backlog does not accept the API key. Check BACKLOG_API_KEY \
             and BACKLOG_DOMAIN, or those of the organization; repeating the call will not help."
            .to_owned(),
        AccessError::InDoubt { retry_after } => format!(
            "Backlog did not confirm this connection's sign-in, which may be a temporary fault: \
             it is in doubt, and the hub will check again. Try again in {}. If this persists for \
             more than an hour, reconnect and sign in to Backlog again.",
            seconds(retry_after)
        ),
        AccessError::Unavailable { retry_after } => {
            let wait = retry_after.map_or_else(|| "a moment".to_owned(), seconds);
            format!(
                "Access to Backlog could not be renewed right now. The sign-in is still valid: \
                 try again in {wait}."
            )
        }
    }
}

/// `in 12 seconds (at 2026-11-30T04:33:27Z)`
fn time(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let wait = (at - now).to_std().unwrap_or_default();
    let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    format!("in {} (at {at})", seconds(wait))
}

/// `12 seconds`, rounded up, at least one.
fn seconds(duration: Duration) -> String {
    let nanos = u64::from(duration.subsec_nanos() > 0);
    match duration.as_secs() + nanos {
        0 | 1 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

#[cfg(test)]
mod tests;

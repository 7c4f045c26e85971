//! What a failed tool call tells the assistant: what was wrong, where, and
//! what to do next. Sign-in problems and passing ones never read alike.

mod advice;

use std::{fmt::Write, time::Duration};

use chrono::{DateTime, SecondsFormat, Utc};
use thiserror::Error;

use super::AccessError;
use crate::{
    backlog::{BacklogError, ErrorItem, InputError},
    domain::activity::ToolOutcome,
};

/// Largest file that a tool returns, in bytes: 7 MiB, about 10 MB as base64.
pub(super) const LARGEST_FILE: usize = 7 << 20;

/// What a call that has changed something is told in place of its answer, where that is lost or
/// there is no room for it.
pub const DONE: &str = "Backlog has done this, but its answer could not be handed on. Do not \
    repeat the call: read what it changed.";

/// Why a tool brought no result.
#[derive(Debug, Error)]
pub(super) enum ToolError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error("{request}: {error}")]
    Backlog {
        error: BacklogError,
        /// Method and path, as `GET issues/ABC-1`.
        request: String,
        /// What the path was made from, as `issues/{issueId|issueKey}`; empty if from nothing.
        template: &'static str,
    },
    /// More than the call's own `maxBytes`.
    #[error("the file is larger than {max_bytes} bytes")]
    FileTooLarge {
        max_bytes: usize,
        /// Where Backlog shows it.
        page: String,
    },
    /// The operator allows some projects only, and the call was not within them; why, as a clause.
    #[error("out of bounds: {0}")]
    OutOfBounds(String),
}

impl ToolError {
    /// What kind of failure it is, for the record.
    pub fn outcome(&self) -> ToolOutcome {
        match self {
            Self::Input(_) | Self::FileTooLarge { .. } => ToolOutcome::InvalidArguments,
            Self::Access(AccessError::SignInAgain | AccessError::KeyRefused)
            | Self::Backlog {
                error: BacklogError::Unauthorized,
                ..
            } => ToolOutcome::SignInAgain,
            Self::OutOfBounds(_) => ToolOutcome::Denied,
            Self::Access(AccessError::Unavailable { .. }) => ToolOutcome::BacklogFailed,
            Self::Backlog { error, .. } => match error {
                BacklogError::Unread => ToolOutcome::Ok,
                BacklogError::RateLimited { .. } => ToolOutcome::RateLimited,
                BacklogError::Api { status, .. } if *status < 500 => ToolOutcome::Refused,
                _ => ToolOutcome::BacklogFailed,
            },
        }
    }

    /// The HTTP status and the first number of an error that Backlog answered, for the log: they
    /// are all of an answer that may be logged.
    pub fn answered(&self) -> (Option<u16>, Option<u32>) {
        match self {
            Self::Backlog {
                error: BacklogError::Api { status, errors },
                ..
            } => (Some(*status), errors.first().map(|error| error.code)),
            Self::Backlog {
                error: BacklogError::UnexpectedBody { status },
                ..
            } => (Some(*status), None),
            _ => (None, None),
        }
    }

    /// The text for the assistant; names tools as the table does.
    pub fn explain(&self, tool: &str, now: DateTime<Utc>) -> String {
        match self {
            Self::Input(error @ InputError::Required { inputs, .. }) => {
                format!("{error}: give {}", inputs.replace('|', " or "))
            }
            Self::Input(error) => format!("Invalid arguments for tool {tool}: {error}"),
            Self::Access(error) => access(*error),
            Self::Backlog {
                error,
                request,
                template,
            } => backlog(error, request, template, now),
            Self::FileTooLarge { max_bytes, page } => format!(
                "The file is larger than maxBytes ({max_bytes}), so it was not read. Open it in \
                 Backlog: {page}"
            ),
            Self::OutOfBounds(reason) => {
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
        AccessError::Unavailable { retry_after } => {
            let wait = retry_after.map_or_else(|| "a moment".to_owned(), seconds);
            format!(
                "Access to Backlog could not be renewed just now. The sign-in is still good: \
                 try again in {wait}."
            )
        }
    }
}

fn backlog(error: &BacklogError, request: &str, template: &str, now: DateTime<Utc>) -> String {
    match error {
        BacklogError::Unauthorized => access(AccessError::SignInAgain),
        BacklogError::RateLimited { reset: None } => "Backlog's rate limit for this user is used \
             up (HTTP 429). Wait a minute, then try again with fewer calls."
            .to_owned(),
        BacklogError::RateLimited { reset: Some(reset) } => {
            let wait = (*reset - now).to_std().unwrap_or_default();
            format!(
                "Backlog's rate limit for this user is used up (HTTP 429). Try again in {} \
                 (at {}).",
                seconds(wait),
                reset.to_rfc3339_opts(SecondsFormat::Secs, true)
            )
        }
        BacklogError::Api { status, errors } => api(*status, errors, request, template),
        BacklogError::UnexpectedBody { status } => format!(
            "Backlog answered {request} with HTTP {status} and something that is not its usual \
             JSON; a proxy or maintenance may be in the way. Try again later."
        ),
        BacklogError::Timeout => passing("Backlog did not answer in time", request),
        BacklogError::Connection => passing("Backlog could not be reached", request),
        BacklogError::Busy => "Too many calls to this Backlog space are under way. Nothing was \
             sent; try again in a few seconds."
            .to_owned(),
        BacklogError::NoRoom => passing(
            "This server has too many large answers of Backlog to read",
            request,
        ),
        BacklogError::Unread => DONE.to_owned(),
        BacklogError::TooLarge { limit } => format!(
            "Backlog's answer to {request} is larger than {limit} bytes. Ask for less: fewer \
             rows (`count`) or narrower filters."
        ),
    }
}

/// A failure that may be over at the next attempt. A write may have arrived all the same.
fn passing(what: &str, request: &str) -> String {
    if request.starts_with("GET ") {
        format!("{what} ({request}); try again in a moment.")
    } else {
        format!(
            "{what} ({request}). The change may have been made nevertheless: check before \
             trying again."
        )
    }
}

fn api(status: u16, errors: &[ErrorItem], request: &str, template: &str) -> String {
    let code = errors.first().map_or(0, |error| error.code);
    let mut text = format!("Backlog API error (code: {code}, status: {status}) in {request}");
    for error in errors {
        let _ = write!(text, "\n{}", error.message);
        if !error.more_info.is_empty() {
            let _ = write!(text, " ({})", error.more_info);
        }
    }
    if let Some(advice) = advice::advice(code, template) {
        let _ = write!(text, "\n{advice}");
    }
    text
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
mod tests {
    use super::*;

    fn explain(error: BacklogError, request: &str) -> String {
        let now = DateTime::from_timestamp(1_000, 0).unwrap();
        let error = ToolError::Backlog {
            error,
            request: request.to_owned(),
            template: "",
        };
        error.explain("a_tool", now)
    }

    fn item(code: u32) -> ErrorItem {
        ErrorItem {
            message: "No issue.".to_owned(),
            code,
            more_info: String::new(),
        }
    }

    #[test]
    fn a_rate_limit_says_when() {
        let reset = DateTime::from_timestamp(1_042, 0);
        let text = explain(BacklogError::RateLimited { reset }, "GET issues");
        assert!(
            text.contains("in 42 seconds (at 1970-01-01T00:17:22Z)"),
            "{text}"
        );
        let past = DateTime::from_timestamp(900, 0);
        let text = explain(BacklogError::RateLimited { reset: past }, "GET issues");
        assert!(text.contains("in 1 second "), "{text}");
    }

    #[test]
    fn a_missing_target_is_named() {
        let errors = vec![item(ErrorItem::NOT_FOUND)];
        let text = explain(
            BacklogError::Api {
                status: 404,
                errors,
            },
            "GET issues/ABC-1",
        );
        assert!(
            text.starts_with(
                "Backlog API error (code: 6, status: 404) in GET issues/ABC-1\nNo issue.\n"
            ),
            "{text}"
        );
    }

    #[test]
    fn what_is_full_is_named() {
        for (code, expected) in [
            (8, "storage"),
            (9, "as many"),
            (10, "larger than the space's plan"),
        ] {
            let text = api(400, &[item(code)], "POST space/attachment", "");
            assert!(text.lines().last().unwrap().contains(expected), "{text}");
        }
    }

    #[test]
    fn passing_failures_do_not_read_like_sign_in_problems() {
        let sign_in = access(AccessError::SignInAgain);
        for text in [
            explain(BacklogError::Connection, "GET issues"),
            explain(BacklogError::Timeout, "GET issues"),
            explain(BacklogError::Busy, "GET issues"),
            access(AccessError::Unavailable { retry_after: None }),
        ] {
            assert!(text.contains("try again in"), "{text}");
            assert_ne!(text, sign_in);
            assert!(!text.contains("sign in"), "{text}");
        }
        assert!(sign_in.contains("sign in to Backlog again"));
        let key = access(AccessError::KeyRefused);
        assert!(
            key.contains("BACKLOG_API_KEY") && !key.contains("sign in"),
            "{key}"
        );
    }

    #[test]
    fn a_lost_write_is_not_repeated_blindly() {
        let text = explain(BacklogError::Timeout, "POST issues");
        assert!(text.contains("check before trying again"), "{text}");
    }
}

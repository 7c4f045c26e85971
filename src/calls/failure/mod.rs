//! The error texts of failed tool calls, for the model: what to do next, then what went wrong and
//! where. Sign-in problems and temporary ones have distinct texts, and no text asks to repeat a
//! change that may have been made.

mod access;
mod advice;
mod backlog;
mod context;
mod wait;

use backlog_client::InputError;

use crate::toolkit::error::ToolError;
use access::access;
use wait::time;

pub(crate) use self::backlog::DONE;
pub(crate) use self::context::Context;

impl ToolError {
    /// The text for the model. It names tools without the prefix.
    pub(crate) fn explain(&self, context: Context<'_>) -> String {
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

#[cfg(test)]
mod tests;

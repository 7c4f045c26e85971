//! What people do with the hub, as the audit trail tells it: never with what, or to what.

use std::time::{Duration, Instant};

use super::{ClientKey, GrantId, SpaceId};

/// Whose doing it is. Who the person is stands in the grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    pub grant: GrantId,
    pub client: ClientKey,
    pub space: SpaceId,
}

/// Something that was done, until it is written down.
#[derive(Clone, Debug)]
pub struct Activity {
    pub actor: Actor,
    /// By the clock of this process only, so that the database can tell the time.
    pub at: Instant,
    pub deed: Deed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    ToolCalled {
        tool: &'static str,
        outcome: ToolOutcome,
        took: Duration,
    },
    TokenRefreshed,
}

impl Deed {
    /// As the column `event` has it.
    pub fn event(self) -> &'static str {
        match self {
            Self::ToolCalled { .. } => "tool_called",
            Self::TokenRefreshed => "token_refreshed",
        }
    }
}

/// How a tool call ended; the names are those of the column `outcome` and of the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolOutcome {
    Ok,
    InvalidArguments,
    /// The grant lacks the scope.
    InsufficientScope,
    /// The policy of the operator, of the space or of the request forbids it.
    Denied,
    /// Backlog refused: not found, not allowed, a parameter it does not take.
    Refused,
    RateLimited,
    /// Backlog did not answer, or not as it does; nothing was changed.
    BacklogFailed,
    /// Backlog did not say whether it made a change: it may have.
    Unconfirmed,
    SignInAgain,
    /// The caller hung up first.
    Cancelled,
}

impl ToolOutcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::InvalidArguments => "invalid_arguments",
            Self::InsufficientScope => "insufficient_scope",
            Self::Denied => "denied",
            Self::Refused => "refused",
            Self::RateLimited => "rate_limited",
            Self::BacklogFailed => "backlog_failed",
            Self::Unconfirmed => "unconfirmed",
            Self::SignInAgain => "sign_in_again",
            Self::Cancelled => "cancelled",
        }
    }
}

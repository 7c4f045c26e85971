//! Users' actions as the audit trail records them, without their arguments and objects.

use std::time::{Duration, Instant};

use super::{ClientKey, GrantId, SpaceId};

/// The grant, client and space that an audit event belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    pub grant: GrantId,
    pub client: ClientKey,
    pub space: SpaceId,
}

/// An audit event that is not written yet.
#[derive(Clone, Debug)]
pub struct AuditEvent {
    pub actor: Actor,
    /// By this process's clock; the database computes the time from its age.
    pub at: Instant,
    pub kind: AuditEventKind,
}

/// The kind of an audit event, with its recorded values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditEventKind {
    ToolCalled {
        tool: &'static str,
        outcome: ToolOutcome,
        took: Duration,
    },
    TokenRefreshed,
}

impl AuditEventKind {
    /// The value of the column `event`.
    pub fn event(self) -> &'static str {
        match self {
            Self::ToolCalled { .. } => "tool_called",
            Self::TokenRefreshed => "token_refreshed",
        }
    }
}

/// The outcome of a tool call. Its names are the values of the column `outcome` and of the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolOutcome {
    Ok,
    /// Nothing was done yet: the response asks for a confirmation.
    Asked,
    InvalidArguments,
    /// The grant lacks the scope.
    InsufficientScope,
    /// The policy of the operator, the space or the request forbids it.
    Denied,
    /// Backlog rejected it: not found, not allowed, or an invalid parameter.
    Refused,
    RateLimited,
    /// Backlog did not respond, or not as specified; nothing was changed.
    BacklogFailed,
    /// It is unknown whether Backlog made a change.
    Unconfirmed,
    SignInAgain,
    /// The caller disconnected first.
    Cancelled,
}

impl ToolOutcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Asked => "asked",
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

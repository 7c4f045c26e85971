//! Sign-ins, from `/authorize` to the code or the error that the client gets.

use oauth_values::ErrorCode;

/// How far a sign-in came. A sign-in that began and has no other outcome was left by its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInOutcome {
    /// A valid request was stored.
    Begun,
    /// The client gets a code.
    Finished,
    /// The user declined, here or at Backlog, or Backlog or the space no longer allowed it.
    AccessDenied,
    /// Backlog could not be reached, or the sign-in could not be stored.
    TemporarilyUnavailable,
    /// Backlog rejected the request or the space's application, or the space is misconfigured.
    ServerError,
}

impl SignInOutcome {
    pub const ALL: [Self; 5] = [
        Self::Begun,
        Self::Finished,
        Self::AccessDenied,
        Self::TemporarilyUnavailable,
        Self::ServerError,
    ];

    /// The outcome of a sign-in that ends with this error (RFC 6749 §4.1.2.1).
    pub fn of_error(code: ErrorCode) -> Self {
        match code {
            ErrorCode::AccessDenied => Self::AccessDenied,
            ErrorCode::TemporarilyUnavailable => Self::TemporarilyUnavailable,
            _ => Self::ServerError,
        }
    }

    /// The value of the label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Finished => "finished",
            Self::AccessDenied => "access_denied",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::ServerError => "server_error",
        }
    }
}

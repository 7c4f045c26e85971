//! Why a tool returned no result.

use backlog_client::{BacklogError, Fate, InputError, Left, Request, Segment};
use reqwest::Method;
use thiserror::Error;

use crate::{accounts::access::AccessError, domain::audit_event::ToolOutcome};

/// Why a tool returned no result.
#[derive(Debug, Error)]
pub(crate) enum ToolError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error("{about}: {error}")]
    Backlog { error: BacklogError, about: About },
    /// Looking up the names of the call would use up the user's remaining requests.
    #[error("{needed} lookups, and {} requests left", .left.requests)]
    TooFewLeft { needed: usize, left: Left },
    /// The file exceeds the call's own `maxBytes`.
    #[error("the file is larger than {max_bytes} bytes")]
    FileTooLarge {
        max_bytes: usize,
        /// The page in Backlog that shows it.
        page: String,
    },
    /// The call reaches outside of the allowed projects. The clause says why.
    #[error("outside of the allowed projects: {0}")]
    OutsideProjects(String),
}

impl ToolError {
    /// Returns the fate of the requested change; `None` if there was none, or nothing was sent to
    /// Backlog.
    fn fate(&self) -> Option<Fate> {
        match self {
            Self::Backlog { error, about } if !about.is_read() => Some(error.fate()),
            _ => None,
        }
    }

    /// Whether Backlog made the change, and only its response is missing.
    pub(crate) fn is_done(&self) -> bool {
        self.fate() == Some(Fate::Done)
    }

    /// The kind of failure, for metrics and the audit trail.
    pub(crate) fn outcome(&self) -> ToolOutcome {
        match (self, self.fate()) {
            (_, Some(Fate::Done)) => ToolOutcome::Ok,
            (_, Some(Fate::Unknown)) => ToolOutcome::Unconfirmed,
            (Self::Input(_) | Self::FileTooLarge { .. }, _) => ToolOutcome::InvalidArguments,
            (Self::Access(AccessError::SignInAgain | AccessError::KeyRefused), _) => {
                ToolOutcome::SignInAgain
            }
            (Self::OutsideProjects(_), _) => ToolOutcome::Denied,
            (Self::Access(AccessError::Unavailable { .. } | AccessError::InDoubt { .. }), _) => {
                ToolOutcome::BacklogFailed
            }
            (Self::TooFewLeft { .. }, _) => ToolOutcome::RateLimited,
            (Self::Backlog { error, .. }, _) => match error {
                BacklogError::Unauthorized => ToolOutcome::SignInAgain,
                BacklogError::RateLimited { .. } => ToolOutcome::RateLimited,
                BacklogError::Api { status, .. } | BacklogError::UnexpectedBody { status, .. }
                    if matches!(status, 400..500) && *status != 408 =>
                {
                    ToolOutcome::Refused
                }
                _ => ToolOutcome::BacklogFailed,
            },
        }
    }

    /// The HTTP status and the first error code of Backlog's response. Nothing else of a response
    /// may be logged.
    pub(crate) fn response_codes(&self) -> (Option<u16>, Option<u32>) {
        let Self::Backlog { error, .. } = self else {
            return (None, None);
        };
        match error {
            BacklogError::Api { status, errors } => {
                (Some(*status), errors.first().map(|error| error.code))
            }
            BacklogError::UnexpectedBody { status, .. } => (Some(*status), None),
            BacklogError::RateLimited { status, .. } => (*status, None),
            _ => (None, None),
        }
    }
}

/// A request as error texts name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct About {
    pub method: Method,
    /// `issues/ABC-1`, without parameters.
    pub path: String,
    /// The template of the path, such as `issues/{issueId|issueKey}`; empty if there is none.
    pub template: &'static str,
}

impl About {
    pub(crate) fn of(request: &Request) -> Self {
        let path: Vec<_> = request.path.iter().map(Segment::as_str).collect();
        Self {
            method: request.method.clone(),
            path: path.join("/"),
            template: request.template,
        }
    }

    pub(crate) fn is_read(&self) -> bool {
        self.method == Method::GET
    }

    /// Wraps an error of this request.
    pub(crate) fn failed(self, error: BacklogError) -> ToolError {
        ToolError::Backlog { error, about: self }
    }
}

/// `GET issues/ABC-1`
impl std::fmt::Display for About {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

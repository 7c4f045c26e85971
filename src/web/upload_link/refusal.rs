//! Why a link or a file is refused: a page for a browser, JSON for a program. Neither repeats the
//! URL of the request, which has the secret.

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use backlog_client::{BacklogError, ErrorItem};
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::{
    accounts::{access::AccessError, upload_links::MAX_BYTES},
    domain::{audit_event::ToolOutcome, security::SecurityEvent},
    telemetry::RequestId,
    toolkit::error::ToolError,
    web::{
        error::{PageError, RETRY_AFTER, counted},
        limits::Limited,
        pages::Problem,
    },
};

/// Its text is the `error_description` of a program.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("This upload link is not valid. Create another one with create_upload_link.")]
    Unknown,
    #[error("This upload link has expired. Create another one with create_upload_link.")]
    Expired,
    #[error("This upload link was used. Create another one with create_upload_link.")]
    Used,
    #[error("A file is being uploaded with this link. Wait until that ends.")]
    InProgress,
    #[error("The Backlog space of this link is disabled on this server.")]
    SpaceDisabled(String),
    #[error("The connection of this link may not upload files, or has to be signed in again.")]
    NotAllowed,
    #[error("The administrator of the Backlog space does not allow the client of this link.")]
    ClientNotAllowed,
    #[error("The body is not a multipart/form-data form with one file in the field \"file\".")]
    NoFile,
    #[error("The file has no name. Add &name= with its name, without directories, to the URL.")]
    NoName,
    #[error("The file is larger than {} MB.", MAX_BYTES >> 20)]
    TooLarge,
    #[error("The file did not arrive completely. The link can be used again.")]
    Incomplete,
    /// Backlog's own reason, if it gives one.
    #[error("Backlog did not accept the file: {0} The link can be used again.")]
    Refused(String),
    #[error("Backlog could not take the file. The link can be used again.")]
    BacklogFailed,
    #[error("Too many requests; try again in {} s. The link can be used again.", .0.retry_after)]
    Limited(Limited),
    /// Senders have used up the memory for request bodies.
    #[error("The service is busy; try again in a few seconds. The link can be used again.")]
    Busy,
    #[error("The service is temporarily unavailable; try again in a few seconds.")]
    Unavailable,
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(%error, "the database failed");
        Self::Unavailable
    }
}

impl From<AccessError> for Refusal {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::SignInAgain | AccessError::KeyRefused => Self::NotAllowed,
            AccessError::InDoubt { .. } | AccessError::Unavailable { .. } => Self::BacklogFailed,
        }
    }
}

impl Refusal {
    /// The refusal for a request to Backlog that failed.
    pub(super) fn of_tool(error: ToolError, now: DateTime<Utc>) -> Self {
        match error {
            ToolError::Access(error) => error.into(),
            ToolError::Backlog { error, .. } => Self::of_backlog(error, now),
            ToolError::Input(_)
            | ToolError::TooFewLeft { .. }
            | ToolError::FileTooLarge { .. }
            | ToolError::OutsideProjects(_) => Self::BacklogFailed,
        }
    }

    /// The refusal for an error of Backlog.
    pub(super) fn of_backlog(error: BacklogError, now: DateTime<Utc>) -> Self {
        match error {
            BacklogError::RateLimited { until, .. } => {
                let seconds = (until - now).num_seconds().max(0);
                Self::Limited(Limited {
                    retry_after: u64::try_from(seconds).unwrap_or_default() + 1,
                })
            }
            BacklogError::Api {
                status: 400..500,
                errors,
            } => Self::Refused(reason(&errors)),
            BacklogError::UnexpectedBody { status: 413, .. } => {
                Self::Refused("it is too large.".to_owned())
            }
            BacklogError::Busy | BacklogError::NoMemory => Self::Busy,
            _ => Self::BacklogFailed,
        }
    }

    /// The outcome in the audit trail and the metrics.
    pub(super) fn outcome(&self) -> ToolOutcome {
        match self {
            Self::Refused(_) => ToolOutcome::Refused,
            Self::Limited(_) => ToolOutcome::RateLimited,
            Self::Incomplete => ToolOutcome::Cancelled,
            Self::NoFile | Self::NoName | Self::TooLarge => ToolOutcome::InvalidArguments,
            Self::NotAllowed => ToolOutcome::SignInAgain,
            Self::Unknown
            | Self::Expired
            | Self::Used
            | Self::InProgress
            | Self::SpaceDisabled(_)
            | Self::ClientNotAllowed => ToolOutcome::Denied,
            Self::BacklogFailed | Self::Busy | Self::Unavailable => ToolOutcome::BacklogFailed,
        }
    }

    /// The response to a browser.
    pub(super) fn page(&self, request: &HttpRequest) -> HttpResponse {
        let error = PageError::new(request, self.problem());
        let error = match self.event() {
            Some(event) => error.counted_as(event),
            None => error,
        };
        error.error_response()
    }

    /// The response to a program.
    pub(super) fn json(&self) -> HttpResponse {
        let problem = self.problem();
        let status = StatusCode::from_u16(problem.status());
        let mut response = HttpResponse::build(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        match self {
            Self::Limited(limited) => {
                response.insert_header((header::RETRY_AFTER, limited.retry_after));
            }
            Self::Busy | Self::Unavailable => {
                response.insert_header((header::RETRY_AFTER, RETRY_AFTER));
            }
            _ => {}
        }
        let response = response.json(json!({
            "error": self.code(),
            "error_description": self.to_string(),
            "request_id": RequestId::current(),
        }));
        counted(response, self.event())
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown_link",
            Self::Expired => "expired_link",
            Self::Used => "used_link",
            Self::InProgress => "link_in_use",
            Self::SpaceDisabled(_) | Self::NotAllowed | Self::ClientNotAllowed => "access_denied",
            Self::NoFile | Self::NoName | Self::Incomplete => "invalid_request",
            Self::TooLarge => "file_too_large",
            Self::Refused(_) => "refused_by_backlog",
            Self::BacklogFailed => "backlog_failed",
            Self::Limited(_) | Self::Busy | Self::Unavailable => "temporarily_unavailable",
        }
    }

    fn problem(&self) -> Problem {
        match self {
            Self::Unknown => Problem::UploadLinkUnknown,
            Self::Expired => Problem::UploadLinkExpired,
            Self::Used => Problem::UploadLinkUsed,
            Self::InProgress => Problem::UploadInProgress,
            Self::SpaceDisabled(name) => Problem::SpaceDisabled { name: name.clone() },
            Self::NotAllowed | Self::ClientNotAllowed => Problem::UploadNotAllowed,
            Self::NoFile | Self::NoName => Problem::UploadWithoutFile,
            Self::Incomplete => Problem::UploadIncomplete,
            Self::TooLarge => Problem::UploadTooLarge {
                megabytes: MAX_BYTES >> 20,
            },
            Self::Refused(reason) => Problem::UploadRefused {
                reason: reason.clone(),
            },
            Self::BacklogFailed => Problem::UploadFailed,
            Self::Limited(limited) => Problem::RateLimited {
                seconds: limited.retry_after,
            },
            Self::Busy | Self::Unavailable => Problem::Unavailable,
        }
    }

    fn event(&self) -> Option<SecurityEvent> {
        match self {
            Self::Unknown | Self::Expired | Self::Used | Self::InProgress => {
                Some(SecurityEvent::UploadLinkRefused)
            }
            Self::NoFile | Self::NoName | Self::TooLarge => Some(SecurityEvent::MalformedRequest),
            Self::Limited(_) | Self::Busy => Some(SecurityEvent::RequestLimited),
            Self::ClientNotAllowed => Some(SecurityEvent::ClientNotAllowed),
            Self::SpaceDisabled(_)
            | Self::NotAllowed
            | Self::Incomplete
            | Self::Refused(_)
            | Self::BacklogFailed
            | Self::Unavailable => None,
        }
    }
}

/// The reason that Backlog gives for not taking a file.
fn reason(errors: &[ErrorItem]) -> String {
    let Some(error) = errors.first() else {
        return "it gave no reason.".to_owned();
    };
    match error.code {
        ErrorItem::FILE_TOO_LARGE => "it is larger than the plan of the space allows.".to_owned(),
        ErrorItem::SPACE_FULL => "the storage of the space is full.".to_owned(),
        _ => error.message.clone(),
    }
}

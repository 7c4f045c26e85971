//! Error pages: what happened, what to do, and a request ID to quote.

use askama::Template;
use url::Url;

use super::display;
use super::{frame::Frame, locale::Phrase};

/// An error that is shown to the user and not sent to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// `/authorize` does not know the `client_id`. The client never sees this response, so the page
    /// explains how to make it register again.
    UnknownClient,
    /// The document that the `client_id` names could not be fetched.
    ClientUnavailable,
    /// The document that the `client_id` names is at an address that is never fetched.
    ClientNotFetched {
        host: String,
    },
    /// The `client_id` names a document, and the operator has disabled metadata documents.
    DocumentsOff,
    /// The client did not register the redirect URI.
    RedirectUriMismatch,
    /// An invalid request that cannot be redirected; `detail` is shown.
    InvalidRequest {
        detail: String,
    },
    /// The authorization request has expired or is already decided.
    RequestExpired,
    /// The form was not sent by the page of the user's session.
    FormForged,
    /// The sign-in belongs to another browser.
    WrongBrowser,
    /// The operator has disabled the space.
    SpaceDisabled {
        name: String,
    },
    /// The hub has no space yet.
    NoSpace,
    NotFound,
    /// There is no such upload link, or its connection has ended.
    UploadLinkUnknown,
    UploadLinkExpired,
    UploadLinkUsed,
    /// Another file is arriving at the upload link.
    UploadInProgress,
    /// The connection of the upload link may no longer change anything.
    UploadNotAllowed,
    /// The form has no file.
    UploadWithoutFile,
    /// The file did not arrive completely.
    UploadIncomplete,
    UploadTooLarge {
        megabytes: u64,
    },
    /// Backlog refused the file; `reason` is shown.
    UploadRefused {
        reason: String,
    },
    /// Backlog could not take the file.
    UploadFailed,
    RateLimited {
        seconds: u64,
    },
    ServerError,
    /// The database is temporarily unavailable.
    Unavailable,
}

impl Problem {
    /// The HTTP status of the page.
    pub fn status(&self) -> u16 {
        match self {
            Self::UnknownClient
            | Self::ClientNotFetched { .. }
            | Self::DocumentsOff
            | Self::RedirectUriMismatch
            | Self::InvalidRequest { .. }
            | Self::RequestExpired
            | Self::FormForged
            | Self::UploadWithoutFile
            | Self::UploadIncomplete => 400,
            Self::WrongBrowser | Self::SpaceDisabled { .. } | Self::UploadNotAllowed => 403,
            Self::NotFound | Self::UploadLinkUnknown => 404,
            Self::UploadInProgress => 409,
            Self::UploadLinkExpired | Self::UploadLinkUsed => 410,
            Self::UploadTooLarge { .. } => 413,
            Self::UploadRefused { .. } => 422,
            Self::RateLimited { .. } => 429,
            Self::ServerError => 500,
            Self::UploadFailed => 502,
            Self::ClientUnavailable | Self::NoSpace | Self::Unavailable => 503,
        }
    }

    /// The middle part of its text keys: `problem.<stem>.title` and so on.
    pub(super) fn stem(&self) -> &'static str {
        match self {
            Self::UnknownClient => "unknown_client",
            Self::ClientUnavailable => "client_unavailable",
            Self::ClientNotFetched { .. } => "client_not_fetched",
            Self::DocumentsOff => "documents_off",
            Self::RedirectUriMismatch => "redirect_uri_mismatch",
            Self::InvalidRequest { .. } => "invalid_request",
            Self::RequestExpired => "request_expired",
            Self::FormForged => "form_forged",
            Self::WrongBrowser => "wrong_browser",
            Self::SpaceDisabled { .. } => "space_disabled",
            Self::NoSpace => "no_space",
            Self::NotFound => "not_found",
            Self::UploadLinkUnknown => "upload_link_unknown",
            Self::UploadLinkExpired => "upload_link_expired",
            Self::UploadLinkUsed => "upload_link_used",
            Self::UploadInProgress => "upload_in_progress",
            Self::UploadNotAllowed => "upload_not_allowed",
            Self::UploadWithoutFile => "upload_without_file",
            Self::UploadIncomplete => "upload_incomplete",
            Self::UploadTooLarge { .. } => "upload_too_large",
            Self::UploadRefused { .. } => "upload_refused",
            Self::UploadFailed => "upload_failed",
            Self::RateLimited { .. } => "rate_limited",
            Self::ServerError => "server_error",
            Self::Unavailable => "unavailable",
        }
    }

    /// The value in its texts, if there is one.
    fn value(&self) -> Option<String> {
        match self {
            Self::InvalidRequest { detail } => display::line(detail, 200),
            Self::ClientNotFetched { host } => Some(display::host(host, 80)),
            Self::SpaceDisabled { name } => display::line(name, 60),
            Self::RateLimited { seconds } => Some(seconds.to_string()),
            Self::UploadTooLarge { megabytes } => Some(megabytes.to_string()),
            Self::UploadRefused { reason } => display::line(reason, 200),
            _ => None,
        }
    }
}

/// One error page.
#[derive(Clone, Debug, Template)]
#[template(path = "problem.html")]
pub struct ErrorPage {
    pub frame: Frame,
    pub problem: Problem,
    /// The URL that starts the same sign-in again.
    pub again: Option<Url>,
    /// The id under which an operator finds the request in the log.
    pub request_id: Option<String>,
}

impl ErrorPage {
    /// The page. The template uses no fallible filter, so this cannot fail.
    pub fn html(&self) -> String {
        self.to_string()
    }

    /// The text of one part of the problem: `title`, `what` or `action`.
    fn part(&self, part: &str) -> Phrase {
        let key = format!("problem.{}.{part}", self.problem.stem());
        self.frame
            .phrase(&key, self.problem.value().unwrap_or_default())
    }
}

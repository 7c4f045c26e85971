//! Error pages: what happened, what to do, and a number to quote.

use askama::Template;
use url::Url;

use super::display;
use super::locale::{Locale, Phrase};

/// Something that went wrong and that a person, not a client, has to hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// `/authorize` does not know the `client_id`. The client never sees this
    /// answer, so the person is told how to make it register anew.
    UnknownClient,
    /// The document that the `client_id` names could not be fetched just now.
    ClientUnavailable,
    /// The document that the `client_id` names is where nothing is ever fetched from.
    ClientNotFetched {
        host: String,
    },
    /// The `client_id` names a document, and the operator has turned reading them off.
    DocumentsOff,
    /// The redirect URI is not one the client registered.
    RedirectUriMismatch,
    /// A request that no redirect can answer; `detail` is shown.
    InvalidRequest {
        detail: String,
    },
    /// The authorization request has expired or was already answered.
    RequestExpired,
    /// The sign-in belongs to another browser.
    WrongBrowser,
    /// The operator has turned the space off.
    SpaceDisabled {
        name: String,
    },
    /// The hub serves no space at all yet.
    NoSpace,
    NotFound,
    RateLimited {
        seconds: u64,
    },
    ServerError,
    /// The database does not answer for now.
    Unavailable,
}

impl Problem {
    /// The HTTP status the page goes out with.
    pub fn status(&self) -> u16 {
        match self {
            Self::UnknownClient
            | Self::ClientNotFetched { .. }
            | Self::DocumentsOff
            | Self::RedirectUriMismatch
            | Self::InvalidRequest { .. }
            | Self::RequestExpired => 400,
            Self::WrongBrowser | Self::SpaceDisabled { .. } => 403,
            Self::NotFound => 404,
            Self::RateLimited { .. } => 429,
            Self::ServerError => 500,
            Self::ClientUnavailable | Self::NoSpace | Self::Unavailable => 503,
        }
    }

    /// The middle of the keys of its texts: `problem.<stem>.title` and so on.
    pub(super) fn stem(&self) -> &'static str {
        match self {
            Self::UnknownClient => "unknown_client",
            Self::ClientUnavailable => "client_unavailable",
            Self::ClientNotFetched { .. } => "client_not_fetched",
            Self::DocumentsOff => "documents_off",
            Self::RedirectUriMismatch => "redirect_uri_mismatch",
            Self::InvalidRequest { .. } => "invalid_request",
            Self::RequestExpired => "request_expired",
            Self::WrongBrowser => "wrong_browser",
            Self::SpaceDisabled { .. } => "space_disabled",
            Self::NoSpace => "no_space",
            Self::NotFound => "not_found",
            Self::RateLimited { .. } => "rate_limited",
            Self::ServerError => "server_error",
            Self::Unavailable => "unavailable",
        }
    }

    /// What the texts name, if anything.
    fn value(&self) -> Option<String> {
        match self {
            Self::InvalidRequest { detail } => display::line(detail, 200),
            Self::ClientNotFetched { host } => Some(display::host(host, 80)),
            Self::SpaceDisabled { name } => display::line(name, 60),
            Self::RateLimited { seconds } => Some(seconds.to_string()),
            _ => None,
        }
    }
}

/// One error page.
#[derive(Clone, Debug, Template)]
#[template(path = "problem.html")]
pub struct ErrorPage {
    pub locale: Locale,
    pub problem: Problem,
    /// Where the same sign-in starts again.
    pub again: Option<Url>,
    /// What an operator finds the request by in the log.
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
        self.locale
            .phrase(&key, self.problem.value().unwrap_or_default())
    }
}

//! Whether a request that changes something was applied, decided in one place.
//!
//! | known facts | fate |
//! |---|---|
//! | no connection, no slot, a known rate limit, too long | not sent |
//! | 2xx with JSON (also if truncated or otherwise unreadable), or with an empty body | done |
//! | 2xx with a web page: a sign-in or maintenance page, as proxies send it | unknown |
//! | 4xx except 408, with any body | refused |
//! | 408, 3xx, 5xx, with any body, Backlog's own errors included | unknown |
//! | no response in time, a connection lost after sending | unknown |
//!
//! A request that reads can always be repeated; its fate only shows whether it was sent.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::{Method, StatusCode, header::HeaderMap};

use super::{content::Content, error::BacklogError};

/// The known outcome of a requested change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing was sent.
    NotSent,
    /// It was not made.
    Refused,
    /// It was made.
    Done,
    /// It may have been made.
    Unknown,
}

/// Why the body of a response was not read to its end, and the part that was read.
pub(super) struct Broken {
    pub error: BacklogError,
    pub body: Bytes,
}

impl From<BacklogError> for Broken {
    fn from(error: BacklogError) -> Self {
        Self {
            error,
            body: Bytes::new(),
        }
    }
}

/// Returns the body of a success, or else the error that the response or its failure means.
pub(super) fn judge(
    method: &Method,
    (status, headers): (StatusCode, &HeaderMap),
    body: Result<Bytes, Broken>,
    now: DateTime<Utc>,
) -> Result<Bytes, BacklogError> {
    match (body, status.is_success()) {
        (Ok(body), true) => Ok(body),
        (Ok(body), false) => Err(BacklogError::from_response(status, headers, &body, now)),
        (Err(broken), true) if *method == Method::GET => Err(broken.error),
        (Err(broken), true) => {
            let body = Content::of_part(headers, &broken.body);
            Err(BacklogError::unreadable(method, status.as_u16(), body))
        }
        (Err(broken), false) => Err(
            match BacklogError::from_response(status, headers, &[], now) {
                BacklogError::UnexpectedBody { status, .. } => BacklogError::UnexpectedBody {
                    status,
                    body: Content::of_part(headers, &broken.body),
                },
                decided => decided,
            },
        ),
    }
}

impl BacklogError {
    /// The error for a successful response that is not readable JSON.
    pub fn unreadable(method: &Method, status: u16, body: Content) -> Self {
        match body {
            Content::Empty | Content::Other | Content::Unread if *method != Method::GET => {
                Self::Unread
            }
            body => Self::UnexpectedBody { status, body },
        }
    }

    /// The known outcome of the requested change.
    pub fn fate(&self) -> Fate {
        match self {
            Self::Unreachable
            | Self::TooLong
            | Self::Busy
            | Self::SiteNotAllowed
            | Self::RateLimited { status: None, .. } => Fate::NotSent,
            Self::Unauthorized => Fate::Refused,
            Self::RateLimited {
                status: Some(status),
                ..
            }
            | Self::Api { status, .. }
            | Self::UnexpectedBody { status, .. } => match status {
                408 => Fate::Unknown,
                400..500 => Fate::Refused,
                _ => Fate::Unknown,
            },
            Self::Timeout
            | Self::Connection
            | Self::NoMemory
            | Self::TooLarge { .. }
            | Self::TooManyValues { .. } => Fate::Unknown,
            Self::Unread => Fate::Done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_success_that_cannot_be_read_is_done_unless_it_is_a_page() {
        for body in [
            Content::Empty,
            Content::Other,
            Content::Unread,
            Content::Html,
        ] {
            for method in [Method::POST, Method::PATCH, Method::PUT, Method::DELETE] {
                let fate = BacklogError::unreadable(&method, 200, body).fate();
                let expected = match body {
                    Content::Html => Fate::Unknown,
                    _ => Fate::Done,
                };
                assert_eq!(fate, expected, "{method} {body:?}");
            }
            let read = BacklogError::unreadable(&Method::GET, 200, body);
            assert_eq!(read, BacklogError::UnexpectedBody { status: 200, body });
        }
    }
}

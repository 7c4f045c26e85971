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
use reqwest::{
    Method, StatusCode,
    header::{CONTENT_TYPE, HeaderMap},
};

use super::BacklogError;

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

/// The content of a response that is not Backlog's JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Empty,
    /// A page of a proxy, a firewall or a sign-in.
    Html,
    Other,
    /// The content was not read to its end.
    Unread,
}

impl Content {
    pub(super) fn of(headers: &HeaderMap, body: &[u8]) -> Self {
        match without_mark(body).trim_ascii_start().first() {
            None => Self::Empty,
            Some(b'<') => Self::Html,
            Some(_) if is_html(headers) => Self::Html,
            Some(_) => Self::Other,
        }
    }

    /// Classifies a response that broke off, by the part that was read.
    pub(super) fn of_part(headers: &HeaderMap, body: &[u8]) -> Self {
        match Self::of(headers, body) {
            Self::Html => Self::Html,
            _ if is_html(headers) => Self::Html,
            _ => Self::Unread,
        }
    }

    /// As in `Backlog returned 502 with …`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "no content",
            Self::Html => "a web page instead of JSON",
            Self::Other => "content that is not JSON",
            Self::Unread => "content that could not be read",
        }
    }
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

fn is_html(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(|value| value.as_bytes());
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    kind.starts_with(b"text/html") || kind.starts_with(b"application/xhtml")
}

/// Removes the byte order mark that some proxies prepend.
pub(super) fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
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
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn a_page_is_known_by_its_type_or_its_first_bytes() {
        for (kind, body, expected) in [
            ("application/json", &b""[..], Content::Empty),
            ("text/html", b"", Content::Empty),
            ("text/html", b" \n", Content::Empty),
            ("application/json", b"{\"id\":1", Content::Other),
            ("application/json", b"\xef\xbb\xbf{", Content::Other),
            ("application/json", b"{\"id\":NaN}", Content::Other),
            ("application/json", b"\x83\x65", Content::Other),
            ("text/plain", b"OK", Content::Other),
            ("application/json", b"<html>", Content::Html),
            ("", b"\r\n <!DOCTYPE html>", Content::Html),
            ("", b"\xef\xbb\xbf<html>", Content::Html),
            ("Text/HTML; charset=utf-8", b"sign in", Content::Html),
            ("application/xhtml+xml", b"sign in", Content::Html),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            assert_eq!(Content::of(&headers, body), expected, "{kind} {body:?}");
        }
    }

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

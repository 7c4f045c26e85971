//! Failures between the hub and Backlog.

use chrono::{DateTime, Utc};
use reqwest::{StatusCode, header::HeaderMap};
use serde::{Deserialize, Deserializer};
use thiserror::Error;

use super::{
    content::{Content, without_mark},
    rate_limit_headers,
};

/// Why a request failed. Contains no URL and no secret, and its text, which is logged, contains
/// nothing from Backlog's response except numbers. [`fate`](Self::fate) says whether a change was
/// made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BacklogError {
    /// 401 without an `errors` body: Backlog explains a rejected bearer token in
    /// `WWW-Authenticate`. With such a body it is [`Self::Api`], and concerns a permission.
    #[error("Backlog rejected the credentials")]
    Unauthorized,
    /// 429 or code 13: this user's limit for this kind of request is used up.
    #[error("Backlog's rate limit is used up")]
    RateLimited {
        /// When the next request is allowed.
        until: DateTime<Utc>,
        /// The HTTP status; `None` if the request was not sent, because the limit was known.
        status: Option<u16>,
    },
    /// Any other rejection that Backlog explained.
    #[error("Backlog returned {status} ({})", codes(.errors))]
    Api { status: u16, errors: Vec<ErrorItem> },
    /// A response that is not Backlog's JSON, for example of a proxy or firewall.
    #[error("Backlog returned {status} with {}", .body.as_str())]
    UnexpectedBody { status: u16, body: Content },
    /// No connection was made, so nothing was sent.
    #[error("Backlog could not be reached")]
    Unreachable,
    /// The request is longer than any that can be sent, so nothing was sent.
    #[error("the request is too long to be sent")]
    TooLong,
    /// The request was sent, and no response came in time.
    #[error("Backlog did not respond in time")]
    Timeout,
    /// The request was sent, at least in part, and the connection broke.
    #[error("the connection to Backlog was lost")]
    Connection,
    /// The user has too many requests to this space in progress at this process.
    #[error("this user has too many concurrent requests to this space")]
    Busy,
    /// The response was not read: the memory budget for responses is used up.
    #[error("the memory budget for Backlog's responses is used up")]
    NoMemory,
    /// Backlog made a change, and its response did not arrive, exceeded the budget or is not JSON.
    #[error("Backlog made the change, but its response could not be read")]
    Unread,
    #[error("Backlog's response is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("Backlog's response has more than {limit} values")]
    TooManyValues { limit: usize },
    /// Nothing was sent: the hub is not allowed to use the site.
    #[error("this Backlog site is not allowed; add it to BACKLOG_SITES")]
    SiteNotAllowed,
}

/// One entry of Backlog's error body.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorItem {
    #[serde(default, deserialize_with = "null_is_empty")]
    pub message: String,
    /// Backlog's error number, for example [`ErrorItem::NOT_FOUND`].
    #[serde(default)]
    pub code: u32,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub more_info: String,
}

fn null_is_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl ErrorItem {
    /// The feature is not part of the space's plan.
    pub const LICENCE: u32 = 2;
    /// The space's plan has ended.
    pub const LICENCE_EXPIRED: u32 = 3;
    /// The space does not accept this source address.
    pub const ACCESS_DENIED: u32 = 4;
    /// The user lacks the permission.
    pub const FORBIDDEN: u32 = 5;
    /// The target does not exist, or the user may not see it.
    pub const NOT_FOUND: u32 = 6;
    /// A parameter is wrong.
    pub const INVALID_REQUEST: u32 = 7;
    /// The space's storage is full.
    pub const SPACE_FULL: u32 = 8;
    /// The maximum number of these exists already.
    pub const TOO_MANY: u32 = 9;
    /// The upload is larger than the space's plan allows.
    pub const FILE_TOO_LARGE: u32 = 10;
    /// The account is unknown, or not a member of the space.
    pub const AUTHENTICATION: u32 = 11;
    /// The space requires two-step verification.
    pub const MFA_REQUIRED: u32 = 12;
    /// Rate limited; documented for status 429.
    pub const TOO_MANY_REQUESTS: u32 = 13;
}

impl BacklogError {
    /// Parses a response that is not a success, received at `now`.
    pub(super) fn from_response(
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Self {
        let errors = errors(body);
        let limited = |error: &ErrorItem| error.code == ErrorItem::TOO_MANY_REQUESTS;
        if status == StatusCode::TOO_MANY_REQUESTS || errors.iter().any(limited) {
            return Self::RateLimited {
                until: rate_limit_headers::until(headers, now),
                status: Some(status.as_u16()),
            };
        }
        match status {
            _ if !errors.is_empty() => Self::Api {
                status: status.as_u16(),
                errors,
            },
            StatusCode::UNAUTHORIZED => Self::Unauthorized,
            _ => Self::UnexpectedBody {
                status: status.as_u16(),
                body: Content::of(headers, body),
            },
        }
    }

    /// Classifies a failure to send or to receive; the details, without the URL, are logged.
    pub(super) fn from_transport(error: reqwest::Error) -> Self {
        let failure = if error.is_connect() {
            Self::Unreachable
        } else if error.is_builder() {
            Self::TooLong
        } else if error.is_timeout() {
            Self::Timeout
        } else {
            Self::Connection
        };
        let error = error.without_url();
        tracing::warn!(error = &error as &dyn std::error::Error, "{failure}");
        failure
    }

    /// Whether Backlog returned 401, for any reason.
    pub fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Unauthorized | Self::Api { status: 401, .. })
    }
}

/// The entries of Backlog's error body; empty if the body is something else.
fn errors(body: &[u8]) -> Vec<ErrorItem> {
    #[derive(Deserialize)]
    struct Body {
        errors: Vec<ErrorItem>,
    }
    let read = serde_json::from_slice::<Body>(without_mark(body));
    read.map(|body| body.errors).unwrap_or_default()
}

fn codes(errors: &[ErrorItem]) -> String {
    errors
        .iter()
        .map(|error| format!("code {}", error.code))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_000, 0).unwrap()
    }

    fn read(status: u16, body: &str) -> BacklogError {
        let status = StatusCode::from_u16(status).unwrap();
        BacklogError::from_response(status, &HeaderMap::new(), body.as_bytes(), now())
    }

    #[test]
    fn a_401_is_about_the_token_unless_backlog_explains_it() {
        assert_eq!(read(401, ""), BacklogError::Unauthorized);
        assert_eq!(read(401, "<html>"), BacklogError::Unauthorized);
        assert_eq!(read(401, r#"{"errors":[]}"#), BacklogError::Unauthorized);
        for code in [2, 4, 5, 6, 11, 12] {
            let body = format!(r#"{{"errors":[{{"message":"No.","code":{code}}}]}}"#);
            let error = read(401, &body);
            assert_eq!(
                error.to_string(),
                format!("Backlog returned 401 (code {code})")
            );
            assert!(error.is_unauthorized());
        }
    }

    #[test]
    fn keeps_every_entry() {
        let body = r#"{"errors":[{"message":"No project.","code":6,"moreInfo":""},
                                 {"message":"Bad.","code":7,"moreInfo":null,"errorInfo":null}]}"#;
        let error = read(404, body);
        let BacklogError::Api { errors, .. } = &error else {
            panic!("{error:?}");
        };
        let messages: Vec<_> = errors.iter().map(|it| it.message.as_str()).collect();
        assert_eq!(messages, ["No project.", "Bad."]);
        // The logged text contains none of Backlog's words.
        assert_eq!(error.to_string(), "Backlog returned 404 (code 6, code 7)");
    }

    #[test]
    fn survives_other_bodies() {
        for (body, content) in [
            ("", Content::Empty),
            ("<html>bad gateway</html>", Content::Html),
            ("{}", Content::Other),
            (r#"{"errors":[]}"#, Content::Other),
            ("bad gateway", Content::Other),
        ] {
            let expected = BacklogError::UnexpectedBody {
                status: 502,
                body: content,
            };
            assert_eq!(read(502, body), expected, "{body}");
        }
    }

    #[test]
    fn code_13_is_the_rate_limit_whatever_the_status() {
        let until = DateTime::from_timestamp(1_060, 0).unwrap();
        let body = r#"{"errors":[{"message":"Too many.","code":13}]}"#;
        for (status, body) in [
            (429, ""),
            (429, "<html>"),
            (403, body),
            (400, body),
            (401, body),
        ] {
            let expected = BacklogError::RateLimited {
                until,
                status: Some(status),
            };
            assert_eq!(read(status, body), expected);
        }
    }
}

//! What can go wrong between here and Backlog.

use chrono::{DateTime, Utc};
use reqwest::{StatusCode, header::HeaderMap};
use serde::Deserialize;
use thiserror::Error;

/// Why a call brought no result. Holds no URL and no secret; its text, which is logged, has
/// nothing of what Backlog said but numbers.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BacklogError {
    /// 401, whatever the body says: Backlog explains a rejected bearer token
    /// in `WWW-Authenticate` and may send no body at all.
    #[error("Backlog rejected the credentials")]
    Unauthorized,
    /// 429 or code 13: the limit of this user for this kind of request is used up.
    #[error("Backlog's rate limit is used up")]
    RateLimited {
        /// When the window ends (`X-RateLimit-Reset`), if Backlog said so.
        reset: Option<DateTime<Utc>>,
    },
    /// Any other refusal that Backlog explained.
    #[error("Backlog answered {status} ({})", codes(.errors))]
    Api { status: u16, errors: Vec<ErrorItem> },
    /// An answer that is not Backlog's JSON, as a proxy or firewall sends it.
    #[error("Backlog answered {status} with an unexpected body")]
    UnexpectedBody { status: u16 },
    #[error("Backlog did not answer in time")]
    Timeout,
    #[error("Backlog could not be reached")]
    Connection,
    /// Too many calls to this space are under way in this process.
    #[error("too many requests to this space are under way")]
    Busy,
    /// The answer was not read: too many large ones are in memory.
    #[error("there is no memory left for Backlog's answer")]
    NoRoom,
    /// Backlog has changed something, and the rest of its answer did not come or had no room.
    #[error("Backlog did what was asked for, and its answer could not be read")]
    Unread,
    #[error("Backlog's answer is larger than {limit} bytes")]
    TooLarge { limit: usize },
}

/// One entry of Backlog's error body.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorItem {
    #[serde(default)]
    pub message: String,
    /// Backlog's number of the error; see [`ErrorItem::NOT_FOUND`] and its neighbours.
    #[serde(default)]
    pub code: u32,
    #[serde(default)]
    pub more_info: String,
}

impl ErrorItem {
    /// The feature is not part of the space's plan.
    pub const LICENCE: u32 = 2;
    /// The space's plan has ended.
    pub const LICENCE_EXPIRED: u32 = 3;
    /// The space does not accept this source address.
    pub const ACCESS_DENIED: u32 = 4;
    /// The user lacks the right.
    pub const FORBIDDEN: u32 = 5;
    /// The target does not exist, or the user may not see it.
    pub const NOT_FOUND: u32 = 6;
    /// A parameter is wrong.
    pub const INVALID_REQUEST: u32 = 7;
    /// The space's storage is full.
    pub const SPACE_FULL: u32 = 8;
    /// There are as many of these as there may be.
    pub const TOO_MANY: u32 = 9;
    /// The upload is larger than the space's plan allows.
    pub const FILE_TOO_LARGE: u32 = 10;
    /// The space requires two-step verification.
    pub const MFA_REQUIRED: u32 = 12;
    /// Rate limited; documented for status 429.
    pub const TOO_MANY_REQUESTS: u32 = 13;
}

impl BacklogError {
    /// Reads an answer that is not a success.
    pub(super) fn from_answer(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Body {
            errors: Vec<ErrorItem>,
        }
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized,
            StatusCode::TOO_MANY_REQUESTS => Self::RateLimited {
                reset: reset(headers),
            },
            _ => match serde_json::from_slice::<Body>(body) {
                Ok(Body { errors }) if limited(&errors) => Self::RateLimited {
                    reset: reset(headers),
                },
                Ok(Body { errors }) if !errors.is_empty() => Self::Api {
                    status: status.as_u16(),
                    errors,
                },
                _ => Self::UnexpectedBody {
                    status: status.as_u16(),
                },
            },
        }
    }

    /// Reads a failure to send or to receive; the details, without the URL, go to the log.
    pub(super) fn from_transport(error: reqwest::Error) -> Self {
        let failure = if error.is_timeout() {
            Self::Timeout
        } else {
            Self::Connection
        };
        let error = error.without_url();
        tracing::warn!(error = &error as &dyn std::error::Error, "{failure}");
        failure
    }
}

fn limited(errors: &[ErrorItem]) -> bool {
    let limited = |error: &ErrorItem| error.code == ErrorItem::TOO_MANY_REQUESTS;
    errors.iter().any(limited)
}

/// When the minute ends for which Backlog counts.
pub(super) fn reset(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let seconds = headers
        .get("x-ratelimit-reset")?
        .to_str()
        .ok()?
        .parse()
        .ok()?;
    DateTime::from_timestamp(seconds, 0)
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

    fn read(status: u16, body: &str) -> BacklogError {
        let status = StatusCode::from_u16(status).unwrap();
        BacklogError::from_answer(status, &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn a_401_needs_no_body() {
        assert_eq!(read(401, ""), BacklogError::Unauthorized);
        assert_eq!(read(401, "<html>"), BacklogError::Unauthorized);
        let body = r#"{"errors":[{"message":"Authentication failure.","code":11,"moreInfo":""}]}"#;
        assert_eq!(read(401, body), BacklogError::Unauthorized);
    }

    #[test]
    fn keeps_every_entry() {
        let body = r#"{"errors":[{"message":"No project.","code":6,"moreInfo":""},
                                 {"message":"Bad.","code":7,"moreInfo":"x","errorInfo":null}]}"#;
        let error = read(404, body);
        let BacklogError::Api { errors, .. } = &error else {
            panic!("{error:?}");
        };
        let messages: Vec<_> = errors.iter().map(|it| it.message.as_str()).collect();
        assert_eq!(messages, ["No project.", "Bad."]);
        // What is logged has none of Backlog's words.
        assert_eq!(error.to_string(), "Backlog answered 404 (code 6, code 7)");
    }

    #[test]
    fn survives_other_bodies() {
        for body in ["", "<html>bad gateway</html>", "{}", r#"{"errors":[]}"#] {
            let expected = BacklogError::UnexpectedBody { status: 502 };
            assert_eq!(read(502, body), expected, "{body}");
        }
    }

    #[test]
    fn a_429_says_when() {
        let mut headers = HeaderMap::new();
        headers.insert("X-RateLimit-Reset", "1605484860".parse().unwrap());
        let status = StatusCode::TOO_MANY_REQUESTS;
        let error = BacklogError::from_answer(status, &headers, b"");
        let reset = DateTime::from_timestamp(1_605_484_860, 0);
        assert_eq!(error, BacklogError::RateLimited { reset });
        assert_eq!(read(429, ""), BacklogError::RateLimited { reset: None });
        let body = r#"{"errors":[{"message":"Too many.","code":13}]}"#;
        assert_eq!(read(403, body), BacklogError::RateLimited { reset: None });
    }
}

//! OAuth error responses (RFC 6749 §4.1.2.1 and §5.2, RFC 7591 §3.2.2, RFC 8628 §3.5,
//! RFC 8707 §2).

use std::borrow::Cow;

/// The registered `error` values that the hub returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    InvalidScope,
    InvalidTarget,
    UnauthorizedClient,
    UnsupportedGrantType,
    UnsupportedResponseType,
    AccessDenied,
    TemporarilyUnavailable,
    ServerError,
    InvalidRedirectUri,
    InvalidClientMetadata,
    AuthorizationPending,
    SlowDown,
    ExpiredToken,
}

impl ErrorCode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::AccessDenied => "access_denied",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::ServerError => "server_error",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::ExpiredToken => "expired_token",
        }
    }
}

/// An `error` with an `error_description` that says what the developer must correct.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", code.as_str())]
pub struct OAuthError {
    pub code: ErrorCode,
    pub description: Cow<'static, str>,
}

impl OAuthError {
    pub fn new(code: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            description: in_grammar(description.into()),
        }
    }
}

/// A description may contain only printable ASCII, without `"` and `\` (RFC 6749 §5.2).
fn in_grammar(description: Cow<'static, str>) -> Cow<'static, str> {
    let is_allowed = |c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
    if description.chars().all(is_allowed) {
        return description;
    }
    let mut text = String::with_capacity(description.len() + 8);
    for c in description.chars() {
        match c {
            '"' => text.push('\''),
            '§' => text.push_str("section "),
            c if is_allowed(c) => text.push(c),
            _ => text.push('?'),
        }
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_stays_in_the_grammar() {
        let described = |text: &'static str| {
            OAuthError::new(ErrorCode::InvalidRequest, text)
                .description
                .into_owned()
        };
        assert_eq!(described("The field 'x'."), "The field 'x'.");
        assert_eq!(
            described("\"é\"\n\\ (RFC 6749 §5.2)"),
            "'?'?? (RFC 6749 section 5.2)"
        );
    }
}

//! The parameters of an authorization request (RFC 6749 §4.1.1), after client and redirect URI were
//! checked.

use super::{CodeChallenge, ErrorCode, OAuthError, Params, Scopes};

/// In bytes; several times the longest real one. Every sign-in that begins stores its `state`.
const MAX_STATE: usize = 4096;

/// The request of the client. `resources` are not checked here, because only the caller knows the
/// endpoints.
#[derive(Debug)]
pub struct AuthorizationParams {
    pub state: Option<String>,
    pub code_challenge: CodeChallenge,
    pub scopes: Scopes,
    pub resources: Vec<String>,
    /// `prompt=consent`: the user must be asked again, even after an earlier approval.
    pub asks_for_consent: bool,
}

impl AuthorizationParams {
    /// `allowed` are the client's registered scopes; other requested scopes are dropped.
    pub fn parse(params: &Params, allowed: Scopes) -> Result<Self, OAuthError> {
        match params.require("response_type")? {
            "code" => {}
            _ => {
                return Err(OAuthError::new(
                    ErrorCode::UnsupportedResponseType,
                    "The parameter 'response_type' must be 'code'.",
                ));
            }
        }
        let challenge = params.get("code_challenge").ok_or_else(|| {
            invalid("The parameter 'code_challenge' is missing: PKCE is required (RFC 7636).")
        })?;
        if params.get("code_challenge_method") != Some("S256") {
            return Err(invalid(
                "The parameter 'code_challenge_method' must be 'S256'.",
            ));
        }
        let code_challenge = CodeChallenge::parse(challenge).ok_or_else(|| {
            invalid("The parameter 'code_challenge' is not a base64url SHA-256 (RFC 7636 §4.2).")
        })?;
        let scopes = Scopes::requested(params.get("scope")).intersection(allowed);
        if scopes.is_empty() {
            return Err(OAuthError::new(
                ErrorCode::InvalidScope,
                "This client is not registered for any of the requested scopes.",
            ));
        }
        Ok(Self {
            state: state(params)?,
            code_challenge,
            scopes,
            resources: params.resources().to_vec(),
            asks_for_consent: params
                .get("prompt")
                .is_some_and(|prompt| prompt.split(' ').any(|word| word == "consent")),
        })
    }
}

/// The `state`, which an error response returns as well.
pub fn state(params: &Params) -> Result<Option<String>, OAuthError> {
    match params.get("state") {
        Some(state) if state.len() > MAX_STATE => {
            Err(invalid("The parameter 'state' is longer than 4096 bytes."))
        }
        state => Ok(state.map(str::to_owned)),
    }
}

fn invalid(description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn parse(query: &str) -> Result<AuthorizationParams, OAuthError> {
        AuthorizationParams::parse(
            &Params::parse(query.as_bytes()).expect("params"),
            Scopes::all(),
        )
    }

    #[test]
    fn a_complete_request_is_read() {
        let params = parse(&format!(
            "response_type=code&code_challenge={CHALLENGE}&code_challenge_method=S256\
             &state=x&scope=backlog%3Aread+offline_access"
        ))
        .expect("valid");
        assert_eq!(params.scopes.to_string(), "backlog:read");
        assert_eq!(params.state.as_deref(), Some("x"));
    }

    #[test]
    fn each_wrong_parameter_has_its_own_error() {
        for (query, code, named) in [
            ("", ErrorCode::InvalidRequest, "response_type"),
            (
                "response_type=token",
                ErrorCode::UnsupportedResponseType,
                "response_type",
            ),
            (
                "response_type=code",
                ErrorCode::InvalidRequest,
                "code_challenge",
            ),
            (
                "response_type=code&code_challenge=x",
                ErrorCode::InvalidRequest,
                "code_challenge_method",
            ),
            (
                "response_type=code&code_challenge=x&code_challenge_method=plain",
                ErrorCode::InvalidRequest,
                "code_challenge_method",
            ),
            (
                "response_type=code&code_challenge=x&code_challenge_method=S256",
                ErrorCode::InvalidRequest,
                "code_challenge",
            ),
        ] {
            let error = parse(query).expect_err(query);
            assert_eq!(error.code, code, "{query}");
            assert!(error.description.contains(named), "{error}");
        }
    }
}

//! The token of the local HTTP server. Every call there acts as the user of the API key, so other
//! programs and users of the computer must not be able to make one.
//!
//! 1. The token is `MCP_HTTP_TOKEN`, or one that the first start generates and keeps in the data
//!    directory. `MCP_HTTP_AUTH=none` turns it off.
//! 2. A request presents it as a bearer token (RFC 6750 §2.1).
//! 3. A request without it gets a 401 that names the setting, and no authorization server, because
//!    there is none to discover.

use std::{io, path::PathBuf};

use actix_web::{
    Error, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{AUTHORIZATION, WWW_AUTHENTICATE},
    middleware::Next,
};
use foundation::random::Random;
use oauth_values::{bearer, token::LocalToken};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{config::LocalAuth, secret_file};

const REFUSAL: &str = "This server requires its token: send `Authorization: Bearer <token>`. \
    The token is the value of MCP_HTTP_TOKEN. If that is not set, the token is in the file \
    mcp-http.token in the data directory (DATA_DIR), and the server prints it at start.\n";

/// The generated token cannot be read or kept.
#[derive(Debug, thiserror::Error)]
#[error(
    "MCP_HTTP_TOKEN is not set, and a generated token cannot be kept in {}: {error}. Set \
     MCP_HTTP_TOKEN, or set DATA_DIR to a directory that this user can write to",
    path.display()
)]
pub struct Unkept {
    path: PathBuf,
    error: io::Error,
}

/// How clients authenticate, for the settings that are printed at start.
#[derive(Clone, Debug)]
pub enum Admission {
    /// With the token that the operator set.
    Configured,
    /// With a generated token, which is kept in this file.
    Generated { token: SecretString, file: PathBuf },
    /// Without a token.
    Open,
}

/// Decides whether a request is served; cheap to clone.
#[derive(Clone)]
pub struct Guard {
    /// The digest of the token. Two digests are compared in constant time.
    digest: Option<[u8; 32]>,
}

impl Guard {
    /// The guard for these settings; a missing token is generated.
    ///
    /// # Errors
    /// If the generated token cannot be read or kept.
    pub fn new(auth: LocalAuth, random: &Random) -> Result<(Self, Admission), Unkept> {
        let (token, admission) = match auth {
            LocalAuth::Token(token) => (Some(token), Admission::Configured),
            LocalAuth::TokenFile(file) => {
                let generate = || LocalToken::generate(random).reveal().into();
                let token = match secret_file::read_or_generate(&file, generate) {
                    Ok(token) => token,
                    Err(error) => return Err(Unkept { path: file, error }),
                };
                let kept = token.clone();
                (Some(kept), Admission::Generated { token, file })
            }
            LocalAuth::None => (None, Admission::Open),
        };
        let digest = token.map(|token| digest(token.expose_secret()));
        Ok((Self { digest }, admission))
    }

    /// Serves a request with the token, and rejects any other.
    ///
    /// # Errors
    /// The errors of the wrapped service.
    pub async fn check<B: MessageBody>(
        self,
        request: ServiceRequest,
        next: Next<B>,
    ) -> Result<ServiceResponse<EitherBody<B>>, Error> {
        if self.admits(&request) {
            return Ok(next.call(request).await?.map_into_left_body());
        }
        let refusal = HttpResponse::Unauthorized()
            .insert_header((WWW_AUTHENTICATE, "Bearer realm=\"MCP_HTTP_TOKEN\""))
            .content_type("text/plain; charset=utf-8")
            .body(REFUSAL);
        Ok(request.into_response(refusal).map_into_right_body())
    }

    fn admits(&self, request: &ServiceRequest) -> bool {
        let Some(expected) = &self.digest else {
            return true;
        };
        let mut presented = request.headers().get_all(AUTHORIZATION);
        let (Some(value), None) = (presented.next(), presented.next()) else {
            return false;
        };
        let token = value.to_str().ok().and_then(bearer::token_of);
        token.is_some_and(|token| bool::from(digest(token).as_slice().ct_eq(expected)))
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn admits(guard: &Guard, values: &[&str]) -> bool {
        let request = values.iter().fold(TestRequest::post(), |request, value| {
            request.append_header((AUTHORIZATION, *value))
        });
        guard.admits(&request.to_srv_request())
    }

    #[test]
    fn only_the_token_is_let_in() {
        let token = LocalAuth::Token("the-token".into());
        let (guard, admission) = Guard::new(token, &Random::system()).expect("a guard");
        assert!(matches!(admission, Admission::Configured));
        for value in ["Bearer the-token", "bearer the-token", "BEARER  the-token "] {
            assert!(admits(&guard, &[value]), "{value}");
        }
        for values in [
            &[][..],
            &[""],
            &["Bearer"],
            &["Bearer "],
            &["the-token"],
            &["Basic the-token"],
            &["Bearer the-tokens"],
            &["Bearer the-toke"],
            &["Bearer The-token"],
            &["Bearer the-token", "Bearer the-token"],
        ] {
            assert!(!admits(&guard, values), "{values:?}");
        }
        let (open, _) = Guard::new(LocalAuth::None, &Random::system()).expect("a guard");
        assert!(admits(&open, &[]) && admits(&open, &["Bearer x"]));
    }

    #[test]
    fn a_generated_token_is_the_same_after_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("mcp-http.token");
        let start = || Guard::new(LocalAuth::TokenFile(file.clone()), &Random::system());
        let tokens = [start(), start()].map(|started| match started.expect("a guard") {
            (guard, Admission::Generated { token, .. }) => {
                let header = format!("Bearer {}", token.expose_secret());
                assert!(admits(&guard, &[&header]));
                token.expose_secret().to_owned()
            }
            (_, other) => panic!("{other:?}"),
        });
        assert_eq!(tokens[0], tokens[1]);
        assert!(LocalToken::parse(&tokens[0]).is_some());
    }

    #[test]
    fn where_a_token_cannot_be_kept_the_settings_are_named() {
        let file = PathBuf::from("/dev/null/mcp-http.token");
        let started = Guard::new(LocalAuth::TokenFile(file), &Random::system());
        let error = started.err().expect("an error").to_string();
        for part in ["MCP_HTTP_TOKEN", "/dev/null/mcp-http.token", "DATA_DIR"] {
            assert!(error.contains(part), "{error}");
        }
    }
}

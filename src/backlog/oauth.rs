//! Backlog as an OAuth server: the sign-in URL, the code exchange, the renewal.
//!
//! Backlog's tokens come from `/api/v2/oauth2/token` with the client's
//! credentials in the form body. Only a readable `invalid_grant` says that the
//! code or refresh token is void. A 400 that says nothing readable may mean the
//! same, or a fault on the way: callers judge it by how long it lasts. Every other
//! failure leaves the stored tokens as good as they were.

use std::{fmt, time::Duration};

use futures_util::future::BoxFuture;
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RefreshToken, RequestTokenError, TokenResponse, TokenUrl,
    basic::{BasicClient, BasicErrorResponse, BasicErrorResponseType, BasicTokenResponse},
};
use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use url::Url;

use super::{BacklogClient, BacklogError, BacklogUrl};

/// How long Backlog's token endpoint may take, from connecting to the last byte.
pub const TOKEN_TIMEOUT: Duration = Duration::from_secs(15);
/// What an access token lives when Backlog does not say.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(3600);

/// The OAuth application of one space.
#[derive(Clone, Copy, Debug)]
pub struct SpaceOAuth<'a> {
    pub url: &'a BacklogUrl,
    pub client_id: &'a str,
    pub client_secret: &'a SecretString,
    /// The callback, exactly as registered with Backlog.
    pub redirect_uri: &'a Url,
}

/// What Backlog issued.
#[derive(Clone, Debug)]
pub struct BacklogTokens {
    pub access_token: SecretString,
    pub refresh_token: SecretString,
    /// Lifetime of the access token, from the moment Backlog answered.
    pub expires_in: Duration,
}

/// Why there are no tokens.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OAuthError {
    /// The code or refresh token is void: the person must sign in again.
    #[error("Backlog says the grant is not valid")]
    InvalidGrant,
    /// A 400 without a readable code: perhaps the same, perhaps a fault on the way.
    #[error("Backlog answers 400 and does not say why")]
    Unreadable,
    /// The application's id or secret is wrong: an operator must repair it.
    #[error("Backlog does not accept the client id or secret of the application")]
    InvalidClient,
    /// Anything that may be over in a while; says nothing about the grant.
    #[error("Backlog's token endpoint is not available: {reason}")]
    Unavailable { reason: String },
}

type Application =
    BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

impl SpaceOAuth<'_> {
    /// Where the person's browser goes to sign in. The code that comes back can only be exchanged
    /// with `verifier` (RFC 7636, S256); a server that does not know it ignores it.
    pub fn authorize_url(&self, state: &str, verifier: &SecretString) -> Url {
        let state = CsrfToken::new(state.to_owned());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&pkce(verifier));
        let application = self.application();
        let request = application.authorize_url(|| state);
        request.set_pkce_challenge(challenge).url().0
    }

    /// Exchanges the code of the callback; `verifier` is the one of [`Self::authorize_url`].
    ///
    /// # Errors
    /// See [`OAuthError`].
    pub async fn exchange_code(
        &self,
        client: &BacklogClient,
        code: &str,
        verifier: Option<&SecretString>,
    ) -> Result<BacklogTokens, OAuthError> {
        let application = self.application();
        let mut request = application.exchange_code(AuthorizationCode::new(code.to_owned()));
        if let Some(verifier) = verifier {
            request = request.set_pkce_verifier(pkce(verifier));
        }
        let answer = request.request_async(&self.sender(client)).await?;
        tokens(&answer, None)
    }

    /// Renews the tokens. A refresh token that Backlog does not replace stays.
    ///
    /// # Errors
    /// See [`OAuthError`]; only [`OAuthError::InvalidGrant`] says that
    /// `refresh_token` is void.
    pub async fn refresh(
        &self,
        client: &BacklogClient,
        refresh_token: &SecretString,
    ) -> Result<BacklogTokens, OAuthError> {
        let application = self.application();
        let token = RefreshToken::new(refresh_token.expose_secret().to_owned());
        let answer = application
            .exchange_refresh_token(&token)
            .request_async(&self.sender(client))
            .await?;
        tokens(&answer, Some(refresh_token))
    }

    fn application(&self) -> Application {
        let authorize = self.url.join("OAuth2AccessRequest.action");
        let token = self.url.join("api/v2/oauth2/token");
        BasicClient::new(ClientId::new(self.client_id.to_owned()))
            .set_client_secret(ClientSecret::new(
                self.client_secret.expose_secret().to_owned(),
            ))
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(AuthUrl::from_url(authorize))
            .set_token_uri(TokenUrl::from_url(token))
            .set_redirect_uri(RedirectUrl::from_url(self.redirect_uri.clone()))
    }

    /// What the `oauth2` crate sends token requests with. It owns what it uses:
    /// a borrow would keep the exchange from being spawned.
    fn sender(&self, client: &BacklogClient) -> impl Fn(HttpRequest) -> Sending + use<> {
        let client = client.clone();
        let url = self.url.clone();
        move |request| Box::pin(post(client.clone(), url.clone(), request))
    }
}

fn pkce(verifier: &SecretString) -> PkceCodeVerifier {
    PkceCodeVerifier::new(verifier.expose_secret().to_owned())
}

type Sending = BoxFuture<'static, Result<HttpResponse, Undecided>>;

/// Sends a token request. Statuses that decide the matter whatever the
/// body says become errors here; 200 and a readable 400 go to the parser.
async fn post(
    client: BacklogClient,
    url: BacklogUrl,
    request: HttpRequest,
) -> Result<HttpResponse, Undecided> {
    let (parts, body) = request.into_parts();
    let http = client
        .http(&url)
        .post(url.join("api/v2/oauth2/token"))
        .headers(parts.headers)
        .timeout(TOKEN_TIMEOUT)
        .body(body);
    let answer = client
        .execute(&url, http)
        .await
        .map_err(Undecided::NoAnswer)?;
    let readable = || serde_json::from_slice::<BasicErrorResponse>(&answer.body).is_ok();
    match answer.status {
        StatusCode::OK => {}
        StatusCode::BAD_REQUEST if readable() => {}
        // A page of a proxy in between says nothing about the grant.
        StatusCode::BAD_REQUEST if looks_like_html(&answer.body) => {
            return Err(Undecided::Html);
        }
        status => return Err(Undecided::Status(status)),
    }
    let mut response = HttpResponse::new(answer.body.into());
    *response.status_mut() = answer.status;
    Ok(response)
}

fn looks_like_html(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}

/// A token request that brought no OAuth answer.
#[derive(Debug, Error)]
enum Undecided {
    #[error("{0}")]
    NoAnswer(BacklogError),
    #[error("status {0}")]
    Status(StatusCode),
    #[error("a page instead of an answer")]
    Html,
}

impl From<RequestTokenError<Undecided, BasicErrorResponse>> for OAuthError {
    fn from(error: RequestTokenError<Undecided, BasicErrorResponse>) -> Self {
        // Parse errors carry the body, which may hold tokens: it stays out of the reason.
        match error {
            RequestTokenError::ServerResponse(answer) => match answer.error() {
                BasicErrorResponseType::InvalidGrant => Self::InvalidGrant,
                BasicErrorResponseType::InvalidClient => Self::InvalidClient,
                other => unavailable(format_args!("error {}", other.as_ref())),
            },
            RequestTokenError::Request(Undecided::Status(StatusCode::BAD_REQUEST)) => {
                Self::Unreadable
            }
            RequestTokenError::Request(Undecided::Status(StatusCode::UNAUTHORIZED)) => {
                Self::InvalidClient
            }
            RequestTokenError::Request(other) => unavailable(other),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                unavailable("an answer that is not a token response")
            }
        }
    }
}

fn unavailable(reason: impl fmt::Display) -> OAuthError {
    OAuthError::Unavailable {
        reason: reason.to_string(),
    }
}

fn tokens(
    answer: &BasicTokenResponse,
    previous: Option<&SecretString>,
) -> Result<BacklogTokens, OAuthError> {
    if answer.access_token().secret().is_empty() {
        return Err(unavailable("an answer without an access token"));
    }
    let refresh_token = match (answer.refresh_token(), previous) {
        (Some(token), _) => token.secret().as_str().into(),
        (None, Some(previous)) => previous.clone(),
        (None, None) => return Err(unavailable("an answer without a refresh token")),
    };
    Ok(BacklogTokens {
        access_token: answer.access_token().secret().as_str().into(),
        refresh_token,
        expires_in: answer.expires_in().unwrap_or(DEFAULT_LIFETIME),
    })
}

#[cfg(test)]
mod tests;

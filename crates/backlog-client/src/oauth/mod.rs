//! Backlog as an OAuth server: the sign-in URL, the code exchange, the renewal.
//!
//! Backlog issues tokens at `/api/v2/oauth2/token`, with the client's credentials in the form
//! body. Only a readable `invalid_grant` means that the code or refresh token is invalid. A 400
//! without a readable code may mean the same, or a fault in between: callers decide by how long
//! it lasts. All other failures leave the stored tokens valid.

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

/// The timeout of Backlog's token endpoint, from connecting to the last byte.
pub const TOKEN_TIMEOUT: Duration = Duration::from_secs(15);
/// The lifetime of an access token if Backlog does not return one.
const DEFAULT_LIFETIME: Duration = Duration::from_hours(1);

/// The OAuth application of one space.
#[derive(Clone, Debug)]
pub struct SpaceOAuth {
    pub url: BacklogUrl,
    pub client_id: String,
    pub client_secret: SecretString,
    /// The callback, exactly as registered with Backlog.
    pub redirect_uri: Url,
}

/// The tokens that Backlog issued.
#[derive(Clone, Debug)]
pub struct BacklogTokens {
    pub access_token: SecretString,
    pub refresh_token: SecretString,
    /// Lifetime of the access token, from the time of Backlog's response.
    pub expires_in: Duration,
}

/// Why Backlog issued no tokens.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OAuthError {
    /// The code or refresh token is invalid: the user must sign in again.
    #[error("Backlog reported that the grant is not valid")]
    InvalidGrant,
    /// A 400 without a readable code: possibly the same, possibly a fault in between.
    #[error("Backlog returned 400 without a readable error code")]
    Unreadable,
    /// The application's ID or secret is wrong: an operator must correct it.
    #[error("Backlog rejected the client ID or secret of the OAuth application")]
    InvalidClient,
    /// A failure that may be temporary, and says nothing about the grant.
    #[error("Backlog's token endpoint is not available: {reason}")]
    Unavailable { reason: String },
}

type Application =
    BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

impl SpaceOAuth {
    /// The URL where the user's browser signs in. The resulting code can only be exchanged with
    /// `verifier` (RFC 7636, S256); a server without PKCE ignores it.
    pub fn authorize_url(&self, state: &str, verifier: &SecretString) -> Url {
        let state = CsrfToken::new(state.to_owned());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&pkce(verifier));
        let application = self.application();
        let request = application.authorize_url(|| state);
        request.set_pkce_challenge(challenge).url().0
    }

    /// Exchanges the code of the callback; `verifier` is that of [`Self::authorize_url`].
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
        let response = request.request_async(&self.sender(client)).await?;
        tokens(&response, None)
    }

    /// Renews the tokens. A refresh token that Backlog does not replace is kept.
    ///
    /// # Errors
    /// See [`OAuthError`]; only [`OAuthError::InvalidGrant`] means that
    /// `refresh_token` is invalid.
    pub async fn refresh(
        &self,
        client: &BacklogClient,
        refresh_token: &SecretString,
    ) -> Result<BacklogTokens, OAuthError> {
        let application = self.application();
        let token = RefreshToken::new(refresh_token.expose_secret().to_owned());
        let response = application
            .exchange_refresh_token(&token)
            .request_async(&self.sender(client))
            .await?;
        tokens(&response, Some(refresh_token))
    }

    fn application(&self) -> Application {
        let authorize = self.url.join("OAuth2AccessRequest.action");
        let token = self.url.join("api/v2/oauth2/token");
        BasicClient::new(ClientId::new(self.client_id.clone()))
            .set_client_secret(ClientSecret::new(
                self.client_secret.expose_secret().to_owned(),
            ))
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(AuthUrl::from_url(authorize))
            .set_token_uri(TokenUrl::from_url(token))
            .set_redirect_uri(RedirectUrl::from_url(self.redirect_uri.clone()))
    }

    /// Sends token requests for the `oauth2` crate. It owns its values:
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

type Sending = BoxFuture<'static, Result<HttpResponse, TokenRequestError>>;

/// Sends a token request. Statuses that are decisive regardless of the body
/// become errors here; 200 and a readable 400 go to the parser.
async fn post(
    client: BacklogClient,
    url: BacklogUrl,
    request: HttpRequest,
) -> Result<HttpResponse, TokenRequestError> {
    let (parts, body) = request.into_parts();
    let http = client
        .http(&url)
        .post(url.join("api/v2/oauth2/token"))
        .headers(parts.headers)
        .timeout(TOKEN_TIMEOUT)
        .body(body);
    let received = client
        .execute(&url, http)
        .await
        .map_err(TokenRequestError::NoResponse)?;
    let readable = || serde_json::from_slice::<BasicErrorResponse>(&received.body).is_ok();
    match received.status {
        StatusCode::OK => {}
        StatusCode::BAD_REQUEST if readable() => {}
        // A proxy's page says nothing about the grant.
        StatusCode::BAD_REQUEST if looks_like_html(&received.body) => {
            return Err(TokenRequestError::Html);
        }
        status => return Err(TokenRequestError::Status(status)),
    }
    let mut response = HttpResponse::new(received.body.into());
    *response.status_mut() = received.status;
    Ok(response)
}

fn looks_like_html(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}

/// A token request without an OAuth response.
#[derive(Debug, Error)]
enum TokenRequestError {
    #[error("{0}")]
    NoResponse(BacklogError),
    #[error("status {0}")]
    Status(StatusCode),
    #[error("a web page instead of a token response")]
    Html,
}

impl From<RequestTokenError<TokenRequestError, BasicErrorResponse>> for OAuthError {
    fn from(error: RequestTokenError<TokenRequestError, BasicErrorResponse>) -> Self {
        // Parse errors contain the body, which may hold tokens, so the reason omits it.
        match error {
            RequestTokenError::ServerResponse(response) => match response.error() {
                BasicErrorResponseType::InvalidGrant => Self::InvalidGrant,
                BasicErrorResponseType::InvalidClient => Self::InvalidClient,
                other => unavailable(format_args!("error {}", other.as_ref())),
            },
            RequestTokenError::Request(TokenRequestError::Status(StatusCode::BAD_REQUEST)) => {
                Self::Unreadable
            }
            RequestTokenError::Request(TokenRequestError::Status(StatusCode::UNAUTHORIZED)) => {
                Self::InvalidClient
            }
            RequestTokenError::Request(other) => unavailable(other),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                unavailable("a response that is not a token response")
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
    response: &BasicTokenResponse,
    previous: Option<&SecretString>,
) -> Result<BacklogTokens, OAuthError> {
    if response.access_token().secret().is_empty() {
        return Err(unavailable("a token response without an access token"));
    }
    let refresh_token = match (response.refresh_token(), previous) {
        (Some(token), _) => token.secret().as_str().into(),
        (None, Some(previous)) => previous.clone(),
        (None, None) => return Err(unavailable("a token response without a refresh token")),
    };
    Ok(BacklogTokens {
        access_token: response.access_token().secret().as_str().into(),
        refresh_token,
        expires_in: response.expires_in().unwrap_or(DEFAULT_LIFETIME),
    })
}

#[cfg(test)]
mod tests;

//! The responses of the endpoint: a pair of tokens, and the errors that the grant types share.

use std::time::Duration;

use oauth_values::{
    ErrorCode, OAuthError, Scopes,
    token::{AccessToken, RefreshToken, TokenHash},
};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use crate::{
    db::{self, access_tokens::NewAccessToken, refresh_tokens::NewRefreshToken},
    domain::GrantId,
    web::AppState,
};

/// A successful response (RFC 6749 §5.1). Its sealed JSON is also kept for the grace window.
#[derive(Serialize, Deserialize)]
pub(super) struct TokenResponse {
    pub(super) access_token: String,
    pub(super) token_type: String,
    pub(super) expires_in: u64,
    /// Never for an identity assertion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) refresh_token: Option<String>,
    pub(super) scope: String,
}

/// Creates and stores a pair of tokens for a grant.
pub(super) async fn issue_pair(
    hub: &AppState,
    db: &mut PgConnection,
    grant: GrantId,
    access_scopes: Scopes,
    refresh_scopes: Scopes,
) -> Result<(TokenResponse, RefreshToken), sqlx::Error> {
    let refresh_token = RefreshToken::issue(&hub.random, &hub.check_key);
    db::refresh_tokens::insert(
        &mut *db,
        &NewRefreshToken {
            hash: refresh_token.hash(),
            grant,
            scopes: refresh_scopes,
            lifetime: hub.lifetimes.refresh_token,
        },
    )
    .await?;
    let pair = (grant, Some(refresh_token.hash()));
    let longest = hub.lifetimes.access_token;
    let (access_token, lifetime) =
        issue_access_token(hub, db, pair, access_scopes, longest).await?;
    let response = TokenResponse {
        access_token: access_token.reveal().to_owned(),
        token_type: "Bearer".to_owned(),
        expires_in: lifetime.as_secs(),
        refresh_token: Some(refresh_token.reveal().to_owned()),
        scope: access_scopes.to_string(),
    };
    Ok((response, refresh_token))
}

/// Creates and stores an access token for a grant, paired with a refresh token if there is one.
/// Returns its lifetime as well, which ends with the longest age of the grant.
pub(super) async fn issue_access_token(
    hub: &AppState,
    db: &mut PgConnection,
    (grant, refresh_token): (GrantId, Option<TokenHash>),
    scopes: Scopes,
    longest: Duration,
) -> Result<(AccessToken, Duration), sqlx::Error> {
    let mut lifetime = hub.lifetimes.access_token.min(longest);
    if let Some(max_age) = hub.lifetimes.grant {
        let left = db::grants::time_left(&mut *db, grant, max_age).await?;
        // Clients take zero for no bound at all.
        lifetime = lifetime.min(left).max(Duration::from_secs(1));
    }
    let access_token = AccessToken::issue(&hub.random, &hub.check_key);
    let new = NewAccessToken {
        hash: access_token.hash(),
        grant,
        refresh_token,
        scopes,
        lifetime,
    };
    db::access_tokens::insert(db, &new).await?;
    Ok((access_token, lifetime))
}

/// Not `invalid_grant`: a client would discard its tokens, which are valid again when the space is
/// enabled. RFC 8628 §3.5 uses this code for a denied grant.
pub(super) fn space_disabled() -> OAuthError {
    OAuthError::new(ErrorCode::AccessDenied, "The Backlog space is disabled.")
}

pub(super) fn invalid_grant(description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidGrant, description)
}

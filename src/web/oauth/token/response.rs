//! The responses of the endpoint: a pair of tokens, and the errors that the grant types share.

use std::time::Duration;

use chrono::{DateTime, Utc};
use oauth_values::{
    ErrorCode, OAuthError, Scopes,
    token::{AccessToken, RefreshToken, TokenHash},
};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use crate::{
    db::{
        self, access_tokens::NewAccessToken, refresh_tokens::NewRefreshToken, token_pairs::NewPair,
    },
    domain::GrantId,
    web::AppState,
};

/// Clients take zero for no bound at all.
const SHORTEST: Duration = Duration::from_secs(1);

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

/// A pair of tokens for a grant, which the caller stores, and the response with it.
pub(super) struct Pair {
    pub rows: NewPair,
    pub response: TokenResponse,
}

impl Pair {
    /// `left` is the time until the grant reaches its longest age, if there is one.
    pub(super) fn issue(
        hub: &AppState,
        grant: GrantId,
        (access_scopes, refresh_scopes): (Scopes, Scopes),
        left: Option<Duration>,
    ) -> Self {
        let lifetime = lifetime(hub.lifetimes.access_token, left);
        let refresh_token = RefreshToken::issue(&hub.random, &hub.check_key);
        let access_token = AccessToken::issue(&hub.random, &hub.check_key);
        Self {
            rows: NewPair {
                refresh_token: NewRefreshToken {
                    hash: refresh_token.hash(),
                    grant,
                    scopes: refresh_scopes,
                    lifetime: hub.lifetimes.refresh_token,
                },
                access_token: NewAccessToken {
                    hash: access_token.hash(),
                    grant,
                    refresh_token: Some(refresh_token.hash()),
                    scopes: access_scopes,
                    lifetime,
                },
            },
            response: TokenResponse {
                access_token: access_token.reveal().to_owned(),
                token_type: "Bearer".to_owned(),
                expires_in: lifetime.as_secs(),
                refresh_token: Some(refresh_token.reveal().to_owned()),
                scope: access_scopes.to_string(),
            },
        }
    }
}

/// The lifetime of an access token, which ends with the longest age of its grant.
fn lifetime(longest: Duration, left: Option<Duration>) -> Duration {
    match left {
        Some(left) => longest.min(left).max(SHORTEST),
        None => longest,
    }
}

/// Creates and stores an access token for a grant, paired with a refresh token. Returns its lifetime as
/// well.
pub(super) async fn issue_access_token(
    hub: &AppState,
    db: &mut PgConnection,
    (grant, refresh_token): (GrantId, TokenHash),
    scopes: Scopes,
) -> Result<(AccessToken, Duration), sqlx::Error> {
    let lifetime = lifetime_now(hub, &mut *db, grant).await?;
    let access_token = AccessToken::issue(&hub.random, &hub.check_key);
    let new = NewAccessToken {
        hash: access_token.hash(),
        grant,
        refresh_token: Some(refresh_token),
        scopes,
        lifetime,
    };
    db::access_tokens::insert(db, &new).await?;
    Ok((access_token, lifetime))
}

/// As [`issue_access_token`], without a refresh token, and with an expiry at `latest` at the latest.
/// `None` if that is past.
pub(super) async fn issue_access_token_until(
    hub: &AppState,
    db: &mut PgConnection,
    grant: GrantId,
    scopes: Scopes,
    latest: DateTime<Utc>,
) -> Result<Option<(AccessToken, Duration)>, sqlx::Error> {
    let lifetime = lifetime_now(hub, &mut *db, grant).await?;
    let access_token = AccessToken::issue(&hub.random, &hub.check_key);
    let new = NewAccessToken {
        hash: access_token.hash(),
        grant,
        refresh_token: None,
        scopes,
        lifetime,
    };
    let left = db::access_tokens::insert_until(db, &new, latest).await?;
    Ok(left.map(|left| (access_token, left.max(SHORTEST))))
}

/// The lifetime of an access token of a grant whose age has to be read.
async fn lifetime_now(
    hub: &AppState,
    db: &mut PgConnection,
    grant: GrantId,
) -> Result<Duration, sqlx::Error> {
    let left = match hub.lifetimes.grant {
        Some(max_age) => Some(db::grants::time_left(db, grant, max_age).await?),
        None => None,
    };
    Ok(lifetime(hub.lifetimes.access_token, left))
}

/// Not `invalid_grant`: a client would discard its tokens, which are valid again when the space is
/// enabled. RFC 8628 §3.5 uses this code for a denied grant.
pub(super) fn space_disabled() -> OAuthError {
    OAuthError::new(ErrorCode::AccessDenied, "The Backlog space is disabled.")
}

pub(super) fn invalid_grant(description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidGrant, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_token_ends_with_the_longest_age_of_its_grant() {
        let seconds = Duration::from_secs;
        for (longest, left, expected) in [
            (3_600, None, 3_600),
            (3_600, Some(7_200), 3_600),
            (3_600, Some(60), 60),
            (3_600, Some(0), 1),
        ] {
            let lifetime = lifetime(seconds(longest), left.map(seconds));
            assert_eq!(lifetime, seconds(expected), "{longest} {left:?}");
        }
    }
}

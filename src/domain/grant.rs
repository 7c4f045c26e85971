//! One user × one client × one space, and what the client may do there. The Backlog tokens
//! belong to the user's account.

use std::collections::BTreeSet;

use oauth_values::{Scopes, identity_assertion};

use super::{ClientKey, GrantId, SpaceId};

#[derive(Clone, Debug)]
pub struct Grant {
    pub id: GrantId,
    pub space_id: SpaceId,
    pub client: ClientKey,
    pub backlog_user_id: i64,
    pub backlog_user_name: String,
    pub scopes: Scopes,
    /// The issuer that created it, and the only one that exchanges its tokens.
    pub issuer: String,
    /// The MCP endpoint the grant is for (RFC 8707).
    pub resource: String,
    /// Where its authorization code was sent, [`TO_A_DEVICE`] or [`BY_ASSERTION`]; `None` for a personal
    /// token, or if a replica of the previous release made it.
    pub redirect_uri: Option<String>,
    /// The keys of the only projects that the user allowed; `None` for no restriction.
    pub projects: Option<BTreeSet<String>>,
}

/// The redirect URI of a grant that a device got by a code. Nothing is known of where its tokens go, and
/// no client policy trusts it.
pub const TO_A_DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The redirect URI of a grant that an identity assertion made. The client sent nobody anywhere, so
/// nothing that it has registered speaks for it, and no client policy trusts it.
pub const BY_ASSERTION: &str = identity_assertion::GRANT_TYPE;

/// Why the hub revoked a grant; stored with it. The database itself revokes the grants of a space
/// when its URL changes, as `space_moved`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationReason {
    /// An authorization code was presented twice (RFC 6749 §4.1.2).
    CodeReplayed,
    /// A refresh token was revoked by its client, or a personal token by one who has it (RFC 7009).
    ByClient,
    /// The user ended the connection on a page of the hub.
    ByUser,
    /// A refresh token was used again after its successor had been used.
    RefreshTokenReplayed,
    /// The user signed in with the client again, and had as many grants of it as one may have.
    TooMany,
    /// It is older than the operator allows (`GRANT_MAX_AGE`).
    TooOld,
}

impl RevocationReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CodeReplayed => "code_replayed",
            Self::ByClient => "by_client",
            Self::ByUser => "by_user",
            Self::RefreshTokenReplayed => "refresh_token_replayed",
            Self::TooMany => "too_many",
            Self::TooOld => "too_old",
        }
    }
}

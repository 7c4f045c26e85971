//! One person × one client × one space, and the Backlog tokens that back it.

use chrono::{DateTime, Utc};

use crate::oauth::Scopes;

use super::{ClientKey, GrantId, SpaceId};

#[derive(Clone, Debug)]
pub struct Grant {
    pub id: GrantId,
    pub space_id: SpaceId,
    pub client: ClientKey,
    pub backlog_user_id: i64,
    pub backlog_user_name: String,
    pub scopes: Scopes,
    /// Where it was made, and the only place where its tokens are exchanged.
    pub issuer: String,
    /// The MCP endpoint the grant is for (RFC 8707).
    pub resource: String,
    pub tokens: BacklogTokenState,
}

/// What is known of the Backlog tokens.
#[derive(Clone)]
pub enum BacklogTokenState {
    /// Both sealed. `generation` grows with each renewal.
    Live {
        access_token: String,
        refresh_token: String,
        expires_at: DateTime<Utc>,
        generation: i64,
    },
    /// Gone, with the rest of the grant.
    Revoked,
}

impl std::fmt::Debug for BacklogTokenState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Live { generation, .. } => write!(f, "Live(generation {generation})"),
            Self::Revoked => f.write_str("Revoked"),
        }
    }
}

/// Why the hub ended a grant; stored with it. The database itself ends the grants of a
/// space whose URL changes, as `space_moved`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationReason {
    /// Backlog answered `invalid_grant`: the person took the hub's access back there.
    BacklogInvalidGrant,
    /// An authorization code was presented twice (RFC 6749 §4.1.2).
    CodeReplayed,
    /// The client handed its refresh token back (RFC 7009).
    ByClient,
    /// A refresh token was presented again after its successor had been used.
    RefreshTokenReplayed,
}

impl RevocationReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BacklogInvalidGrant => "backlog_invalid_grant",
            Self::CodeReplayed => "code_replayed",
            Self::ByClient => "by_client",
            Self::RefreshTokenReplayed => "refresh_token_replayed",
        }
    }
}

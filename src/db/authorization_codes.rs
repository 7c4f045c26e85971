//! `hub.authorization_codes`.

use std::time::Duration;

use oauth_values::{CodeChallenge, Scopes, token::TokenHash};
use sqlx::PgExecutor;

use super::{
    clients::{client_of, select_with_client},
    interval, scopes_with_levels,
    spaces::allowed_clients,
    time_left, unreadable,
};
use crate::domain::{AllowedClients, AllowedNetworks, Client, ClientKey, GrantId};

/// A code to store (`sign_ins`).
pub struct NewCode<'a> {
    pub hash: TokenHash,
    pub grant: GrantId,
    /// As presented at `/authorize`, not as registered.
    pub redirect_uri: &'a str,
    pub code_challenge: &'a CodeChallenge,
    pub lifetime: Duration,
}

/// Everything a presented code is checked against.
#[expect(clippy::struct_excessive_bools, reason = "each is a check of its own")]
pub struct Code {
    pub grant: GrantId,
    pub client: ClientKey,
    pub issuer: String,
    pub scopes: Scopes,
    pub resource: String,
    /// As presented at `/authorize`.
    pub redirect_uri: String,
    pub code_challenge: CodeChallenge,
    pub consumed: bool,
    pub expired: bool,
    pub grant_revoked: bool,
    pub space_disabled: bool,
    pub allowed_clients: AllowedClients,
    pub allowed_networks: AllowedNetworks,
    /// The time until the grant exceeds the longest age, if there is one.
    pub time_left: Option<Duration>,
}

/// Finds a code and the client that it was issued to; `max_age` is the longest age of a grant, if there
/// is one.
pub async fn find(
    db: impl PgExecutor<'_>,
    hash: TokenHash,
    max_age: Option<Duration>,
) -> Result<Option<(Code, Client)>, sqlx::Error> {
    let Some(row) = select_with_client!(
        [r#"grants.id, grants.issuer, grants.scopes, grants.levels,
               rtrim(grants.resource, '/') AS "resource!",
               codes.redirect_uri, codes.code_challenge,
               codes.consumed_at IS NOT NULL AS "consumed!",
               codes.expires_at <= clock_timestamp() AS "expired!",
               grants.revoked_at IS NOT NULL AS "grant_revoked!",
               spaces.disabled_at IS NOT NULL AS "space_disabled!", spaces.client_policy,
               spaces.client_hosts, spaces.allowed_networks::text[] AS allowed_networks,
               extract(epoch FROM grants.created_at + $2::interval - clock_timestamp())::float8
                   AS time_left"#],
        "FROM hub.authorization_codes AS codes
         JOIN hub.grants AS grants ON grants.id = codes.grant_id
         JOIN hub.spaces AS spaces ON spaces.id = grants.space_id
         JOIN hub.clients AS clients ON clients.id = grants.client_id
         WHERE codes.code_hash = $1 AND NOT clients.is_personal",
        hash.as_bytes(),
        interval(max_age)?,
    )
    .fetch_optional(db)
    .await?
    else {
        return Ok(None);
    };
    let code = Code {
        grant: GrantId(row.id),
        client: ClientKey(row.client_key),
        issuer: row.issuer,
        scopes: scopes_with_levels(&row.scopes, row.levels.as_deref()),
        resource: row.resource,
        redirect_uri: row.redirect_uri,
        code_challenge: CodeChallenge::parse(&row.code_challenge)
            .ok_or_else(|| unreadable("authorization_codes.code_challenge"))?,
        consumed: row.consumed,
        expired: row.expired,
        grant_revoked: row.grant_revoked,
        space_disabled: row.space_disabled,
        allowed_clients: allowed_clients(&row.client_policy, row.client_hosts),
        allowed_networks: AllowedNetworks::of(row.allowed_networks),
        time_left: row.time_left.map(time_left),
    };
    Ok(Some((code, client_of!(row)?)))
}

/// Whether a code is stored, used or not.
pub async fn exists(db: impl PgExecutor<'_>, hash: TokenHash) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM hub.authorization_codes WHERE code_hash = $1) AS "exists!""#,
        hash.as_bytes()
    )
    .fetch_one(db)
    .await
}

//! `hub.authorization_codes`.

use std::time::Duration;

use oauth_values::{CodeChallenge, Scopes, token::TokenHash};
use sqlx::{PgExecutor, postgres::types::PgInterval};

use super::{scopes_with_levels, spaces::allowed_clients, unreadable};
use crate::domain::{AllowedClients, AllowedNetworks, ClientKey, GrantId};

pub struct NewCode<'a> {
    pub hash: TokenHash,
    pub grant: GrantId,
    /// As presented at `/authorize`, not as registered.
    pub redirect_uri: &'a str,
    pub code_challenge: &'a CodeChallenge,
    pub lifetime: Duration,
}

pub async fn insert(db: impl PgExecutor<'_>, code: &NewCode<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO hub.authorization_codes
            (code_hash, grant_id, redirect_uri, code_challenge, expires_at)
         VALUES ($1::bytea, $2, $3, $4, clock_timestamp() + $5::interval)",
        code.hash.as_bytes(),
        code.grant.0,
        code.redirect_uri,
        code.code_challenge.as_str(),
        PgInterval::try_from(code.lifetime).map_err(sqlx::Error::Encode)?,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Everything a presented code is checked against.
#[expect(clippy::struct_excessive_bools, reason = "each is a check of its own")]
pub struct Code {
    pub grant: GrantId,
    pub client: ClientKey,
    pub issuer: String,
    pub scopes: Scopes,
    pub resource: String,
    pub redirect_uri: String,
    pub code_challenge: CodeChallenge,
    pub consumed: bool,
    pub expired: bool,
    pub grant_revoked: bool,
    pub space_disabled: bool,
    pub allowed_clients: AllowedClients,
    pub allowed_networks: AllowedNetworks,
}

pub async fn find(db: impl PgExecutor<'_>, hash: TokenHash) -> Result<Option<Code>, sqlx::Error> {
    let Some(row) = sqlx::query!(
        r#"SELECT grants.id, grants.client_id, grants.issuer, grants.scopes, grants.levels,
                  rtrim(grants.resource, '/') AS "resource!",
                  codes.redirect_uri, codes.code_challenge,
                  codes.consumed_at IS NOT NULL AS "consumed!",
                  codes.expires_at <= clock_timestamp() AS "expired!",
                  grants.revoked_at IS NOT NULL AS "grant_revoked!",
                  spaces.disabled_at IS NOT NULL AS "space_disabled!", spaces.client_policy,
                  spaces.client_hosts, spaces.allowed_networks::text[] AS allowed_networks
           FROM hub.authorization_codes AS codes
           JOIN hub.grants AS grants ON grants.id = codes.grant_id
           JOIN hub.spaces AS spaces ON spaces.id = grants.space_id
           WHERE codes.code_hash = $1"#,
        hash.as_bytes()
    )
    .fetch_optional(db)
    .await?
    else {
        return Ok(None);
    };
    Ok(Some(Code {
        grant: GrantId(row.id),
        client: ClientKey(row.client_id),
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
    }))
}

/// Returns true for the one caller that may issue tokens for the code. The grant is locked
/// first, in the same order as when a grant is deleted with its codes.
#[tracing::instrument(level = "debug", name = "db.authorization_codes.consume", skip_all, fields(db.system.name = "postgresql"))]
pub async fn consume(db: impl PgExecutor<'_>, hash: TokenHash) -> Result<bool, sqlx::Error> {
    sqlx::query!(
        "WITH held AS (
             SELECT id FROM hub.grants
             WHERE id = (SELECT grant_id FROM hub.authorization_codes WHERE code_hash = $1)
             FOR KEY SHARE)
         UPDATE hub.authorization_codes AS codes SET consumed_at = clock_timestamp()
         FROM held
         WHERE codes.code_hash = $1 AND codes.grant_id = held.id
           AND codes.consumed_at IS NULL AND codes.expires_at > clock_timestamp()",
        hash.as_bytes()
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
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

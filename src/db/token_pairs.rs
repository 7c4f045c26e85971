//! Pairs of an access token and a refresh token, each stored by the statement that consumes what the
//! pair is issued for. The statement is its own transaction:
//!
//! 1. The grant is locked, in the same order as when a grant is deleted with its tokens.
//! 2. The token or code is consumed if it is unused, has not expired and belongs to that grant. Of
//!    concurrent uses, one succeeds.
//! 3. The pair is stored if something was consumed.

use std::time::Duration;

use oauth_values::token::TokenHash;
use sqlx::{PgExecutor, postgres::types::PgInterval};

use super::{access_tokens::NewAccessToken, refresh_tokens::NewRefreshToken, scopes_to_sql};

/// The rows of a pair for one grant.
pub struct NewPair {
    pub refresh_token: NewRefreshToken,
    pub access_token: NewAccessToken,
}

/// What a refresh token gets when it is consumed.
pub struct Rotation<'a> {
    /// The presented refresh token.
    pub hash: TokenHash,
    /// The response, which is returned again within the grace window.
    pub sealed_response: &'a str,
    pub grace: Duration,
}

/// Stores a pair. `consumption` has the parts of the `UPDATE` that consumes a row of the grant `held`.
/// The result is false if nothing was consumed.
macro_rules! issue {
    ($db:expr, $pair:expr, [$($consumption:literal),+ $(,)?], $($presented:expr),+ $(,)?) => {
        sqlx::query!(
            "WITH held AS (
                 SELECT id FROM hub.grants WHERE id = $1 AND revoked_at IS NULL FOR KEY SHARE),
             consumed AS ("
                + $($consumption +)+
                " RETURNING held.id),
             refreshing AS (
                 INSERT INTO hub.refresh_tokens (token_hash, grant_id, scopes, expires_at)
                 SELECT $2::bytea, consumed.id, $3::text[], clock_timestamp() + $4::interval
                 FROM consumed)
             INSERT INTO hub.access_tokens
                 (token_hash, grant_id, refresh_token_hash, scopes, levels, expires_at)
             SELECT $5::bytea, consumed.id, $2::bytea, $6::text[], $7::text[],
                    clock_timestamp() + $8::interval
             FROM consumed",
            $pair.refresh_token.grant.0,
            $pair.refresh_token.hash.as_bytes(),
            &scopes_to_sql($pair.refresh_token.scopes.base()),
            PgInterval::try_from($pair.refresh_token.lifetime).map_err(sqlx::Error::Encode)?,
            $pair.access_token.hash.as_bytes(),
            &scopes_to_sql($pair.access_token.scopes.base()),
            &scopes_to_sql($pair.access_token.scopes.levels()),
            PgInterval::try_from($pair.access_token.lifetime).map_err(sqlx::Error::Encode)?,
            $($presented),+
        )
        .execute($db)
        .await
        .map(|done| done.rows_affected() == 1)
    };
}

/// Issues a pair for a refresh token that was never used. False: it was used, has expired, or its
/// grant has ended.
#[tracing::instrument(level = "debug", name = "db.token_pairs.for_refresh_token", skip_all, fields(db.system.name = "postgresql"))]
pub async fn for_refresh_token(
    db: impl PgExecutor<'_>,
    rotation: &Rotation<'_>,
    pair: &NewPair,
) -> Result<bool, sqlx::Error> {
    issue!(
        db,
        pair,
        [
            "UPDATE hub.refresh_tokens AS tokens
             SET consumed_at = clock_timestamp(), successor_hash = $2::bytea, ",
            "answer = $10::text, answer_until = clock_timestamp() + $11::interval ",
            "FROM held
             WHERE tokens.token_hash = $9::bytea AND tokens.grant_id = held.id
               AND tokens.consumed_at IS NULL AND tokens.expires_at > clock_timestamp()"
        ],
        rotation.hash.as_bytes(),
        rotation.sealed_response,
        PgInterval::try_from(rotation.grace).map_err(sqlx::Error::Encode)?
    )
}

/// Issues a pair for an authorization code that was never used. False: it was used, has expired, or its
/// grant has ended.
#[tracing::instrument(level = "debug", name = "db.token_pairs.for_code", skip_all, fields(db.system.name = "postgresql"))]
pub async fn for_code(
    db: impl PgExecutor<'_>,
    code: TokenHash,
    pair: &NewPair,
) -> Result<bool, sqlx::Error> {
    issue!(
        db,
        pair,
        [
            "UPDATE hub.authorization_codes AS codes SET consumed_at = clock_timestamp()
             FROM held
             WHERE codes.code_hash = $9::bytea AND codes.grant_id = held.id
               AND codes.consumed_at IS NULL AND codes.expires_at > clock_timestamp()"
        ],
        code.as_bytes()
    )
}

/// Issues a pair for a device code that was never used. False: it was used, has expired, or its grant
/// has ended.
#[tracing::instrument(level = "debug", name = "db.token_pairs.for_device_code", skip_all, fields(db.system.name = "postgresql"))]
pub async fn for_device_code(
    db: impl PgExecutor<'_>,
    device_code: TokenHash,
    pair: &NewPair,
) -> Result<bool, sqlx::Error> {
    issue!(
        db,
        pair,
        [
            "UPDATE hub.device_codes AS codes SET consumed_at = clock_timestamp()
             FROM held
             WHERE codes.device_code_hash = $9::bytea AND codes.grant_id = held.id
               AND codes.consumed_at IS NULL AND codes.expires_at > clock_timestamp()"
        ],
        device_code.as_bytes()
    )
}

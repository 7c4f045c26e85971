//! `hub.refresh_tokens`: single use, with the response to the first use kept for the
//! grace window.

use std::time::Duration;

use oauth_values::{Scopes, token::TokenHash};
use sqlx::{PgExecutor, postgres::types::PgInterval};

use super::{
    clients::{client_of, select_with_client},
    hash_from_sql, interval, scopes_to_sql, scopes_with_levels,
    spaces::allowed_clients,
    time_left,
};
use crate::domain::{AllowedClients, AllowedNetworks, Client, ClientKey, GrantId, SpaceId};

pub struct NewRefreshToken {
    pub hash: TokenHash,
    pub grant: GrantId,
    pub scopes: Scopes,
    pub lifetime: Duration,
}

#[tracing::instrument(level = "debug", name = "db.refresh_tokens.insert", skip_all, fields(db.system.name = "postgresql"))]
pub async fn insert(db: impl PgExecutor<'_>, token: &NewRefreshToken) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO hub.refresh_tokens (token_hash, grant_id, scopes, expires_at)
         VALUES ($1::bytea, $2, $3::text[], clock_timestamp() + $4::interval)",
        token.hash.as_bytes(),
        token.grant.0,
        &scopes_to_sql(token.scopes.base()),
        PgInterval::try_from(token.lifetime).map_err(sqlx::Error::Encode)?,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Everything a presented refresh token is checked against.
#[expect(clippy::struct_excessive_bools, reason = "each is a check of its own")]
pub struct Stored {
    pub grant: GrantId,
    pub client: ClientKey,
    pub space: SpaceId,
    pub issuer: String,
    pub scopes: Scopes,
    pub resource: String,
    pub expired: bool,
    /// The time until the grant exceeds the longest age, if there is one; zero if it does.
    pub time_left: Option<Duration>,
    pub grant_revoked: bool,
    /// Backlog has ended the user's account; a sign-in restores it.
    pub account_ended: bool,
    pub space_disabled: bool,
    /// Where the code of the grant went, if that is known.
    pub redirect_uri: Option<String>,
    pub allowed_clients: AllowedClients,
    pub allowed_networks: AllowedNetworks,
    pub state: State,
}

/// The stage of a refresh token's life.
pub enum State {
    Unused,
    /// Used `late` ago; its sealed response is still returned to a client that repeats the token.
    InGrace {
        response: String,
        successor: TokenHash,
        late: Duration,
    },
    /// Used `late` ago; the grace window has passed.
    Spent {
        successor: TokenHash,
        late: Duration,
    },
}

/// Reads a refresh token and the client that it was issued to. A token whose grant is older than
/// `max_age` has expired.
#[tracing::instrument(level = "debug", name = "db.refresh_tokens.find", skip_all, fields(db.system.name = "postgresql"))]
pub async fn find(
    db: impl PgExecutor<'_>,
    hash: TokenHash,
    max_age: Option<Duration>,
) -> Result<Option<(Stored, Client)>, sqlx::Error> {
    let Some(row) = select_with_client!(
        [
            r#"tokens.grant_id, tokens.scopes, grants.levels, grants.space_id, grants.issuer,
               rtrim(grants.resource, '/') AS "resource!", "#,
            "coalesce(tokens.answer_until > clock_timestamp(), false) ",
            r#"AS "in_grace!", "#,
            "tokens.answer AS response, ",
            r#"tokens.successor_hash,
               extract(epoch FROM clock_timestamp() - tokens.consumed_at)::float8 AS late,
               least(tokens.expires_at, grants.created_at + $2::interval) <= clock_timestamp()
                   AS "expired!",
               extract(epoch FROM grants.created_at + $2::interval - clock_timestamp())::float8
                   AS time_left, grants.revoked_at IS NOT NULL AS "grant_revoked!",
               EXISTS (SELECT FROM hub.accounts AS accounts
                       WHERE accounts.space_id = grants.space_id
                         AND accounts.backlog_user_id = grants.backlog_user_id
                         AND accounts.ended_at IS NOT NULL) AS "account_ended!",
               spaces.disabled_at IS NOT NULL AS "space_disabled!", grants.redirect_uri,
               spaces.client_policy, spaces.client_hosts,
               spaces.allowed_networks::text[] AS allowed_networks"#
        ],
        "FROM hub.refresh_tokens AS tokens
         JOIN hub.grants AS grants ON grants.id = tokens.grant_id
         JOIN hub.spaces AS spaces ON spaces.id = grants.space_id
         JOIN hub.clients AS clients ON clients.id = grants.client_id
         WHERE tokens.token_hash = $1 AND NOT clients.is_personal",
        hash.as_bytes(),
        interval(max_age)?,
    )
    .fetch_optional(db)
    .await?
    else {
        return Ok(None);
    };
    let kept = row.response.filter(|_| row.in_grace);
    let state = State::read(row.late, row.successor_hash.as_deref(), kept)?;
    let stored = Stored {
        grant: GrantId(row.grant_id),
        client: ClientKey(row.client_key),
        space: SpaceId(row.space_id),
        issuer: row.issuer,
        scopes: scopes_with_levels(&row.scopes, row.levels.as_deref()),
        resource: row.resource,
        expired: row.expired,
        time_left: row.time_left.map(time_left),
        grant_revoked: row.grant_revoked,
        account_ended: row.account_ended,
        space_disabled: row.space_disabled,
        redirect_uri: row.redirect_uri,
        allowed_clients: allowed_clients(&row.client_policy, row.client_hosts),
        allowed_networks: AllowedNetworks::of(row.allowed_networks),
        state,
    };
    Ok(Some((stored, client_of!(row)?)))
}

impl State {
    /// `late` is how many seconds ago the token was used, if it was, and `kept` the response, within
    /// the grace window.
    fn read(
        late: Option<f64>,
        successor: Option<&[u8]>,
        kept: Option<String>,
    ) -> Result<Self, sqlx::Error> {
        let Some(late) = late else {
            return Ok(Self::Unused);
        };
        let successor = successor.unwrap_or_default();
        let successor = hash_from_sql(successor, "refresh_tokens.successor_hash")?;
        let late = Duration::try_from_secs_f64(late).unwrap_or_default();
        Ok(match kept {
            Some(response) => Self::InGrace {
                response,
                successor,
                late,
            },
            None => Self::Spent { successor, late },
        })
    }
}

/// Locks a refresh token: concurrent uses of one token queue here, across all replicas, until the
/// transaction ends. The grant is locked first, in the same order as when a grant is deleted with its
/// tokens.
#[tracing::instrument(level = "debug", name = "db.refresh_tokens.lock", skip_all, fields(db.system.name = "postgresql"))]
pub async fn lock(db: impl PgExecutor<'_>, hash: TokenHash) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT tokens.grant_id FROM hub.refresh_tokens AS tokens
         JOIN hub.grants AS grants ON grants.id = tokens.grant_id
         WHERE tokens.token_hash = $1
         FOR KEY SHARE OF grants FOR UPDATE OF tokens",
        hash.as_bytes()
    )
    .fetch_optional(db)
    .await
    .map(|_| ())
}

/// Marks the token used, names its successor and keeps the response for the grace window.
/// The token must be locked.
#[tracing::instrument(level = "debug", name = "db.refresh_tokens.consume", skip_all, fields(db.system.name = "postgresql"))]
pub async fn consume(
    db: impl PgExecutor<'_>,
    hash: TokenHash,
    successor: TokenHash,
    sealed_response: &str,
    grace: Duration,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.refresh_tokens
         SET consumed_at = coalesce(consumed_at, clock_timestamp()), successor_hash = $2::bytea, "
            + "answer = $3::text, answer_until = clock_timestamp() + $4::interval "
            + "WHERE token_hash = $1",
        hash.as_bytes(),
        successor.as_bytes(),
        sealed_response,
        PgInterval::try_from(grace).map_err(sqlx::Error::Encode)?,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Replaces a token that was lost with its response. The lost token is kept as used, so that
/// a later use of it is detected. Returns false if it had been used.
pub async fn supersede(
    db: impl PgExecutor<'_>,
    lost: TokenHash,
    successor: TokenHash,
) -> Result<bool, sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.refresh_tokens
         SET consumed_at = clock_timestamp(), successor_hash = $2::bytea, "
            + "answer_until = clock_timestamp() "
            + "WHERE token_hash = $1 AND consumed_at IS NULL",
        lost.as_bytes(),
        successor.as_bytes(),
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

/// The `client_id` of the client that a refresh token was issued to.
pub async fn client_id_of(
    db: impl PgExecutor<'_>,
    hash: TokenHash,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT clients.client_id FROM hub.refresh_tokens AS tokens
         JOIN hub.grants AS grants ON grants.id = tokens.grant_id
         JOIN hub.clients AS clients ON clients.id = grants.client_id
         WHERE tokens.token_hash = $1",
        hash.as_bytes()
    )
    .fetch_optional(db)
    .await
}

/// The grant of a client's refresh token, if it was issued by this issuer.
pub async fn grant_of(
    db: impl PgExecutor<'_>,
    hash: TokenHash,
    client: ClientKey,
    issuer: &str,
) -> Result<Option<GrantId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT grants.id AS "id: GrantId" FROM hub.refresh_tokens AS tokens
           JOIN hub.grants AS grants ON grants.id = tokens.grant_id
           WHERE tokens.token_hash = $1 AND grants.client_id = $2 AND grants.issuer = $3"#,
        hash.as_bytes(),
        client.0,
        issuer,
    )
    .fetch_optional(db)
    .await
}

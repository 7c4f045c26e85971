//! Removes what has expired, a batch at a time; each function says of what, and
//! returns how many rows went.

use sqlx::{PgConnection, PgExecutor};

/// Rows removed by one statement, so that no lock is held long.
const BATCH: i64 = 1_000;
const LOCK: i64 = i64::from_be_bytes(*b"bmh-clen");

/// Only one replica cleans up at a time; false: another one is at it. The lock
/// belongs to the connection.
pub async fn try_lock(db: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT pg_try_advisory_lock($1) AS "locked!""#, LOCK)
        .fetch_one(db)
        .await
}

pub async fn unlock(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query_scalar!("SELECT pg_advisory_unlock($1)", LOCK)
        .fetch_one(db)
        .await
        .map(|_| ())
}

macro_rules! batches {
    ($($(#[$doc:meta])* $name:ident: $sql:literal;)*) => {$(
        $(#[$doc])*
        pub async fn $name(db: impl PgExecutor<'_>) -> Result<u64, sqlx::Error> {
            sqlx::query!($sql, BATCH)
                .execute(db)
                .await
                .map(|done| done.rows_affected())
        }
    )*};
}

batches! {
    authorization_requests:
        "DELETE FROM hub.authorization_requests WHERE id IN (
             SELECT id FROM hub.authorization_requests
             WHERE expires_at <= clock_timestamp() LIMIT $1 FOR UPDATE SKIP LOCKED)";
    /// An hour after their time, so that a second use is still noticed.
    authorization_codes:
        "DELETE FROM hub.authorization_codes WHERE code_hash IN (
             SELECT code_hash FROM hub.authorization_codes
             WHERE expires_at <= clock_timestamp() - interval '1 hour'
             LIMIT $1 FOR UPDATE SKIP LOCKED)";
    access_tokens:
        "DELETE FROM hub.access_tokens WHERE token_hash IN (
             SELECT token_hash FROM hub.access_tokens
             WHERE expires_at <= clock_timestamp() LIMIT $1 FOR UPDATE SKIP LOCKED)";
    /// Used ones too stay until they would have expired: their replay is noticed.
    refresh_tokens:
        "DELETE FROM hub.refresh_tokens WHERE token_hash IN (
             SELECT token_hash FROM hub.refresh_tokens
             WHERE expires_at <= clock_timestamp() LIMIT $1 FOR UPDATE SKIP LOCKED)";
    /// The sealed answers of grace windows that have passed.
    refresh_answers:
        "UPDATE hub.refresh_tokens SET answer = NULL WHERE token_hash IN (
             SELECT token_hash FROM hub.refresh_tokens
             WHERE answer IS NOT NULL AND answer_until <= clock_timestamp()
             LIMIT $1 FOR UPDATE SKIP LOCKED)";
    client_assertions:
        "DELETE FROM hub.client_assertions WHERE (client_id, jti_hash) IN (
             SELECT client_id, jti_hash FROM hub.client_assertions
             WHERE expires_at <= clock_timestamp() LIMIT $1 FOR UPDATE SKIP LOCKED)";
    consents:
        "DELETE FROM hub.consents WHERE id IN (
             SELECT id FROM hub.consents
             WHERE expires_at <= clock_timestamp() LIMIT $1 FOR UPDATE SKIP LOCKED)";
    /// Revoked a week ago, or left without any token that could still be used.
    grants:
        "DELETE FROM hub.grants WHERE id IN (
             SELECT id FROM hub.grants
             WHERE revoked_at <= clock_timestamp() - interval '7 days'
                OR (created_at <= clock_timestamp() - interval '1 day'
                    AND NOT EXISTS (SELECT FROM hub.refresh_tokens AS tokens
                                    WHERE tokens.grant_id = grants.id
                                      AND tokens.expires_at > clock_timestamp())
                    AND NOT EXISTS (SELECT FROM hub.access_tokens AS tokens
                                    WHERE tokens.grant_id = grants.id
                                      AND tokens.expires_at > clock_timestamp()))
             LIMIT $1 FOR UPDATE SKIP LOCKED)";
    /// Idle for 90 days and without a grant; what an operator registered stays.
    idle_clients:
        "DELETE FROM hub.clients WHERE id IN (
             SELECT id FROM hub.clients
             WHERE origin <> 'operator'
               AND coalesce(last_used_at, created_at) <= clock_timestamp() - interval '90 days'
               AND NOT EXISTS (SELECT FROM hub.grants WHERE grants.client_id = clients.id)
             LIMIT $1 FOR UPDATE SKIP LOCKED)";
    /// Never signed in with, documents included, because strangers can add any number:
    /// the newest 10,000 stay, and any of the last hour.
    never_used_clients:
        "DELETE FROM hub.clients WHERE id IN (
             SELECT id FROM hub.clients
             WHERE origin <> 'operator' AND last_used_at IS NULL
               AND created_at <= clock_timestamp() - interval '1 hour'
               AND NOT EXISTS (SELECT FROM hub.grants WHERE grants.client_id = clients.id)
             ORDER BY created_at DESC OFFSET 10000 LIMIT $1)
           AND last_used_at IS NULL";
}

//! Deletion of expired rows: a module per kind of row counts them and deletes them in batches.

use sqlx::PgConnection;

/// The number of rows that one statement deletes, so that no lock is held for long.
const BATCH: i64 = 1_000;
const LOCK: i64 = i64::from_be_bytes(*b"bmh-clen");

/// Only one replica cleans up at a time; false if another one is doing so. The lock belongs to
/// the connection.
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

/// For each kind of row, `remove` deletes a batch and `count` returns the number to delete.
///
/// The time is that of the statement, because PostgreSQL compares no index with a clock that moves
/// while it reads. A kind with an index on its time is deleted in that order, `oldest` first.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident: $table:literal by $key:literal where $condition:literal
        $(oldest $time:literal)? => $removal:literal;)*) => {$(
        $(#[$doc])*
        pub mod $name {
            use sqlx::PgExecutor;

            pub async fn remove(db: impl PgExecutor<'_>) -> Result<u64, sqlx::Error> {
                sqlx::query!(
                    $removal + " WHERE (" + $key + ") IN (SELECT " + $key + " FROM " + $table
                        + " WHERE " + $condition $(+ " ORDER BY " + $time)?
                        + " LIMIT $1 FOR UPDATE SKIP LOCKED)",
                    super::BATCH
                )
                .execute(db)
                .await
                .map(|done| done.rows_affected())
            }

            pub async fn count(db: impl PgExecutor<'_>) -> Result<i64, sqlx::Error> {
                sqlx::query_scalar!(
                    "SELECT count(*) AS \"count!\" FROM " + $table + " WHERE " + $condition
                )
                .fetch_one(db)
                .await
            }
        }
    )*};
}

kinds! {
    /// Fifteen minutes after expiry: until then the page about the expiry can offer a new start.
    authorization_requests: "hub.authorization_requests" by "id"
        where "expires_at <= statement_timestamp() - interval '15 minutes'" oldest "expires_at"
        => "DELETE FROM hub.authorization_requests";
    /// Undecided requests beyond the newest 50,000 or 64 MiB, because anybody can create them.
    undecided_requests: "hub.authorization_requests" by "id"
        where "id IN (
                   SELECT id FROM (
                       SELECT id, count(*) OVER newer AS number,
                              sum(pg_column_size(requests.*)) OVER newer AS bytes
                       FROM hub.authorization_requests AS requests
                       WHERE approved_at IS NULL AND finished_at IS NULL
                       WINDOW newer AS (ORDER BY id DESC ROWS UNBOUNDED PRECEDING)) AS undecided
                   WHERE number > 50000 OR bytes > 67108864)"
        => "DELETE FROM hub.authorization_requests";
    /// An hour after expiry, so that a second use is still detected.
    authorization_codes: "hub.authorization_codes" by "code_hash"
        where "expires_at <= statement_timestamp() - interval '1 hour'" oldest "expires_at"
        => "DELETE FROM hub.authorization_codes";
    /// An hour after expiry, so that a second use is still detected, and undecided ones beyond the
    /// newest 50,000, because anybody can create them.
    device_codes: "hub.device_codes" by "id"
        where "expires_at <= statement_timestamp() - interval '1 hour'
               OR id IN (
                   SELECT id FROM hub.device_codes WHERE decided_at IS NULL
                   ORDER BY id DESC OFFSET 50000)"
        => "DELETE FROM hub.device_codes";
    access_tokens: "hub.access_tokens" by "token_hash"
        where "expires_at <= statement_timestamp()" oldest "expires_at"
        => "DELETE FROM hub.access_tokens";
    /// Used ones too are kept until their expiry, so that a replay is detected.
    refresh_tokens: "hub.refresh_tokens" by "token_hash"
        where "expires_at <= statement_timestamp()" oldest "expires_at"
        => "DELETE FROM hub.refresh_tokens";
    /// The sealed responses of grace windows that have passed.
    refresh_responses: "hub.refresh_tokens" by "token_hash"
        where "answer IS NOT NULL AND answer_until <= statement_timestamp()" oldest "answer_until"
        => "UPDATE hub.refresh_tokens SET answer = NULL";
    client_assertions: "hub.client_assertions" by "client_id, jti_hash"
        where "expires_at <= statement_timestamp()" oldest "expires_at"
        => "DELETE FROM hub.client_assertions";
    identity_assertions: "hub.identity_assertions" by "provider_id, jti_hash"
        where "expires_at <= statement_timestamp()" oldest "expires_at"
        => "DELETE FROM hub.identity_assertions";
    /// A day after expiry: until then the id of a link finds its file.
    upload_links: "hub.upload_links" by "link_hash"
        where "expires_at <= statement_timestamp() - interval '1 day'" oldest "expires_at"
        => "DELETE FROM hub.upload_links";
    consents: "hub.consents" by "id"
        where "expires_at <= statement_timestamp()" oldest "expires_at"
        => "DELETE FROM hub.consents";
    browser_spaces: "hub.browser_spaces" by "browser_hash, space_id"
        where "expires_at <= statement_timestamp()" oldest "expires_at"
        => "DELETE FROM hub.browser_spaces";
    /// Fifteen minutes after expiry, and unfinished ones beyond the newest 50,000: until then a
    /// repeated response of Backlog leads to the page.
    account_sign_ins: "hub.account_sign_ins" by "state_hash"
        where "expires_at <= statement_timestamp() - interval '15 minutes'
               OR state_hash IN (
                   SELECT state_hash FROM hub.account_sign_ins WHERE finished_at IS NULL
                   ORDER BY expires_at DESC, state_hash OFFSET 50000)"
        => "DELETE FROM hub.account_sign_ins";
    account_sessions: "hub.account_sessions" by "session_hash"
        where "expires_at <= statement_timestamp()" oldest "expires_at"
        => "DELETE FROM hub.account_sessions";
    /// Revoked a week ago, or left without a live token.
    grants: "hub.grants" by "id"
        where "revoked_at <= statement_timestamp() - interval '7 days'
               OR (created_at <= statement_timestamp() - interval '1 day'
                   AND NOT EXISTS (SELECT FROM hub.refresh_tokens AS tokens
                                   WHERE tokens.grant_id = grants.id
                                     AND tokens.expires_at > statement_timestamp())
                   AND NOT EXISTS (SELECT FROM hub.access_tokens AS tokens
                                   WHERE tokens.grant_id = grants.id
                                     AND tokens.expires_at > statement_timestamp()))"
        => "DELETE FROM hub.grants";
    /// Without a live grant, unless a sign-in is in progress or the user came by an identity provider
    /// in the last 90 days.
    accounts: "hub.accounts" by "id"
        where "signed_in_at <= statement_timestamp() - interval '10 minutes'
               AND NOT EXISTS (SELECT FROM hub.identity_links AS links
                               WHERE links.space_id = accounts.space_id
                                 AND links.backlog_user_id = accounts.backlog_user_id
                                 AND links.last_used_at
                                     > statement_timestamp() - interval '90 days')
               AND NOT EXISTS (SELECT FROM hub.grants
                               WHERE grants.space_id = accounts.space_id
                                 AND grants.backlog_user_id = accounts.backlog_user_id
                                 AND grants.revoked_at IS NULL)"
        => "DELETE FROM hub.accounts";
    /// Pauses that ended a day ago.
    paused_endings: "hub.paused_endings" by "space_id"
        where "until <= statement_timestamp() - interval '1 day'"
        => "DELETE FROM hub.paused_endings";
    /// Idle for 90 days and without a grant; clients that an operator registered stay.
    idle_clients: "hub.clients" by "id"
        where "origin <> 'operator'
               AND coalesce(last_used_at, created_at)
                   <= statement_timestamp() - interval '90 days'
               AND NOT EXISTS (SELECT FROM hub.grants WHERE grants.client_id = clients.id)"
        => "DELETE FROM hub.clients";
    /// Never used for a sign-in, documents included, because anybody can add them. The newest are
    /// kept: 10,000 clients and 32 MiB, or, of the last hour, 50,000 and 128 MiB. A new client is
    /// never rejected because of the stored ones.
    never_used_clients: "hub.clients" by "id"
        where "id IN (
                   SELECT id FROM (
                       SELECT id, created_at, count(*) OVER newer AS number,
                              sum(pg_column_size(clients.*)) OVER newer AS bytes
                       FROM hub.clients
                       WHERE origin <> 'operator' AND last_used_at IS NULL
                         AND NOT EXISTS (SELECT FROM hub.grants
                                         WHERE grants.client_id = clients.id)
                       WINDOW newer AS (ORDER BY created_at DESC, id DESC
                                        ROWS UNBOUNDED PRECEDING)) AS never_used
                   WHERE number > 50000 OR bytes > 134217728
                      OR ((number > 10000 OR bytes > 33554432)
                          AND created_at <= statement_timestamp() - interval '1 hour'))"
        => "DELETE FROM hub.clients";
}

//! `hub.account_sessions`: who is signed in to the connections page of a space, and what the user
//! does there. The user of a change is read from the session, in the same statement.

use std::time::Duration;

use oauth_values::token::TokenHash;
use sqlx::{PgExecutor, postgres::types::PgInterval};

use super::hash_from_sql;
use crate::domain::{BacklogUser, GrantId, SpaceId};

/// A session that begins.
pub struct NewSession<'a> {
    pub hash: TokenHash,
    pub space: SpaceId,
    pub user: &'a BacklogUser,
    pub browser: TokenHash,
    pub lifetime: Duration,
}

pub async fn insert(db: impl PgExecutor<'_>, begun: &NewSession<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO hub.account_sessions
            (session_hash, space_id, backlog_user_id, backlog_user_name, browser_hash, expires_at)
         VALUES ($1::bytea, $2, $3, $4, $5::bytea, clock_timestamp() + $6::interval)",
        begun.hash.as_bytes(),
        begun.space.0,
        begun.user.id,
        begun.user.name,
        begun.browser.as_bytes(),
        PgInterval::try_from(begun.lifetime).map_err(sqlx::Error::Encode)?,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// A live session of the space.
pub struct Session {
    pub user: BacklogUser,
    pub browser: TokenHash,
}

pub async fn find(
    db: impl PgExecutor<'_>,
    hash: TokenHash,
    space: SpaceId,
) -> Result<Option<Session>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT backlog_user_id, backlog_user_name, browser_hash
         FROM hub.account_sessions
         WHERE session_hash = $1 AND space_id = $2 AND expires_at > clock_timestamp()",
        hash.as_bytes(),
        space.0,
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(Session {
            user: BacklogUser {
                id: row.backlog_user_id,
                name: row.backlog_user_name,
            },
            browser: hash_from_sql(&row.browser_hash, "account_sessions.browser_hash")?,
        })
    })
    .transpose()
}

/// Ends the session of a browser in a space, if it has one.
pub async fn end(
    db: impl PgExecutor<'_>,
    browser: TokenHash,
    space: SpaceId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM hub.account_sessions WHERE browser_hash = $1 AND space_id = $2",
        browser.as_bytes(),
        space.0,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Ends one live grant of the session's user. Returns false if it is not one.
pub async fn end_connection(
    db: impl PgExecutor<'_>,
    session: TokenHash,
    grant: GrantId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT hub.end_connections($1, $2) > 0 AS "ended!""#,
        session.as_bytes(),
        grant.0,
    )
    .fetch_one(db)
    .await
}

/// Ends all live grants of the session's user in the space. Returns how many there were.
pub async fn end_all_connections(
    db: impl PgExecutor<'_>,
    session: TokenHash,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT hub.end_connections($1, NULL) AS "ended!""#,
        session.as_bytes(),
    )
    .fetch_one(db)
    .await
}

/// Forgets what the session's browser remembers of the space: the approvals, and who signed in.
pub async fn forget_approvals(
    db: impl PgExecutor<'_>,
    session: TokenHash,
) -> Result<(), sqlx::Error> {
    sqlx::query_scalar!("SELECT hub.forget_approvals($1)", session.as_bytes())
        .fetch_one(db)
        .await
        .map(|_| ())
}

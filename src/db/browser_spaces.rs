//! `hub.browser_spaces`: the spaces a browser has signed in to, so that they are offered again, with
//! the user of the last sign-in.

use std::{collections::HashMap, time::Duration};

use oauth_values::token::TokenHash;
use sqlx::{PgExecutor, postgres::types::PgInterval};

use crate::domain::{BacklogUser, SpaceId};

pub async fn remember(
    db: impl PgExecutor<'_>,
    browser: TokenHash,
    space: SpaceId,
    user: &BacklogUser,
    lifetime: Duration,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO hub.browser_spaces
            (browser_hash, space_id, backlog_user_id, backlog_user_name, expires_at)
         VALUES ($1::bytea, $2, $3, $4, clock_timestamp() + $5::interval)
         ON CONFLICT (browser_hash, space_id) DO UPDATE
            SET backlog_user_id = excluded.backlog_user_id,
                backlog_user_name = excluded.backlog_user_name,
                expires_at = excluded.expires_at",
        browser.as_bytes(),
        space.0,
        user.id,
        user.name,
        PgInterval::try_from(lifetime).map_err(sqlx::Error::Encode)?,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Who last signed in to each space in this browser.
pub async fn users(
    db: impl PgExecutor<'_>,
    browser: TokenHash,
) -> Result<HashMap<SpaceId, BacklogUser>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT space_id, backlog_user_id AS "id!", backlog_user_name AS "name!"
           FROM hub.browser_spaces
           WHERE browser_hash = $1 AND backlog_user_id IS NOT NULL
             AND expires_at > clock_timestamp()"#,
        browser.as_bytes(),
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| {
            let (id, name) = (row.id, row.name);
            (SpaceId(row.space_id), BacklogUser { id, name })
        })
        .collect())
}

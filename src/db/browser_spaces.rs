//! `hub.browser_spaces`: the spaces a browser has signed in to, so that they are offered again, with
//! the user of the last sign-in, which writes them (`sign_ins`).

use std::collections::HashMap;

use oauth_values::token::TokenHash;
use sqlx::PgExecutor;

use crate::domain::{BacklogUser, SpaceId};

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

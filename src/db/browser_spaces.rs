//! `hub.browser_spaces`: the spaces a browser has signed in to, so that they are offered again.

use std::time::Duration;

use sqlx::{PgExecutor, postgres::types::PgInterval};

use crate::{domain::SpaceId, oauth::token::TokenHash};

pub async fn remember(
    db: impl PgExecutor<'_>,
    browser: TokenHash,
    space: SpaceId,
    lifetime: Duration,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO hub.browser_spaces (browser_hash, space_id, expires_at)
         VALUES ($1::bytea, $2, clock_timestamp() + $3::interval)
         ON CONFLICT (browser_hash, space_id) DO UPDATE SET expires_at = excluded.expires_at",
        browser.as_bytes(),
        space.0,
        PgInterval::try_from(lifetime).map_err(sqlx::Error::Encode)?,
    )
    .execute(db)
    .await
    .map(|_| ())
}

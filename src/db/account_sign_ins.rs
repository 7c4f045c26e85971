//! `hub.account_sign_ins`: sign-ins at Backlog that open the connections page.

use std::time::Duration;

use oauth_values::token::TokenHash;
use sqlx::{PgExecutor, postgres::types::PgInterval};

use super::hash_from_sql;
use crate::domain::{Space, SpaceId};

/// A sign-in that begins.
pub struct NewSignIn<'a> {
    pub state: TokenHash,
    pub space: &'a Space,
    /// The issuer at which it begins.
    pub issuer: &'a str,
    pub browser: TokenHash,
    pub lifetime: Duration,
    /// Whether the account keeps the tokens although the user has no connection.
    pub keeps_tokens: bool,
    /// Whether it leads to the page that asks for the code of a device.
    pub for_device: bool,
}

pub async fn insert(db: impl PgExecutor<'_>, begun: &NewSignIn<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO hub.account_sign_ins
            (state_hash, space_id, issuer, browser_hash, site, redirect_uri, expires_at,
             keeps_tokens, for_device)
         VALUES ($1::bytea, $2, $3, $4::bytea, $5, $6, clock_timestamp() + $7::interval, $8, $9)",
        begun.state.as_bytes(),
        begun.space.id.0,
        begun.issuer,
        begun.browser.as_bytes(),
        begun.space.base_url,
        begun.space.redirect_uri,
        PgInterval::try_from(begun.lifetime).map_err(sqlx::Error::Encode)?,
        begun.keeps_tokens,
        begun.for_device,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// A sign-in for which the user was sent to Backlog.
pub struct SignIn {
    pub state: TokenHash,
    pub space: SpaceId,
    /// The space's current slug.
    pub slug: String,
    pub issuer: String,
    pub browser: TokenHash,
    /// The Backlog site that the browser was sent to.
    pub site: String,
    /// The redirect URI that was sent to Backlog.
    pub redirect_uri: String,
    /// Whether the account keeps the tokens although the user has no connection.
    pub keeps_tokens: bool,
    /// Whether it leads to the page that asks for the code of a device.
    pub for_device: bool,
    /// Whether it has finished or expired.
    pub is_over: bool,
}

pub async fn find(
    db: impl PgExecutor<'_>,
    state: TokenHash,
) -> Result<Option<SignIn>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT sign_ins.space_id, spaces.slug, issuer, browser_hash, site,
                  sign_ins.redirect_uri, sign_ins.keeps_tokens, sign_ins.for_device,
                  finished_at IS NOT NULL OR expires_at <= clock_timestamp() AS "is_over!"
           FROM hub.account_sign_ins AS sign_ins
           JOIN hub.spaces AS spaces ON spaces.id = sign_ins.space_id
           WHERE state_hash = $1"#,
        state.as_bytes(),
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(SignIn {
            state,
            space: SpaceId(row.space_id),
            slug: row.slug,
            issuer: row.issuer,
            browser: hash_from_sql(&row.browser_hash, "account_sign_ins.browser_hash")?,
            site: row.site,
            redirect_uri: row.redirect_uri,
            keeps_tokens: row.keeps_tokens,
            for_device: row.for_device,
            is_over: row.is_over,
        })
    })
    .transpose()
}

/// Finishes a sign-in, for the one callback that may continue. Returns false for any other.
pub async fn finish(db: impl PgExecutor<'_>, state: TokenHash) -> Result<bool, sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.account_sign_ins SET finished_at = clock_timestamp()
         WHERE state_hash = $1 AND finished_at IS NULL AND expires_at > clock_timestamp()",
        state.as_bytes(),
    )
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
}

//! `hub.consents`: approvals that a browser need not repeat. A sign-in writes them (`sign_ins`).

use oauth_values::{Scopes, token::TokenHash};
use sqlx::PgExecutor;

use super::scopes_to_sql;
use crate::domain::{ClientKey, SpaceId};

/// The subject of a remembered approval; another redirect URI needs its own approval.
pub struct ConsentKey<'a> {
    pub browser: TokenHash,
    pub client: ClientKey,
    pub space: SpaceId,
    pub redirect_uri: &'a str,
}

/// Whether this has been approved, for at least these scopes.
pub async fn covers(
    db: impl PgExecutor<'_>,
    key: &ConsentKey<'_>,
    scopes: Scopes,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM hub.consents
               WHERE browser_hash = $1 AND client_id = $2 AND space_id = $3
                 AND redirect_uri = $4 AND scopes::text[] @> $5::text[]
                 AND expires_at > clock_timestamp()) AS "covered!""#,
        key.browser.as_bytes(),
        key.client.0,
        key.space.0,
        key.redirect_uri,
        &scopes_to_sql(scopes),
    )
    .fetch_one(db)
    .await
}

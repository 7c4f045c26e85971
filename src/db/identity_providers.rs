//! `hub.identity_providers`, which only operators write.

use sqlx::PgExecutor;
use uuid::Uuid;

use super::scopes_from_sql;
use crate::domain::{IdentityProvider, IdentityProviderId, Mapping, SpaceId};

/// The providers with this issuer: that of the space or, if no space is named, those of all enabled
/// spaces, of which two are enough to know that there are several.
pub async fn trusted(
    db: impl PgExecutor<'_>,
    issuer: &str,
    space: Option<SpaceId>,
) -> Result<Vec<IdentityProvider>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT providers.id, providers.space_id, providers.issuer, providers.jwks_uri,
                providers.audience, providers.mapping, providers.scopes, providers.allow_private
         FROM hub.identity_providers AS providers
         JOIN hub.spaces AS spaces ON spaces.id = providers.space_id
         WHERE providers.issuer = $1
           AND CASE WHEN $2::uuid IS NULL THEN spaces.disabled_at IS NULL
                    ELSE providers.space_id = $2 END
         ORDER BY providers.id LIMIT 2",
        issuer,
        space.map(|space| space.0),
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(IdentityProvider::from).collect())
}

/// The columns, as the query returns them.
struct Row {
    id: Uuid,
    space_id: Uuid,
    issuer: String,
    jwks_uri: Option<String>,
    audience: Option<String>,
    mapping: String,
    scopes: Vec<String>,
    allow_private: bool,
}

impl From<Row> for IdentityProvider {
    fn from(row: Row) -> Self {
        Self {
            id: IdentityProviderId(row.id),
            space: SpaceId(row.space_id),
            issuer: row.issuer,
            jwks_uri: row.jwks_uri,
            audience: row.audience,
            mapping: Mapping::named(&row.mapping),
            scopes: scopes_from_sql(&row.scopes).effective(),
            allow_private: row.allow_private,
        }
    }
}

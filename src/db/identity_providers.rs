//! `hub.identity_providers`, which only operators write.

use chrono::{DateTime, Utc};
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
                providers.audience, providers.mapping, providers.trust_unverified_mail,
                providers.scopes, providers.allow_private, providers.updated_at
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

/// Locks the provider until the transaction ends; false if an operator has changed or removed it
/// since it was read.
pub async fn hold(
    db: impl PgExecutor<'_>,
    provider: &IdentityProvider,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT hub.hold_identity_provider($1, $2) AS "is_unchanged!""#,
        provider.id.0,
        provider.updated_at,
    )
    .fetch_one(db)
    .await
}

/// The columns, as the query returns them.
struct Row {
    id: Uuid,
    space_id: Uuid,
    issuer: String,
    jwks_uri: Option<String>,
    audience: Option<String>,
    mapping: String,
    trust_unverified_mail: bool,
    scopes: Vec<String>,
    allow_private: bool,
    updated_at: DateTime<Utc>,
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
            trust_unverified_mail: row.trust_unverified_mail,
            scopes: scopes_from_sql(&row.scopes).effective(),
            allow_private: row.allow_private,
            updated_at: row.updated_at,
        }
    }
}

//! Grants that an identity assertion made, in `hub.grants`.
//!
//! A user, client and endpoint has one such grant of a provider, which later assertions use again: the
//! caller has locked the user's account, so no two are made at the same time. Such a grant has no
//! refresh token and, until the next renewal, no copy of the account's tokens.

use std::time::Duration;

use oauth_values::Scopes;
use sqlx::{PgExecutor, postgres::types::PgInterval};

use super::{projects_to_sql, scopes_to_sql, scopes_with_levels};
use crate::domain::{Grant, GrantId, IdentityProviderId};

/// The live grant that an earlier assertion made.
pub struct Known {
    pub id: GrantId,
    pub scopes: Scopes,
}

/// The newest live grant of the same user, client, endpoint and provider as this one, if it is not
/// older than `max_age`.
pub async fn find(
    db: impl PgExecutor<'_>,
    grant: &Grant,
    provider: IdentityProviderId,
    max_age: Option<Duration>,
) -> Result<Option<Known>, sqlx::Error> {
    let max_age = max_age
        .map(PgInterval::try_from)
        .transpose()
        .map_err(sqlx::Error::Encode)?;
    let row = sqlx::query!(
        "SELECT id, scopes, levels FROM hub.grants
         WHERE space_id = $1 AND backlog_user_id = $2 AND client_id = $3
           AND identity_provider_id = $4 AND issuer = $5 AND resource = $6
           AND revoked_at IS NULL
           AND ($7::interval IS NULL OR created_at + $7 > clock_timestamp())
         ORDER BY id DESC LIMIT 1 FOR UPDATE",
        grant.space_id.0,
        grant.backlog_user_id,
        grant.client.0,
        provider.0,
        grant.issuer,
        stored_resource(grant),
        max_age,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Known {
        id: GrantId(row.id),
        scopes: scopes_with_levels(&row.scopes, row.levels.as_deref()),
    }))
}

#[tracing::instrument(level = "debug", name = "db.asserted_access.insert", skip_all, fields(db.system.name = "postgresql"))]
pub async fn insert(
    db: impl PgExecutor<'_>,
    grant: &Grant,
    provider: IdentityProviderId,
) -> Result<(), sqlx::Error> {
    let projects = projects_to_sql(grant.projects.as_ref());
    sqlx::query!(
        "INSERT INTO hub.grants
            (id, space_id, client_id, backlog_user_id, backlog_user_name, scopes, levels, issuer,
             resource, projects, identity_provider_id, redirect_uri)
         VALUES ($1, $2, $3, $4, $5, $6::text[], $7, $8, $9, $10::text[]::hub.project_key[], $11,
             $12)",
        grant.id.0,
        grant.space_id.0,
        grant.client.0,
        grant.backlog_user_id,
        grant.backlog_user_name,
        &scopes_to_sql(grant.scopes.base()),
        &scopes_to_sql(grant.scopes.levels()),
        grant.issuer,
        stored_resource(grant),
        projects.as_deref(),
        provider.0,
        grant.redirect_uri,
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Replaces the scopes of a grant by those of a later assertion.
pub async fn set_scopes(
    db: impl PgExecutor<'_>,
    id: GrantId,
    scopes: Scopes,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE hub.grants SET scopes = $2::text[], levels = $3 WHERE id = $1",
        id.0,
        &scopes_to_sql(scopes.base()),
        &scopes_to_sql(scopes.levels()),
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Adds the audit event that names both identities of an exchange.
pub async fn note_identity(
    db: impl PgExecutor<'_>,
    id: GrantId,
    subject: &str,
    scopes: Scopes,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT hub.note_identity($1, $2, $3)",
        id.0,
        subject,
        scopes.to_string(),
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// The resource with the slash of a grant that is restricted to some projects (`grants`).
fn stored_resource(grant: &Grant) -> String {
    match grant.projects {
        None => grant.resource.clone(),
        Some(_) => format!("{}/", grant.resource),
    }
}

//! When grants and clients were last used: written for many at once, and seldom for each.
//!
//! Rows are locked in the order of their ids, so that replicas do not wait for each other
//! in circles.

use std::time::Duration;

use sqlx::PgExecutor;

use crate::domain::{ClientKey, GrantId};

/// A grant with its client, and how long ago it was used.
type Use = (GrantId, ClientKey, Duration);

/// Notes the last uses of grants, but for those that somebody is changing: a renewal holds all
/// grants of a user, and must not wait for this in a circle.
pub async fn of_grants(db: impl PgExecutor<'_>, uses: &[Use]) -> Result<(), sqlx::Error> {
    let ids: Vec<_> = uses.iter().map(|(grant, _, _)| grant.0).collect();
    sqlx::query!(
        "UPDATE hub.grants SET last_used_at = used.at
         FROM (SELECT grants.id, clock_timestamp() - make_interval(secs => used.age) AS at
               FROM unnest($1::uuid[], $2::float8[]) AS used (id, age)
               JOIN hub.grants AS grants ON grants.id = used.id
               FOR NO KEY UPDATE OF grants SKIP LOCKED) AS used
         WHERE grants.id = used.id
           AND (grants.last_used_at IS NULL OR grants.last_used_at < used.at)",
        &ids,
        &ages(uses),
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Notes the last uses of the grants' clients, to the hour: the column is indexed, so each
/// update costs more than one of a grant.
pub async fn of_clients(db: impl PgExecutor<'_>, uses: &[Use]) -> Result<(), sqlx::Error> {
    let ids: Vec<_> = uses.iter().map(|(_, client, _)| client.0).collect();
    sqlx::query!(
        "UPDATE hub.clients SET last_used_at = used.at
         FROM (SELECT clients.id, clock_timestamp() - make_interval(secs => used.age) AS at
               FROM (SELECT id, min(age) AS age
                     FROM unnest($1::uuid[], $2::float8[]) AS used (id, age)
                     GROUP BY id) AS used
               JOIN hub.clients AS clients ON clients.id = used.id
               WHERE clients.last_used_at IS NULL
                  OR clients.last_used_at < clock_timestamp()
                         - make_interval(secs => used.age) - interval '1 hour'
               ORDER BY clients.id FOR NO KEY UPDATE OF clients) AS used
         WHERE clients.id = used.id",
        &ids,
        &ages(uses),
    )
    .execute(db)
    .await
    .map(|_| ())
}

fn ages(uses: &[Use]) -> Vec<f64> {
    uses.iter().map(|(_, _, age)| age.as_secs_f64()).collect()
}

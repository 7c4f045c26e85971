//! When grants and clients were last used: many rows per statement, each row rarely.
//!
//! Rows are locked in the order of their ids, so that replicas do not deadlock.

use std::time::Duration;

use ipnet::IpNet;
use sqlx::PgExecutor;

use crate::domain::{ClientKey, GrantId};

/// The last use of a grant.
pub struct Use {
    pub grant: GrantId,
    pub client: ClientKey,
    /// The time since then.
    pub age: Duration,
    /// The network it came from, if it is kept.
    pub network: Option<IpNet>,
}

/// Records the last uses of grants and skips those that another transaction has locked: a
/// renewal locks all grants of a user, and waiting for it could deadlock.
pub async fn of_grants(db: impl PgExecutor<'_>, uses: &[Use]) -> Result<(), sqlx::Error> {
    let ids: Vec<_> = uses.iter().map(|one| one.grant.0).collect();
    let networks: Vec<Option<String>> = uses
        .iter()
        .map(|one| one.network.map(|network| network.to_string()))
        .collect();
    sqlx::query!(
        "UPDATE hub.grants SET last_used_at = used.at, last_used_from = used.network
         FROM (SELECT grants.id, clock_timestamp() - make_interval(secs => used.age) AS at,
                      used.network::inet AS network
               FROM unnest($1::uuid[], $2::float8[], $3::text[]) AS used (id, age, network)
               JOIN hub.grants AS grants ON grants.id = used.id
               FOR NO KEY UPDATE OF grants SKIP LOCKED) AS used
         WHERE grants.id = used.id
           AND (grants.last_used_at IS NULL OR grants.last_used_at < used.at)",
        &ids,
        &ages(uses),
        &networks as &[Option<String>],
    )
    .execute(db)
    .await
    .map(|_| ())
}

/// Records the last uses of the grants' clients, to the hour: the column is indexed, so an
/// update costs more than that of a grant.
pub async fn of_clients(db: impl PgExecutor<'_>, uses: &[Use]) -> Result<(), sqlx::Error> {
    let ids: Vec<_> = uses.iter().map(|one| one.client.0).collect();
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
    uses.iter().map(|one| one.age.as_secs_f64()).collect()
}

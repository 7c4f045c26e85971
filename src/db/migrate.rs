//! Brings the schema up to date: refinery's migrations, applied through sqlx.
//!
//! 1. If every migration of this build is applied, nothing is touched: the
//!    service may then run as a role that cannot change the schema.
//! 2. An advisory lock of the session lets one process at a time go on.
//! 3. The schema `hub` is created, then refinery applies what is missing, each
//!    migration in a transaction of its own, and records it in
//!    `hub.refinery_schema_history`.
//! 4. The lock is released, whatever happened.

use refinery::Migration;
use refinery_core::AsyncMigrate;
use refinery_core::traits::r#async::{AsyncQuery, AsyncTransaction};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgExecutor, Row};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

mod embedded {
    refinery::embed_migrations!("migrations");
}

const HISTORY: &str = "hub.refinery_schema_history";
/// Any constant will do, as long as every release uses the same one.
const LOCK: i64 = i64::from_be_bytes(*b"bmh-migr");
/// SQLSTATE `undefined_table`.
const UNDEFINED_TABLE: &str = "42P01";
/// SQLSTATE `insufficient_privilege`.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("the schema could not be examined or locked: {0}")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    Migration(#[from] refinery::Error),
    #[error(
        "the schema is not that of this release, and the role of DATABASE_URL may not change it; \
         run `backlog-mcp-hub migrate` as the owner of the tables ({0})"
    )]
    NotAllowed(#[source] sqlx::Error),
    #[error("the migration {0} is older than others that are applied, so it was not applied")]
    OutOfOrder(Migration),
}

/// The migrations of this build, by version.
pub fn migrations() -> Vec<Migration> {
    let mut migrations = embedded::migrations::runner().get_migrations().clone();
    migrations.sort();
    migrations
}

/// Applies the migrations that the database lacks; returns how many. Safe to
/// call from several processes at once: each comes back when the schema is
/// current.
///
/// Give it a connection of its own: when the future is dropped before it ends,
/// the session keeps its lock until the connection is closed.
///
/// # Errors
/// [`MigrateError`]; a migration that failed has left nothing behind, those
/// before it stay applied. A migration that was changed after it had been
/// applied is refused.
pub async fn migrate(connection: &mut PgConnection) -> Result<usize, MigrateError> {
    if is_current(&mut *connection).await? {
        return Ok(0);
    }
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(LOCK)
        .execute(&mut *connection)
        .await?;
    let applied = migrate_locked(connection).await;
    let released = sqlx::query("SELECT pg_advisory_unlock($1)")
        .bind(LOCK)
        .execute(&mut *connection)
        .await;
    let applied = applied?;
    released?;
    Ok(applied)
}

async fn migrate_locked(connection: &mut PgConnection) -> Result<usize, MigrateError> {
    sqlx::query("CREATE SCHEMA IF NOT EXISTS hub")
        .execute(&mut *connection)
        .await
        .map_err(|error| match &error {
            sqlx::Error::Database(cause)
                if cause.code().as_deref() == Some(INSUFFICIENT_PRIVILEGE) =>
            {
                MigrateError::NotAllowed(error)
            }
            _ => MigrateError::Database(error),
        })?;
    let mut runner = embedded::migrations::runner()
        // During a roll-out the newer release migrates first, and replicas of
        // the older one may still start: to them its migrations are unknown.
        .set_abort_missing(false);
    runner.set_migration_table_name(HISTORY);
    let report = runner.run_async(&mut Session(connection)).await?;

    let applied = history(&mut *connection).await?;
    match migrations().into_iter().find(|one| !applied.contains(one)) {
        // refinery skips one whose version is below the newest applied.
        Some(skipped) => Err(MigrateError::OutOfOrder(skipped)),
        None => Ok(report.applied_migrations().len()),
    }
}

/// Whether every migration of this build is applied, and as this build knows
/// it. Ones that only a newer build knows do not matter.
///
/// # Errors
/// If the database cannot be asked.
pub async fn is_current(executor: impl PgExecutor<'_>) -> Result<bool, sqlx::Error> {
    let applied = match history(executor).await {
        Ok(applied) => applied,
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(UNDEFINED_TABLE) => {
            return Ok(false);
        }
        Err(error) => return Err(error),
    };
    Ok(migrations().iter().all(|one| applied.contains(one)))
}

/// The applied migrations, by version. Not a checked query: refinery creates
/// the table, no migration of ours does.
async fn history(executor: impl PgExecutor<'_>) -> Result<Vec<Migration>, sqlx::Error> {
    sqlx::query(
        "SELECT version, name, applied_on, checksum
         FROM hub.refinery_schema_history ORDER BY version",
    )
    .try_map(applied_migration)
    .fetch_all(executor)
    .await
}

/// Reads a row of refinery's table: the version is an `int4`, the rest text.
fn applied_migration(row: PgRow) -> Result<Migration, sqlx::Error> {
    let decode = |error| sqlx::Error::Decode(error);
    let applied_on =
        OffsetDateTime::parse(row.try_get(2)?, &Rfc3339).map_err(|e| decode(e.into()))?;
    let checksum = row
        .try_get::<&str, _>(3)?
        .parse::<u64>()
        .map_err(|e| decode(e.into()))?;
    Ok(Migration::applied(
        row.try_get(0)?,
        row.try_get(1)?,
        applied_on,
        checksum,
    ))
}

/// What refinery works through.
struct Session<'c>(&'c mut PgConnection);

impl AsyncTransaction for Session<'_> {
    type Error = sqlx::Error;

    /// Runs scripts, each of any number of statements, in one transaction.
    async fn execute<'a, T: Iterator<Item = &'a str> + Send + 'a>(
        &'a mut self,
        scripts: T,
    ) -> Result<usize, sqlx::Error> {
        let mut transaction = self.0.begin().await?;
        let mut count = 0;
        for script in scripts {
            // Migrations are part of the program, not input.
            let script = sqlx::raw_sql(AssertSqlSafe(script.to_owned()));
            script.execute(&mut *transaction).await?;
            count += 1;
        }
        transaction.commit().await?;
        Ok(count)
    }
}

impl AsyncQuery<Vec<Migration>> for Session<'_> {
    async fn query<'a>(&'a mut self, query: &'a str) -> Result<Vec<Migration>, sqlx::Error> {
        sqlx::query(AssertSqlSafe(query.to_owned()))
            .try_map(applied_migration)
            .fetch_all(&mut *self.0)
            .await
    }
}

impl AsyncMigrate for Session<'_> {}

//! Brings the schema up to date: refinery's migrations, applied through sqlx.
//!
//! 1. If every migration of this build is applied, nothing is changed, so the service can run
//!    as a role that cannot change the schema.
//! 2. A session-level advisory lock lets one process at a time continue.
//! 3. The schema `hub` is created. Then refinery applies the missing migrations, each in its own
//!    transaction, and records them in `hub.refinery_schema_history`.
//! 4. The lock is released, on failure too.

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
/// Any constant works, provided that every release uses the same one.
const LOCK: i64 = i64::from_be_bytes(*b"bmh-migr");
/// SQLSTATE `undefined_table`.
const UNDEFINED_TABLE: &str = "42P01";
/// SQLSTATE `insufficient_privilege`.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("cannot read or lock the schema: {0}")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    Migration(#[from] refinery::Error),
    #[error(
        "the schema does not match this release, and the role in DATABASE_URL cannot change it; \
         run `backlog-mcp-hub migrate` as the owner of the tables ({0})"
    )]
    NotAllowed(#[source] sqlx::Error),
    #[error("migration {0} was not applied, because newer migrations already are")]
    OutOfOrder(Migration),
}

/// The migrations of this build, by version.
pub fn migrations() -> Vec<Migration> {
    let mut migrations = embedded::migrations::runner().get_migrations().clone();
    migrations.sort();
    migrations
}

/// Applies the migrations that the database lacks and returns their number. Several processes
/// may call it at once: each returns when the schema is current.
///
/// Pass a dedicated connection: if the future is dropped before it completes, the session keeps
/// its lock until the connection is closed.
///
/// # Errors
/// [`MigrateError`]. A failed migration is rolled back; those before it stay applied. A
/// migration that was changed after it was applied is rejected.
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
        // During a roll-out the newer release migrates first, and replicas of the older
        // one may still start; they do not know its migrations.
        .set_abort_missing(false);
    runner.set_migration_table_name(HISTORY);
    let report = runner.run_async(&mut Session(connection)).await?;

    let applied = history(&mut *connection).await?;
    match migrations().into_iter().find(|one| !applied.contains(one)) {
        // refinery skips a migration with a version below the newest applied one.
        Some(skipped) => Err(MigrateError::OutOfOrder(skipped)),
        None => Ok(report.applied_migrations().len()),
    }
}

/// Whether every migration of this build is applied unchanged. Migrations of newer builds are
/// ignored.
///
/// # Errors
/// If the database cannot be queried.
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

/// The applied migrations, by version. The query is unchecked, because refinery creates the
/// table and no migration of ours does.
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
#[expect(clippy::needless_pass_by_value, reason = "`try_map` passes the row")]
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

/// The connection that refinery uses.
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
            // Migrations are part of the build, not input.
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

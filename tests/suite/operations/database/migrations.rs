//! The migrations succeed on every state of a database.

use backlog_mcp_hub::db::migrate::{MigrateError, is_current, migrate, migrations};
use sqlx::{Connection, PgConnection};

use crate::support::{
    database::TestDatabase,
    process::{program, run},
    role::TestRole,
};

#[tokio::test]
async fn two_processes_bring_up_an_empty_database_at_once() {
    let database = TestDatabase::empty().await;
    assert!(!is_current(database.pool()).await.unwrap());

    let process = || {
        let url = database.url().to_owned();
        tokio::spawn(async move {
            let mut connection = PgConnection::connect(&url).await.unwrap();
            migrate(&mut connection).await.unwrap()
        })
    };
    let (one, other) = tokio::join!(process(), process());

    assert_eq!(one.unwrap() + other.unwrap(), migrations().len());
    assert!(is_current(database.pool()).await.unwrap());
}

#[tokio::test]
async fn a_current_database_needs_no_right_to_change_it() {
    let database = TestDatabase::create().await;
    // A role that every server has; what it is granted ends with the database.
    sqlx::raw_sql(
        "GRANT USAGE ON SCHEMA hub TO pg_monitor;
         GRANT SELECT ON hub.refinery_schema_history TO pg_monitor",
    )
    .execute(database.pool())
    .await
    .unwrap();
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    sqlx::raw_sql("SET ROLE pg_monitor")
        .execute(&mut connection)
        .await
        .unwrap();
    assert_eq!(migrate(&mut connection).await.unwrap(), 0);
}

#[tokio::test]
async fn migrations_of_a_newer_release_are_tolerated() {
    let database = TestDatabase::create().await;
    record(&database, 9999, "from_the_future").await;

    assert!(is_current(database.pool()).await.unwrap());
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    assert_eq!(migrate(&mut connection).await.unwrap(), 0);
}

#[tokio::test]
async fn a_migration_that_was_changed_is_refused_and_the_lock_released() {
    let database = TestDatabase::create().await;
    sqlx::query("UPDATE hub.refinery_schema_history SET checksum = '1' WHERE version = $1")
        .bind(migrations()[0].version())
        .execute(database.pool())
        .await
        .unwrap();

    assert!(!is_current(database.pool()).await.unwrap());
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    let error = migrate(&mut connection).await.unwrap_err();
    assert!(error.to_string().contains("is different"), "{error}");
    assert_eq!(advisory_locks(&database).await, 0);
}

#[tokio::test]
async fn a_migration_that_was_overtaken_is_reported() {
    let database = TestDatabase::empty().await;
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    migrate(&mut connection).await.unwrap();
    sqlx::query("TRUNCATE hub.refinery_schema_history")
        .execute(database.pool())
        .await
        .unwrap();
    record(&database, 9999, "from_the_future").await;

    let error = migrate(&mut connection).await.unwrap_err();
    assert!(matches!(error, MigrateError::OutOfOrder(_)), "{error}");
    assert_eq!(advisory_locks(&database).await, 0);
}

async fn record(database: &TestDatabase, version: i32, name: &str) {
    sqlx::query(
        "INSERT INTO hub.refinery_schema_history (version, name, applied_on, checksum)
         VALUES ($1, $2, '2030-01-01T00:00:00Z', '1')",
    )
    .bind(version)
    .bind(name)
    .execute(database.pool())
    .await
    .unwrap();
}

async fn advisory_locks(database: &TestDatabase) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
         WHERE locktype = 'advisory' AND datname = current_database()",
    )
    .fetch_one(database.pool())
    .await
    .unwrap()
}

/// The service does not change the schema; it says who must.
#[tokio::test]
async fn a_service_without_the_right_to_migrate_reports_it() {
    let database = TestDatabase::create().await;
    let role = TestRole::member_of("hub_service", &database).await;
    let last = migrations().pop().expect("a migration").version();
    sqlx::query("DELETE FROM hub.refinery_schema_history WHERE version = $1")
        .bind(last)
        .execute(database.pool())
        .await
        .unwrap();
    let mut command = program(&["migrate"]);
    command.env("DATABASE_URL", role.url());
    let output = run(command).await;
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(!output.status.success());
    assert!(
        said.contains("run `backlog-mcp-hub migrate` as the owner"),
        "{said}"
    );
}

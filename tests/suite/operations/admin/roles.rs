//! The rights of the two roles: the tests log in as a member of each.

use std::{borrow::Cow, fs::Permissions, os::unix::fs::PermissionsExt, time::Duration};

use backlog_mcp_hub::{audit::retention, config::Storage, db::migrate, jobs};
use backlog_sim::seed;
use embedded_postgres::EmbeddedPostgres;
use foundation::random::Random;
use futures_util::future::join_all;
use secrecy::ExposeSecret;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use url::Url;

use crate::support::{
    clock::still,
    database::TestDatabase,
    hub::{OAUTH_CLIENT_SECRET, REDIRECT_URI, TestHub, eventually},
    person::Person,
    process::{program, run},
    role::TestRole,
    tokens::{refreshed, works},
};

/// The SQLSTATE with which a statement fails, or nothing.
pub(super) async fn failure(pool: &PgPool, statement: &str) -> Option<String> {
    let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(pool).await;
    let error = done.err()?;
    let cause = error.as_database_error().expect("the database says no");
    cause.code().map(Cow::into_owned)
}

pub(super) async fn refused(pool: &PgPool, statement: &str) {
    let code = failure(pool, statement).await;
    assert_eq!(code.as_deref(), Some("42501"), "{statement}");
}

/// All the tables of `hub`, partitions included.
async fn tables(pool: &PgPool) -> Vec<String> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'hub'",
    )
    .fetch_all(pool)
    .await
    .expect("the tables");
    assert!(tables.len() > 10, "{tables:?}");
    tables
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_runs_as_hub_service() {
    let database = TestDatabase::create().await;
    let role = TestRole::member_of("hub_service", &database).await;
    let url = role.url().to_owned();
    let hub = TestHub::start_on(database, |settings| {
        let Storage::External { keys, .. } = &settings.storage else {
            unreachable!("the tests bring a database");
        };
        settings.storage = Storage::External {
            url: url.into(),
            keys: keys.clone(),
        };
    })
    .await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    assert!(works(&hub, &tokens).await);
    let tokens = refreshed(&hub, &tokens).await;
    assert!(works(&hub, &tokens).await);
    let confidential = json!({
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "client_secret_post",
    });
    assert_eq!(hub.register_with(&confidential).await.status, 201);
    hub.post_form(
        "/revoke",
        &[
            ("token", &tokens.refresh_token),
            ("client_id", &tokens.client_id),
        ],
    )
    .await;
    assert_eq!(hub.revoked_reason().await.as_deref(), Some("by_client"));

    // The cleanup, with a month's partition of the audit trail to make.
    let partitions = "SELECT count(*)::text FROM pg_inherits
                      WHERE inhparent = 'hub.audit_events'::regclass";
    hub.sql(
        "DO $$ BEGIN EXECUTE 'DROP TABLE hub.audit_events_'
             || to_char(now() AT TIME ZONE 'UTC' + interval '1 month', 'YYYY_MM'); END $$",
    )
    .await;
    let before = hub.value(partitions).await;
    hub.sql("UPDATE hub.access_tokens SET expires_at = clock_timestamp()")
        .await;
    let pool = role.pool();
    let removed = jobs::cleanup::once(&pool, &still())
        .await
        .expect("cleaned up");
    assert!(removed.is_some_and(|removed| !removed.is_empty()));
    assert_ne!(hub.value(partitions).await, before);

    // The retention of the trail, which it neither reads nor owns.
    hub.sql("SELECT hub.ensure_audit_month((now() - interval '200 days')::date)")
        .await;
    let keep = Duration::from_hours(2400);
    let past = retention::count(&pool, keep).await.expect("counted");
    assert_eq!(past.months, 1);
    let removed = retention::once(&pool, keep).await.expect("removed");
    assert_eq!(removed, past);

    // A secret that an operator gives is sealed by it too.
    hub.sql("SELECT admin.set_space_secret((SELECT slug FROM admin.spaces), 'another')")
        .await;
    eventually("the secret is sealed", async || {
        let state = "SELECT secret FROM admin.spaces";
        hub.value(state).await.as_deref() == Some("sealed")
    })
    .await;
    hub.sql(
        "SELECT admin.set_space_secret(slug, 'sealed:v1:nobody:' || repeat('A', 60))
         FROM admin.spaces",
    )
    .await;
    eventually("what cannot be sealed is named", async || {
        let state = "SELECT secret FROM admin.spaces";
        hub.value(state).await.as_deref() == Some("refused")
    })
    .await;
    pool.close().await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hub_service_changes_no_schema_no_privilege_and_no_history() {
    let database = TestDatabase::create().await;
    let role = TestRole::member_of("hub_service", &database).await;
    let pool = role.pool();
    for statement in [
        "CREATE TABLE hub.mine (id integer)",
        "CREATE SCHEMA mine",
        "ALTER TABLE hub.spaces ADD COLUMN mine integer",
        "ALTER TABLE hub.spaces DISABLE TRIGGER spaces_moved",
        "DROP TABLE hub.grants",
        "TRUNCATE hub.grants",
        "DELETE FROM hub.spaces",
        "SELECT * FROM hub.audit_events",
        "UPDATE hub.audit_events SET reason = 'mine'",
        "DELETE FROM hub.audit_events",
        "INSERT INTO hub.audit_events (event) VALUES ('mine')",
        "UPDATE hub.audit_floor SET days = 1",
        "SELECT admin.resume_endings('default')",
        "SELECT admin.set_audit_floor(1)",
        "INSERT INTO hub.given_secrets (space_id, value) VALUES (gen_random_uuid(), 'x')",
        "INSERT INTO hub.privileges VALUES ('hub_service', 'ALL ON SCHEMA hub')",
        "SELECT hub.grant_privileges()",
        "DELETE FROM hub.refinery_schema_history",
        "SELECT * FROM admin.spaces",
        "SELECT admin.disable_space('default')",
    ] {
        let code = failure(&pool, statement).await;
        assert_eq!(code.as_deref(), Some("42501"), "{statement}");
    }
    pool.close().await;
}

/// With its own functions: what it may call is no way to empty the trail, or to write another
/// deed, another time or another name into it.
#[tokio::test(flavor = "multi_thread")]
async fn hub_service_neither_empties_nor_forges_the_audit_trail() {
    let database = TestDatabase::create().await;
    let role = TestRole::member_of("hub_service", &database).await;
    let pool = role.pool();
    let events = async || -> Vec<String> {
        let rows = "SELECT concat_ws(' ', event, tool, database_role,
                        at BETWEEN now() - interval '25 hours' AND clock_timestamp())
                    FROM hub.audit_events ORDER BY id";
        let rows = sqlx::query_scalar(rows).fetch_all(database.pool());
        rows.await.expect("the trail")
    };
    for keep in ["0", "-1 day", "29 days"] {
        let expire = format!("SELECT hub.expire_audit('{keep}')");
        let code = failure(&pool, &expire).await;
        assert_eq!(code.as_deref(), Some("22023"), "{expire}");
    }
    assert_eq!(
        failure(&pool, "SELECT hub.expire_audit('30 days')").await,
        None
    );
    // An operator's deed, in an operator's name.
    refused(
        &pool,
        "INSERT INTO hub.audit_events (event, reason, at, database_role)
         VALUES ('space_deleted', 'acme', now() - interval '2 days', 'hub_operator')",
    )
    .await;
    let note = |event: &str, age: &str| {
        format!(
            "SELECT hub.note_activity('{{{age}}}', '{{{event}}}', '{{NULL}}', '{{NULL}}',
                                      '{{NULL}}', '{{get_myself}}', '{{ok}}', '{{1}}')"
        )
    };
    refused(&pool, &note("space_deleted", "0")).await;
    assert_eq!(events().await, Vec::<String>::new());

    // What it does note is of now or of the last day, and in its own name.
    for age in ["1", "-1000000", "1e9", "NaN"] {
        let done = note("tool_called", age);
        assert_eq!(failure(&pool, &done).await, None, "{done}");
    }
    let own = format!("tool_called get_myself {} t", role.name);
    assert_eq!(events().await, vec![own; 4]);
    pool.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hub_admin_sees_no_table_and_no_secret() {
    let hub = TestHub::start().await;
    let role = TestRole::member_of("hub_admin", &hub.database).await;
    let pool = role.pool();
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    refreshed(&hub, &tokens).await;
    let confidential = json!({
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "client_secret_post",
    });
    assert_eq!(hub.register_with(&confidential).await.status, 201);

    for table in tables(hub.database.pool()).await {
        refused(&pool, &format!("SELECT * FROM hub.{table}")).await;
        refused(&pool, &format!("DELETE FROM hub.{table}")).await;
    }
    for statement in [
        "CREATE TABLE admin.mine (id integer)",
        "CREATE FUNCTION admin.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "SELECT hub.ensure_audit_month(now()::date)",
        "SELECT hub.revoke_grants('{}', 'mine')",
    ] {
        refused(&pool, statement).await;
    }

    // All that the views show, with a secret that nobody could seal among it.
    sqlx::raw_sql(
        "SELECT admin.set_space_secret(slug, 'sealed:v1:nobody:' || repeat('A', 60))
         FROM admin.spaces",
    )
    .execute(&pool)
    .await
    .expect("set");
    let waits = "SELECT value FROM hub.given_secrets";
    let given = hub.value(waits).await.expect("it waits");
    let mut shown = String::new();
    for view in ["spaces", "clients", "grants", "audit", "changes", "stats"] {
        let query = format!("SELECT coalesce(string_agg(v::text, ' '), '') FROM admin.{view} AS v");
        let rows: String = sqlx::query_scalar(AssertSqlSafe(query))
            .fetch_one(&pool)
            .await
            .expect(view);
        assert!(!rows.is_empty(), "{view}");
        shown.push_str(&rows);
    }
    assert!(shown.contains("Daniel"), "{shown}");
    let key = hub.keys.expose_secret();
    for secret in [
        OAUTH_CLIENT_SECRET,
        key,
        &given,
        "sealed:v1:test",
        "$argon2",
    ] {
        assert!(!shown.contains(secret), "{secret}");
    }
    let hashes = "SELECT string_agg(encode(token_hash, 'hex'), ' ') FROM (
                      SELECT token_hash FROM hub.access_tokens
                      UNION ALL SELECT token_hash FROM hub.refresh_tokens
                      UNION ALL SELECT registration_token_hash FROM hub.clients
                          WHERE registration_token_hash IS NOT NULL) AS hashes";
    let hashes = hub.value(hashes).await.expect("hashes");
    assert!(hashes.split(' ').count() >= 4, "{hashes}");
    for hash in hashes.split(' ') {
        assert!(!shown.contains(hash), "{hash}");
    }
    pool.close().await;
    hub.stop().await;
}

/// A function that a later migration adds is held to it as well.
#[tokio::test]
async fn every_function_of_the_operator_is_closed_to_others_and_fixes_its_search_path() {
    let database = TestDatabase::create().await;
    let wrong: Vec<String> = sqlx::query_scalar(
        "SELECT pronamespace::regnamespace || '.' || proname FROM pg_proc
         WHERE pronamespace IN ('admin'::regnamespace, 'hub'::regnamespace)
           AND (has_function_privilege('public', oid, 'EXECUTE')
                OR prosecdef AND NOT coalesce(proconfig::text, '') LIKE '%search_path=pg_catalog%'
                OR pronamespace = 'admin'::regnamespace
                   AND NOT (prosecdef AND has_function_privilege('hub_admin', oid, 'EXECUTE')))",
    )
    .fetch_all(database.pool())
    .await
    .expect("the functions");
    assert_eq!(wrong, Vec::<String>::new());
    let admins: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_proc WHERE pronamespace = 'admin'::regnamespace",
    )
    .fetch_one(database.pool())
    .await
    .expect("a count");
    assert!(admins >= 11, "{admins}");

    // What the next migration makes is the operator's too.
    sqlx::raw_sql(
        "CREATE FUNCTION admin.next() RETURNS integer LANGUAGE sql AS 'SELECT 1';
         CREATE VIEW admin.next_view AS SELECT 1 AS one",
    )
    .execute(database.pool())
    .await
    .expect("made");
    let role = TestRole::member_of("hub_admin", &database).await;
    let pool = role.pool();
    for statement in ["SELECT admin.next()", "SELECT * FROM admin.next_view"] {
        assert_eq!(failure(&pool, statement).await, None, "{statement}");
    }
    pool.close().await;
}

/// A cluster in which the roles are not there yet, unlike that of the other tests.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_cluster_gets_its_roles_once_or_says_that_it_needs_them() {
    let directory = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o711))
        .tempdir()
        .unwrap();
    let postgres = EmbeddedPostgres::start(directory.path(), &Random::system(), |_| {})
        .await
        .unwrap();
    let maintenance = Url::parse(postgres.url().expose_secret()).unwrap();
    let database = |name: &str, user: Option<&str>| {
        let mut url = maintenance.clone();
        url.set_path(name);
        if let Some(user) = user {
            url.set_username(user).unwrap();
            url.set_password(Some("test")).unwrap();
        }
        url
    };
    let superuser = PgPool::connect(maintenance.as_str()).await.unwrap();
    for statement in [
        "CREATE ROLE plain LOGIN PASSWORD 'test'",
        "CREATE DATABASE plain OWNER plain",
        "CREATE DATABASE one",
        "CREATE DATABASE two",
        "CREATE DATABASE three",
    ] {
        assert_eq!(failure(&superuser, statement).await, None, "{statement}");
    }
    let migrate = async |url: Url| {
        let mut connection = PgConnection::connect(url.as_str()).await.unwrap();
        migrate::migrate(&mut connection).await.unwrap()
    };
    let roles = "SELECT count(*) FROM pg_roles WHERE rolname IN ('hub_service', 'hub_admin')";
    let roles = async || -> i64 {
        let count = sqlx::query_scalar(roles).fetch_one(&superuser);
        count.await.unwrap()
    };

    // An owner who may not make roles migrates all the same.
    let all = migrate::migrations().len();
    let mut command = program(&["migrate"]);
    command.env("DATABASE_URL", database("plain", Some("plain")).as_str());
    let output = run(command).await;
    let said = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{said}");
    assert!(said.contains(&format!("Applied {all}")), "{said}");
    assert!(said.contains("no hub_service and no hub_admin"), "{said}");
    assert_eq!(roles().await, 0);

    // Databases that migrate at once make them once.
    let names = ["one", "two", "three"];
    let migrations = names.map(|name| migrate(database(name, None)));
    assert_eq!(join_all(migrations).await, [all; 3]);
    assert_eq!(roles().await, 2);

    // And the first one catches up.
    let login = "CREATE ROLE operator LOGIN PASSWORD 'test' IN ROLE hub_admin";
    assert_eq!(failure(&superuser, login).await, None);
    let operator = PgPool::connect(database("plain", Some("operator")).as_str()).await;
    let operator = operator.unwrap();
    refused(&operator, "SELECT * FROM admin.spaces").await;
    let owner = PgPool::connect(database("plain", Some("plain")).as_str()).await;
    let grant = "SELECT hub.grant_privileges()";
    assert_eq!(failure(&owner.unwrap(), grant).await, None);
    for statement in ["SELECT * FROM admin.spaces", "SELECT * FROM admin.stats"] {
        assert_eq!(failure(&operator, statement).await, None, "{statement}");
    }
    refused(&operator, "SELECT * FROM hub.spaces").await;
    postgres.stop().await.unwrap();
}

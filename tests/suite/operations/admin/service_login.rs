//! A stolen login of the service cannot change the limits that operators set.

use std::collections::BTreeSet;

use backlog_sim::seed;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};

use super::roles::{failure, refused};
use crate::support::{database::TestDatabase, hub::TestHub, person::Person, role::TestRole};

/// The tables whose rows are the service's own work. Operators own the others.
const OF_THE_SERVICE: [&str; 17] = [
    "access_tokens",
    "account_sessions",
    "account_sign_ins",
    "accounts",
    "authorization_codes",
    "authorization_requests",
    "browser_spaces",
    "client_assertions",
    "clients",
    "consents",
    "device_codes",
    "grants",
    "identity_assertions",
    "paused_endings",
    "personal_tokens",
    "refresh_tokens",
    "upload_links",
];
/// The columns that it may write in other tables.
const WRITABLE: [(&str, &str, &[&str]); 7] = [
    (
        "spaces",
        "INSERT",
        &[
            "id",
            "slug",
            "name",
            "base_url",
            "oauth_client_id",
            "oauth_client_secret",
            "is_default",
            "from_environment",
        ],
    ),
    (
        "spaces",
        "UPDATE",
        &[
            "slug",
            "name",
            "base_url",
            "oauth_client_id",
            "oauth_client_secret",
            "from_environment",
            "updated_at",
        ],
    ),
    ("given_secrets", "UPDATE", &["problem"]),
    (
        "check_key",
        "INSERT",
        &["is_only", "key", "created_at", "replaced"],
    ),
    ("check_key", "UPDATE", &["key"]),
    (
        "identity_links",
        "INSERT",
        &["provider_id", "subject", "space_id", "backlog_user_id"],
    ),
    ("identity_links", "UPDATE", &["last_used_at"]),
];
/// Columns of a space whose changes are not audited: each start seals the secret again.
const UNAUDITED: [&str; 2] = ["oauth_client_secret", "updated_at"];

/// Another value of a column of a space that the service may change. A new one needs a case.
fn another(column: &str) -> &'static str {
    match column {
        "slug" | "oauth_client_id" => "'evil'",
        "name" => "'Evil'",
        "base_url" => "'https://evil.example'",
        "from_environment" => "true",
        _ => panic!("no other value of {column}"),
    }
}

/// The columns of a space that the service may change and whose changes are audited.
fn changeable() -> impl Iterator<Item = &'static str> {
    let (_, _, columns) = WRITABLE
        .iter()
        .find(|(table, privilege, _)| (*table, *privilege) == ("spaces", "UPDATE"))
        .expect("they are listed");
    columns
        .iter()
        .copied()
        .filter(|column| !UNAUDITED.contains(column))
}

/// A database with a space of the environment and another one.
async fn with_two_spaces() -> TestDatabase {
    let database = TestDatabase::create().await;
    for slug in ["ours", "acme"] {
        let statement = format!(
            "SELECT admin.create_space('{slug}', '{slug}.backlog.com', 'id-{slug}', 'secret')"
        );
        assert_eq!(
            failure(database.pool(), &statement).await,
            None,
            "{statement}"
        );
    }
    let ours = "UPDATE hub.spaces SET from_environment = true WHERE slug = 'ours'";
    assert_eq!(failure(database.pool(), ours).await, None);
    database
}

/// The newest change of this kind: the login that made it, and the values.
async fn newest_change(pool: &PgPool, event: &str) -> (String, Value) {
    sqlx::query_as(
        "SELECT database_role, change FROM admin.changes WHERE event = $1
         ORDER BY id DESC LIMIT 1",
    )
    .bind(event)
    .fetch_one(pool)
    .await
    .expect("a change")
}

/// Over the catalog, so that a table or a column of a later migration is closed until it is listed
/// here.
#[tokio::test(flavor = "multi_thread")]
async fn hub_service_writes_only_the_columns_that_are_its_own() {
    let database = TestDatabase::create().await;
    let role = TestRole::member_of("hub_service", &database).await;
    let pool = role.pool();
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT relname::text, attname::text FROM pg_attribute
         JOIN pg_class ON pg_class.oid = attrelid
         WHERE relnamespace = 'hub'::regnamespace AND relkind IN ('r', 'p')
           AND attnum > 0 AND NOT attisdropped AND relname <> ALL ($1)
         ORDER BY relname, attnum",
    )
    .bind(&OF_THE_SERVICE[..])
    .fetch_all(database.pool())
    .await
    .expect("the columns");
    assert!(columns.len() > 60, "{columns:?}");
    for (table, column) in &columns {
        for privilege in ["INSERT", "UPDATE"] {
            let listed = WRITABLE.iter().any(|(of, what, columns)| {
                (*of, *what) == (table.as_str(), privilege) && columns.contains(&column.as_str())
            });
            let has: bool = sqlx::query_scalar(
                "SELECT has_column_privilege($1::name, ('hub.' || quote_ident($2))::regclass, $3, $4)",
            )
            .bind(&role.name)
            .bind(table)
            .bind(column)
            .bind(privilege)
            .fetch_one(database.pool())
            .await
            .expect("a privilege");
            assert_eq!(has, listed, "{privilege} of {table}.{column}");
            if !listed {
                let statement = match privilege {
                    "INSERT" => format!("INSERT INTO hub.{table} ({column}) VALUES (DEFAULT)"),
                    _ => format!("UPDATE hub.{table} SET {column} = DEFAULT"),
                };
                refused(&pool, &statement).await;
            }
        }
    }
    let tables: BTreeSet<_> = columns.iter().map(|(table, _)| table).collect();
    for table in tables {
        refused(&pool, &format!("TRUNCATE hub.{table}")).await;
        // It deletes a given secret once it has sealed it.
        if table != "given_secrets" {
            refused(&pool, &format!("DELETE FROM hub.{table}")).await;
        }
    }
    pool.close().await;
}

/// The columns that it may change in the space of its environment are closed in every other space.
#[tokio::test(flavor = "multi_thread")]
async fn hub_service_changes_no_column_of_a_space_that_an_operator_made() {
    let database = with_two_spaces().await;
    let role = TestRole::member_of("hub_service", &database).await;
    let pool = role.pool();
    for column in changeable() {
        let change = format!(
            "UPDATE hub.spaces SET {column} = {} WHERE slug = 'acme'",
            another(column)
        );
        let expected = match column {
            // It may take over a space, but only where none is of the environment.
            "from_environment" => "23505",
            _ => "42501",
        };
        let code = failure(&pool, &change).await;
        assert_eq!(code.as_deref(), Some(expected), "{change}");
    }
    pool.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_space_by_hub_service_is_audited_with_old_and_new_values() {
    let database = with_two_spaces().await;
    let role = TestRole::member_of("hub_service", &database).await;
    let pool = role.pool();
    let id: String = sqlx::query_scalar("SELECT id::text FROM hub.spaces WHERE slug = 'ours'")
        .fetch_one(database.pool())
        .await
        .expect("the space");
    let value_of = async |column: &str| -> Value {
        let value =
            format!("SELECT to_jsonb(s) -> '{column}' FROM hub.spaces AS s WHERE id = '{id}'");
        let value = sqlx::query_scalar(AssertSqlSafe(value)).fetch_one(database.pool());
        value.await.expect("a value")
    };
    for column in changeable() {
        if column == "from_environment" {
            // It takes over a space at the same site.
            let given_up = "UPDATE hub.spaces SET from_environment = false";
            assert_eq!(failure(database.pool(), given_up).await, None);
        }
        let old = value_of(column).await;
        let value = another(column);
        let change = format!("UPDATE hub.spaces SET {column} = {value} WHERE id = '{id}'");
        assert_eq!(failure(&pool, &change).await, None, "{change}");
        let new = value_of(column).await;
        assert_ne!(old, new, "{column}");
        let mut expected = json!({});
        expected[column] = json!({ "old": old, "new": new });
        assert_eq!(
            newest_change(database.pool(), "space_changed").await,
            (role.name.clone(), expected)
        );
    }
    pool.close().await;
}

/// It may write its own tables, but cannot change unnoticed what a grant allows, or a client that
/// an operator registered.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_grant_or_an_operators_client_by_hub_service_is_audited() {
    let hub = TestHub::start().await;
    Person::default().sign_in(&hub, seed::DANIEL).await;
    hub.sql("SELECT admin.register_client('Desk', '{https://desk.example/cb}')")
        .await;
    let role = TestRole::member_of("hub_service", &hub.database).await;
    let pool = role.pool();
    for (table, event, column, value) in [
        ("grants", "grant_changed", "scopes", json!(["backlog:read"])),
        (
            "grants",
            "grant_changed",
            "issuer",
            json!("https://evil.example"),
        ),
        (
            "grants",
            "grant_changed",
            "resource",
            json!("https://evil.example/mcp"),
        ),
        (
            "grants",
            "grant_changed",
            "redirect_uri",
            json!("https://claude.ai/api/mcp/auth_callback"),
        ),
        (
            "clients",
            "client_changed",
            "redirect_uris",
            json!(["https://evil.example/cb"]),
        ),
        ("clients", "client_changed", "client_name", json!("Evil")),
    ] {
        let condition = match table {
            "clients" => "WHERE origin = 'operator'",
            _ => "",
        };
        let old =
            format!("SELECT (to_jsonb(t) -> '{column}')::text FROM hub.{table} AS t {condition}");
        let old = hub.value(&old).await.expect("a value");
        let old: Value = serde_json::from_str(&old).expect("JSON");
        let new = value.to_string();
        let change = format!(
            "UPDATE hub.{table} AS t SET {column} =
                 (jsonb_populate_record(t, '{{\"{column}\": {new}}}')).{column} {condition}"
        );
        assert_eq!(failure(&pool, &change).await, None, "{change}");
        let mut expected = json!({});
        expected[column] = json!({ "old": old, "new": value });
        assert_eq!(
            newest_change(hub.database.pool(), event).await,
            (role.name.clone(), expected)
        );
    }
    pool.close().await;
    hub.stop().await;
}

/// A stolen login of the service opens no space that an operator has bounded, moves none, and takes
/// no host name.
#[tokio::test(flavor = "multi_thread")]
async fn hub_service_lifts_no_bound_of_a_space() {
    let hub = TestHub::start().await;
    hub.second_space("acme").await;
    hub.sql(
        "UPDATE hub.spaces SET read_only = true, toolsets = '{issue}', disabled_at = now(),
             allowed_projects = '{OPS}', tools = '{get_issue}', exclude_tools = '{add_issue}',
             client_policy = 'registered', client_hosts = '{a.example}',
             allowed_networks = '{10.0.0.0/8}'",
    )
    .await;
    let before = "SELECT jsonb_agg(s ORDER BY slug)::text FROM hub.spaces AS s";
    let spaces = hub.value(before).await;
    let role = TestRole::member_of("hub_service", &hub.database).await;
    let pool = role.pool();
    for statement in [
        "UPDATE hub.spaces SET read_only = false",
        "UPDATE hub.spaces SET toolsets = NULL",
        "UPDATE hub.spaces SET allowed_projects = NULL",
        "UPDATE hub.spaces SET tools = NULL",
        "UPDATE hub.spaces SET exclude_tools = '{}'",
        "SELECT admin.limit_tools('acme', exclude_tools => '{}')",
        "UPDATE hub.spaces SET client_policy = 'open'",
        "UPDATE hub.spaces SET client_hosts = '{evil.example}'",
        "UPDATE hub.spaces SET allowed_networks = NULL",
        "SELECT admin.set_client_policy('acme', 'open')",
        "SELECT admin.allow_networks('acme', '{all}')",
        "UPDATE hub.spaces SET disabled_at = NULL",
        "UPDATE hub.spaces SET hostnames = '{evil.example}'",
        "UPDATE hub.spaces SET is_default = NOT is_default",
        "UPDATE hub.spaces SET base_url = 'https://evil.example' WHERE NOT from_environment",
        "UPDATE hub.spaces SET oauth_client_id = 'evil' WHERE NOT from_environment",
        "UPDATE hub.spaces SET slug = 'evil', name = 'evil' WHERE NOT from_environment",
        "UPDATE hub.spaces SET from_environment = false WHERE from_environment",
        "INSERT INTO hub.spaces (id, slug, name, base_url, oauth_client_id, oauth_client_secret)
         SELECT gen_random_uuid(), 'evil', name, base_url, oauth_client_id, oauth_client_secret
         FROM hub.spaces LIMIT 1",
        "INSERT INTO hub.spaces (id, slug, name, base_url, oauth_client_id, read_only)
         VALUES (gen_random_uuid(), 'evil', 'x', 'https://evil.example', 'x', false)",
        "INSERT INTO hub.space_hostnames SELECT 'evil.example', id FROM hub.spaces LIMIT 1",
        "DELETE FROM hub.space_hostnames",
        "UPDATE hub.audit_chain SET last_number = 0",
        "SELECT * FROM hub.audit_chain",
        "SELECT * FROM admin.verify_audit()",
    ] {
        refused(&pool, statement).await;
    }
    assert_eq!(hub.value(before).await, spaces);
    pool.close().await;
    hub.stop().await;
}

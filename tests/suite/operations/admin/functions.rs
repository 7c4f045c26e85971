//! The functions of the schema `admin`: the values that they accept, their errors for others, and
//! the audit events that they write.

use backlog_sim::seed;
use sqlx::{AssertSqlSafe, PgPool, postgres::PgDatabaseError};

use crate::support::{
    database::TestDatabase,
    hub::{OAUTH_CLIENT_SECRET, TestHub},
    person::Person,
    role::TestRole,
    tokens::refused,
};

const CREATE: &str = "SELECT admin.create_space(slug => 'acme', domain => 'acme.backlog.com',
    oauth_client_id => 'id', oauth_client_secret => 'the-secret-of-acme'";

async fn done(pool: &PgPool, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(pool)
        .await
        .expect(statement);
}

async fn text(pool: &PgPool, query: &str) -> Option<String> {
    sqlx::query_scalar(AssertSqlSafe(query))
        .fetch_one(pool)
        .await
        .expect(query)
}

/// SQLSTATE, message and hint of a statement that fails.
async fn fails(pool: &PgPool, statement: &str) -> (String, String) {
    let result = sqlx::raw_sql(AssertSqlSafe(statement)).execute(pool).await;
    let error = result.expect_err(statement);
    let cause = error.as_database_error().expect("of the database");
    let cause = cause
        .try_downcast_ref::<PgDatabaseError>()
        .expect("of PostgreSQL");
    let hint = cause.hint().unwrap_or_default();
    let said = format!("{} {hint} {:?}", cause.message(), cause.detail());
    (cause.code().to_owned(), said)
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn an_error_names_its_cause_and_remedy_and_nothing_is_stored() {
    let database = TestDatabase::create().await;
    let pool = database.pool();
    done(
        pool,
        &format!("{CREATE}, hostnames => '{{mcp.acme.example}}')"),
    )
    .await;
    let space = |arguments: &str| {
        format!(
            "SELECT admin.create_space(oauth_client_id => 'other-id', {arguments},
                 oauth_client_secret => 'the-secret-of-other')"
        )
    };
    let other =
        |arguments: &str| space(&format!("slug => 'o', domain => 'o.example', {arguments}"));
    let long = format!("slug => '{}', domain => 'o.example'", "a".repeat(64));
    let cases = [
        (
            space("slug => 'Acme', domain => 'a.example'"),
            "22023",
            "slug",
        ),
        (
            space("slug => NULL, domain => 'a.example'"),
            "22023",
            "slug",
        ),
        (space(&long), "22023", "slug"),
        (
            space("slug => 'acme', domain => 'a.example'"),
            "23505",
            "acme",
        ),
        (
            space("slug => 'o', domain => 'http://a.example'"),
            "22023",
            "https",
        ),
        (space("slug => 'o', domain => NULL"), "22023", "domain"),
        (
            space("slug => 'o', domain => 'a.example/x'"),
            "22023",
            "path",
        ),
        (
            other("hostnames => '{mcp.acme.example}'"),
            "23505",
            "another space",
        ),
        (
            other("hostnames => '{https://x.example}'"),
            "22023",
            "host name",
        ),
        (
            other("hostnames => '{x.example,X.example}'"),
            "22023",
            "twice",
        ),
        (other("hostnames => '{NULL}'"), "22023", "host name"),
        (other("toolsets => '{issues}'"), "22023", "notifications"),
        (other("toolsets => '{}'"), "22023", "{all}"),
        (
            "SELECT admin.limit_tools('acme', exclude_tools => '{delete_isue}')".into(),
            "22023",
            "The nearest is delete_issue",
        ),
        (
            "SELECT admin.limit_tools('acme', tools => '{get_issue,NULL}')".into(),
            "22023",
            "unknown tool",
        ),
        (
            "SELECT admin.limit_tools('acme', tools => '{}')".into(),
            "22023",
            "{all}",
        ),
        (
            "SELECT admin.limit_tools('acme')".into(),
            "22023",
            "nothing to change",
        ),
        (
            "SELECT admin.limit_tools('o', tools => '{get_issue}')".into(),
            "P0002",
            "there is no space 'o'",
        ),
        (
            "SELECT admin.set_client_policy('acme')".into(),
            "22023",
            "nothing to change",
        ),
        (
            "SELECT admin.set_client_policy('acme', 'closed')".into(),
            "22023",
            "open, listed, registered",
        ),
        (
            "SELECT admin.set_client_policy('acme', hosts => '{*.com}')".into(),
            "22023",
            "'*.com' is not a host",
        ),
        (
            "SELECT admin.set_client_policy('acme', hosts => '{https://a.example}')".into(),
            "22023",
            "'https://a.example' is not a host",
        ),
        (
            "SELECT admin.set_client_policy('acme', hosts => '{a.example.}')".into(),
            "22023",
            "'a.example.' is not a host",
        ),
        (
            "SELECT admin.set_client_policy('acme', hosts => '{a.example:70000}')".into(),
            "22023",
            "is not a host",
        ),
        (
            "SELECT admin.set_client_policy('acme', hosts => '{user@a.example}')".into(),
            "22023",
            "is not a host",
        ),
        (
            "SELECT admin.set_client_policy('acme', hosts => '{日本.example}')".into(),
            "22023",
            "xn--",
        ),
        (
            "SELECT admin.set_client_policy('acme', hosts => '{NULL}')".into(),
            "22023",
            "is not a host",
        ),
        (
            "SELECT admin.set_client_policy('o', 'open')".into(),
            "P0002",
            "there is no space 'o'",
        ),
        (
            "SELECT admin.allow_networks('acme', '{}')".into(),
            "22023",
            "{all}",
        ),
        (
            "SELECT admin.allow_networks('acme', NULL)".into(),
            "22023",
            "{all}",
        ),
        (
            "SELECT admin.allow_networks('acme', '{10.0.0.5/8}')".into(),
            "22023",
            "'10.0.0.5/8' is not a network",
        ),
        (
            "SELECT admin.allow_networks('acme', '{inside}')".into(),
            "22023",
            "'inside' is not a network",
        ),
        (
            "SELECT admin.allow_networks('acme', '{::ffff:10.0.0.0/104}')".into(),
            "22023",
            "Write it as IPv4",
        ),
        (
            "SELECT admin.allow_networks('o', '{all}')".into(),
            "P0002",
            "there is no space 'o'",
        ),
        (
            "UPDATE hub.spaces SET client_hosts = '{a/b}'".into(),
            "22023",
            "'a/b' is not a host",
        ),
        (other("allowed_projects => '{ops}'"), "22023", "capitals"),
        (other("allowed_projects => '{}'"), "22023", "{all}"),
        (
            "SELECT admin.set_space_secret('acme', '')".into(),
            "22023",
            "empty",
        ),
        (
            "SELECT admin.set_space_secret('acme', NULL)".into(),
            "22023",
            "empty",
        ),
        (
            "SELECT admin.set_space_secret('acme', 'the-secret-of-acme ')".into(),
            "22023",
            "white space",
        ),
        (
            "SELECT admin.set_space_secret('acme', 'sealed:v1:k1')".into(),
            "22023",
            "whole line",
        ),
        (
            "SELECT admin.set_space_secret('o', 'x')".into(),
            "P0002",
            "there is no space 'o'",
        ),
        (
            "SELECT admin.update_space('acme')".into(),
            "22023",
            "nothing to change",
        ),
        (
            "SELECT admin.update_space('acme', name => ' ')".into(),
            "22023",
            "empty",
        ),
        (
            "SELECT admin.update_space('acme', domain => 'o.example')".into(),
            "55000",
            "oauth_client_secret",
        ),
        (
            "SELECT admin.update_space('o', name => 'O')".into(),
            "P0002",
            "'o'",
        ),
        ("SELECT admin.enable_space('o')".into(), "P0002", "'o'"),
        ("SELECT admin.disable_space('o')".into(), "P0002", "'o'"),
        ("SELECT admin.delete_space('o')".into(), "P0002", "'o'"),
        (
            "SELECT admin.revoke_space_grants('o')".into(),
            "P0002",
            "'o'",
        ),
        ("SELECT admin.revoke_user('o', 1)".into(), "P0002", "'o'"),
        (
            "SELECT admin.revoke_grant(gen_random_uuid())".into(),
            "P0002",
            "no grant",
        ),
        (
            "SELECT admin.revoke_client('x')".into(),
            "P0002",
            "no client",
        ),
        (
            "SELECT admin.register_client('', '{https://a.example/cb}')".into(),
            "22023",
            "name",
        ),
        (
            "SELECT admin.register_client('x', '{}')".into(),
            "22023",
            "redirect",
        ),
        (
            "SELECT admin.register_client('x', '{https://a.example/cb}', space => 'o')".into(),
            "P0002",
            "'o'",
        ),
        (
            "SELECT admin.register_client('x', '{https://a.example/cb}',
                 token_endpoint_auth_method => 'client_secret_post')"
                .into(),
            "22023",
            "client_secret_hash",
        ),
        (
            "SELECT admin.register_client('x', '{https://a.example/cb}',
                 token_endpoint_auth_method => 'client_secret_post',
                 client_secret_hash => 'the-secret-of-a-client')"
                .into(),
            "22023",
            "not hashed",
        ),
        (
            r#"SELECT admin.register_client('x', '{https://a.example/cb}',
                 token_endpoint_auth_method => 'private_key_jwt', jwks => '{"keys":[{"d":"x"}]}')"#
                .into(),
            "22023",
            "public keys",
        ),
        (
            "SELECT admin.register_client('x', '{https://a.example/cb}', scopes => '{admin}')"
                .into(),
            "22023",
            "backlog:read",
        ),
        (
            "SELECT admin.register_client('x', '{https://a.example/cb}',
                 scopes => '{backlog:read,backlog:delete}')"
                .into(),
            "22023",
            "add to backlog:write",
        ),
    ];
    let state = "SELECT concat((SELECT jsonb_agg(s) FROM hub.spaces s),
                        (SELECT jsonb_agg(s) FROM hub.given_secrets s),
                        (SELECT jsonb_agg(c) FROM hub.clients c),
                        (SELECT jsonb_agg(e) FROM hub.audit_events e))";
    let before = text(pool, state).await;
    for (statement, code, says) in cases {
        let (got, said) = fails(pool, &statement).await;
        assert_eq!(got, code, "{statement}: {said}");
        assert!(said.contains(says), "{statement}: {said}");
        assert!(!said.contains("the-secret"), "{said}");
    }
    assert_eq!(text(pool, state).await, before);
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_nothing_else() {
    let database = TestDatabase::create().await;
    let pool = database.pool();
    let create = format!(
        "{CREATE}, name => 'Acme', hostnames => '{{MCP.acme.example}}', read_only => true,
         toolsets => '{{issue,wiki}}', allowed_projects => '{{OPS}}', is_default => true)"
    );
    done(pool, &create).await;
    let shown = "SELECT concat_ws('|', name, base_url, oauth_client_id, hostnames, is_default,
                     read_only, toolsets, allowed_projects) FROM admin.spaces WHERE slug = 'acme'";
    assert_eq!(
        text(pool, shown).await.as_deref(),
        Some("Acme|https://acme.backlog.com|id|{mcp.acme.example}|t|t|{issue,wiki}|{OPS}")
    );
    for (arguments, then) in [
        (
            "name => 'A'",
            "A|https://acme.backlog.com|id|{mcp.acme.example}|t|t|{issue,wiki}|{OPS}",
        ),
        (
            "toolsets => '{all}'",
            "A|https://acme.backlog.com|id|{mcp.acme.example}|t|t|{OPS}",
        ),
        (
            "allowed_projects => '{all}', read_only => false",
            "A|https://acme.backlog.com|id|{mcp.acme.example}|t|f",
        ),
        (
            "hostnames => '{}', oauth_client_id => 'id2'",
            "A|https://acme.backlog.com|id2|{}|t|f",
        ),
        // The same site, written otherwise, needs no secret.
        (
            "domain => 'ACME.backlog.com/', is_default => false",
            "A|https://acme.backlog.com|id2|{}|f|f",
        ),
        (
            "domain => 'acme.backlog.jp', oauth_client_secret => 'x'",
            "A|https://acme.backlog.jp|id2|{}|f|f",
        ),
    ] {
        done(
            pool,
            &format!("SELECT admin.update_space('acme', {arguments})"),
        )
        .await;
        assert_eq!(
            text(pool, shown).await.as_deref(),
            Some(then),
            "{arguments}"
        );
    }
    // There is one default space; the next one takes it over.
    done(
        pool,
        "SELECT admin.update_space('acme', is_default => true)",
    )
    .await;
    let second = CREATE.replace("'acme'", "'second'");
    done(pool, &format!("{second}, is_default => true)")).await;
    let default = "SELECT string_agg(slug, ',') FROM admin.spaces WHERE is_default";
    assert_eq!(text(pool, default).await.as_deref(), Some("second"));
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_actions_are_audited_with_the_login_role_and_without_secrets() {
    let hub = TestHub::start().await;
    Person::default().sign_in(&hub, seed::DANIEL).await;
    let role = TestRole::member_of("hub_admin", &hub.database).await;
    let pool = role.pool();
    for statement in [
        format!("{CREATE})"),
        "SELECT admin.update_space('acme', name => 'A', oauth_client_secret => 'the-secret-of-acme')".into(),
        "SELECT admin.limit_tools('acme', tools => '{all}', exclude_tools => '{delete_issue}')".into(),
        "SELECT admin.set_space_secret('acme', 'the-secret-of-acme')".into(),
        "SELECT admin.disable_space('acme'), admin.disable_space('acme')".into(),
        "SELECT admin.enable_space('acme'), admin.enable_space('acme')".into(),
        "SELECT admin.register_client('Desk', '{https://desk.example/cb}', space => 'acme')".into(),
        "SELECT admin.revoke_client(client_id) FROM admin.clients WHERE name = 'Desk'".into(),
        "SELECT admin.delete_space('acme')".into(),
        "SELECT admin.revoke_space_grants(slug) FROM admin.spaces".into(),
    ] {
        done(&pool, &statement).await;
    }
    let trail = format!(
        "SELECT string_agg(concat_ws(' ', event, reason), '; ' ORDER BY id) FROM admin.audit
         WHERE database_role = '{}' AND event !~ '_changed$'",
        role.name
    );
    assert_eq!(
        text(&pool, &trail).await.as_deref(),
        Some(
            "space_created acme; space_updated acme: oauth_client_secret, name; \
             space_updated acme: tools, exclude_tools; space_secret_set acme; space_disabled acme; space_enabled acme; \
             client_registered Desk; \
             client_revoked "
                .to_owned()
                + &text(
                    &pool,
                    "SELECT reason FROM admin.audit WHERE event = 'client_revoked'"
                )
                .await
                .expect("a client")
                + "; space_deleted acme; grant_revoked by_operator; space_grants_revoked default"
        )
        .as_deref()
    );
    let contents = hub.contents().await;
    for secret in ["the-secret-of-acme", OAUTH_CLIENT_SECRET] {
        assert!(!contents.contains(secret), "{secret}");
    }
    pool.close().await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_revocation_ends_what_it_names() {
    let hub = TestHub::start().await;
    let pool = hub.database.pool();
    let live = "SELECT coalesce(string_agg(backlog_user_id::text, ','), '')
                FROM admin.grants WHERE live";
    let mut tokens = Vec::new();
    for user in [seed::DANIEL, seed::DANIEL, seed::MAJA, seed::KENTA] {
        tokens.push(Person::default().sign_in(&hub, user).await);
    }
    let count = async |query: &str| text(pool, query).await.expect("a number");
    let by_grant = format!(
        "SELECT admin.revoke_grant(id)::text FROM admin.grants WHERE backlog_user_id = {}",
        seed::KENTA
    );
    assert_eq!(count(&by_grant).await, "true");
    assert_eq!(count(&by_grant).await, "false");
    let by_user = format!(
        "SELECT admin.revoke_user('default', {})::text",
        seed::DANIEL
    );
    assert_eq!(count(&by_user).await, "2");
    assert_eq!(count(&by_user).await, "0");
    assert_eq!(count(live).await, seed::MAJA.to_string());
    for pair in &tokens[..2] {
        refused(&hub, pair).await;
    }
    let by_client = format!(
        "SELECT admin.revoke_client('{}')::text",
        tokens[2].client_id
    );
    assert_eq!(count(&by_client).await, "1");
    assert_eq!(count(live).await, "");
    let erased = "SELECT count(backlog_access_token)::text FROM hub.grants";
    assert_eq!(count(erased).await, "0");
    // An account goes with the last grant of its user.
    assert_eq!(count("SELECT count(*)::text FROM hub.accounts").await, "0");
    hub.stop().await;
}

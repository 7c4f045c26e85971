//! Every change of a bound is in the audit trail with its old and new value; operators' changes are
//! chained, so that one that is altered, added or removed is detected.

use std::time::Duration;

use backlog_mcp_hub::{audit::retention, db::chain};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};

use crate::support::{
    database::TestDatabase,
    hub::TestHub,
    person::Person,
    process::{program, run},
    role::TestRole,
};

const CREATE: &str = "SELECT admin.create_space('acme', 'acme.backlog.com', 'id', 'the-secret')";

async fn done(pool: &PgPool, statement: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(pool).await;
    done.unwrap_or_else(|error| panic!("{error}: {statement}"));
}

/// The problem of the chain.
async fn problem(pool: &PgPool) -> Option<String> {
    chain::verify(pool, None).await.expect("a check").problem
}

/// The changes of a kind, oldest first.
async fn changes(pool: &PgPool, event: &str) -> Vec<Value> {
    sqlx::query_scalar("SELECT change FROM admin.changes WHERE event = $1 ORDER BY id")
        .bind(event)
        .fetch_all(pool)
        .await
        .expect("the changes")
}

/// A database in which operators have changed this and that.
async fn changed() -> TestDatabase {
    let database = TestDatabase::create().await;
    for statement in [
        CREATE,
        "SELECT admin.update_space('acme', read_only => true)",
        "SELECT admin.update_space('acme', allowed_projects => '{OPS}')",
        "SELECT admin.disable_space('acme')",
        "SELECT admin.set_audit_floor(90)",
    ] {
        done(database.pool(), statement).await;
    }
    database
}

#[tokio::test]
async fn a_bound_that_changes_is_audited_with_old_and_new_whoever_changes_it() {
    let database = TestDatabase::create().await;
    let pool = database.pool();
    done(pool, CREATE).await;
    done(
        pool,
        "SELECT admin.update_space('acme', read_only => true, allowed_projects => '{OPS}')",
    )
    .await;
    // By hand, and nothing else than what does not count.
    done(pool, "UPDATE hub.spaces SET read_only = false").await;
    done(
        pool,
        "UPDATE hub.spaces SET updated_at = clock_timestamp(),
             oauth_client_secret = 'sealed:v1:k:' || repeat('A', 60)",
    )
    .await;
    done(pool, "DELETE FROM hub.spaces").await;
    let of_spaces = changes(pool, "space_changed").await;
    let [made, bound, lifted, gone] = &of_spaces[..] else {
        panic!("{of_spaces:?}");
    };
    assert_eq!(made["slug"], json!({ "old": null, "new": "acme" }));
    assert_eq!(
        *bound,
        json!({
            "read_only": { "old": false, "new": true },
            "allowed_projects": { "old": null, "new": ["OPS"] },
        })
    );
    assert_eq!(
        *lifted,
        json!({ "read_only": { "old": true, "new": false } })
    );
    assert_eq!(
        gone["allowed_projects"],
        json!({ "old": ["OPS"], "new": null })
    );
    let all = json!(of_spaces).to_string();
    assert!(!all.contains("secret") && !all.contains("sealed"), "{all}");

    done(pool, "SELECT admin.set_audit_floor(90)").await;
    done(pool, "UPDATE hub.audit_floor SET days = 1").await;
    assert_eq!(
        changes(pool, "audit_floor_changed").await,
        [(30, 90), (90, 1)].map(|(old, new)| json!({ "days": { "old": old, "new": new } }))
    );

    // A client of an operator, with its secret; not one that registered itself.
    done(
        pool,
        "SELECT admin.register_client('Desk', '{https://desk.example/cb}',
             token_endpoint_auth_method => 'client_secret_post',
             client_secret_hash => '$argon2id$one');
         UPDATE hub.clients SET client_secret_hash = '$argon2id$two', last_used_at = now();
         UPDATE hub.clients SET client_secret_hash = '$argon2id$two';
         UPDATE hub.clients SET redirect_uris = '{https://evil.example/cb}';
         UPDATE hub.clients SET last_used_at = now();
         UPDATE hub.clients SET origin = 'dynamic';
         UPDATE hub.clients SET client_name = 'Other'",
    )
    .await;
    let of_clients = changes(pool, "client_changed").await;
    let all = json!(of_clients).to_string();
    assert!(!all.contains("argon2id"), "{all}");
    assert_eq!(of_clients.len(), 4, "{all}");
    assert_eq!(of_clients[0]["client_secret_hash"]["new"], "(secret)");
    assert_eq!(
        of_clients[1],
        json!({ "client_secret_hash": { "old": "(secret)", "new": "(secret)" } })
    );
    assert_eq!(
        of_clients[2]["redirect_uris"],
        json!({ "old": ["https://desk.example/cb"], "new": ["https://evil.example/cb"] })
    );
    assert_eq!(problem(pool).await, None);
}

/// The service never changes these columns.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_grant_is_audited_without_user_names_in_the_change() {
    let hub = TestHub::start().await;
    Person::default()
        .sign_in(&hub, backlog_sim::seed::DANIEL)
        .await;
    hub.sql("UPDATE hub.grants SET scopes = '{backlog:read}', backlog_user_id = 7")
        .await;
    hub.sql("UPDATE hub.grants SET last_used_at = clock_timestamp()")
        .await;
    let of_grants = changes(hub.database.pool(), "grant_changed").await;
    let [change] = &of_grants[..] else {
        panic!("{of_grants:?}");
    };
    assert_eq!(change["scopes"]["new"], json!(["backlog:read"]));
    assert_eq!(
        change["backlog_user_id"],
        json!({ "old": "(secret)", "new": "(secret)" })
    );
    assert_eq!(problem(hub.database.pool()).await, None);
    hub.stop().await;
}

#[tokio::test]
async fn an_event_that_is_altered_added_or_removed_shows() {
    for (tampering, expected) in [
        (
            "UPDATE hub.audit_events SET change = '{}' WHERE chain_number = 3",
            "event 3 was changed",
        ),
        (
            "UPDATE hub.audit_events SET database_role = 'somebody' WHERE chain_number = 4",
            "event 4 was changed",
        ),
        (
            "UPDATE hub.audit_events SET at = at + interval '1 microsecond' WHERE chain_number = 2",
            "event 2 was changed",
        ),
        (
            "UPDATE hub.audit_events AS e SET reason = 'x', hash = hub.audit_hash(e)
             WHERE chain_number = 3;
             UPDATE hub.audit_events AS e SET hash = hub.audit_hash(e) WHERE chain_number = 3",
            "event 4 was changed",
        ),
        (
            "DELETE FROM hub.audit_events WHERE chain_number = 1",
            "event 1 is missing",
        ),
        (
            "DELETE FROM hub.audit_events WHERE chain_number = 5",
            "event 5 is missing",
        ),
        (
            "DELETE FROM hub.audit_events
             WHERE chain_number = (SELECT last_number FROM hub.audit_chain)",
            "event 10 is missing",
        ),
        (
            "ALTER TABLE hub.audit_events DISABLE TRIGGER USER;
             INSERT INTO hub.audit_events (event, reason) VALUES ('space_enabled', 'acme');
             ALTER TABLE hub.audit_events ENABLE TRIGGER USER",
            "is not in the chain",
        ),
    ] {
        let database = changed().await;
        let pool = database.pool();
        assert_eq!(problem(pool).await, None);
        done(pool, tampering).await;
        let problem = problem(pool).await.expect("it shows");
        assert!(problem.contains(expected), "{problem}: {tampering}");
    }
}

/// The owner of the tables can make another chain; it lacks the noted event.
#[tokio::test]
async fn a_rebuilt_chain_differs_from_the_noted_one() {
    let database = changed().await;
    let pool = database.pool();
    let noted = chain::verify(pool, None).await.expect("a check");
    assert!(noted.events >= 9, "{noted:?}");
    done(pool, "SELECT admin.enable_space('acme')").await;
    let verify = async |number, hash: &str| {
        let checked = chain::verify(pool, Some((number, hash))).await;
        checked.expect("a check").problem
    };
    assert_eq!(verify(noted.last_number, &noted.last_hash).await, None);
    done(
        pool,
        "DO $$
         DECLARE link hub.audit_events; before bytea := sha256('');
         BEGIN
             UPDATE hub.audit_events SET reason = 'another' WHERE chain_number = 2;
             FOR link IN SELECT * FROM hub.audit_events WHERE chain_number IS NOT NULL
                         ORDER BY chain_number LOOP
                 link.prev_hash := before;
                 before := hub.audit_hash(link);
                 UPDATE hub.audit_events SET prev_hash = link.prev_hash, hash = before
                 WHERE id = link.id;
             END LOOP;
             UPDATE hub.audit_chain SET last_hash = before;
         END $$",
    )
    .await;
    assert_eq!(problem(pool).await, None);
    let problem = verify(noted.last_number, &noted.last_hash).await;
    assert!(
        problem
            .as_deref()
            .is_some_and(|text| text.contains("is not the one that was noted")),
        "{problem:?}"
    );
    assert!(verify(1_000, &noted.last_hash).await.is_some());
}

#[tokio::test]
async fn expired_events_leave_their_last_hash() {
    let database = changed().await;
    let pool = database.pool();
    done(pool, "SELECT admin.set_audit_floor(1)").await;
    // Two events of long ago: of a month that goes as a whole, and of none.
    done(
        pool,
        "SELECT hub.ensure_audit_month((now() - interval '200 days')::date)",
    )
    .await;
    for days in [200, 400] {
        done(
            pool,
            &format!(
                "INSERT INTO hub.audit_events (event, at)
                 VALUES ('space_past', now() - interval '{days} days')"
            ),
        )
        .await;
    }
    done(pool, "SELECT admin.enable_space('acme')").await;
    let noted = chain::verify(pool, None).await.expect("a check");
    let removed = retention::once(pool, Duration::from_hours(2400)).await;
    let removed = removed.expect("removed");
    assert_eq!((removed.months, removed.events), (1, 1));

    let after = chain::verify(pool, Some((noted.last_number, &noted.last_hash))).await;
    let after = after.expect("a check");
    assert_eq!(after.problem, None, "{after:?}");
    assert_eq!(after.last_number, noted.last_number);
    done(
        pool,
        "DELETE FROM hub.audit_events WHERE chain_number = (SELECT last_number - 1 FROM hub.audit_chain)",
    )
    .await;
    assert!(problem(pool).await.is_some());
}

#[tokio::test]
async fn operators_at_the_same_time_make_one_chain_and_one_that_fails_leaves_no_gap() {
    let database = changed().await;
    let pool = database.pool();
    // A slow operator does not block the others.
    let mut slow = pool.begin().await.expect("a transaction");
    sqlx::query("SELECT admin.update_space('acme', name => 'Slow')")
        .execute(&mut *slow)
        .await
        .expect("changed");
    let before = chain::verify(pool, None).await.expect("a check");
    let others = (0..8).map(|number| {
        let statement =
            format!("SELECT admin.register_client('{number}', '{{https://desk.example/cb}}')");
        async move { done(pool, &statement).await }
    });
    futures_util::future::join_all(others).await;
    let rolled_back = async {
        let mut transaction = pool.begin().await?;
        sqlx::query("SELECT admin.set_audit_floor(3)")
            .execute(&mut *transaction)
            .await?;
        transaction.rollback().await
    };
    rolled_back.await.expect("rolled back");
    slow.commit().await.expect("committed");
    let after = chain::verify(pool, None).await.expect("a check");
    assert_eq!(after.problem, None, "{after:?}");
    assert_eq!(after.last_number, before.last_number + 8 * 2 + 2);
}

#[tokio::test]
async fn the_command_checks_the_chain_and_fails_when_it_is_broken() {
    let database = changed().await;
    let operator = TestRole::member_of("hub_admin", &database).await;
    let verify = async |arguments: &[&str]| {
        let mut command = program(&["audit", "verify"]);
        command.args(arguments).env("DATABASE_URL", operator.url());
        run(command).await
    };
    let output = verify(&[]).await;
    let said = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{said}");
    assert!(said.starts_with("The chain is intact."), "{said}");
    let newest = said.lines().nth(1).expect("a line").rsplit(' ').next();
    let newest = newest.expect("the newest event");
    assert!(verify(&["--noted", newest]).await.status.success());
    let wrong = format!("1:{}", "0".repeat(64));
    let output = verify(&["--noted", &wrong, "--json"]).await;
    assert!(!output.status.success());
    let checked: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(checked["problem"], "event 1 is not the one that was noted");

    done(
        database.pool(),
        "DELETE FROM hub.audit_events WHERE chain_number = 2",
    )
    .await;
    let output = verify(&[]).await;
    assert!(!output.status.success());
    let said = String::from_utf8(output.stdout).expect("text");
    assert!(
        said.contains("The chain is broken: event 2 is missing."),
        "{said}"
    );
}

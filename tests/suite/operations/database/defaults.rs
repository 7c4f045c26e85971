//! Defaults that an operator sets for the database or the role: the hub overrides those that it
//! sets itself, and reports the others that prevent its work, with the remedy.

use backlog_sim::seed;
use futures_util::{StreamExt, stream};
use serde_json::Value;
use sqlx::AssertSqlSafe;

use crate::support::{
    database::TestDatabase,
    hub::TestHub,
    person::{Person, refresh},
    process::{Deployment, run},
};

const SIGN_INS: usize = 100;
/// More would wait for the simulated Backlog rather than for each other in the database.
const AT_A_TIME: usize = 8;

/// Sets a default for every session of the database that is opened from now on.
async fn set(database: &TestDatabase, setting: &str) {
    let name: String = sqlx::query_scalar("SELECT current_database()")
        .fetch_one(database.pool())
        .await
        .expect("a name");
    let set = format!("ALTER DATABASE {name} SET {setting}");
    sqlx::query(AssertSqlSafe(set))
        .execute(database.pool())
        .await
        .expect("a setting");
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_at_once_succeed_whatever_isolation_is_the_default() {
    for isolation in ["serializable", "repeatable read"] {
        let database = TestDatabase::create().await;
        let set_to = format!("default_transaction_isolation = '{isolation}'");
        set(&database, &set_to).await;
        let hub = TestHub::start_on(database, |_| {}).await;
        // Each registers a client, signs in, exchanges its code, and refreshes.
        let refreshed: Vec<u16> = stream::iter(0..SIGN_INS)
            .map(|_| async {
                let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
                refresh(&hub.base_url, &tokens).await.0.as_u16()
            })
            .buffer_unordered(AT_A_TIME)
            .collect()
            .await;
        assert_eq!(refreshed, [200; SIGN_INS], "{isolation}");
        hub.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_set_up_a_database_whose_transactions_are_isolated() {
    let database = TestDatabase::empty().await;
    set(
        &database,
        "default_transaction_isolation = 'repeatable read'",
    )
    .await;
    let deployment = Deployment::on(database).await;
    let _both = tokio::join!(deployment.start(), deployment.start_second());
    assert_eq!(deployment.count("spaces").await, 1);
}

/// What a start that fails says.
async fn refusal(deployment: &Deployment) -> String {
    let output = run(deployment.command()).await;
    assert!(!output.status.success());
    String::from_utf8(output.stderr).expect("text")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_takes_no_changes_is_named_with_the_setting() {
    let deployment = Deployment::new().await;
    set(&deployment.database, "default_transaction_read_only = on").await;
    let said = refusal(&deployment).await;
    for part in ["is read-only", "default_transaction_read_only"] {
        assert!(said.contains(part), "{said}");
    }

    let output = run(deployment.command_of(&["doctor", "--json"])).await;
    assert!(!output.status.success());
    let findings: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let found = findings.as_array().expect("a list").iter().any(|finding| {
        let text = finding["text"].as_str().unwrap_or_default();
        finding["verdict"] == "FAIL" && text.contains("default_transaction_read_only")
    });
    assert!(found, "{findings}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_not_waited_for_is_named_with_the_setting() {
    let deployment = Deployment::new().await;
    set(&deployment.database, "lock_timeout = '1ms'").await;
    let mut lock = deployment.database.pool().begin().await.expect("begun");
    sqlx::query("LOCK TABLE hub.spaces IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *lock)
        .await
        .expect("a lock");
    let said = refusal(&deployment).await;
    for part in ["another database session held a lock", "lock_timeout"] {
        assert!(said.contains(part), "{said}");
    }
    lock.rollback().await.expect("the lock is given back");
    let hub = deployment.start().await;
    drop(hub);
}

//! The primary dies and its standby is promoted, while clients work. Until it is, no replica is
//! ready.
//!
//! sqlx takes one host, so what high availability needs is an address that moves: a virtual
//! IP, a managed service's endpoint, PgBouncer or HAProxy. Here it is a proxy. Replication is
//! synchronous; otherwise what was committed last could be lost with the primary.

use backlog_sim::seed;
use foundation::random::Random;
use sealing::KeyRing;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{
    cluster::Cluster,
    hub::eventually,
    load::Load,
    person::{Person, call},
    process::{program, run},
    proxy::DatabaseProxy,
    replicas::Replicas,
    reply::Reply,
    site::http,
};

const STANDBY: &str = "the database is a standby: it is not promoted yet";

/// `doctor` fails because of it, and says what to do.
async fn assert_doctor_finds_a_standby(database_url: &str) {
    let mut doctor = program(&["doctor", "--json"]);
    let keys = KeyRing::generate("test", &Random::system());
    doctor
        .env("DATABASE_URL", database_url)
        .env("ENCRYPTION_KEYS", keys.expose_secret());
    let output = run(doctor).await;
    assert!(!output.status.success());
    let findings: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let found = findings.as_array().expect("a list").iter().any(|finding| {
        let text = finding["text"].as_str().unwrap_or_default();
        finding["verdict"] == "FAIL" && text.contains("standby") && text.contains("promote")
    });
    assert!(found, "{findings}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_user_signs_in_again_after_a_promotion() {
    let primary = Cluster::start().await;
    let standby = primary.standby().await;
    primary.replicate_synchronously().await;
    let address = DatabaseProxy::start(&primary.url("hub")).await;
    let replicas = Replicas::start_on(Some(address.url().to_owned())).await;
    let tokens = Person::default().sign_in(&replicas.site, seed::LUCIA).await;
    replicas.assert_work(&tokens, seed::LUCIA).await;
    let load = Load::start(&replicas.site).await;

    let killed = Instant::now();
    primary.kill().await;
    // What each of them remembers would be good for half a minute.
    eventually("nothing remembered is believed", async || {
        replicas.statuses(&tokens).await == [503; 3]
    })
    .await;
    address.lead_to(standby.address());
    eventually("a standby is no database to work with", async || {
        let ready = http().get(replicas.site.url("/ready"));
        let reply = Reply::to(ready).await;
        reply.status == 503 && reply.json()["reason"] == STANDBY
    })
    .await;
    assert_doctor_finds_a_standby(&standby.url("hub")).await;
    standby.promote();
    let promoted = Instant::now();
    // Before anything else: one that hears nothing for a while asks for a sign of life, and then
    // that is what it ran last.
    let listening = Instant::now();
    let database = standby.pool("hub");
    eventually("each of them listens again", async || {
        let listening: i64 = sqlx::query_scalar(
            r#"SELECT count(*) FROM pg_stat_activity
               WHERE datname = 'hub' AND query = 'LISTEN "hub_changes"'"#,
        )
        .fetch_one(&database)
        .await
        .unwrap();
        listening == 3
    })
    .await;
    eprintln!(
        "listening again {:?} after the promotion",
        listening.elapsed()
    );
    load.goes_on(300).await;

    // The old tokens are good, and what ends on the new primary is heard of.
    replicas.assert_work(&tokens, seed::LUCIA).await;
    sqlx::query("DELETE FROM hub.access_tokens WHERE grant_id IN (SELECT id FROM hub.grants WHERE backlog_user_id = $1)")
        .bind(i64::try_from(seed::LUCIA).unwrap())
        .execute(&database)
        .await
        .unwrap();
    eventually("a deleted token is refused", async || {
        replicas.statuses(&tokens).await == [401; 3]
    })
    .await;

    let report = load.stop().await;
    report.assert_right("a promotion", killed);
    report.assert_failed_only(killed, promoted);
    let (status, _) = call(&replicas.site.base_url, "nonsense", "get_myself", json!({})).await;
    assert_eq!(status, 401);
}

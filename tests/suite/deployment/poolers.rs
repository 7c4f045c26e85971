//! A connection pooler between the hub and PostgreSQL. Session mode works. In the other modes
//! notifications do not arrive, and the hub would serve a disabled space for half a minute more:
//! the hub does not start, and reports the reason.

use std::process::Output;

use backlog_mcp_hub::{db, domain::Change, jobs::listener};
use backlog_sim::seed;
use foundation::random::Random;
use serde_json::Value;
use sqlx::PgPool;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};

use crate::support::{
    database::TestDatabase,
    hub::eventually,
    mcp,
    person::Person,
    pooler::Pooler,
    process::{DEADLINE, Deployment, Process, run},
};

const ADVICE: &str = "switch it to session mode, or connect directly";

async fn doctor(deployment: &Deployment, url: &str) -> (bool, Vec<Value>) {
    let mut command = deployment.command_of(&["doctor", "--json"]);
    command.env("DATABASE_URL", url);
    let output = run(command).await;
    let findings: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = findings.as_array().expect("a list").clone();
    (output.status.success(), findings)
}

fn finding<'a>(findings: &'a [Value], what: &str) -> &'a Value {
    findings
        .iter()
        .find(|finding| finding["what"] == what)
        .unwrap_or_else(|| panic!("no {what} in {findings:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_shares_connections_is_named_at_the_start_and_by_doctor() {
    let deployment = Deployment::new().await;
    // The schema is there, so only the probe can find it.
    deployment.start().await.kill().await;
    for mode in ["transaction", "statement"] {
        let pooler = Pooler::start(&deployment.database, mode).await;
        let mut command = deployment.command();
        command.env("DATABASE_URL", pooler.url());
        let Output { status, stderr, .. } = run(command).await;
        let said = String::from_utf8_lossy(&stderr);
        assert!(!status.success(), "{mode}: {said}");
        for part in ["DATABASE_URL", "pooler", ADVICE] {
            assert!(said.contains(part), "{mode}: {said}");
        }

        let (well, findings) = doctor(&deployment, pooler.url()).await;
        assert!(!well, "{mode}: {findings:?}");
        let found = finding(&findings, "notifications");
        assert_eq!(found["verdict"], "FAIL", "{mode}: {found}");
        assert!(found["text"].as_str().is_some_and(|it| it.contains(ADVICE)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_session_mode_a_disabled_space_is_refused_at_once() {
    let deployment = Deployment::new().await;
    let pooler = Pooler::start(&deployment.database, "session").await;
    let mut command = deployment.command();
    command.env("DATABASE_URL", pooler.url());
    let hub = Process::start(command, deployment.site.base_url.clone()).await;
    let (well, findings) = doctor(&deployment, pooler.url()).await;
    assert!(well, "{findings:?}");
    assert_eq!(finding(&findings, "notifications")["verdict"], "ok");

    let tokens = Person::default()
        .sign_in(&deployment.site, seed::DANIEL)
        .await;
    let status = async || {
        let url = deployment.site.mcp_url();
        let token = Some(tokens.access_token.as_str());
        let arguments = serde_json::json!({});
        mcp::call_at(&url, token, "get_myself", arguments)
            .await
            .status
            .as_u16()
    };
    assert_eq!(status().await, 200);
    disable_spaces(deployment.database.pool()).await;
    let disabled = Instant::now();
    eventually("the disabled space is refused", async || {
        status().await == 403
    })
    .await;
    // What is in memory would be used for thirty seconds.
    assert!(disabled.elapsed().as_secs() < 25);
    drop(hub);
}

async fn disable_spaces(database: &PgPool) {
    sqlx::query("UPDATE hub.spaces SET disabled_at = clock_timestamp()")
        .execute(database)
        .await
        .expect("disabled");
}

/// What a replica hears first of its own listening.
async fn first_heard(pooler: &Pooler) -> Change {
    let pool = db::pool::connect(&pooler.url().into(), 5)
        .await
        .expect("a pool");
    let (send, mut heard) = mpsc::unbounded_channel();
    let listening = tokio::spawn(listener::run(pool, Random::system(), move |change| {
        let send = send.clone();
        async move {
            let _ = send.send(change);
        }
    }));
    let first = timeout(DEADLINE, heard.recv()).await.expect("in time");
    listening.abort();
    first.expect("a change")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_does_not_hear_itself_does_not_listen() {
    let database = TestDatabase::create().await;
    let session = Pooler::start(&database, "session").await;
    assert_eq!(first_heard(&session).await, Change::ListeningBegan);
    let transaction = Pooler::start(&database, "transaction").await;
    assert_eq!(first_heard(&transaction).await, Change::ListeningEnded);
}

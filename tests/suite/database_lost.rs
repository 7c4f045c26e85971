//! The database goes away and comes back.

use futures_util::future::join_all;
use reqwest::StatusCode;

use crate::support::{
    hub::{TestHub, eventually, http},
    process::until,
};

/// Some connections of the hub's pool, and one that listens.
const CONNECTIONS: i64 = 5;

/// How many connections the hub has; those that listen, if only they count.
async fn connections(hub: &TestHub, listening: bool) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'backlog-mcp-hub'
           AND (NOT $1 OR query LIKE 'LISTEN%')",
    )
    .bind(listening)
    .fetch_one(hub.database.pool())
    .await
    .expect("the connections")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_requests_after_a_restart_of_the_database_work() {
    let (hub, database) = TestHub::start_behind_proxy().await;
    let (http, url) = (http(), hub.url("/ready"));
    let ready = async || http.get(&url).send().await.expect("an answer").status();
    until("several connections are open", async || {
        join_all((0..20).map(|_| ready())).await;
        connections(&hub, false).await > CONNECTIONS
    })
    .await;

    // Nobody asks for anything meanwhile, so nobody notices which connections are gone.
    database.cut();
    eventually("every connection is gone", async || {
        connections(&hub, false).await == 0
    })
    .await;
    database.mend();
    eventually("the hub listens again", async || {
        connections(&hub, true).await == 1
    })
    .await;
    for number in 0..20 {
        assert_eq!(ready().await, StatusCode::OK, "request {number}");
    }
    hub.stop().await;
}

//! The database becomes unavailable and returns.

use backlog_sim::seed;
use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{
    hub::{REDIRECT_URI, TestHub, eventually, http},
    mcp,
    person::{Person, authorize_url},
    process::until,
    reply::Reply,
    tokens::{refreshed, works},
};

/// Some connections of the hub's pool, and one that listens.
const CONNECTIONS: i64 = 5;

/// How many connections the hub has; those that listen, if only they count.
async fn connections(hub: &TestHub, listening: bool) -> i64 {
    sqlx::query_scalar(
        r#"SELECT count(*) FROM pg_stat_activity
           WHERE datname = current_database() AND application_name = 'backlog-mcp-hub'
             AND (NOT $1 OR query = 'LISTEN "hub_changes"')"#,
    )
    .bind(listening)
    .fetch_one(hub.database.pool())
    .await
    .expect("the connections")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_requests_after_a_restart_of_the_database_work() {
    let (hub, database) = TestHub::start_behind_proxy().await;
    let (http, url) = (http(), hub.url("/register"));
    let metadata = json!({ "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none" });
    let register = async || {
        let request = http.post(&url).json(&metadata);
        request.send().await.expect("an answer").status()
    };
    until("several connections are open", async || {
        join_all((0..20).map(|_| register())).await;
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
        assert_eq!(register().await, StatusCode::CREATED, "request {number}");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_26_a_database_that_is_away_is_a_passing_failure() {
    let (hub, proxy) = TestHub::start_behind_proxy().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    assert!(works(&hub, &tokens).await);
    proxy.cut();
    // Nobody hears of revocations now, so nothing in memory is believed either.
    let call = || mcp::call(&hub, Some(&tokens.access_token), "get_space", json!({}));
    eventually("the hub has noticed", async || {
        call().await.status == StatusCode::SERVICE_UNAVAILABLE
    })
    .await;
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", tokens.client_id.as_str()),
        ("refresh_token", tokens.refresh_token.as_str()),
    ];
    let refreshing = hub.post_form("/token", &form);
    let metadata = json!({ "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none" });
    let registering = hub.register_with(&metadata);
    let calling = call();
    let elsewhere = hub.post_form("/spaces/default/token", &form);
    let (refreshing, registering, calling, elsewhere) =
        tokio::join!(refreshing, registering, calling, elsewhere);
    for reply in [&refreshing, &registering, &elsewhere] {
        reply.oauth_error(503, "temporarily_unavailable");
    }
    for reply in [&refreshing, &registering, &calling, &elsewhere] {
        assert_eq!(
            reply.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "{}",
            reply.body
        );
        assert_eq!(reply.json()["error"], "temporarily_unavailable");
        let seconds: u64 = reply.header("retry-after").parse().expect("seconds");
        assert!(seconds > 0);
    }
    let ready = Reply::to(http().get(hub.url("/ready"))).await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    let alive = Reply::to(http().get(hub.url("/health"))).await;
    assert_eq!(alive.status, StatusCode::OK);

    // Nothing was lost.
    proxy.mend();
    eventually("the hub is ready again", async || {
        let ready = Reply::to(http().get(hub.url("/ready"))).await;
        ready.status == StatusCode::OK
    })
    .await;
    assert!(works(&hub, &tokens).await);
    let tokens = refreshed(&hub, &tokens).await;
    assert!(works(&hub, &tokens).await);
    hub.stop().await;
}

/// A browser gets a page that says when to try again, wherever the sign-in is, and the sign-in goes
/// on after that.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_gets_a_page_while_the_database_is_down_and_continues_after() {
    let (hub, proxy) = TestHub::start_behind_proxy().await;
    let client = hub.register().await;
    let (undecided, approved) = (Person::default(), Person::default());
    let consent = undecided.open_consent(&hub, &client).await;
    let decided = approved.open_consent(&hub, &client).await;
    let forward = approved.decide(&hub, &decided, "approve").await;
    let callback = approved
        .sign_in_at_backlog(&forward.refresh(), seed::DANIEL, "approve")
        .await;
    proxy.cut();
    let authorize = authorize_url(&hub, &client);
    let new = Person::default();
    let (authorized, consented, called_back) = tokio::join!(
        new.get(&authorize),
        undecided.decide(&hub, &consent, "approve"),
        approved.get(&callback),
    );
    for page in [authorized, consented, called_back] {
        page.assert_says(503, "Temporarily unavailable");
        let seconds = page.headers["retry-after"].to_str().expect("text");
        assert!(seconds.parse::<u64>().expect("seconds") > 0);
    }
    proxy.mend();
    eventually("the hub is ready again", async || {
        let ready = Reply::to(http().get(hub.url("/ready"))).await;
        ready.status == StatusCode::OK
    })
    .await;
    let answer = approved.return_to_client(&callback).await;
    assert!(answer.0.contains_key("code"), "{:?}", answer.0);
    let forward = undecided.decide(&hub, &consent, "approve").await;
    let backlog = forward.refresh();
    let answer = undecided.return_from_backlog(&backlog, seed::MAJA).await;
    assert!(answer.0.contains_key("code"), "{:?}", answer.0);
    hub.stop().await;
}

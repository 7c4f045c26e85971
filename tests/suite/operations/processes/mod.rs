//! Several processes that are killed and started again: no user and no client notices it.

mod start;
mod stop;

use backlog_sim::{Matcher, seed};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{
    database::TestDatabase,
    hub::sim,
    person::{
        Answer, Person, Tokens, authorize_url, call, call_request, exchange, refresh, result,
        tokens as tokens_of,
    },
    process::{Deployment, Process, until},
    site::http,
};

/// An issue of the simulated Backlog.
const ISSUE: &str = "HARBOR-1";

async fn get_issue(url: &str, tokens: &Tokens) -> (StatusCode, Value) {
    let arguments = json!({ "issueKey": ISSUE });
    call(url, &tokens.access_token, "get_issue", arguments).await
}

/// Asserts that a tool works with these tokens at the hub that `url` reaches.
async fn works(url: &str, tokens: &Tokens) {
    let (status, answer) = get_issue(url, tokens).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(result(&answer)["issueKey"], ISSUE);
}

/// How often Backlog was asked to renew tokens.
fn renewals(deployment: &Deployment) -> usize {
    let journal = deployment.sim.control().journal();
    journal
        .iter()
        .filter(|entry| entry.param("grant_type") == Some("refresh_token"))
        .count()
}

/// Lets the Backlog tokens expire: as the hub knows, and as Backlog does.
async fn expire_backlog_tokens(deployment: &Deployment) {
    sqlx::query("UPDATE hub.accounts SET backlog_expires_at = clock_timestamp() - interval '1 s'")
        .execute(deployment.database.pool())
        .await
        .unwrap();
    deployment.sim.control().expire_access_tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_takes_nothing_with_it() {
    let deployment = Deployment::new().await;
    let first = deployment.start().await;
    let tokens = Person::default()
        .sign_in(&deployment.site, seed::DANIEL)
        .await;
    works(&first.url, &tokens).await;
    let (status, before) = refresh(&first.url, &tokens).await;
    assert_eq!(status, StatusCode::OK, "{before}");
    first.kill().await;

    let again = deployment.start().await;
    let second = deployment.start_second().await;
    for url in [&again.url, &second.url] {
        works(url, &tokens).await;
        // An answer that was lost with the process is given again.
        let (status, answer) = refresh(url, &tokens).await;
        assert_eq!((status, answer), (StatusCode::OK, before.clone()));
    }
    let renewed = tokens_of(&tokens.client_id, &before);
    let (status, answer) = refresh(&second.url, &renewed).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    works(&again.url, &tokens_of(&tokens.client_id, &answer)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_set_up_one_empty_database() {
    let deployment = Deployment::on(TestDatabase::empty().await).await;
    let (first, second) = tokio::join!(deployment.start(), deployment.start_second());
    let spaces: Vec<bool> = sqlx::query_scalar("SELECT is_default FROM hub.spaces")
        .fetch_all(deployment.database.pool())
        .await
        .unwrap();
    assert_eq!(spaces, [true]);

    let tokens = Person::default()
        .sign_in(&deployment.site, seed::MAJA)
        .await;
    works(&first.url, &tokens).await;
    works(&second.url, &tokens).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_with_another_space_ends_the_sign_ins_of_the_old_one() {
    let deployment = Deployment::new().await;
    let hub = deployment.start().await;
    let tokens = Person::default()
        .sign_in(&deployment.site, seed::DANIEL)
        .await;
    works(&hub.url, &tokens).await;
    hub.kill().await;

    let elsewhere = sim().await;
    let mut command = deployment.command();
    command.env("BACKLOG_DOMAIN", elsewhere.url().as_str());
    let hub = Process::start(command, deployment.site.base_url.clone()).await;
    let request = call_request(&hub.url, &tokens.access_token, "get_myself", json!({}));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let (status, body) = refresh(&hub.url, &tokens).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(body["error"], "invalid_grant");
    // The tokens of one space never reach another.
    assert_eq!(elsewhere.control().count(&Matcher::any()), 0);

    let tokens = Person::default()
        .sign_in(&deployment.site, seed::DANIEL)
        .await;
    works(&hub.url, &tokens).await;
    assert_ne!(elsewhere.control().count(&Matcher::any()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_survives_a_kill_at_each_step() {
    let deployment = Deployment::new().await;
    let site = &deployment.site;
    let mut hub = deployment.start().await;
    let person = Person::default();
    let client_id = site.register().await;

    hub = killed_and_started(hub, &deployment).await;
    let consent = person.get(&authorize_url(site, &client_id)).await;
    assert_eq!(consent.status, StatusCode::OK, "{}", consent.body);

    hub = killed_and_started(hub, &deployment).await;
    let forward = person.decide(site, &consent, "approve").await;

    hub = killed_and_started(hub, &deployment).await;
    let callback = person
        .sign_in_at_backlog(&forward.refresh(), seed::DANIEL, "approve")
        .await;
    let page = person.get(&callback).await;
    let question = page.confirmation(&callback).expect("a new browser");

    hub = killed_and_started(hub, &deployment).await;
    let done = person.confirm(&question, "continue").await;
    let answer = Answer::read(&done.refresh());

    hub = killed_and_started(hub, &deployment).await;
    let (status, body) = exchange(&hub.url, &client_id, answer.get("code")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    works(&hub.url, &tokens_of(&client_id, &body)).await;
}

async fn killed_and_started(hub: Process, deployment: &Deployment) -> Process {
    hub.kill().await;
    deployment.start().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_a_kill_interrupts_can_be_repeated() {
    let deployment = Deployment::new().await;
    let hub = deployment.start().await;
    let tokens = Person::default()
        .sign_in(&deployment.site, seed::DANIEL)
        .await;

    let mut lock = deployment.database.pool().begin().await.unwrap();
    sqlx::query("SELECT FROM hub.refresh_tokens FOR UPDATE")
        .execute(&mut *lock)
        .await
        .unwrap();
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", &tokens.client_id),
        ("refresh_token", &tokens.refresh_token),
    ];
    let request = http().post(format!("{}/token", hub.url)).form(&form);
    let interrupted = tokio::spawn(request.send());
    until("the refresh waits for the row", async || {
        waiting_for_a_lock(&deployment).await == 1
    })
    .await;
    hub.kill().await;
    assert!(interrupted.await.unwrap().is_err());
    lock.rollback().await.unwrap();

    let hub = deployment.start().await;
    let (status, answer) = refresh(&hub.url, &tokens).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    works(&hub.url, &tokens_of(&tokens.client_id, &answer)).await;
}

/// How many of the hub's statements wait for a row.
async fn waiting_for_a_lock(deployment: &Deployment) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'backlog-mcp-hub'
           AND wait_event_type = 'Lock'",
    )
    .fetch_one(deployment.database.pool())
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_call_that_a_kill_interrupts_can_be_repeated() {
    let deployment = Deployment::new().await;
    let hub = deployment.start().await;
    let tokens = Person::default()
        .sign_in(&deployment.site, seed::DANIEL)
        .await;

    let backlog = deployment.sim.control();
    backlog.hold(Matcher::path("/api/v2/issues/"));
    let arguments = json!({ "issueKey": ISSUE });
    let request = call_request(&hub.url, &tokens.access_token, "get_issue", arguments);
    let interrupted = tokio::spawn(request.send());
    backlog.wait_for_held(1).await;
    hub.kill().await;
    assert!(interrupted.await.unwrap().is_err());
    backlog.release();

    let hub = deployment.start().await;
    works(&hub.url, &tokens).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_at_backlog_that_a_kill_interrupts_is_taken_over() {
    let deployment = Deployment::new().await;
    let hub = deployment.start().await;
    let tokens = Person::default()
        .sign_in(&deployment.site, seed::DANIEL)
        .await;
    expire_backlog_tokens(&deployment).await;

    // Backlog never handles the first request, so the refresh token stays good.
    let backlog = deployment.sim.control();
    backlog.hold(Matcher::token_endpoint());
    backlog.fail_next(Matcher::token_endpoint(), 503, "", 1);
    let arguments = json!({ "issueKey": ISSUE });
    let request = call_request(&hub.url, &tokens.access_token, "get_issue", arguments);
    let interrupted = tokio::spawn(request.send());
    backlog.wait_for_held(1).await;
    hub.kill().await;
    assert!(interrupted.await.unwrap().is_err());
    backlog.clear_faults();

    // One call is enough: it waits until the lease of the dead process ends.
    let hub = deployment.start().await;
    works(&hub.url, &tokens).await;
    assert_eq!(renewals(&deployment), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_at_two_processes_share_one_renewal() {
    const CALLERS: usize = 20;
    let deployment = Deployment::new().await;
    let (first, second) = tokio::join!(deployment.start(), deployment.start_second());
    let tokens = Person::default()
        .sign_in(&deployment.site, seed::DANIEL)
        .await;
    let backlog = deployment.sim.control();

    // Only Backlog knows that the token has expired: all callers get its 401 at once.
    backlog.expire_access_tokens();
    backlog.hold(Matcher::path("/api/v2/issues/"));
    let callers = callers(CALLERS, [&first, &second], &tokens);
    backlog.wait_for_held(CALLERS).await;
    backlog.release();
    callers.join_all().await;
    assert_eq!(renewals(&deployment), 1);

    // The hub knows as well: no caller asks Backlog for anything before the renewal.
    backlog.clear_journal();
    expire_backlog_tokens(&deployment).await;
    let (third, fourth) = (
        killed_and_started(first, &deployment).await,
        killed_and_started_second(second, &deployment).await,
    );
    backlog.hold(Matcher::token_endpoint());
    let callers = self::callers(CALLERS, [&third, &fourth], &tokens);
    backlog.wait_for_held(1).await;
    backlog.release();
    callers.join_all().await;
    assert_eq!(renewals(&deployment), 1);
    let refused = backlog
        .journal()
        .iter()
        .filter(|entry| entry.status == Some(401))
        .count();
    assert_eq!(refused, 0);
}

/// Callers of one tool, at the processes in turn.
fn callers(number: usize, hubs: [&Process; 2], tokens: &Tokens) -> JoinSet<()> {
    (0..number)
        .map(|index| {
            let (url, tokens) = (hubs[index % 2].url.clone(), tokens.clone());
            async move { works(&url, &tokens).await }
        })
        .collect()
}

async fn killed_and_started_second(hub: Process, deployment: &Deployment) -> Process {
    hub.kill().await;
    deployment.start_second().await
}

#[tokio::test(flavor = "multi_thread")]
async fn refreshes_at_two_processes_get_one_response() {
    let deployment = Deployment::new().await;
    let (first, second) = tokio::join!(deployment.start(), deployment.start_second());
    let tokens = Person::default()
        .sign_in(&deployment.site, seed::DANIEL)
        .await;

    let refreshes: JoinSet<_> = (0..50)
        .map(|index| {
            let url = [&first, &second][index % 2].url.clone();
            let tokens = tokens.clone();
            async move { refresh(&url, &tokens).await }
        })
        .collect();
    let answers = refreshes.join_all().await;
    let (status, answer) = &answers[0];
    assert_eq!(*status, StatusCode::OK, "{answer}");
    assert!(answers.iter().all(|other| other == &answers[0]));

    // The token of the sign-in, and one successor.
    for table in ["refresh_tokens", "access_tokens"] {
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "SELECT count(*) FROM hub.{table}"
        )))
        .fetch_one(deployment.database.pool())
        .await
        .unwrap();
        assert_eq!(count, 2, "{table}");
    }
}

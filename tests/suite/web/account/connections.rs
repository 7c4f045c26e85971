//! What a user sees and does on the page.

use backlog_mcp_hub::domain::security::ClientAddresses;
use backlog_sim::seed;
use reqwest::StatusCode;
use serde_json::json;
use std::time::Duration;

use super::{ACCOUNTS, GRANTS, PAGE, SESSIONS, act, signed_in, status};
use crate::support::{
    document_host::{Document, DocumentHost},
    hub::{REDIRECT_URI, TestHub, eventually},
    person::{Person, refresh},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_user_ends_one_connection_and_the_others_go_on() {
    let hub = TestHub::start().await;
    let (replica, at_replica) = hub.replica().await;
    let first = Person::default().sign_in(&hub, seed::DANIEL).await;
    let second = Person::default().sign_in(&hub, seed::DANIEL).await;
    let other = Person::default().sign_in(&hub, seed::MAJA).await;
    // Both replicas have the sessions in memory.
    for url in [&hub.base_url, &at_replica] {
        for tokens in [&first, &second, &other] {
            assert_eq!(status(url, &tokens.access_token).await, StatusCode::OK);
        }
    }
    let person = Person::default();
    let page = signed_in(&hub, &person, PAGE, seed::DANIEL).await;
    page.assert_says(200, "Daniel Okafor");
    let each = page.body.matches("name=\"connection\"").count();
    assert_eq!(each, 2, "only the user's own: {}", page.body);
    for part in [
        "Test Client",
        "Read and change, Delete, Administer",
        "127.0.0.1",
    ] {
        page.assert_says(200, part);
    }
    let grant = format!(
        "SELECT grants.id::text FROM hub.grants JOIN hub.clients ON clients.id = grants.client_id
         WHERE clients.client_id = '{}'",
        first.client_id
    );
    let grant = hub.value(&grant).await.expect("the grant");
    let page = act(
        &hub,
        &person,
        &page,
        &[("action", "end"), ("connection", &grant)],
    )
    .await;
    page.assert_says(200, "The connection has ended.");
    assert_eq!(page.body.matches("name=\"connection\"").count(), 1);
    // Useless at once where it ended, and at the other replica when it hears of it.
    assert_eq!(status(&hub.base_url, &first.access_token).await, 401);
    eventually("the other replica knows", async || {
        status(&at_replica, &first.access_token).await == 401
    })
    .await;
    assert_eq!(refresh(&hub.base_url, &first).await.0, 400);
    for url in [&hub.base_url, &at_replica] {
        for tokens in [&second, &other] {
            assert_eq!(status(url, &tokens.access_token).await, StatusCode::OK);
        }
    }
    let reason = "SELECT reason FROM admin.audit WHERE event = 'grant_revoked'";
    assert_eq!(hub.value(reason).await.as_deref(), Some("by_user"));
    replica.stop().await;
    hub.stop().await;
}

/// Cleanup has deleted the grant of an identity assertion, which the next one would make again.
#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_all_connections_ends_an_account_without_a_grant() {
    let hub = TestHub::start().await;
    let person = Person::default();
    Person::default().sign_in(&hub, seed::DANIEL).await;
    let page = signed_in(&hub, &person, PAGE, seed::DANIEL).await;
    hub.sql("DELETE FROM hub.grants").await;
    assert_eq!(hub.value(ACCOUNTS).await.as_deref(), Some("1"));
    let page = act(&hub, &person, &page, &[("action", "end_all")]).await;
    page.assert_says(200, "All connections have ended.");
    assert_eq!(hub.value(ACCOUNTS).await.as_deref(), Some("0"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_ends_all_connections_and_stays_signed_in_to_the_page() {
    let hub = TestHub::start().await;
    let (person, mut all) = (Person::default(), Vec::new());
    for _ in 0..2 {
        all.push(Person::default().sign_in(&hub, seed::DANIEL).await);
    }
    let other = Person::default().sign_in(&hub, seed::MAJA).await;
    let page = signed_in(&hub, &person, PAGE, seed::DANIEL).await;
    let page = act(&hub, &person, &page, &[("action", "end_all")]).await;
    page.assert_says(200, "All connections have ended.");
    page.assert_says(200, "No application is connected as you.");
    for tokens in &all {
        assert_eq!(status(&hub.base_url, &tokens.access_token).await, 401);
    }
    assert_eq!(status(&hub.base_url, &other.access_token).await, 200);
    // The user's tokens of Backlog are gone with the last connection.
    assert_eq!(hub.value(ACCOUNTS).await.as_deref(), Some("1"));
    assert_eq!(hub.value(GRANTS).await.as_deref(), Some("1"));
    let audited = "SELECT string_agg(event || ' ' || coalesce(reason, ''), ', ' ORDER BY id)
        FROM hub.audit_events WHERE event <> 'signed_in' AND event <> 'tool_called'
          AND event <> 'token_refreshed' AND event NOT LIKE 'space_%'";
    let audited = hub.value(audited).await.expect("events");
    assert_eq!(
        audited,
        "account_signed_in , grant_revoked by_user, grant_revoked by_user, \
         connections_ended 2 grants"
    );
    let page = person.get(&hub.url(PAGE)).await;
    page.assert_says(200, "No application is connected as you.");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_forgets_its_approvals_and_others_keep_theirs() {
    const REMEMBERED: &str = "SELECT (SELECT count(*) FROM hub.consents) || ' '
        || (SELECT count(*) FROM hub.browser_spaces)";
    let hub = TestHub::start().await;
    let (person, other) = (Person::default(), Person::default());
    person.sign_in(&hub, seed::DANIEL).await;
    other.sign_in(&hub, seed::DANIEL).await;
    assert_eq!(hub.value(REMEMBERED).await.as_deref(), Some("2 2"));
    let page = signed_in(&hub, &person, PAGE, seed::DANIEL).await;
    let page = act(&hub, &person, &page, &[("action", "forget")]).await;
    page.assert_says(
        200,
        "This browser has forgotten your approvals and your name.",
    );
    assert_eq!(hub.value(REMEMBERED).await.as_deref(), Some("1 1"));
    assert_eq!(
        hub.value(GRANTS).await.as_deref(),
        Some("2"),
        "nothing ended"
    );
    let audited = "SELECT reason FROM admin.audit WHERE event = 'approvals_forgotten'";
    assert_eq!(hub.value(audited).await.as_deref(), Some("1 approvals"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_signs_out() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let page = signed_in(&hub, &person, PAGE, seed::DANIEL).await;
    let cookies = person.cookies("127.0.0.1");
    let out = act(&hub, &person, &page, &[("action", "sign_out")]).await;
    out.assert_says(200, "You are signed out of this page.");
    let gone = out.headers.get_all("set-cookie").iter();
    let gone = gone.filter_map(|cookie| cookie.to_str().ok());
    let gone: Vec<_> = gone
        .filter(|cookie| cookie.starts_with("bmh_account_default=;"))
        .collect();
    assert!(gone.len() == 1 && gone[0].contains("Max-Age=0"), "{gone:?}");
    assert_eq!(hub.value(SESSIONS).await.as_deref(), Some("0"));
    // The cookie of before opens nothing, wherever it was kept.
    let kept = crate::support::hub::http()
        .get(hub.url(PAGE))
        .header("cookie", cookies);
    let again = Person::default().send(kept).await;
    again.assert_says(200, "/account/sign-in");
    assert!(!again.body.contains("Daniel"), "{}", again.body);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_shows_the_proven_host_and_the_network_of_its_last_use() {
    const PATH: &str = "/client.json";
    let hub = TestHub::start_with(|settings| {
        settings.observe.client_addresses = ClientAddresses::Full;
        settings.observe.uses_every = Duration::from_millis(50);
        settings.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    })
    .await;
    let host = DocumentHost::open().await;
    let client_id = host.url(PATH);
    let document = json!({
        "client_id": client_id, "client_name": "Claude", "redirect_uris": [REDIRECT_URI],
    });
    host.set(PATH, Document::json(&document));
    let person = Person::default();
    let answer = person.authorize(&hub, &client_id, seed::DANIEL).await;
    let (_, body) =
        crate::support::person::exchange(&hub.base_url, &client_id, answer.get("code")).await;
    let token = body["access_token"].as_str().expect("a token");
    let request =
        crate::support::person::call_request(&hub.base_url, token, "get_myself", json!({}));
    let called = request
        .header("x-forwarded-for", "203.0.113.77")
        .send()
        .await;
    assert_eq!(called.expect("an answer").status(), 200);
    let from = "SELECT last_used_from::text FROM hub.grants";
    eventually("the use is stored", async || {
        hub.value(from).await.is_some()
    })
    .await;
    // Coarse, even where events keep addresses.
    assert_eq!(hub.value(from).await.as_deref(), Some("203.0.113.0/24"));
    let page = signed_in(&hub, &person, PAGE, seed::DANIEL).await;
    for part in ["203.0.113.0/24", "Verified: published at", "Calls itself"] {
        page.assert_says(200, part);
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_network_is_stored_unless_the_operator_keeps_them() {
    let hub = TestHub::start_with(|settings| {
        settings.observe.uses_every = Duration::from_millis(50);
    })
    .await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    hub.sql("UPDATE hub.grants SET last_used_from = '203.0.113.0/24'")
        .await;
    assert_eq!(status(&hub.base_url, &tokens.access_token).await, 200);
    // What was stored when it was kept is gone with the next use.
    let kept = "SELECT count(*)::text FROM hub.grants WHERE last_used_from IS NOT NULL";
    eventually("the network is forgotten", async || {
        hub.value(kept).await.as_deref() == Some("0")
    })
    .await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_and_the_error_that_ask_to_sign_in_lead_there() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    let consent = person.open_consent(&hub, &client).await;
    assert_eq!(consent.link("/account"), "/account");
    let connect = person.get(&hub.url("/spaces/default")).await;
    assert_eq!(connect.link("/account"), PAGE);
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    hub.sql(
        "UPDATE hub.accounts SET ended_at = clock_timestamp(), ended_reason = 'invalid_grant',
             backlog_access_token = NULL, backlog_refresh_token = NULL, backlog_expires_at = NULL,
             doubt_reason = NULL, doubt_since = NULL, doubt_until = NULL, renewing_until = NULL",
    )
    .await;
    eventually("the account has ended", async || {
        status(&hub.base_url, &tokens.access_token).await == 401
    })
    .await;
    let none = json!({});
    let (_, body) =
        crate::support::person::call(&hub.base_url, &tokens.access_token, "get_myself", none).await;
    let description = body["error_description"].as_str().expect("a description");
    assert!(description.contains(&hub.url("/account")), "{description}");
    hub.stop().await;
}

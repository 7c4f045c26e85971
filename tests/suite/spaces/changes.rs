//! Changes of a space's row, by an operator or by another user of the database.

use backlog_sim::{Matcher, seed};
use serde_json::json;
use sqlx::AssertSqlSafe;

use crate::support::{
    hub::{TestHub, eventually, sim},
    mcp,
    person::Person,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_url_of_a_space_receives_neither_tokens_nor_secret() {
    let hub = TestHub::start().await;
    let elsewhere = sim().await;
    let url = elsewhere.url();
    let url = url.as_str().trim_end_matches('/');
    let moved = format!("UPDATE hub.spaces SET base_url = '{url}'");
    let calls = |access_token: String| {
        let hub = &hub;
        async move { mcp::call(hub, Some(&access_token), "get_myself", json!({})).await }
    };
    let client = hub.register().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    assert_eq!(calls(tokens.access_token.clone()).await.status, 200);

    // As an operator does it: everybody signs in again.
    hub.sql(&moved).await;
    assert_eq!(hub.revoked_reason().await.as_deref(), Some("space_moved"));
    eventually("the token is refused", async || {
        calls(tokens.access_token.clone()).await.status == 401
    })
    .await;
    // The secret opens for the old site only, so nobody is sent to the new one with it.
    let person = Person::default();
    let consent = person.open_consent(&hub, &client).await;
    let page = person.decide(&hub, &consent, "approve").await;
    page.assert_says(500, "went wrong");

    // That the secret does not open is no reason not to start: the environment brings it.
    let (replica, _) = hub.replica().await;
    replica.stop().await;
    eventually("the space is where the environment says", async || {
        let person = Person::default();
        let consent = person.open_consent(&hub, &client).await;
        person.decide(&hub, &consent, "approve").await.status == 200
    })
    .await;
    hub.sql("DELETE FROM hub.grants").await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    assert_eq!(calls(tokens.access_token.clone()).await.status, 200);

    // Nor does it help to keep the database from ending the grants.
    hub.sql("ALTER TABLE hub.spaces DISABLE TRIGGER spaces_moved")
        .await;
    hub.sql(&moved).await;
    assert_eq!(hub.revoked_reason().await, None);
    eventually("the token does not open", async || {
        let reply = calls(tokens.access_token.clone()).await;
        reply.status != 200
    })
    .await;
    assert_eq!(elsewhere.control().count(&Matcher::any()), 0);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_name_is_of_one_space_and_in_lower_case() {
    let hub = TestHub::start().await;
    hub.second_space("second").await;
    let set = async |names: &str, slug: &str| {
        let statement =
            format!("UPDATE hub.spaces SET hostnames = '{names}' WHERE slug = '{slug}'");
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(hub.database.pool())
            .await
            .is_ok()
    };
    assert!(set("{mcp.acme.example,mcp.acme.example:8443}", "second").await);
    for wrong in [
        "{mcp.acme.example}",
        "{other.example,mcp.acme.example}",
        "{MCP.other.example}",
        "{https://other.example}",
        "{other.example,other.example}",
        "{other.example/mcp}",
        "{NULL}",
        "{\"\"}",
    ] {
        assert!(!set(wrong, "default").await, "{wrong}");
    }
    // What one space gives up, another may take.
    assert!(set("{}", "second").await);
    assert!(set("{mcp.acme.example}", "default").await);
    hub.sql("DELETE FROM hub.spaces WHERE slug = 'default'")
        .await;
    assert!(set("{mcp.acme.example}", "second").await);
    hub.stop().await;
}

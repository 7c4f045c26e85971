//! `subscriptions/listen`: clients are notified of changes by operators, at every replica, and no
//! subscription outlives its token, its grant or its space.

use backlog_sim::seed;
use serde_json::{Value, json};

use crate::support::{
    events::{Events, modern},
    hub::{TestHub, eventually},
    mcp::{list_tools, request},
    person::{Person, Tokens},
    reply::Reply,
};

const EVERYTHING: [&str; 3] = [
    "toolsListChanged",
    "promptsListChanged",
    "resourcesListChanged",
];

/// Waits until this many processes listen for changes: before, they hold no subscription.
async fn hears(hub: &TestHub, processes: i64) {
    let listening = r#"SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'idle'
          AND query = 'LISTEN "hub_changes"'"#;
    eventually("changes are heard of", async || {
        let count = sqlx::query_scalar::<_, i64>(listening);
        let count = count.fetch_one(hub.database.pool()).await;
        count.expect("a count") == processes
    })
    .await;
}

fn listening(url: &str, tokens: &Tokens, lists: &[&str]) -> reqwest::RequestBuilder {
    let filter: Value = lists
        .iter()
        .map(|list| ((*list).to_owned(), json!(true)))
        .collect();
    let params = json!({ "notifications": filter });
    modern(
        request(url, Some(&tokens.access_token)),
        "subscriptions/listen",
        params,
    )
}

/// Subscribes, and sees it acknowledged.
async fn listen(url: &str, tokens: &Tokens, lists: &[&str]) -> Events {
    let mut events = Events::open(listening(url, tokens, lists)).await;
    let first = events.next().await.expect("an acknowledgment");
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
    for list in lists {
        assert_eq!(first["params"]["notifications"][list], true, "{first}");
    }
    events
}

fn is_result(message: &Value) -> bool {
    message["id"] == 1 && message["result"]["resultType"] == "complete"
}

/// The methods of notifications, which all carry the id of the subscription.
fn methods(messages: &[Value]) -> Vec<&str> {
    let method = |message: &'_ Value| {
        let id = &message["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"];
        assert_eq!(id, 1, "{message}");
    };
    messages.iter().for_each(method);
    messages
        .iter()
        .filter_map(|it| it["method"].as_str())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_a_space_are_notified_at_every_replica() {
    let hub = TestHub::start().await;
    let (replica, replica_url) = hub.replica().await;
    hears(&hub, 2).await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let mut all = listen(&hub.mcp_url(), &tokens, &EVERYTHING).await;
    let mut tools = listen(&format!("{replica_url}/mcp"), &tokens, &EVERYTHING[..1]).await;

    // What changes nothing for this caller is not told.
    hub.second_space("other").await;
    hub.sql("UPDATE hub.spaces SET name = 'Another name'").await;
    hub.sql("UPDATE hub.spaces SET read_only = true").await;
    let heard = [all.next().await.unwrap(), all.next().await.unwrap()];
    assert_eq!(
        methods(&heard),
        [
            "notifications/tools/list_changed",
            "notifications/prompts/list_changed"
        ]
    );
    let listed = list_tools(&hub, &tokens.access_token).await;
    assert!(listed.iter().all(|tool| tool["name"] != "add_issue"));

    hub.sql("UPDATE hub.spaces SET toolsets = '{wiki}'").await;
    let heard = [
        all.next().await.unwrap(),
        all.next().await.unwrap(),
        all.next().await.unwrap(),
    ];
    assert_eq!(
        methods(&heard),
        [
            "notifications/tools/list_changed",
            "notifications/prompts/list_changed",
            "notifications/resources/list_changed",
        ]
    );

    // The other replica may be slower, but must not hear of the end first.
    let first = tools.next().await.expect("a change");
    // The end of the grant is the end of both; each has heard only what it asked for.
    hub.sql("DELETE FROM hub.grants").await;
    let rest = all.rest().await;
    assert!(
        matches!(rest.as_slice(), [result] if is_result(result)),
        "{rest:?}"
    );
    let mut told = vec![first];
    told.extend(tools.rest().await);
    assert!(told.pop().is_some_and(|last| is_result(&last)));
    // Two changes in quick succession may be told once.
    assert!((1..=2).contains(&told.len()), "{told:?}");
    assert!(
        methods(&told)
            .iter()
            .all(|it| *it == "notifications/tools/list_changed")
    );
    replica.stop().await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_ends_with_its_grant_or_space() {
    let hub = TestHub::start().await;
    hears(&hub, 1).await;
    for end in [
        "DELETE FROM hub.access_tokens",
        "UPDATE hub.grants
         SET revoked_at = clock_timestamp(), revoked_reason = 'by a test',
             backlog_access_token = NULL, backlog_refresh_token = NULL,
             backlog_expires_at = NULL, renewing_until = NULL
         WHERE revoked_at IS NULL",
        "UPDATE hub.spaces SET client_policy = 'registered'",
        "UPDATE hub.spaces SET allowed_networks = '{203.0.113.0/24}'",
        "UPDATE hub.spaces SET disabled_at = clock_timestamp()",
    ] {
        hub.sql("UPDATE hub.spaces SET client_policy = 'open', allowed_networks = NULL")
            .await;
        let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
        let events = listen(&hub.mcp_url(), &tokens, &EVERYTHING).await;
        hub.sql(end).await;
        let rest = events.rest().await;
        assert!(
            matches!(rest.as_slice(), [result] if is_result(result)),
            "{end}: {rest:?}"
        );
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_ends_with_its_token() {
    let hub = TestHub::start_with(|settings| {
        // Longer than a busy machine needs to sign in.
        settings.lifetimes.access_token = std::time::Duration::from_secs(8);
    })
    .await;
    hears(&hub, 1).await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let events = listen(&hub.mcp_url(), &tokens, &EVERYTHING).await;
    let rest = events.rest().await;
    assert!(
        matches!(rest.as_slice(), [result] if is_result(result)),
        "{rest:?}"
    );
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_ends_when_the_process_stops_or_no_longer_hears() {
    let (hub, proxy) = TestHub::start_behind_proxy().await;
    hears(&hub, 1).await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let events = listen(&hub.mcp_url(), &tokens, &EVERYTHING).await;
    proxy.cut();
    let rest = events.rest().await;
    assert!(
        matches!(rest.as_slice(), [result] if is_result(result)),
        "{rest:?}"
    );
    proxy.mend();
    hub.stop().await;

    let hub = TestHub::start().await;
    hears(&hub, 1).await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let events = listen(&hub.mcp_url(), &tokens, &EVERYTHING).await;
    let stopping = tokio::spawn(hub.stop());
    let rest = events.rest().await;
    assert!(
        matches!(rest.as_slice(), [result] if is_result(result)),
        "{rest:?}"
    );
    stopping.await.expect("a clean end");
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_of_a_grant_are_few_and_a_client_that_hangs_up_gives_its_place_back() {
    let hub = TestHub::start().await;
    hears(&hub, 1).await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let url = hub.mcp_url();
    let (mut open, mut refused) = (Vec::new(), None);
    // More than eight where the listener of a loaded machine lost its connection meanwhile.
    while refused.is_none() && open.len() < 32 {
        let mut events = listen(&url, &tokens, &EVERYTHING).await;
        // A refusal comes at once, and nothing else does.
        let soon = std::time::Duration::from_millis(200);
        match tokio::time::timeout(soon, events.next()).await {
            Ok(Some(message)) if message["error"].is_object() => refused = Some(message),
            _ => open.push(events),
        }
    }
    assert!(open.len() >= 8, "{}", open.len());
    let error = refused.expect("a refusal");
    let message = error["error"]["message"].as_str().expect("a message");
    assert!(message.contains("too many subscriptions"), "{message}");

    open.clear();
    crate::support::hub::eventually("a place is free", async || {
        let mut events = listen(&url, &tokens, &EVERYTHING).await;
        // A refusal comes at once, and nothing else does.
        let soon = std::time::Duration::from_millis(200);
        tokio::time::timeout(soon, events.next()).await.is_err()
    })
    .await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn older_revisions_are_promised_nothing() {
    let hub = TestHub::start().await;
    hears(&hub, 1).await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let token = Some(tokens.access_token.as_str());
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" },
    });
    let hello = crate::support::mcp::message("initialize", hello);
    let reply = Reply::to(request(&hub.mcp_url(), token).json(&hello)).await;
    assert_eq!(
        reply.json()["result"]["capabilities"],
        json!({"completions": {}, "prompts": {}, "resources": {}, "tools": {}})
    );
    let discover = modern(request(&hub.mcp_url(), token), "server/discover", json!({}));
    let reply = Reply::to(discover).await;
    let changes = json!({"listChanged": true});
    assert_eq!(
        reply.json()["result"]["capabilities"],
        json!({"completions": {}, "prompts": changes, "resources": changes, "tools": changes})
    );
    hub.stop().await;
}

//! An account that has ended: every connection of the user waits, and one sign-in brings all back.

use backlog_sim::seed;
use serde_json::json;

use super::{assert_is_daniel, assert_signed_out, get_myself, get_myself_at, sign_in, state_of};
use crate::support::{
    hub::{TestHub, eventually},
    person::{Answer, Page, Person, Tokens, authorize_url, exchange, refresh, tokens},
};

/// Three connections of Daniel, ended by Backlog.
async fn ended(hub: &TestHub) -> [Tokens; 3] {
    let connections = [sign_in(hub).await, sign_in(hub).await, sign_in(hub).await];
    hub.sim.control().revoke_user(seed::DANIEL);
    for tokens in &connections {
        assert_signed_out(&get_myself(hub, tokens).await);
    }
    connections
}

/// A sign-in up to the page after it, which is no redirect.
async fn signed_in_again(person: &Person, hub: &TestHub) -> (String, Page) {
    let client = hub.register().await;
    let consent = person.get(&authorize_url(hub, &client)).await;
    let forward = person.decide(hub, &consent, "approve").await;
    let backlog = forward.refresh();
    let callback = person.sign_in_at_backlog(&backlog, seed::DANIEL, "approve");
    let callback = callback.await;
    let page = person.get(&callback).await;
    let page = match page.confirmation(&callback) {
        Some(question) => person.confirm(&question, "continue").await,
        None => page,
    };
    (client, page)
}

async fn live_grants(hub: &TestHub) -> Option<String> {
    let live = "SELECT count(*)::text FROM hub.grants WHERE revoked_at IS NULL";
    hub.value(live).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sign_in_brings_every_connection_back() {
    let hub = TestHub::start().await;
    let (replica, replica_url) = hub.replica().await;
    let elsewhere = format!("{replica_url}/mcp");
    let connections = ended(&hub).await;
    assert_eq!(
        state_of(&hub, seed::DANIEL).await,
        "ended backlog_invalid_grant"
    );
    for tokens in &connections {
        assert_signed_out(&get_myself_at(&elsewhere, tokens).await);
        let (status, body) = refresh(&hub.base_url, tokens).await;
        assert_eq!(
            (status.as_u16(), &body["error"]),
            (400, &json!("invalid_grant"))
        );
    }
    assert_eq!(
        live_grants(&hub).await.as_deref(),
        Some("3"),
        "they are kept"
    );

    let person = Person::default();
    let (client, page) = signed_in_again(&person, &hub).await;
    page.assert_says(200, "End this connection");
    assert_eq!(page.body.matches("name=\"connection\"").count(), 3);
    // The way on has the code.
    let answer = Answer::read(&page.link("code="));
    let (status, body) = exchange(&hub.base_url, &client, answer.get("code")).await;
    assert_eq!(status, 200, "{body}");
    assert_is_daniel(&get_myself(&hub, &tokens(&client, &body)).await);
    assert_eq!(state_of(&hub, seed::DANIEL).await, "live");
    for tokens in &connections {
        for url in [&hub.mcp_url(), &elsewhere] {
            eventually("it works again", async || {
                get_myself_at(url, tokens).await.status == 200
            })
            .await;
        }
        let (status, body) = refresh(&hub.base_url, tokens).await;
        assert_eq!(status, 200, "{body}");
    }
    let audited = "SELECT string_agg(event, ' ' ORDER BY id) FROM hub.audit_events
                   WHERE event LIKE 'account%'";
    assert_eq!(
        hub.value(audited).await.as_deref(),
        Some("account_ended account_restored")
    );
    replica.stop().await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_comes_back_can_be_ended_on_the_page_by_its_user_only() {
    let hub = TestHub::start().await;
    let connections = ended(&hub).await;
    let other = Person::default().sign_in(&hub, seed::MAJA).await;
    let person = Person::default();
    let (_, page) = signed_in_again(&person, &hub).await;
    let (sealed, connection) = (page.field("page"), page.field("connection"));
    let url = hub.url("/connections/end");
    let before = hub.state().await;

    // Not from another browser, with another page, or without one.
    let stranger = Person::default();
    stranger.open_consent(&hub, &hub.register().await).await;
    let of_nobody = "SELECT id::text FROM hub.grants ORDER BY created_at DESC LIMIT 1";
    let newest = hub.value(of_nobody).await.expect("a grant");
    let altered = sealed.replacen("sealed:v1:test:", "sealed:v1:test:A", 1);
    for (browser, form) in [
        (
            &stranger,
            vec![("page", &*sealed), ("connection", &*connection)],
        ),
        (
            &person,
            vec![("page", &*altered), ("connection", &*connection)],
        ),
        (&person, vec![("connection", &*connection)]),
        (&person, vec![("page", &*sealed)]),
    ] {
        let refused = browser.post(&url, &form).await;
        assert_eq!(refused.status, 400, "{form:?}: {}", refused.body);
    }
    let without_cookies = Person::default();
    let form = [("page", &*sealed), ("connection", &*connection)];
    let refused = without_cookies.post(&url, &form).await;
    assert!(refused.status.is_client_error(), "{}", refused.body);
    // A connection that is not on the page stays, whoever's it is.
    let majas = format!(
        "SELECT id::text FROM hub.grants WHERE backlog_user_id = {}",
        seed::MAJA
    );
    for not_listed in [newest, hub.value(&majas).await.expect("a grant")] {
        let form = [("page", &*sealed), ("connection", &*not_listed)];
        assert_eq!(person.post(&url, &form).await.status, 200);
    }
    let grants = |state: &str| {
        let from = state.find("-- grants").expect("the grants");
        let rest = &state[from..];
        rest[..rest[3..].find("-- ").map_or(rest.len(), |end| end + 3)].to_owned()
    };
    assert_eq!(grants(&hub.state().await), grants(&before));

    // All but the last of them, one after the other.
    for left in [2, 1] {
        let page = end_oldest(&hub, &person, &sealed).await;
        assert_eq!(page.body.matches("name=\"connection\"").count(), left);
    }
    let reasons = "SELECT string_agg(reason, ' ') FROM hub.audit_events
                   WHERE event = 'grant_revoked'";
    assert_eq!(hub.value(reasons).await.as_deref(), Some("by_user by_user"));
    eventually(
        "the others are refused and the last one works",
        async || {
            let mut works = Vec::new();
            for tokens in &connections {
                works.push(get_myself(&hub, tokens).await.status == 200);
            }
            works == [false, false, true]
        },
    )
    .await;
    let reply = get_myself(&hub, &other).await;
    assert_eq!(reply.status, 200);

    let japanese = reqwest::header::HeaderValue::from_static("ja");
    let form = [
        ("page", &*sealed),
        ("connection", "00000000-0000-0000-0000-000000000000"),
    ];
    let request = crate::support::site::http()
        .post(&url)
        .header(reqwest::header::ACCEPT_LANGUAGE, japanese)
        .form(&form);
    person
        .send(request)
        .await
        .assert_says(200, "この接続を解除");
    hub.stop().await;
}

/// Ends the oldest connection of Daniel on the page; the page as it is then.
async fn end_oldest(hub: &TestHub, person: &Person, sealed: &str) -> Page {
    let oldest = format!(
        "SELECT id::text FROM hub.grants WHERE revoked_at IS NULL AND backlog_user_id = {}
         ORDER BY created_at LIMIT 1",
        seed::DANIEL
    );
    let oldest = hub.value(&oldest).await.expect("a grant");
    let form = [("page", sealed), ("connection", &oldest)];
    person.post(&hub.url("/connections/end"), &form).await
}

/// Without another connection there is nothing to ask: the browser goes straight on.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_brings_nothing_else_back_goes_straight_to_the_client() {
    let hub = TestHub::start().await;
    let tokens = sign_in(&hub).await;
    hub.sim.control().revoke_user(seed::DANIEL);
    assert_signed_out(&get_myself(&hub, &tokens).await);
    let form = [
        ("client_id", tokens.client_id.as_str()),
        ("token", &tokens.refresh_token),
    ];
    hub.post_form("/revoke", &form).await;
    let accounts = "SELECT count(*)::text FROM hub.accounts";
    assert_eq!(hub.value(accounts).await.as_deref(), Some("0"));
    // It would fail on a page in between.
    let again = sign_in(&hub).await;
    assert_is_daniel(&get_myself(&hub, &again).await);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_deleted_with_its_last_connection() {
    let hub = TestHub::start().await;
    let connections = [sign_in(&hub).await, sign_in(&hub).await];
    for (tokens, left) in connections.iter().zip(["1", "0"]) {
        let form = [
            ("client_id", tokens.client_id.as_str()),
            ("token", &tokens.refresh_token),
        ];
        hub.post_form("/revoke", &form).await;
        let accounts = "SELECT count(*)::text FROM hub.accounts";
        assert_eq!(hub.value(accounts).await.as_deref(), Some(left));
    }
    hub.stop().await;
}

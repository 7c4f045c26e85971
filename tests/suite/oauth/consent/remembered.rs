//! An approval is remembered for one browser, client, redirect URI, space and set of scopes, where
//! the request comes from the client. Every other request asks the user again (rule 39).

use backlog_sim::seed;
use reqwest::{StatusCode, header::REFERER};
use serde_json::json;

use crate::support::{
    hub::{REDIRECT_URI, TestHub, http},
    person::{
        EVERY_SCOPE, Page, Person, authorize_url, authorize_url_with, call, exchange, tokens,
    },
};

/// Has this browser been sent on to Backlog without being asked?
fn goes_on(hub: &TestHub, page: &Page) -> bool {
    match page.status {
        StatusCode::OK => {
            page.assert_says(200, "name=\"csrf\"");
            false
        }
        StatusCode::FOUND => {
            let location = page.location.as_deref().expect("a location");
            assert!(location.starts_with(hub.sim.url().as_str()), "{location}");
            true
        }
        other => panic!("{other}: {}", page.body),
    }
}

/// A person who has approved a client, and that client.
async fn approved(hub: &TestHub) -> (Person, String) {
    let person = Person::default();
    let client_id = hub.register().await;
    person.authorize(hub, &client_id, seed::DANIEL).await;
    (person, client_id)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_browser_goes_straight_to_backlog_the_second_time() {
    let hub = TestHub::start().await;
    let (person, client_id) = approved(&hub).await;
    for user in [seed::DANIEL, seed::MAJA] {
        let page = person.get(&authorize_url(&hub, &client_id)).await;
        assert!(goes_on(&hub, &page));
        // Backlog still asks who it is; the rest is as the first time.
        let location = page.location.expect("a location");
        let answer = person.return_from_backlog(&location, user).await;
        assert_eq!(answer.get("iss"), hub.base_url);
        assert_eq!(answer.get("state"), "the-state");
        let (status, body) = exchange(&hub.base_url, &client_id, answer.get("code")).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_eq!(body["scope"], EVERY_SCOPE);
        let tokens = tokens(&client_id, &body);
        let token = &tokens.access_token;
        let (status, me) = call(&hub.base_url, token, "get_myself", json!({})).await;
        assert_eq!(status, StatusCode::OK, "{me}");
        assert_eq!(crate::support::person::result(&me)["id"], json!(user));
    }
    // What asks for less is covered as well, and gets no more than it asked for.
    let less = authorize_url_with(&hub, &client_id, &[("scope", Some("backlog:read"))]);
    let page = person.get(&less).await;
    assert!(goes_on(&hub, &page));
    let location = page.location.expect("a location");
    let answer = person.return_from_backlog(&location, seed::DANIEL).await;
    let (_, body) = exchange(&hub.base_url, &client_id, answer.get("code")).await;
    assert_eq!(body["scope"], "backlog:read");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_browser_client_or_redirect_uri_is_asked() {
    let hub = TestHub::start().await;
    let (person, client_id) = approved(&hub).await;
    let stranger = Person::default();
    let page = stranger.get(&authorize_url(&hub, &client_id)).await;
    assert!(!goes_on(&hub, &page));

    let other = hub.register_for("http://127.0.0.1:9/other").await;
    let there = [("redirect_uri", Some("http://127.0.0.1:9/other"))];
    let page = person.get(&authorize_url_with(&hub, &other, &there)).await;
    assert!(!goes_on(&hub, &page));

    // Another port of the same registration is another program (RFC 8252 §8.6).
    let port = [("redirect_uri", Some("http://127.0.0.1:10/callback"))];
    let page = person
        .get(&authorize_url_with(&hub, &client_id, &port))
        .await;
    assert!(!goes_on(&hub, &page));

    let page = person.get(&authorize_url(&hub, &client_id)).await;
    assert!(goes_on(&hub, &page));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wider_scopes_are_asked() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client_id = hub.register().await;
    let read = authorize_url_with(&hub, &client_id, &[("scope", Some("backlog:read"))]);
    let page = person.get(&read).await;
    let forward = person.decide(&hub, &page, "approve").await;
    assert!(
        !goes_on(&hub, &person.get(&read).await),
        "not before Backlog has agreed"
    );
    person
        .return_from_backlog(&forward.refresh(), seed::DANIEL)
        .await;
    assert!(goes_on(&hub, &person.get(&read).await));
    for scope in [
        None,
        Some("backlog:write"),
        Some("backlog:read backlog:write"),
    ] {
        let url = authorize_url_with(&hub, &client_id, &[("scope", scope)]);
        assert!(!goes_on(&hub, &person.get(&url).await), "{scope:?}");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_space_is_asked() {
    let hub = TestHub::start().await;
    hub.second_space("other").await;
    let (person, client_id) = approved(&hub).await;
    let resource = hub.url("/spaces/other/mcp");
    let there = authorize_url_with(&hub, &client_id, &[("resource", Some(&resource))]);
    let page = person.get(&there).await;
    assert!(!goes_on(&hub, &page));
    let forward = person.decide(&hub, &page, "approve").await;
    person
        .return_from_backlog(&forward.refresh(), seed::DANIEL)
        .await;
    assert!(goes_on(&hub, &person.get(&there).await));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_forgotten_after_its_time_and_with_its_client() {
    let hub = TestHub::start().await;
    let (person, client_id) = approved(&hub).await;
    let days = "SELECT extract(epoch FROM expires_at - created_at)::bigint::text FROM hub.consents";
    let lifetime = hub.value(days).await.expect("a consent");
    assert_eq!(lifetime, (30 * 24 * 3600).to_string());
    let expired = "UPDATE hub.consents SET expires_at = clock_timestamp() - interval '1 s'";
    assert_eq!(hub.sql(expired).await, 1);
    let page = person.get(&authorize_url(&hub, &client_id)).await;
    assert!(!goes_on(&hub, &page));
    // Approved again, it counts again.
    let forward = person.decide(&hub, &page, "approve").await;
    person
        .return_from_backlog(&forward.refresh(), seed::DANIEL)
        .await;
    let page = person.get(&authorize_url(&hub, &client_id)).await;
    assert!(goes_on(&hub, &page));

    // The same registration after the first is gone is another client.
    hub.sql("DELETE FROM hub.clients").await;
    let again = hub.register().await;
    let page = person.get(&authorize_url(&hub, &again)).await;
    assert!(!goes_on(&hub, &page));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_use_scheme_is_always_asked_because_any_program_can_claim_it() {
    let hub = TestHub::start().await;
    for uri in [
        "cursor://anysphere.cursor-mcp/oauth/callback",
        // It hands what it gets to a program.
        "https://vscode.dev/redirect",
    ] {
        let person = Person::default();
        let client_id = hub.register_for(uri).await;
        let url = authorize_url_with(&hub, &client_id, &[("redirect_uri", Some(uri))]);
        for _ in 0..2 {
            let page = person.get(&url).await;
            assert!(!goes_on(&hub, &page), "{uri}");
            let forward = person.decide(&hub, &page, "approve").await;
            person
                .return_from_backlog(&forward.refresh(), seed::DANIEL)
                .await;
        }
    }
    hub.stop().await;
}

/// Where many people share a callback, a stranger can begin a sign-in of their own there and
/// have somebody else's browser follow it.
#[tokio::test(flavor = "multi_thread")]
async fn a_web_client_is_asked_again_unless_the_request_comes_from_its_own_pages() {
    const CALLBACK: &str = "https://claude.ai/api/mcp/auth_callback";
    let hub = TestHub::start().await;
    let person = Person::default();
    let client_id = hub.register_for(CALLBACK).await;
    let url = authorize_url_with(&hub, &client_id, &[("redirect_uri", Some(CALLBACK))]);
    let page = person.get(&url).await;
    let forward = person.decide(&hub, &page, "approve").await;
    person
        .return_from_backlog(&forward.refresh(), seed::DANIEL)
        .await;
    for (referrer, remembered) in [
        (None, false),
        (Some("https://evil.example/"), false),
        (Some("https://claude.ai.evil.example/"), false),
        (Some("http://claude.ai/"), false),
        (Some("https://claude.ai/"), true),
        (Some("https://claude.ai/settings/connectors"), true),
    ] {
        let request = http().get(&url);
        let request = match referrer {
            Some(referrer) => request.header(REFERER, referrer),
            None => request,
        };
        let page = person.send(request).await;
        assert_eq!(goes_on(&hub, &page), remembered, "{referrer:?}");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn giving_less_or_nothing_is_not_remembered() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client_id = hub.register().await;
    let url = authorize_url(&hub, &client_id);
    for decision in [&[("access", "read")][..], &[("decision", "deny")]] {
        let page = person.get(&url).await;
        assert!(!goes_on(&hub, &page));
        let forward = person.post_consent(&hub, &page, decision).await;
        assert_eq!(forward.status, StatusCode::OK, "{}", forward.body);
    }
    assert!(!goes_on(&hub, &person.get(&url).await));
    let consents = "SELECT count(*)::text FROM hub.consents";
    assert_eq!(hub.value(consents).await.as_deref(), Some("0"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrower_choice_ends_a_remembered_approval() {
    let hub = TestHub::start().await;
    let (person, client_id) = approved(&hub).await;
    let url = authorize_url(&hub, &client_id);
    assert!(goes_on(&hub, &person.get(&url).await));
    let asked = authorize_url_with(&hub, &client_id, &[("prompt", Some("consent"))]);
    let page = person.get(&asked).await;
    assert!(!goes_on(&hub, &page));
    let forward = person
        .post_consent(&hub, &page, &[("access", "read")])
        .await;
    let answer = person
        .return_from_backlog(&forward.refresh(), seed::DANIEL)
        .await;
    let (_, body) = exchange(&hub.base_url, &client_id, answer.get("code")).await;
    assert_eq!(body["scope"], "backlog:read");
    assert!(!goes_on(&hub, &person.get(&url).await));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_space_is_not_reached_by_a_remembered_approval() {
    let hub = TestHub::start().await;
    let (person, client_id) = approved(&hub).await;
    hub.sql("UPDATE hub.spaces SET disabled_at = clock_timestamp()")
        .await;
    let url = authorize_url_with(&hub, &client_id, &[("redirect_uri", Some(REDIRECT_URI))]);
    person.get(&url).await.assert_says(403, "disabled");
    hub.stop().await;
}

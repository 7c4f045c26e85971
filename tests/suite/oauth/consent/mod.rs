//! `POST /consent`: the decision of the user counts once, and only in the browser that got the
//! page.

mod limits;
mod projects;
mod remembered;

use backlog_sim::{Matcher, seed};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{
    hub::{TestHub, eventually, http},
    mcp,
    person::{Answer, Page, Person, authorize_url_with, call, exchange, tokens},
    reply::Reply,
};

const SIGN_IN: &str = "/OAuth2AccessRequest.action";

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_goes_to_the_client_and_never_reaches_backlog() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    let consent = person.open_consent(&hub, &client).await;
    let denied = person.decide(&hub, &consent, "deny").await;
    let answer = Answer::read(&denied.refresh());
    answer.assert_error(&hub, "access_denied");
    // It is final: neither the other button nor the same one works afterwards.
    for decision in ["approve", "deny"] {
        let again = person.decide(&hub, &consent, decision).await;
        again.assert_says(400, "expired");
    }
    assert_eq!(hub.sim.control().count(&Matcher::any()), 0);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_may_grant_less_than_was_requested() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    let consent = person.open_consent(&hub, &client).await;
    let forward = person
        .post_consent(&hub, &consent, &[("access", "read")])
        .await;
    let answer = person
        .return_from_backlog(&forward.refresh(), seed::DANIEL)
        .await;
    let (status, body) = exchange(&hub.base_url, &client, answer.get("code")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["scope"], "backlog:read");
    let tokens = tokens(&client, &body);

    let tools = mcp::list_tools(&hub, &tokens.access_token).await;
    assert!(tools.iter().any(|tool| tool["name"] == "find_issues"));
    for tool in &tools {
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
    }
    let (status, _) = call(
        &hub.base_url,
        &tokens.access_token,
        "get_issue",
        json!({ "issueKey": "HARBOR-1" }),
    )
    .await;
    assert_eq!(status, StatusCode::OK);

    // A write is refused before Backlog hears of it, with the scopes to ask for.
    let before = hub.sim.control().count(&Matcher::any());
    let refused = mcp::call(
        &hub,
        Some(&tokens.access_token),
        "add_issue",
        json!({ "projectId": seed::HARBOR, "summary": "x", "issueTypeId": 1, "priorityId": 3 }),
    )
    .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
    let challenge = mcp::challenge(&refused);
    assert_eq!(challenge["error"], "insufficient_scope");
    assert_eq!(challenge["scope"], "backlog:write");
    assert_eq!(hub.sim.control().count(&Matcher::any()), before);
    hub.stop().await;
}

/// What makes a posted form not the answer of the person who was asked.
#[tokio::test(flavor = "multi_thread")]
async fn rule_39_only_the_page_in_its_own_browser_decides() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    let consent = person.open_consent(&hub, &client).await;
    let other_page = person.open_consent(&hub, &client).await;
    let stranger = Person::default();
    stranger.open_consent(&hub, &client).await;
    let before = hub.state().await;

    // Another browser, with a cookie of its own or none, cannot use the page.
    for who in [&stranger, &Person::default()] {
        for decision in ["approve", "deny"] {
            who.decide(&hub, &consent, decision)
                .await
                .assert_says(403, "another browser");
        }
    }
    // The right browser, but not the page: another site's form knows no CSRF value.
    let other = other_page.field("csrf");
    for csrf in ["", "wrong", "bmh_cf_0", &other] {
        for decision in ["approve", "deny"] {
            person
                .post_consent(&hub, &consent, &[("csrf", csrf), ("decision", decision)])
                .await
                .assert_says(400, "not sent by the consent page");
        }
    }
    // A form that the page cannot have sent.
    let elsewhere = hub.url("/spaces/default/mcp");
    for (name, value, says) in [
        ("request", "", "incomplete"),
        ("request", "1", "incomplete"),
        ("request", "019a0000-0000-7000-8000-000000000000", "expired"),
        ("decision", "", "incomplete"),
        ("decision", "maybe", "incomplete"),
        ("access", "", "not one of those offered"),
        ("access", "everything", "not one of those offered"),
        ("space", "", "not one of those offered"),
        ("space", "nobody", "not one of those offered"),
        ("space", elsewhere.as_str(), "not one of those offered"),
    ] {
        let page = person.post_consent(&hub, &consent, &[(name, value)]).await;
        page.assert_says(400, says);
    }
    let url = hub.url("/consent");
    let request = consent.field("request");
    let twice = [("request", request.as_str()), ("request", "x")];
    person.post(&url, &twice).await.assert_says(400, "repeated");
    Reply::to(http().post(&url).body(vec![0xff; 100]))
        .await
        .page(400);
    let large = Reply::to(http().post(&url).body(vec![b'a'; 70_000])).await;
    assert!(large.page(400).contains("too large"));
    for method in [Method::GET, Method::PUT] {
        let reply = Reply::to(http().request(method.clone(), &url)).await;
        assert!(reply.status.is_client_error(), "{method}");
    }
    assert_eq!(hub.state().await, before, "none of it decided anything");
    assert_eq!(hub.sim.control().count(&Matcher::any()), 0);

    // The page still works.
    let forward = person.decide(&hub, &consent, "approve").await;
    assert!(forward.refresh().contains(SIGN_IN));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_one_space_is_rejected_at_another() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    let consent = person.open_consent(&hub, &client).await;
    hub.second_space("second").await;
    let before = hub.state().await;
    // Another space's slug in the form, and another issuer's endpoint.
    person
        .post_consent(&hub, &consent, &[("space", "second")])
        .await
        .assert_says(400, "not one of those offered");
    let (request, csrf) = (consent.field("request"), consent.field("csrf"));
    for slug in ["second", "default"] {
        let form = [
            ("request", request.as_str()),
            ("csrf", &csrf),
            ("space", slug),
            ("access", "read_write"),
            ("decision", "approve"),
        ];
        let url = hub.url(&format!("/spaces/{slug}/consent"));
        person.post(&url, &form).await.assert_says(400, "expired");
    }
    assert_eq!(hub.state().await, before);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_page_decides_nothing() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    let consent = person.open_consent(&hub, &client).await;
    hub.sql("UPDATE hub.authorization_requests SET expires_at = clock_timestamp()")
        .await;
    let before = hub.state().await;
    for decision in ["approve", "deny"] {
        let page = person.decide(&hub, &consent, decision).await;
        page.assert_says(400, "expired");
        assert!(page.body.contains("Start again"), "{}", page.body);
    }
    assert_eq!(hub.state().await, before);
    // Another browser learns nothing of the request.
    let stranger = Person::default();
    stranger.open_consent(&hub, &client).await;
    let page = stranger.decide(&hub, &consent, "approve").await;
    page.assert_says(403, "belongs to another browser");
    assert!(!page.body.contains("/authorize"), "{}", page.body);

    // The same request starts again, for the same client, which may still wait.
    let page = person.decide(&hub, &consent, "approve").await;
    let consent = person.get(&page.link("/authorize")).await;
    consent.assert_says(200, "name=\"csrf\"");
    let forward = person.decide(&hub, &consent, "approve").await;
    let answer = person
        .return_from_backlog(&forward.refresh(), seed::DANIEL)
        .await;
    assert_eq!(answer.get("state"), "the-state");
    let (status, body) = exchange(&hub.base_url, &client, answer.get("code")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_clicks_one_counts() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    let consent = person.open_consent(&hub, &client).await;
    let clicks = (0..8).map(|click| {
        let decision = if click % 2 == 0 { "approve" } else { "deny" };
        person.decide(&hub, &consent, decision)
    });
    let pages: Vec<Page> = futures_util::future::join_all(clicks).await;
    let (counted, late): (Vec<_>, Vec<_>) =
        pages.iter().partition(|page| page.status == StatusCode::OK);
    assert_eq!(counted.len(), 1);
    for page in late {
        page.assert_says(400, "expired");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_39_two_consent_pages_open_at_once_both_work() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    let first = person.open_consent(&hub, &client).await;
    let second = person.open_consent(&hub, &client).await;
    assert_ne!(first.field("csrf"), second.field("csrf"));
    for consent in [second, first] {
        let forward = person.decide(&hub, &consent, "approve").await;
        let answer = person
            .return_from_backlog(&forward.refresh(), seed::DANIEL)
            .await;
        let (status, body) = exchange(&hub.base_url, &client, answer.get("code")).await;
        assert_eq!(status, StatusCode::OK, "{body}");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_space_disabled_while_the_page_was_open_is_not_signed_in_to() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    let of_space = hub.url("/spaces/default/mcp");
    let url = authorize_url_with(&hub, &client, &[("resource", Some(&of_space))]);
    let consent = person.get(&url).await;
    hub.sql("UPDATE hub.spaces SET disabled_at = clock_timestamp()")
        .await;
    eventually("the space is off", async || {
        person.get(&url).await.status == StatusCode::FORBIDDEN
    })
    .await;
    let page = person.decide(&hub, &consent, "approve").await;
    page.assert_says(403, "disabled");
    assert_eq!(hub.sim.control().count(&Matcher::any()), 0);
    hub.stop().await;
}

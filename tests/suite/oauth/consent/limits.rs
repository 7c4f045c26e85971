//! The consent page offers what the limits of a space leave, and the grant has no more.

use backlog_sim::seed;
use reqwest::StatusCode;

use crate::support::{
    hub::TestHub,
    person::{EVERY_SCOPE, Person, authorize_url, authorize_url_with, exchange},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_space_offers_only_reading() {
    let hub = TestHub::start().await;
    hub.sql("UPDATE hub.spaces SET read_only = true").await;
    let (person, client) = (Person::default(), hub.register().await);
    let consent = person.open_consent(&hub, &client).await;
    assert!(
        !consent.body.contains("value=\"read_write\""),
        "{}",
        consent.body
    );
    consent.assert_says(200, "applications can only read");
    // A form that asks for more gets what was offered.
    let forward = person.decide(&hub, &consent, "approve").await;
    let answer = person
        .return_from_backlog(&forward.refresh(), seed::DANIEL)
        .await;
    let (status, body) = exchange(&hub.base_url, &client, answer.get("code")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["scope"], "backlog:read");
    // All that was offered was approved, so it is remembered.
    let page = person.get(&authorize_url(&hub, &client)).await;
    assert_eq!(page.status, StatusCode::FOUND, "{}", page.body);
    // Where the limit is lifted, the rest is asked for.
    hub.sql("UPDATE hub.spaces SET read_only = false").await;
    person
        .open_consent(&hub, &client)
        .await
        .assert_says(200, "value=\"read_write\"");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_which_a_space_leaves_nothing_is_an_error() {
    let hub = TestHub::start().await;
    hub.sql("UPDATE hub.spaces SET read_only = true").await;
    let client = hub.register().await;
    let write = [("scope", Some("backlog:write"))];
    let url = authorize_url_with(&hub, &client, &write);
    let answer = Person::default().get(&url).await.answer();
    answer.assert_error(&hub, "invalid_scope");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn toolsets_and_projects_of_a_space_are_named() {
    let hub = TestHub::start().await;
    hub.sql(
        "UPDATE hub.spaces SET toolsets = '{issue,wiki,work}', allowed_projects = '{KURA,OPS}'",
    )
    .await;
    let consent = Person::default()
        .open_consent(&hub, &hub.register().await)
        .await;
    consent.assert_says(200, "<bdi>issues, wikis</bdi>");
    consent.assert_says(200, "<bdi>KURA, OPS</bdi>");
    consent.assert_says(200, "value=\"read_write\"");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limits_of_a_space_that_the_user_chooses_apply_to_the_choice() {
    let hub = TestHub::start_with(|settings| settings.default_space = None).await;
    hub.second_space("harbour").await;
    hub.second_space("workshop").await;
    hub.sql("UPDATE hub.spaces SET listed = true, read_only = slug = 'harbour'")
        .await;
    let client = hub.register().await;
    for (slug, scope) in [("harbour", "backlog:read"), ("workshop", EVERY_SCOPE)] {
        let person = Person::default();
        let consent = person.get(&authorize_url(&hub, &client)).await;
        consent.assert_says(200, "applications can only read");
        let chosen = [("space", slug)];
        let forward = person.post_consent(&hub, &consent, &chosen).await;
        let answer = person
            .return_from_backlog(&forward.refresh(), seed::DANIEL)
            .await;
        let (_, body) = exchange(&hub.base_url, &client, answer.get("code")).await;
        assert_eq!(body["scope"], scope, "{slug}");
    }
    hub.stop().await;
}

//! The user chooses projects on the consent page: the choice is checked, never lost and never widened.

use backlog_sim::seed;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{
    hub::TestHub,
    mcp,
    person::{Page, Person, Tokens, authorize_url, authorize_url_with, exchange, refresh, tokens},
};

/// The keys of the only projects of the newest grant.
async fn granted(hub: &TestHub) -> Option<String> {
    let newest = "SELECT coalesce(projects::text, 'all') FROM hub.grants
                  ORDER BY created_at DESC LIMIT 1";
    hub.value(newest).await
}

/// Sends the form with these fields changed, and finishes the sign-in.
async fn finish(
    hub: &TestHub,
    (person, client): (&Person, &str),
    page: &Page,
    fields: &[(&str, &str)],
) -> Tokens {
    let forward = person.post_consent(hub, page, fields).await;
    let answer = person
        .return_from_backlog(&forward.refresh(), seed::DANIEL)
        .await;
    let (status, body) = exchange(&hub.base_url, client, answer.get("code")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    tokens(client, &body)
}

/// Whether an issue of the project can be read.
async fn reads(hub: &TestHub, tokens: &Tokens, key: &str) -> bool {
    let token = Some(tokens.access_token.as_str());
    let arguments = json!({ "issueKey": format!("{key}-1") });
    let reply = mcp::call(hub, token, "get_issue", arguments).await;
    reply.json()["result"]["isError"] == false
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chosen_projects_are_those_of_the_grant_also_after_a_refresh() {
    let hub = TestHub::start().await;
    let (person, client) = (Person::default(), hub.register().await);
    let page = person.open_consent(&hub, &client).await;
    page.assert_says(200, "<details class=\"narrowing\">");
    let chosen = [("projects", " harbor、ＯＰＳ,HARBOR ")];
    let first = finish(&hub, (&person, &client), &page, &chosen).await;
    assert_eq!(granted(&hub).await.as_deref(), Some("{HARBOR,OPS}"));
    let (_, body) = refresh(&hub.base_url, &first).await;
    let second = tokens(&client, &body);
    for tokens in [first, second] {
        assert!(reads(&hub, &tokens, "HARBOR").await);
        assert!(reads(&hub, &tokens, "OPS").await);
        assert!(!reads(&hub, &tokens, "KURA").await);
    }
    let shown = "SELECT projects::text FROM admin.grants WHERE live";
    assert_eq!(hub.value(shown).await.as_deref(), Some("{HARBOR,OPS}"));
    let exported = format!(
        "SELECT (data ->> 'projects') || (data ->> 'resource')
         FROM admin.export_user('default', {}) WHERE kind = 'grant'",
        seed::DANIEL
    );
    let expected = format!("[\"HARBOR\", \"OPS\"]{}", hub.mcp_url());
    assert_eq!(hub.value(&exported).await, Some(expected));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_chosen_is_no_restriction() {
    let hub = TestHub::start().await;
    for empty in ["", "  "] {
        let (person, client) = (Person::default(), hub.register().await);
        let page = person.open_consent(&hub, &client).await;
        let tokens = finish(&hub, (&person, &client), &page, &[("projects", empty)]).await;
        assert_eq!(granted(&hub).await.as_deref(), Some("all"));
        assert!(reads(&hub, &tokens, "KURA").await);
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_that_cannot_be_read_is_asked_again_with_what_was_typed() {
    let hub = TestHub::start().await;
    let (person, client) = (Person::default(), hub.register().await);
    let page = person.open_consent(&hub, &client).await;
    let many: Vec<_> = (0..=100).map(|number| format!("P{number}")).collect();
    for (typed, problem) in [
        ("HARBOR,KU-RA", "is not a project key"),
        ("HARBOR-1", "is not a project key"),
        (",", "is not a project key"),
        (&*many.join(","), "too many projects"),
    ] {
        let again = person
            .post_consent(&hub, &page, &[("projects", typed)])
            .await;
        again.assert_says(400, problem);
        again.assert_says(400, &format!("name=\"projects\" value=\"{typed}\""));
        again.assert_says(400, "<details class=\"narrowing\" open>");
    }
    // The same page can still be sent.
    finish(&hub, (&person, &client), &page, &[("projects", "OPS")]).await;
    assert_eq!(granted(&hub).await.as_deref(), Some("{OPS}"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_allowed_projects_each_has_a_box() {
    let hub = TestHub::start().await;
    let allow = async |keys: &str| {
        let set = format!("UPDATE hub.spaces SET allowed_projects = {keys}");
        hub.sql(&set).await;
    };
    allow("'{HARBOR,OPS}'").await;
    let (person, client) = (Person::default(), hub.register().await);
    let page = person.open_consent(&hub, &client).await;
    for key in ["HARBOR", "OPS"] {
        page.assert_says(200, &format!("name=\"project_{key}\" value=\"allow\">"));
    }
    assert!(!page.body.contains("name=\"projects\""), "{}", page.body);
    let tokens = finish(&hub, (&person, &client), &page, &[("project_OPS", "allow")]).await;
    assert_eq!(granted(&hub).await.as_deref(), Some("{OPS}"));
    assert!(reads(&hub, &tokens, "OPS").await);
    assert!(!reads(&hub, &tokens, "HARBOR").await);

    // None ticked is what the space allows, whatever that will be.
    let page = person.open_consent(&hub, &client).await;
    finish(&hub, (&person, &client), &page, &[]).await;
    assert_eq!(granted(&hub).await.as_deref(), Some("all"));

    // A box that is not offered, by a forged form or because the operator was quick.
    let person = Person::default();
    let page = person.open_consent(&hub, &client).await;
    for field in [("project_KURA", "allow"), ("projects", "KURA")] {
        let refused = person.post_consent(&hub, &page, &[field]).await;
        refused.assert_says(400, "<bdi>KURA</bdi>");
        refused.assert_says(400, "cannot be used here");
    }
    allow("'{OPS}'").await;
    let stale = [("project_HARBOR", "allow"), ("project_OPS", "allow")];
    crate::support::hub::eventually("the space allows less", async || {
        let refused = person.post_consent(&hub, &page, &stale).await;
        refused.status == StatusCode::BAD_REQUEST && refused.body.contains("HARBOR")
    })
    .await;
    // One allowed project leaves no choice.
    let page = person.open_consent(&hub, &client).await;
    assert!(!page.body.contains("narrowing"), "{}", page.body);
    // A box stays a restriction although the operator lifted that of the space.
    allow("'{HARBOR,OPS}'").await;
    let page = person.open_consent(&hub, &client).await;
    allow("NULL").await;
    finish(&hub, (&person, &client), &page, &[("project_OPS", "allow")]).await;
    assert_eq!(granted(&hub).await.as_deref(), Some("{OPS}"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_user_names_the_space_the_projects_are_those_of_that_space() {
    let hub = TestHub::start_with(|settings| settings.default_space = None).await;
    hub.second_space("harbour").await;
    hub.second_space("workshop").await;
    hub.sql(
        "UPDATE hub.spaces SET listed = true;
             UPDATE hub.spaces SET allowed_projects = '{HARBOR,OPS}' WHERE slug = 'workshop'",
    )
    .await;
    let (person, client) = (Person::default(), hub.register().await);
    let page = person.get(&authorize_url(&hub, &client)).await;
    // What was typed is not lost when the space is not found.
    let unknown = [
        ("space", ""),
        ("named_space", "nowhere"),
        ("projects", "KURA"),
    ];
    let again = person.post_consent(&hub, &page, &unknown).await;
    again.assert_says(400, "id=\"space-problem\"");
    again.assert_says(400, "name=\"projects\" value=\"KURA\"");
    // The space allows it not; the page then asks for the projects of this space.
    let named = [("space", "workshop"), ("projects", "KURA,OPS")];
    let again = person.post_consent(&hub, &page, &named).await;
    again.assert_says(400, "id=\"projects-problem\"");
    again.assert_says(400, "name=\"project_HARBOR\" value=\"allow\">");
    again.assert_says(400, "name=\"project_OPS\" value=\"allow\" checked>");
    assert_eq!(again.field("space"), "workshop");
    finish(
        &hub,
        (&person, &client),
        &again,
        &[("project_OPS", "allow")],
    )
    .await;
    assert_eq!(granted(&hub).await.as_deref(), Some("{OPS}"));

    // The endpoint of a project that the chosen space does not allow.
    let resource = hub.url("/projects/KURA/mcp");
    let url = authorize_url_with(&hub, &client, &[("resource", Some(&resource))]);
    let page = Person::default().get(&url).await;
    page.assert_says(200, "<bdi>KURA</bdi>");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_is_confirmed_and_ends_what_was_remembered() {
    let hub = TestHub::start().await;
    let (person, client) = (Person::default(), hub.register().await);
    let is_skipped = async || {
        let page = person.get(&authorize_url(&hub, &client)).await;
        page.status == StatusCode::FOUND
    };
    let page = person.open_consent(&hub, &client).await;
    let forward = person
        .post_consent(&hub, &page, &[("projects", "OPS")])
        .await;
    let callback = person
        .sign_in_at_backlog(&forward.refresh(), seed::DANIEL, "approve")
        .await;
    let confirmation = person.get(&callback).await.confirmation(&callback);
    let confirmation = confirmation.expect("a confirmation");
    person
        .get(&confirmation)
        .await
        .assert_says(200, "<bdi>OPS</bdi>");
    person.confirm(&confirmation, "continue").await;
    assert_eq!(granted(&hub).await.as_deref(), Some("{OPS}"));
    assert!(!is_skipped().await, "the choice is made anew");

    // All projects are remembered, until the user chooses some.
    let page = person.open_consent(&hub, &client).await;
    finish(&hub, (&person, &client), &page, &[]).await;
    assert!(is_skipped().await);
    let asked = authorize_url_with(&hub, &client, &[("prompt", Some("consent"))]);
    let page = person.get(&asked).await;
    finish(&hub, (&person, &client), &page, &[("projects", "KURA")]).await;
    assert_eq!(granted(&hub).await.as_deref(), Some("{KURA}"));
    assert!(!is_skipped().await);
    hub.stop().await;
}

/// Statements of the previous release: it knows no projects, and must not extend a choice to all.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_of_the_previous_release_serves_no_restricted_grant() {
    let hub = TestHub::start().await;
    let (person, client) = (Person::default(), hub.register().await);
    let page = person.open_consent(&hub, &client).await;
    let refused = async |statement: &str, constraint: &str| {
        let statement = sqlx::AssertSqlSafe(statement);
        let done = sqlx::raw_sql(statement).execute(hub.database.pool()).await;
        let error = done.expect_err(constraint).to_string();
        assert!(error.contains(constraint), "{error}");
    };
    // It approves a page of this release, on which the user may have typed something.
    refused(
        "UPDATE hub.authorization_requests
         SET space_id = spaces.id, granted_scopes = scopes, approved_at = clock_timestamp(),
             backlog_state_hash = sha256('state')
         FROM hub.spaces",
        "authorization_requests_projects_are_decided",
    )
    .await;
    let tokens = finish(&hub, (&person, &client), &page, &[("projects", "OPS")]).await;
    // It finishes a restricted sign-in: the resource is copied, and there are no projects.
    refused(
        "UPDATE hub.grants SET projects = NULL",
        "grants_restricted_are_marked",
    )
    .await;
    // It compares the resource with its endpoint, which never ends with a slash.
    let stored = hub.value("SELECT resource FROM hub.grants").await;
    assert_eq!(stored, Some(format!("{}/", hub.mcp_url())));
    let requested = hub
        .value("SELECT resource FROM hub.authorization_requests")
        .await;
    assert_eq!(requested, stored);
    assert!(reads(&hub, &tokens, "OPS").await);
    hub.stop().await;
}

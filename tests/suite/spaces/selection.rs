//! The selection of a space during a sign-in: the page does not disclose which spaces the hub
//! serves, and users find their own space by its name or its site.

use backlog_sim::seed;

use crate::support::{
    hub::{TestHub, eventually},
    person::{Page, Person, authorize_url},
};

const ACME: &str = "https://acme.backlog.com";
const GLOBEX: &str = "https://globex.backlog.jp";

async fn hub() -> TestHub {
    let hub = TestHub::start_with(|settings| settings.default_space = None).await;
    hub.space_at_url("acme-inc", ACME).await;
    hub.space_at_url("globex", GLOBEX).await;
    hub
}

async fn ask(hub: &TestHub, person: &Person, client: &str) -> Page {
    let page = person.get(&authorize_url(hub, client)).await;
    page.assert_says(200, "name=\"named_space\"");
    page
}

/// Posts the form with a name, and perhaps a radio button.
async fn name(hub: &TestHub, person: &Person, page: &Page, named: &str, space: &str) -> Page {
    let (request, csrf) = (page.field("request"), page.field("csrf"));
    let form = [
        ("request", request.as_str()),
        ("csrf", &csrf),
        ("space", space),
        ("named_space", named),
        ("access", "read"),
        ("decision", "approve"),
    ];
    person.post(&hub.url("/consent"), &form).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_shown_no_space_and_names_one_however_it_is_written() {
    let hub = hub().await;
    let client = hub.register().await;
    for (named, site) in [
        ("acme.backlog.com", ACME),
        (" ACME.Backlog.com/ ", ACME),
        ("https://acme.backlog.com/view/ACME-1?a=b#comment-2", ACME),
        ("ａｃｍｅ．ｂａｃｋｌｏｇ．ｃｏｍ", ACME),
        ("「acme.backlog.com」", ACME),
        ("ACME", ACME),
        ("acme-inc", ACME),
        ("globex", GLOBEX),
        (&hub.url("/spaces/globex/mcp"), GLOBEX),
    ] {
        let person = Person::default();
        let page = ask(&hub, &person, &client).await;
        for secret in ["acme", "globex"] {
            let body = page.body.replace("placeholder=\"acme.backlog.com\"", "");
            let body = body.replace("for example acme.backlog.com", "");
            assert!(!body.contains(secret), "{secret}: {body}");
        }
        let forward = name(&hub, &person, &page, named, "").await;
        let page = forward.refresh();
        assert!(page.starts_with(site), "{named}: {page}");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_space_name_is_requested_again() {
    let hub = hub().await;
    let client = hub.register().await;
    let person = Person::default();
    let page = ask(&hub, &person, &client).await;
    let before = hub.state().await;
    for (named, says) in [
        ("initech.backlog.com", "There is no space"),
        ("acme.backlog.com.evil.example", "There is no space"),
        ("backlog.com", "There is no space"),
        ("a b", "There is no space"),
        ("", "Choose a space"),
        ("   ", "Choose a space"),
    ] {
        let again = name(&hub, &person, &page, named, "").await;
        again.assert_says(400, says);
        assert_eq!(again.field("csrf"), page.field("csrf"));
        if !named.trim().is_empty() {
            assert_eq!(again.field("named_space"), named);
        }
    }
    // One that was chosen and another one that was typed.
    hub.sql("UPDATE hub.spaces SET listed = true WHERE slug = 'globex'")
        .await;
    let both = name(&hub, &person, &page, "acme.backlog.com", "globex").await;
    both.assert_says(400, "entered another one");
    name(&hub, &person, &page, "", "nowhere")
        .await
        .assert_says(400, "not one of those offered");
    hub.sql("UPDATE hub.spaces SET listed = false").await;
    assert_eq!(hub.state().await, before, "nothing was decided");

    // A disabled one is said to be; the page that asks again still works.
    hub.sql("UPDATE hub.spaces SET disabled_at = now() WHERE slug = 'acme-inc'")
        .await;
    hub.space_at_url("initech", "https://initech.backlog.com")
        .await;
    let disabled = name(&hub, &person, &page, "acme.backlog.com", "").await;
    disabled.assert_says(403, "disabled");
    let forward = name(&hub, &person, &page, "globex.backlog.jp", "").await;
    assert!(forward.refresh().starts_with(GLOBEX));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_spaces_of_one_site_are_distinguished_by_their_names() {
    let hub = hub().await;
    hub.space_at_url("acme-two", ACME).await;
    let client = hub.register().await;
    let person = Person::default();
    let page = ask(&hub, &person, &client).await;
    let again = name(&hub, &person, &page, "acme.backlog.com", "").await;
    again.assert_says(400, "Several spaces match");
    let forward = name(&hub, &person, &page, "acme-two", "").await;
    assert!(forward.refresh().starts_with(ACME));
    let chosen = "SELECT slug FROM hub.spaces JOIN hub.authorization_requests AS requests
                  ON spaces.id = requests.space_id";
    assert_eq!(hub.value(chosen).await.as_deref(), Some("acme-two"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_shown_where_it_has_signed_in_and_what_is_listed() {
    let hub = hub().await;
    hub.second_space("harbour").await;
    let client = hub.register().await;
    let person = Person::default();
    let page = ask(&hub, &person, &client).await;
    assert!(!page.body.contains("harbour"));
    let forward = name(&hub, &person, &page, "harbour", "").await;
    let answer = person
        .return_from_backlog(&forward.refresh(), seed::DANIEL)
        .await;
    answer.get("code");

    // Less was given than asked for, so the page comes again, with the space on it.
    let shown = ask(&hub, &person, &client).await;
    assert_eq!(shown.field("space"), "harbour");
    assert!(!shown.body.contains("value=\"acme-inc\""), "{}", shown.body);
    let forward = name(&hub, &person, &shown, "", "harbour").await;
    assert!(forward.refresh().starts_with(hub.sim.url().as_str()));
    // Another browser learns nothing.
    let page = ask(&hub, &Person::default(), &client).await;
    assert!(!page.body.contains("harbour"), "{}", page.body);

    hub.sql("UPDATE hub.spaces SET listed = true WHERE slug = 'globex'")
        .await;
    eventually("a listed one is shown to everyone", async || {
        let page = ask(&hub, &Person::default(), &client).await;
        page.body.contains("value=\"globex\"") && !page.body.contains("harbour")
    })
    .await;
    // What is past its time is not shown, and goes.
    hub.sql("UPDATE hub.browser_spaces SET expires_at = clock_timestamp()")
        .await;
    let page = ask(&hub, &person, &client).await;
    assert!(!page.body.contains("harbour"), "{}", page.body);
    hub.stop().await;
}

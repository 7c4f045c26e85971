//! The question after Backlog's response: who has signed in. It is asked before there is a grant or
//! a code, unless the browser last signed in to the space as the same user.

use backlog_sim::{Id, seed};
use reqwest::StatusCode;

use crate::support::{
    hub::TestHub,
    person::{Answer, Page, Person, authorize_url, authorize_url_with, exchange, param},
};

const GRANTS: &str = "SELECT count(*)::text FROM hub.grants WHERE revoked_at IS NULL";
const CODES: &str = "SELECT count(*)::text FROM hub.authorization_codes";
const ACCOUNTS: &str = "SELECT count(*)::text FROM hub.accounts";

/// A sign-in up to Backlog's response; the callback.
async fn called_back(hub: &TestHub, person: &Person, client: &str, user: Id) -> String {
    let consent = person.get(&authorize_url(hub, client)).await;
    let backlog = match &consent.location {
        Some(straight) => straight.clone(),
        None => person.decide(hub, &consent, "approve").await.refresh(),
    };
    person.sign_in_at_backlog(&backlog, user, "approve").await
}

/// The address of the question, in a new browser of a new client.
async fn asked(hub: &TestHub, user: Id) -> (Person, String, String) {
    let (person, client) = (Person::default(), hub.register().await);
    let callback = called_back(hub, &person, &client, user).await;
    let page = person.get(&callback).await;
    let question = page.confirmation(&callback).expect("a question");
    (person, client, question)
}

/// The form of the question, from a browser that need not be its own.
async fn decide(hub: &TestHub, by: &Person, page: &str, decision: &str) -> Page {
    let form = [("page", page), ("decision", decision)];
    let forward = by.post(&hub.url("/sign-in"), &form).await;
    by.follow_back(forward).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_browser_confirms_the_user_and_a_known_one_goes_straight_on() {
    let hub = TestHub::start().await;
    let (person, client, question) = asked(&hub, seed::DANIEL).await;
    let page = person.get(&question).await;
    page.assert_says(200, "Daniel Okafor");
    page.assert_says(200, "Test Client");
    // The address bar has no code of Backlog, and nothing is given yet.
    assert!(!question.contains("code="), "{question}");
    for none in [GRANTS, CODES] {
        assert_eq!(hub.value(none).await.as_deref(), Some("0"));
    }
    let forward = person.confirm(&question, "continue").await;
    let answer = Answer::read(&forward.refresh());
    assert_eq!(answer.get("iss"), hub.base_url);
    assert_eq!(answer.get("state"), "the-state");
    let (status, body) = exchange(&hub.base_url, &client, answer.get("code")).await;
    assert_eq!(status, StatusCode::OK, "{body}");

    // The same user again.
    let callback = called_back(&hub, &person, &client, seed::DANIEL).await;
    let page = person.get(&callback).await;
    assert_eq!(page.confirmation(&callback), None);
    assert!(page.answer().0.contains_key("code"));
    // The consent page names the user already; a new browser's does not.
    let asks = authorize_url_with(&hub, &client, &[("prompt", Some("consent"))]);
    let known = person.get(&asks).await;
    known.assert_says(200, "as <bdi>Daniel Okafor</bdi>");
    let unknown = Person::default().get(&asks).await;
    unknown.assert_says(200, "csrf");
    assert!(!unknown.body.contains("Daniel"), "{}", unknown.body);
    // Another user is asked, and then so is the first one.
    for user in [seed::MAJA, seed::DANIEL] {
        let callback = called_back(&hub, &person, &client, user).await;
        let question = person.get(&callback).await.confirmation(&callback);
        let question = question.expect("a question");
        person.confirm(&question, "continue").await.refresh();
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_space_of_the_same_browser_asks_for_itself() {
    let hub = TestHub::start().await;
    let other = crate::support::hub::sim().await;
    hub.space_at("other", &other).await;
    let (person, client, question) = asked(&hub, seed::DANIEL).await;
    person.confirm(&question, "continue").await.refresh();
    let resource = hub.url("/spaces/other/mcp");
    let url = authorize_url(&hub, &client);
    let own = param(&url, "resource");
    let url = url.replace(
        &url::form_urlencoded::byte_serialize(own.as_bytes()).collect::<String>(),
        &url::form_urlencoded::byte_serialize(resource.as_bytes()).collect::<String>(),
    );
    let consent = person.get(&url).await;
    consent.assert_says(200, "csrf");
    assert!(!consent.body.contains("Daniel"), "{}", consent.body);
    let forward = person.decide(&hub, &consent, "approve").await;
    let backlog = forward.refresh();
    let callback = person.sign_in_at_backlog(&backlog, seed::DANIEL, "approve");
    let callback = callback.await;
    let page = person.get(&callback).await;
    assert!(
        page.confirmation(&callback).is_some(),
        "{:?}",
        page.location
    );
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_user_gets_no_grant_and_can_start_again() {
    let hub = TestHub::start().await;
    let (person, client, question) = asked(&hub, seed::DANIEL).await;
    let page = person.confirm(&question, "switch").await;
    page.assert_says(200, "Daniel Okafor");
    assert!(page.body.contains(hub.sim.url().as_str()), "{}", page.body);
    for none in [GRANTS, CODES, ACCOUNTS] {
        assert_eq!(hub.value(none).await.as_deref(), Some("0"), "{none}");
    }
    person.get(&question).await.assert_says(400, "expired");
    // The same request begins again, and asks whatever was approved before.
    let again = page.link("/authorize");
    assert_eq!(param(&again, "prompt"), "consent");
    let consent = person.get(&again).await;
    consent.assert_says(200, "csrf");
    let forward = person.decide(&hub, &consent, "approve").await;
    let answer = person
        .return_from_backlog(&forward.refresh(), seed::MAJA)
        .await;
    let (status, body) = exchange(&hub.base_url, &client, answer.get("code")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let user = "SELECT backlog_user_id::text FROM hub.grants";
    assert_eq!(hub.value(user).await, Some(seed::MAJA.to_string()));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tokens_of_a_declined_sign_in_serve_the_account_that_exists() {
    let hub = TestHub::start().await;
    Person::default().sign_in(&hub, seed::DANIEL).await;
    let account = "SELECT id || ' ' || generation FROM hub.accounts";
    let before = hub.value(account).await.expect("an account");
    let (person, _, question) = asked(&hub, seed::DANIEL).await;
    person
        .confirm(&question, "switch")
        .await
        .assert_says(200, "Daniel Okafor");
    let after = hub.value(account).await.expect("the account");
    let [id, generation] = [&before, &after].map(|text| {
        let (id, generation) = text.split_once(' ').expect("two values");
        (id.to_owned(), generation.parse::<i64>().expect("a number"))
    });
    assert_eq!(id.0, generation.0, "the same account");
    assert!(generation.1 > id.1, "with the newer pair");
    assert_eq!(hub.value(GRANTS).await.as_deref(), Some("1"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clicks_make_one_grant_and_one_code() {
    let hub = TestHub::start().await;
    let (person, client, question) = asked(&hub, seed::DANIEL).await;
    let page = person.get(&question).await.field("page");
    let clicks = (0..6).map(|_| decide(&hub, &person, &page, "continue"));
    let pages = futures_util::future::join_all(clicks).await;
    let first = pages[0].refresh();
    for page in &pages {
        assert_eq!(page.refresh(), first, "{}", page.status);
    }
    for one in [GRANTS, CODES] {
        assert_eq!(hub.value(one).await.as_deref(), Some("1"), "{one}");
    }
    let code = param(&first, "code");
    let (status, body) = exchange(&hub.base_url, &client, &code).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    // A decision is final: the other button ends nothing.
    let late = decide(&hub, &person, &page, "switch").await;
    late.assert_says(400, "expired");
    assert_eq!(hub.value(GRANTS).await.as_deref(), Some("1"));
    // Once the code has expired, the answer is not repeated.
    hub.sql(
        "UPDATE hub.authorization_requests
         SET confirmed_at = confirmed_at - interval '1 hour'",
    )
    .await;
    let late = decide(&hub, &person, &page, "continue").await;
    late.assert_says(400, "expired");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_buttons_at_once_have_one_effect() {
    let hub = TestHub::start().await;
    for _ in 0..3 {
        let (person, _, question) = asked(&hub, seed::DANIEL).await;
        let page = person.get(&question).await.field("page");
        let before = hub.value(GRANTS).await;
        let (on, off) = tokio::join!(
            decide(&hub, &person, &page, "continue"),
            decide(&hub, &person, &page, "switch")
        );
        let is_granted = hub.value(GRANTS).await != before;
        let location = on.location.as_deref().unwrap_or_default();
        assert_eq!(is_granted, location.contains("code="), "{}", on.body);
        assert!(off.status == 200 || off.status == 400, "{}", off.status);
        let decided = "SELECT count(*)::text FROM hub.authorization_requests
                       WHERE confirm_until IS NOT NULL AND confirmed_at IS NULL";
        assert_eq!(hub.value(decided).await.as_deref(), Some("0"));
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_page_in_its_own_browser_confirms() {
    let hub = TestHub::start().await;
    let (person, _, question) = asked(&hub, seed::DANIEL).await;
    let form = person.get(&question).await.field("page");
    let (stranger, _, strangers) = asked(&hub, seed::MAJA).await;
    let in_url = param(&question, "page");
    let altered = form.replacen("sealed:v1:test:", "sealed:v1:test:A", 1);
    let before = hub.state().await;

    for decision in ["continue", "switch"] {
        // Another browser, none, the value of the address, a changed one, and nothing.
        for (by, page) in [
            (&stranger, &*form),
            (&Person::default(), &*form),
            (&person, &*in_url),
            (&person, &*param(&strangers, "page")),
            (&person, &*altered),
            (&person, ""),
        ] {
            let refused = decide(&hub, by, page, decision).await;
            refused.assert_says(403, "another browser");
        }
    }
    for other in ["", "approve"] {
        let refused = decide(&hub, &person, &form, other).await;
        refused.assert_says(400, "incomplete");
    }
    // The question is shown in its own browser only, and the form's value opens no page.
    stranger
        .get(&question)
        .await
        .assert_says(403, "another browser");
    let mut in_form = url::Url::parse(&question).expect("a URL");
    in_form.query_pairs_mut().clear().append_pair("page", &form);
    let page = person.get(in_form.as_str()).await;
    page.assert_says(403, "another browser");
    assert_eq!(hub.state().await, before);
    person.confirm(&question, "continue").await.refresh();
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_was_left_open_offers_to_start_again() {
    let hub = TestHub::start().await;
    let (person, _, question) = asked(&hub, seed::DANIEL).await;
    let form = person.get(&question).await.field("page");
    hub.sql("UPDATE hub.authorization_requests SET confirm_until = clock_timestamp()")
        .await;
    let late = decide(&hub, &person, &form, "continue").await;
    for page in [late, person.get(&question).await] {
        page.assert_says(400, "expired");
        assert!(page.link("/authorize").contains("prompt=consent"));
    }
    assert_eq!(hub.value(GRANTS).await.as_deref(), Some("0"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_at_any_replica() {
    let hub = TestHub::start().await;
    let (replica, at_replica) = hub.replica().await;
    let (person, client, question) = asked(&hub, seed::DANIEL).await;
    let there = question.replace(&hub.base_url, &at_replica);
    let forward = person.confirm(&there, "continue").await;
    let answer = Answer::read(&forward.refresh());
    let (status, body) = exchange(&hub.base_url, &client, answer.get("code")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    replica.stop().await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_space_or_an_account_that_is_gone_gives_no_code() {
    for change in [
        "UPDATE hub.spaces SET disabled_at = clock_timestamp()",
        "DELETE FROM hub.accounts",
    ] {
        let hub = TestHub::start().await;
        let (person, _, question) = asked(&hub, seed::DANIEL).await;
        let page = person.get(&question).await.field("page");
        hub.sql(change).await;
        let forward = decide(&hub, &person, &page, "continue").await;
        let answer = Answer::read(&forward.refresh());
        answer.assert_error(&hub, "access_denied");
        assert_eq!(hub.value(GRANTS).await.as_deref(), Some("0"), "{change}");
        hub.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_forget_a_user_whom_the_hub_forgets() {
    let hub = TestHub::start().await;
    let (person, client, question) = asked(&hub, seed::DANIEL).await;
    person.confirm(&question, "continue").await.refresh();
    let remembered = "SELECT backlog_user_name FROM hub.browser_spaces";
    assert_eq!(
        hub.value(remembered).await.as_deref(),
        Some("Daniel Okafor")
    );
    let forget = format!(
        "SELECT admin.forget_user(space => 'default', backlog_user_id => {})",
        seed::DANIEL
    );
    hub.sql(&forget).await;
    for table in ["browser_spaces", "authorization_requests"] {
        let named = format!("SELECT count(*)::text FROM hub.{table} WHERE backlog_user_name <> ''");
        assert_eq!(hub.value(&named).await.as_deref(), Some("0"), "{table}");
    }
    let callback = called_back(&hub, &person, &client, seed::DANIEL).await;
    let page = person.get(&callback).await;
    assert!(page.confirmation(&callback).is_some(), "asked again");
    hub.stop().await;
}

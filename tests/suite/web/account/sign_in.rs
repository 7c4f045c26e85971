//! The sign-in to the page: where it begins, what it leads to, and what it does not make.

use backlog_sim::seed;

use super::{ACCOUNTS, GRANTS, PAGE, SESSIONS, begin, called_back, signed_in};
use crate::support::{
    hub::{TestHub, sim},
    person::{Person, param},
};

const CODES: &str = "SELECT count(*)::text FROM hub.authorization_codes";

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_makes_no_grant_and_keeps_no_tokens() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let page = signed_in(&hub, &person, PAGE, seed::DANIEL).await;
    page.assert_says(200, "No application is connected as you.");
    for none in [GRANTS, CODES, ACCOUNTS] {
        assert_eq!(hub.value(none).await.as_deref(), Some("0"), "{none}");
    }
    assert_eq!(hub.value(SESSIONS).await.as_deref(), Some("1"));
    let remembered = "SELECT count(*)::text FROM hub.browser_spaces";
    assert_eq!(hub.value(remembered).await.as_deref(), Some("0"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_provider_is_trusted_the_sign_in_remembers_who_its_user_is() {
    let hub = TestHub::start().await;
    Person::default().sign_in(&hub, seed::DANIEL).await;
    let named = "SELECT count(*)::text FROM hub.accounts
                 WHERE num_nonnulls(backlog_user_name, mail_hash) = 2";
    signed_in(&hub, &Person::default(), PAGE, seed::DANIEL).await;
    assert_eq!(hub.value(named).await.as_deref(), Some("0"));
    hub.sql("SELECT admin.add_identity_provider('default', 'https://idp.example')")
        .await;
    signed_in(&hub, &Person::default(), PAGE, seed::DANIEL).await;
    assert_eq!(hub.value(named).await.as_deref(), Some("1"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_exists_gets_the_new_tokens() {
    let hub = TestHub::start().await;
    Person::default().sign_in(&hub, seed::DANIEL).await;
    let generation = "SELECT generation::text FROM hub.accounts";
    let before: i64 = hub
        .value(generation)
        .await
        .expect("one")
        .parse()
        .expect("a number");
    signed_in(&hub, &Person::default(), PAGE, seed::DANIEL).await;
    let after: i64 = hub
        .value(generation)
        .await
        .expect("one")
        .parse()
        .expect("a number");
    assert!(after > before, "{before} {after}");
    assert_eq!(hub.value(GRANTS).await.as_deref(), Some("1"));
    // Another user's sign-in leaves it as it is.
    signed_in(&hub, &Person::default(), PAGE, seed::MAJA).await;
    assert_eq!(hub.value(generation).await, Some(after.to_string()));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sign_in_has_a_session_of_its_own_and_ends_the_one_before() {
    let hub = TestHub::start().await;
    let person = Person::default();
    signed_in(&hub, &person, PAGE, seed::DANIEL).await;
    let first = person.cookies("127.0.0.1");
    // The page of a session has no button to sign in; the callback is that of another tab.
    let tab = Person::default();
    let page = tab.get(&hub.url(PAGE)).await;
    page.assert_says(200, "sign-in");
    hub.sql("UPDATE hub.account_sessions SET expires_at = clock_timestamp()")
        .await;
    signed_in(&hub, &person, PAGE, seed::MAJA).await;
    let second = person.cookies("127.0.0.1");
    assert_ne!(first, second);
    assert_eq!(hub.value(SESSIONS).await.as_deref(), Some("1"));
    let page = person.get(&hub.url(PAGE)).await;
    page.assert_says(200, "Maja");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_counts_once_in_its_own_browser() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let callback = called_back(&hub, &person, PAGE, seed::DANIEL).await;
    let before = hub.state().await;
    let stranger = Person::default();
    stranger.get(&hub.url(PAGE)).await;
    for by in [&stranger, &Person::default()] {
        by.get(&callback).await.assert_says(403, "another browser");
    }
    assert_eq!(hub.state().await, before);
    let at_once = (0..4).map(|_| person.get(&callback));
    let pages = futures_util::future::join_all(at_once).await;
    assert!(
        pages
            .iter()
            .all(|page| page.location == Some(hub.url(PAGE)))
    );
    let sessions = pages
        .iter()
        .map(|page| page.headers.get_all("set-cookie").iter().count());
    assert_eq!(sessions.sum::<usize>(), 1, "one of them signs in");
    let before = hub.state().await;
    let again = person.get(&callback).await;
    assert_eq!(again.location, Some(hub.url(PAGE)));
    assert_eq!(again.headers.get("set-cookie"), None);
    assert_eq!(hub.state().await, before);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_is_over_gives_no_session() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let callback = called_back(&hub, &person, PAGE, seed::DANIEL).await;
    hub.sql("UPDATE hub.account_sign_ins SET expires_at = clock_timestamp()")
        .await;
    let late = person.get(&callback).await;
    assert_eq!(late.location, Some(hub.url(PAGE)));
    // Backlog says no, or does not take its own code; the space has moved.
    let denied = begin(&hub, &person, PAGE).await;
    let state = param(&denied, "state");
    let denied = hub.url(&format!("/callback?error=access_denied&state={state}"));
    let page = person.get(&denied).await;
    page.assert_says(200, "it was not allowed at Backlog");
    page.assert_says(200, &format!("action=\"{PAGE}/sign-in\""));
    let state = param(&begin(&hub, &person, PAGE).await, "state");
    let invented = hub.url(&format!("/callback?code=invented&state={state}"));
    person
        .get(&invented)
        .await
        .assert_says(200, "it was not allowed at Backlog");
    let state = param(&begin(&hub, &person, PAGE).await, "state");
    let neither = hub.url(&format!("/callback?state={state}"));
    person
        .get(&neither)
        .await
        .assert_says(400, "neither a code nor an error");
    let moved = called_back(&hub, &person, PAGE, seed::DANIEL).await;
    hub.sql("UPDATE hub.account_sign_ins SET site = 'https://old.backlog.com'")
        .await;
    person
        .get(&moved)
        .await
        .assert_says(200, "Nothing was changed");
    assert_eq!(hub.value(SESSIONS).await.as_deref(), Some("0"));
    hub.stop().await;
}

/// The `state` of the one kind, in place of the other's, at every callback.
#[tokio::test(flavor = "multi_thread")]
async fn the_two_kinds_of_sign_in_never_become_each_other() {
    let hub = TestHub::start().await;
    let person = Person::default();
    // A client's sign-in to the end makes no session.
    person.sign_in(&hub, seed::DANIEL).await;
    assert_eq!(hub.value(SESSIONS).await.as_deref(), Some("0"));
    let codes = hub.value(CODES).await;
    // The page's sign-in to the end makes no code, and no request of a client has its `state`.
    let callback = called_back(&hub, &person, PAGE, seed::DANIEL).await;
    let state = param(&callback, "state");
    assert!(state.starts_with("bmh_as_"), "{state}");
    person.get(&callback).await;
    assert_eq!(hub.value(CODES).await, codes);
    // The digits of one under the prefix of the other are neither's.
    let renamed = callback.replace("bmh_as_", "bmh_st_");
    person.get(&renamed).await.assert_says(400, "expired");
    let page = person.get(&hub.url(PAGE)).await;
    page.assert_says(200, "Daniel Okafor");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hubs_own_page_leads_to_the_only_space() {
    let hub = TestHub::start().await;
    let page = Person::default().get(&hub.url("/account")).await;
    assert_eq!(page.location.as_deref(), Some(PAGE));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hubs_own_page_asks_for_the_space_and_names_none() {
    let hub = TestHub::start_with(|settings| settings.default_space = None).await;
    let (acme, globex) = (sim().await, sim().await);
    hub.space_at("acme-inc", &acme).await;
    hub.space_at("globex-kk", &globex).await;
    hub.sql("UPDATE hub.spaces SET listed = true").await;
    let person = Person::default();
    let asked = person.get(&hub.url("/account")).await;
    asked.assert_says(200, "name=\"named_space\"");
    for (typed, status) in [("nowhere.backlog.com", 400), ("%20", 400)] {
        let refused = person
            .get(&hub.url(&format!("/account?named_space={typed}")))
            .await;
        refused.assert_says(status, "id=\"space-problem\"");
        for secret in ["acme-inc", "globex-kk"] {
            assert!(!refused.body.contains(secret), "{}", refused.body);
        }
    }
    for typed in ["globex-kk", "GLOBEX-KK"] {
        let found = person
            .get(&hub.url(&format!("/account?named_space={typed}")))
            .await;
        let expected = Some("/spaces/globex-kk/account");
        assert_eq!(found.location.as_deref(), expected);
    }
    // The form of the one space does not begin a sign-in at the other.
    let page = person.get(&hub.url("/spaces/globex-kk/account")).await;
    let form = [("page", &*page.field("page"))];
    let other = hub.url("/spaces/acme-inc/account/sign-in");
    person
        .post(&other, &form)
        .await
        .assert_says(400, "form is no longer valid");
    signed_in(&hub, &person, "/spaces/globex-kk/account", seed::DANIEL).await;
    // The session of one space shows nothing of another.
    let elsewhere = person.get(&hub.url("/spaces/acme-inc/account")).await;
    elsewhere.assert_says(200, "/account/sign-in");
    assert!(!elsewhere.body.contains("Daniel"), "{}", elsewhere.body);
    hub.sql("UPDATE hub.spaces SET disabled_at = clock_timestamp() WHERE slug = 'globex-kk'")
        .await;
    crate::support::hub::eventually("the space is disabled", async || {
        person
            .get(&hub.url("/spaces/globex-kk/account"))
            .await
            .status
            == 403
    })
    .await;
    hub.stop().await;
}

//! `GET /callback`: Backlog's response, valid, invalid, late, or meant for another browser.

use std::time::Duration;

use backlog_sim::{Matcher, RefreshRotation, seed};
use reqwest::{Method, StatusCode};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::support::{
    hub::{TestHub, eventually, http},
    person::{Person, exchange, param},
    reply::Reply,
};

const GRANTS: &str = "SELECT count(*)::text FROM hub.grants";

/// A person who has approved and is at Backlog's page; where that page is.
async fn at_backlog(hub: &TestHub) -> (Person, String, String) {
    let person = Person::default();
    let client = hub.register().await;
    let consent = person.open_consent(hub, &client).await;
    let forward = person.decide(hub, &consent, "approve").await;
    (person, client, forward.refresh())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_at_backlog_goes_on_to_the_client() {
    let hub = TestHub::start().await;
    let (person, _, page) = at_backlog(&hub).await;
    let callback = person
        .sign_in_at_backlog(&page, seed::DANIEL, "refuse")
        .await;
    let answer = person.get(&callback).await.answer();
    answer.assert_error(&hub, "access_denied");
    // Going back and allowing it after all comes too late for this request.
    let callback = person
        .sign_in_at_backlog(&page, seed::DANIEL, "approve")
        .await;
    person.get(&callback).await.assert_says(400, "expired");
    assert_eq!(hub.value(GRANTS).await.as_deref(), Some("0"));
    assert_eq!(hub.sim.control().count(&Matcher::token_endpoint()), 0);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_error_of_backlog_is_not_blamed_on_the_user() {
    let hub = TestHub::start().await;
    let (person, _, page) = at_backlog(&hub).await;
    let state = param(&page, "state");
    let url = hub.url(&format!("/callback?error=server_error%0a<x>&state={state}"));
    let answer = person.get(&url).await.answer();
    answer.assert_error(&hub, "server_error");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_from_before_its_space_moved_is_refused_and_can_start_again() {
    let hub = TestHub::start_with(|settings| {
        settings.observe.metrics = Some("127.0.0.1:0".parse().expect("an address"));
    })
    .await;
    let (person, _, page) = at_backlog(&hub).await;
    let callback = person
        .sign_in_at_backlog(&page, seed::DANIEL, "approve")
        .await;
    let move_to = async |base_url: &str| {
        let moved = format!("UPDATE hub.spaces SET base_url = '{base_url}'");
        hub.sql(&moved).await;
    };
    let at_home = hub.value("SELECT base_url FROM hub.spaces").await;
    move_to("https://elsewhere.backlog.com").await;
    let refused = person.get(&callback).await;
    refused.assert_says(400, "expired");
    // The same request, at the site of today.
    refused.link("/authorize?");
    // Neither site was shown the code, and no one is signed in.
    assert_eq!(hub.sim.control().count(&Matcher::token_endpoint()), 0);
    assert_eq!(hub.value(GRANTS).await.as_deref(), Some("0"));
    let counted = r#"bmh_security_events_total{kind="sign_in_failed"} 1"#;
    assert!(hub.metrics().await.contains(counted));
    // Nothing was used up: where the space comes back, the sign-in goes on.
    move_to(&at_home.expect("a URL")).await;
    let answer = person.return_to_client(&callback).await;
    assert!(!answer.get("code").is_empty());
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_from_another_browser_is_rejected_and_consumes_nothing() {
    let hub = TestHub::start().await;
    let (person, client, page) = at_backlog(&hub).await;
    let callback = person
        .sign_in_at_backlog(&page, seed::DANIEL, "approve")
        .await;
    let (stranger, _, strangers_page) = at_backlog(&hub).await;
    let before = hub.state().await;

    // Somebody who got hold of the link, with a cookie of their own or with none.
    for who in [&stranger, &Person::default()] {
        let page = who.get(&callback).await;
        page.assert_says(403, "another browser");
    }
    // A code that was planted: right browser, somebody else's state.
    let planted = callback.replace(&param(&callback, "state"), &param(&strangers_page, "state"));
    let page = person.get(&planted).await;
    page.assert_says(403, "another browser");
    // Nothing that the hub ever sent out.
    let state = param(&callback, "state");
    let other = if state.ends_with('x') { 'y' } else { 'x' };
    let mistyped = format!("{}{other}", &state[..state.len() - 1]);
    for (query, says) in [
        (String::new(), "expired"),
        ("code=x".to_owned(), "expired"),
        ("code=x&state=".to_owned(), "expired"),
        ("code=x&state=%00".to_owned(), "NUL"),
        ("code=x&state=nonsense".to_owned(), "expired"),
        (format!("code=x&state={mistyped}"), "expired"),
        (format!("state={state}"), "neither a code nor an error"),
        (
            format!("code=&state={state}"),
            "neither a code nor an error",
        ),
        (format!("code=x&code=y&state={state}"), "repeated"),
        (format!("code=x&state={state}&state={state}"), "repeated"),
    ] {
        let url = hub.url(&format!("/callback?{query}"));
        person.get(&url).await.assert_says(400, says);
    }
    let post = Reply::to(http().request(Method::POST, &callback)).await;
    assert!(matches!(post.status.as_u16(), 404 | 405));
    assert_eq!(hub.state().await, before);
    assert_eq!(hub.sim.control().count(&Matcher::token_endpoint()), 0);

    // After all that, the answer still counts.
    let answer = person.return_to_client(&callback).await;
    let (status, body) = exchange(&hub.base_url, &client, answer.get("code")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_response_counts_once() {
    let hub = TestHub::start().await;
    let (person, client, page) = at_backlog(&hub).await;
    let callback = person
        .sign_in_at_backlog(&page, seed::DANIEL, "approve")
        .await;
    let arrivals = (0..8).map(|_| person.get(&callback));
    let pages = futures_util::future::join_all(arrivals).await;
    // One finishes the sign-in. Those that come later are too late, or lead to the same page.
    let asked: Vec<_> = pages
        .iter()
        .filter_map(|page| page.confirmation(&callback))
        .collect();
    assert!(!asked.is_empty());
    let late = pages.iter().filter(|page| page.location.is_none());
    late.for_each(|page| page.assert_says(400, "expired"));
    assert_eq!(hub.sim.control().count(&Matcher::token_endpoint()), 1);
    assert_eq!(hub.value(GRANTS).await.as_deref(), Some("0"));
    let answer = person.return_to_client(&callback).await;
    assert_eq!(hub.value(GRANTS).await.as_deref(), Some("1"));
    let code = format!("code={}", answer.get("code"));
    for url in &asked {
        let again = person.get(url).await;
        assert!(again.location.is_some_and(|to| to.contains(&code)));
    }
    // A reload afterwards does not disturb the sign-in either.
    person.get(&callback).await.assert_says(400, "expired");
    assert_eq!(hub.sim.control().count(&Matcher::token_endpoint()), 1);
    let (status, body) = exchange(&hub.base_url, &client, answer.get("code")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_after_the_request_expired_is_rejected() {
    let hub = TestHub::start().await;
    let (person, _, page) = at_backlog(&hub).await;
    let callback = person
        .sign_in_at_backlog(&page, seed::DANIEL, "approve")
        .await;
    hub.sql("UPDATE hub.authorization_requests SET expires_at = clock_timestamp()")
        .await;
    let before = hub.state().await;
    let page = person.get(&callback).await;
    page.assert_says(400, "expired");
    assert_eq!(hub.state().await, before);
    // It is asked again, whatever was approved before.
    let again = person.get(&page.link("/authorize")).await;
    again.assert_says(200, "name=\"csrf\"");
    // One that is not known any more, or was finished, is not offered.
    hub.sql("UPDATE hub.authorization_requests SET finished_at = clock_timestamp()")
        .await;
    let page = person.get(&callback).await;
    page.assert_says(400, "expired");
    assert!(!page.body.contains("/authorize"), "{}", page.body);
    hub.stop().await;
}

/// What Backlog does with the exchange or with the question who this is, and what
/// the client hears of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_backlog_reaches_the_client_as_what_it_is() {
    const PASSING: &str = "temporarily_unavailable";
    type Break<'a> = Box<dyn Fn() + 'a>;

    let hub = TestHub::start().await;
    let sim = hub.sim.control();
    let token = Matcher::token_endpoint;
    let myself = || Matcher::path("/api/v2/users/myself");
    let failures: Vec<(&str, Break, &str)> = vec![
        (
            "503",
            Box::new(|| sim.fail_next(token(), 503, "", 1)),
            PASSING,
        ),
        (
            "429",
            Box::new(|| sim.fail_next(token(), 429, "{}", 1)),
            PASSING,
        ),
        (
            "a proxy's page",
            Box::new(|| sim.fail_next(token(), 200, "<html>", 1)),
            PASSING,
        ),
        (
            "half an answer",
            Box::new(|| sim.fail_next(token(), 200, r#"{"access_token":"x"}"#, 1)),
            PASSING,
        ),
        (
            "no answer",
            Box::new(|| sim.drop_connection(token(), 1)),
            PASSING,
        ),
        (
            "a lost answer",
            Box::new(|| sim.drop_response(token(), 1)),
            PASSING,
        ),
        (
            "who this is: 500",
            Box::new(|| sim.fail_next(myself(), 500, "", 1)),
            PASSING,
        ),
        (
            "who this is: no answer",
            // The request is sent twice: it only reads.
            Box::new(|| sim.drop_connection(myself(), 2)),
            PASSING,
        ),
        (
            "a code that is void",
            Box::new(|| sim.fail_next(token(), 400, r#"{"error":"invalid_grant"}"#, 1)),
            "access_denied",
        ),
        (
            "an application that is unknown",
            Box::new(|| sim.fail_next(token(), 401, r#"{"error":"invalid_client"}"#, 1)),
            "server_error",
        ),
    ];
    for (what, break_it, error) in failures {
        let (person, _, page) = at_backlog(&hub).await;
        let callback = person
            .sign_in_at_backlog(&page, seed::DANIEL, "approve")
            .await;
        break_it();
        let answer = person.get(&callback).await.answer();
        assert_eq!(answer.get("error"), error, "{what}");
        answer.assert_error(&hub, error);
        sim.clear_faults();
    }
    assert_eq!(hub.value(GRANTS).await.as_deref(), Some("0"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_of_the_space_is_the_operators_to_mend() {
    let hub = TestHub::start_with(|settings| {
        let space = settings.default_space.as_mut().expect("a space");
        space.oauth_client_secret = "wrong".into();
    })
    .await;
    let (person, _, page) = at_backlog(&hub).await;
    let callback = person
        .sign_in_at_backlog(&page, seed::DANIEL, "approve")
        .await;
    let answer = person.get(&callback).await.answer();
    let description = answer.assert_error(&hub, "server_error");
    assert!(description.contains("administrator"), "{description}");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_space_disabled_in_the_meantime_accepts_no_sign_in() {
    let hub = TestHub::start().await;
    let (person, _, page) = at_backlog(&hub).await;
    let callback = person
        .sign_in_at_backlog(&page, seed::DANIEL, "approve")
        .await;
    hub.sql("UPDATE hub.spaces SET disabled_at = clock_timestamp()")
        .await;
    eventually("the space is off", async || {
        person.get(&callback).await.status == StatusCode::FORBIDDEN
    })
    .await;
    person.get(&callback).await.assert_says(403, "disabled");
    assert_eq!(hub.sim.control().count(&Matcher::token_endpoint()), 0);
    hub.stop().await;
}

/// An operator who has turned a space off, or moved it, may ask who is signed in and be done.
#[tokio::test(flavor = "multi_thread")]
async fn a_space_changed_during_a_request_to_backlog_accepts_no_sign_in() {
    for change in [
        "UPDATE hub.spaces SET disabled_at = clock_timestamp()",
        "UPDATE hub.spaces SET base_url = 'https://elsewhere.backlog.com'",
    ] {
        let hub = TestHub::start().await;
        let (person, _, page) = at_backlog(&hub).await;
        let sim = hub.sim.control();
        sim.hold(Matcher::path("/api/v2/users/myself"));
        let change = async {
            sim.wait_for_held(1).await;
            hub.sql(change).await;
            sim.release();
        };
        let back = person.return_from_backlog(&page, seed::DANIEL);
        let (answer, ()) = tokio::join!(back, change);
        answer.assert_error(&hub, "access_denied");
        assert_eq!(hub.value(GRANTS).await.as_deref(), Some("0"));
        hub.stop().await;
    }
}

/// Whatever Backlog says of the lifetime, the sign-in works; nothing divides by it.
#[tokio::test(flavor = "multi_thread")]
async fn odd_lifetimes_of_backlogs_tokens_do_no_harm() {
    let hub = TestHub::start().await;
    let sim = hub.sim.control();
    sim.set_refresh_rotation(RefreshRotation::Keep);
    for lifetime in [Duration::ZERO, Duration::from_secs(u64::from(u32::MAX))] {
        sim.set_access_token_lifetime(lifetime);
        let (person, client, page) = at_backlog(&hub).await;
        let answer = person.return_from_backlog(&page, seed::DANIEL).await;
        // With no time at all, Backlog no longer says who this is.
        if lifetime.is_zero() {
            answer.assert_error(&hub, "temporarily_unavailable");
        } else {
            let (status, body) = exchange(&hub.base_url, &client, answer.get("code")).await;
            assert_eq!(status, StatusCode::OK, "{body}");
        }
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_hangs_up_does_not_lose_the_tokens_that_backlog_gave() {
    let hub = TestHub::start().await;
    let (person, _, page) = at_backlog(&hub).await;
    let callback = person
        .sign_in_at_backlog(&page, seed::DANIEL, "approve")
        .await;
    let sim = hub.sim.control();
    // The code is exchanged; Backlog has yet to say who this is.
    sim.hold(Matcher::path("/api/v2/users/myself"));
    let host = hub.base_url.strip_prefix("http://").expect("a host");
    let path = callback.strip_prefix(&hub.base_url).expect("a path");
    let cookies = person.cookies("127.0.0.1");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookies}\r\n\r\n");
    let mut browser = TcpStream::connect(hub.address())
        .await
        .expect("a connection");
    let sent = browser.write_all(request.as_bytes()).await;
    sent.expect("the request is sent");
    sim.wait_for_held(1).await;
    assert_eq!(sim.count(&Matcher::token_endpoint()), 1);
    assert_eq!(hub.value(GRANTS).await.as_deref(), Some("0"));
    // A reset, of which the hub hears at once, and some time for it to act on that.
    browser.set_zero_linger().expect("a reset");
    drop(browser);
    tokio::time::sleep(Duration::from_millis(200)).await;
    sim.release();
    let accounts = "SELECT count(*)::text FROM hub.accounts";
    eventually("the tokens are stored", async || {
        hub.value(accounts).await.as_deref() == Some("1")
    })
    .await;
    // A reload leads to the question that the browser has not seen.
    let answer = person.return_to_client(&callback).await;
    assert!(answer.0.contains_key("code"), "{:?}", answer.0);
    assert_eq!(sim.count(&Matcher::token_endpoint()), 1);
    hub.stop().await;
}

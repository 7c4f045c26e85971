//! The journal, faults, rate limits, and the life of a simulator.

use std::time::Duration;

use crate::common::{Space, code};
use backlog_sim::{Control, Credential, Matcher, RateLimits, fingerprint, seed};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_lists_requests_without_secrets() {
    let space = Space::start().await;
    let control = space.sim.control();
    let pair = control.tokens_for(seed::MAJA);
    let grant = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &pair.refresh_token),
    ];
    space.token(&grant).await;
    let request = space.request(Method::GET, "/api/v2/issues?statusId[]=1&statusId[]=2");
    request
        .bearer_auth(&pair.access_token)
        .send()
        .await
        .unwrap();

    let journal = control.journal();
    assert_eq!(journal.len(), 2);
    let (first, second) = (&journal[0], &journal[1]);
    assert_eq!((first.sequence, second.sequence), (1, 2));
    assert_eq!(first.param("grant_type"), Some("refresh_token"));
    assert_eq!(
        first.param("refresh_token"),
        Some(fingerprint(&pair.refresh_token).as_str())
    );
    assert_eq!(second.query[1], ("statusId[]".to_owned(), "2".to_owned()));
    assert_eq!(
        second.credential,
        Credential::Bearer(fingerprint(&pair.access_token))
    );
    assert_eq!(second.status, Some(200));
    let text = format!("{journal:?}");
    for secret in [&pair.refresh_token, &pair.access_token, "sim-secret"] {
        assert!(!text.contains(secret));
    }

    assert_eq!(control.count(&Matcher::token_endpoint().method("POST")), 1);
    assert_eq!(control.count(&Matcher::token_endpoint().method("GET")), 0);
    control.clear_journal();
    assert_eq!(control.count(&Matcher::any()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn renewals_are_counted_for_each_user_whatever_comes_of_them() {
    let space = Space::start().await;
    let control = space.sim.control();
    let added = control.add_users(2);
    let first = control.tokens_for(added[0]);
    let second = control.tokens_for(added[1]);
    control.fail_next(Matcher::token_endpoint(), 400, "Bad Request", 1);
    for pair in [&first, &first, &first, &second] {
        let grant = [
            ("grant_type", "refresh_token"),
            ("refresh_token", pair.refresh_token.as_str()),
        ];
        space.token(&grant).await;
    }
    // Failed by the fault, served, and refused because the token was rotated.
    let renewals = control.renewals();
    assert_eq!(renewals, [(added[0], 3), (added[1], 1)].into());
    assert_eq!(control.issued_refresh_tokens(added[0]), 2);
    assert_eq!(control.issued_refresh_tokens(added[1]), 2);
    control.clear_journal();
    assert!(control.renewals().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn injected_failures_are_used_up() {
    let space = Space::start().await;
    let control = space.sim.control();
    let maja = space.user(seed::MAJA);
    let body = Control::error_body(1, "Sorry.");
    control.fail_next(Matcher::path("/api/v2/space").method("GET"), 500, body, 2);
    for expected in [500, 500, 200] {
        assert_eq!(maja.get("/space").await.0, expected);
    }
    assert_eq!(maja.get("/users/myself").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_dropped_before_or_after_the_work() {
    let space = Space::start().await;
    let control = space.sim.control();
    let daniel = space.user(seed::DANIEL);
    let comment = || {
        let request = daniel.request(Method::POST, "/issues/OPS-1/comments");
        request.form(&[("content", "x")]).send()
    };
    let count = async || daniel.get("/issues/OPS-1/comments/count").await.1["count"].clone();

    control.drop_connection(Matcher::any().method("POST"), 1);
    assert!(comment().await.unwrap_err().is_request());
    assert_eq!(count().await, 0);
    assert_eq!(control.journal()[0].status, None);

    control.drop_response(Matcher::any().method("POST"), 1);
    assert!(comment().await.unwrap_err().is_request());
    assert_eq!(count().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn held_requests_wait_for_their_release() {
    let space = Space::start().await;
    let control = space.sim.control();
    let daniel = space.user(seed::DANIEL);
    control.hold(Matcher::path("/api/v2/space"));
    let all = async {
        tokio::join!(
            daniel.get("/space"),
            daniel.get("/space"),
            daniel.get("/space")
        )
    };
    let watch = async {
        control.wait_for_held(3).await;
        assert!(control.journal().iter().all(|entry| entry.status.is_none()));
        assert_eq!(daniel.get("/users/myself").await.0, 200, "others pass");
        control.release();
    };
    let (answers, ()) = tokio::join!(all, watch);
    assert_eq!((answers.0.0, answers.1.0, answers.2.0), (200, 200, 200));
    assert_eq!(control.held(), 0);
    assert_eq!(daniel.get("/space").await.0, 200, "no longer held");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delay_outlasts_an_impatient_client() {
    let space = Space::start().await;
    let daniel = space.user(seed::DANIEL);
    space
        .sim
        .control()
        .delay(Matcher::any(), Duration::from_mins(10), 1);
    let request = daniel
        .request(Method::GET, "/space")
        .timeout(Duration::from_millis(200));
    assert!(request.send().await.unwrap_err().is_timeout());
    // It may have given up before its request was there to be delayed.
    space.sim.control().clear_faults();
    assert_eq!(daniel.get("/space").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rate_limit_is_per_user_class_and_minute() {
    let space = Space::start().await;
    let control = space.sim.control();
    control.set_rate_limits(RateLimits {
        read: 2,
        ..RateLimits::default()
    });
    let (daniel, maja) = (space.user(seed::DANIEL), space.user(seed::MAJA));
    let answer = daniel.request(Method::GET, "/space").send().await.unwrap();
    assert_eq!(answer.headers()["x-ratelimit-limit"], "2");
    assert_eq!(answer.headers()["x-ratelimit-remaining"], "1");
    let reset: i64 = answer.headers()["x-ratelimit-reset"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(reset % 60, 0);

    let (mut limited, mut answered) = (None, 1);
    // A minute may end meanwhile, which starts the count anew; within one at most two are let by.
    for _ in 0..5 {
        match daniel.get("/space").await {
            (200, _) => answered += 1,
            (status, body) => limited = Some((status, code(&body))),
        }
    }
    assert_eq!(limited, Some((429, 13)));
    assert!((2..=4).contains(&answered), "{answered}");
    assert_eq!(daniel.get("/issues/count").await.0, 200, "another class");
    assert_eq!(maja.get("/space").await.0, 200, "another user");

    control.advance_clock(Duration::from_mins(1));
    assert_eq!(daniel.get("/space").await.0, 200, "another minute");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_controls_work_over_http() {
    let space = Space::start().await;
    let post = async |path: &str, body: Value| {
        let answer = space
            .request(Method::POST, path)
            .json(&body)
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.text().await.unwrap()
    };
    let key = post("/_sim/users/40218/api-key", Value::Null).await;
    let key: Value = serde_json::from_str(&key).unwrap();
    let status = async || {
        let request = space.request(Method::GET, "/api/v2/space");
        let request = request.header("Backlog-API-Key", key["apiKey"].as_str().unwrap());
        request.send().await.unwrap().status().as_u16()
    };
    let fault = json!({ "kind": "fail", "status": 503, "pathPrefix": "/api/v2/space", "times": 2 });
    post("/_sim/faults", fault).await;
    assert_eq!(status().await, 503);
    let clear = space
        .request(Method::DELETE, "/_sim/faults")
        .send()
        .await
        .unwrap();
    assert_eq!(clear.status().as_u16(), 204);
    assert_eq!(status().await, 200);

    let journal = space
        .request(Method::GET, "/_sim/journal")
        .send()
        .await
        .unwrap();
    let journal: Value = journal.json().await.unwrap();
    assert_eq!(journal[0]["status"], 503);
    assert_eq!(journal[1]["credential"]["kind"], "apiKeyHeader");
    let count = space.request(
        Method::GET,
        "/_sim/journal/count?method=GET&pathPrefix=/api/v2/space",
    );
    let count: Value = count.send().await.unwrap().json().await.unwrap();
    assert_eq!(count["count"], 2);
}

#[test]
fn spaces_are_independent_and_stop() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (one, two) = (Space::start().await, Space::start().await);
        let key = one.sim.control().issue_api_key(seed::MAJA);
        let request = two
            .request(Method::GET, "/api/v2/space")
            .header("Backlog-API-Key", &key);
        assert_eq!(request.send().await.unwrap().status().as_u16(), 401);

        let address = ("127.0.0.1", one.sim.url().port().unwrap());
        one.sim.control().hold(Matcher::any());
        one.sim.stop().await;
        assert!(std::net::TcpStream::connect(address).is_err());
        assert!(two.http.get(two.sim.url()).send().await.is_ok());

        let address = ("127.0.0.1", two.sim.url().port().unwrap());
        drop(two);
        let closed = async {
            while std::net::TcpStream::connect(address).is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let closed = tokio::time::timeout(Duration::from_mins(1), closed).await;
        assert!(closed.is_ok(), "dropping it stops it");
    });
}

//! The client against a Backlog that reports the remaining requests.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use actix_web::HttpResponse;
use chrono::DateTime;
use foundation::clock::Clock;
use serde_json::json;

use crate::{
    BacklogClient, BacklogError, ClientOptions, Credentials, Left, Operation, Request,
    fake::FakeBacklog,
    tests::{anything, request},
};

/// A Backlog that reports the requests remaining until 1060.
fn limited(remaining: &'static str, status: u16) -> FakeBacklog {
    FakeBacklog::start(move |_| {
        HttpResponse::build(status.try_into().unwrap())
            .insert_header(("X-RateLimit-Remaining", remaining))
            .insert_header(("X-RateLimit-Reset", "1060"))
            .body("{}")
    })
}

/// A client with a clock at these seconds.
fn at(seconds: &Arc<AtomicI64>) -> BacklogClient {
    let seconds = seconds.clone();
    let now = move || DateTime::from_timestamp(seconds.load(Ordering::SeqCst), 0).unwrap();
    BacklogClient::observed(ClientOptions::default(), Clock::from_fn(now), None).unwrap()
}

/// The error in place of a request.
fn paused_until(seconds: i64) -> BacklogError {
    BacklogError::RateLimited {
        until: DateTime::from_timestamp(seconds, 0).unwrap(),
        status: None,
    }
}

#[actix_web::test]
async fn an_exhausted_class_causes_no_request_until_its_reset() {
    for (remaining, status) in [("0", 200), ("0", 429), ("17", 429)] {
        let backlog = limited(remaining, status);
        let now = Arc::new(AtomicI64::new(1_000));
        let client = at(&now);
        let key = |name: &str| Credentials::ApiKey(name.into());
        let send = async |key: Credentials, request: Request| {
            client.send(&backlog.url, &key, request).await
        };
        let first = send(key("a"), anything()).await;
        assert_eq!(first.is_ok(), status == 200, "{first:?}");
        for _ in 0..3 {
            let refused = send(key("a"), anything()).await.unwrap_err();
            assert_eq!(refused, paused_until(1_060));
        }
        assert_eq!(backlog.received().len(), 1, "nothing more was asked");

        // Other classes, and other users, are not affected.
        let search = || request(Operation::get("issues"), json!({}));
        let by_keyword = || request(Operation::get("wikis"), json!({"keyword": "a"}));
        let update = || request(Operation::post("issues"), json!({}));
        let icon = || request(Operation::get("users/{id}/icon"), json!({"id": 1}));
        for (number, request) in [search(), update(), icon()].into_iter().enumerate() {
            let _ = send(key("a"), request).await;
            assert_eq!(backlog.received().len(), 2 + number);
        }
        for request in [search(), by_keyword(), update(), icon()] {
            assert!(send(key("a"), request).await.is_err(), "used up as well");
        }
        assert_eq!(backlog.received().len(), 4);
        let _ = send(key("b"), anything()).await;
        let elsewhere = limited("5", 200);
        client
            .send(&elsewhere.url, &key("a"), anything())
            .await
            .unwrap();
        assert_eq!(backlog.received().len(), 5);

        now.store(1_060, Ordering::SeqCst);
        let _ = send(key("a"), anything()).await;
        assert_eq!(backlog.received().len(), 6);
    }
}

#[actix_web::test]
async fn a_short_pause_is_sat_out() {
    let backlog = limited("0", 200);
    let now = Arc::new(AtomicI64::new(1_059));
    let client = at(&now);
    let key = Credentials::ApiKey("a".into());
    let started = Instant::now();
    for _ in 0..2 {
        client.send(&backlog.url, &key, anything()).await.unwrap();
    }
    assert_eq!(backlog.received().len(), 2);
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[actix_web::test]
async fn a_limit_that_is_used_up_in_the_queue_is_respected_too() {
    let backlog = limited("0", 200);
    let now = || DateTime::from_timestamp(1_000, 0).unwrap();
    let options = ClientOptions {
        concurrency_without_user: 1,
        ..ClientOptions::default()
    };
    let client = BacklogClient::observed(options, Clock::from_fn(now), None).unwrap();
    let key = Credentials::ApiKey("a".into());
    // Both pass the check before the first response.
    let calls = [(); 2].map(|()| client.send(&backlog.url, &key, anything()));
    let [first, second] = futures_util::future::join_all(calls)
        .await
        .try_into()
        .unwrap();
    first.unwrap();
    assert_eq!(second.unwrap_err(), paused_until(1_060));
    assert_eq!(backlog.received().len(), 1);
}

#[actix_web::test]
async fn a_wrong_clock_pauses_requests_only_briefly() {
    let backlog = limited("0", 200);
    let now = Arc::new(AtomicI64::new(-100_000));
    let client = at(&now);
    let key = Credentials::ApiKey("a".into());
    client.send(&backlog.url, &key, anything()).await.unwrap();
    let refused = client.send(&backlog.url, &key, anything()).await;
    assert_eq!(refused.unwrap_err(), paused_until(-100_000 + 60));
}

/// The clock is 1000 seconds after the beginning of 1970. Each case has the headers of a rejection
/// and the end of its pause.
#[actix_web::test]
async fn a_refusal_pauses_whatever_it_says_of_the_time() {
    const RETRY: &str = "Retry-After";
    const RESET: &str = "X-RateLimit-Reset";
    type Headers = &'static [(&'static str, &'static str)];
    let cases: [(Headers, i64); 15] = [
        (&[], 1_060),
        (&[(RESET, "1042")], 1_042),
        (&[(RESET, "900")], 1_060),
        (&[(RESET, "1000")], 1_060),
        (&[(RESET, "soon")], 1_060),
        (&[(RESET, "-5")], 1_060),
        (&[(RESET, "9999999999")], 1_060),
        // In milliseconds.
        (&[(RESET, "1794203124896")], 1_060),
        (&[(RETRY, "17")], 1_017),
        (&[(RETRY, "Thu, 01 Jan 1970 00:17:20 GMT")], 1_040),
        (&[(RETRY, "Thu, 01 Jan 1970 00:10:00 GMT")], 1_060),
        (&[(RETRY, "0")], 1_060),
        (&[(RETRY, "a while")], 1_060),
        (&[(RETRY, "86400")], 1_300),
        (&[(RETRY, "120"), (RESET, "1042")], 1_120),
    ];
    let errors = r#"{"errors":[{"message":"Too many.","code":13}]}"#;
    for (headers, until) in cases {
        for (status, body) in [(429, ""), (429, errors), (400, errors)] {
            let backlog = FakeBacklog::start(move |_| {
                let mut response = HttpResponse::build(status.try_into().unwrap());
                for header in headers {
                    response.insert_header(*header);
                }
                response.body(body)
            });
            let now = Arc::new(AtomicI64::new(1_000));
            let client = at(&now);
            let key = Credentials::ApiKey("a".into());
            let refused = client.send(&backlog.url, &key, anything()).await;
            let expected = BacklogError::RateLimited {
                until: DateTime::from_timestamp(until, 0).unwrap(),
                status: Some(status),
            };
            assert_eq!(refused.unwrap_err(), expected, "{headers:?}");

            let many = (0..30).map(|_| client.send(&backlog.url, &key, anything()));
            for refused in futures_util::future::join_all(many).await {
                assert_eq!(refused.unwrap_err(), paused_until(until), "{headers:?}");
            }
            assert_eq!(backlog.received().len(), 1, "{headers:?}");
            now.store(until, Ordering::SeqCst);
            let again = client.send(&backlog.url, &key, anything()).await;
            assert!(again.is_err());
            assert_eq!(backlog.received().len(), 2, "{headers:?}");
        }
    }
}

#[actix_web::test]
async fn the_remaining_requests_are_known_until_the_limit_resets() {
    let now = Arc::new(AtomicI64::new(1_000));
    let (client, backlog) = (at(&now), limited("5", 200));
    let key = Credentials::ApiKey("a".into());
    let left = async || client.left(&backlog.url, &key, &anything()).await;
    assert_eq!(left().await, None);
    client.send(&backlog.url, &key, anything()).await.unwrap();
    let until = DateTime::from_timestamp(1_060, 0).unwrap();
    let expected = Left { requests: 5, until };
    assert_eq!(left().await, Some(expected));
    now.store(1_060, Ordering::SeqCst);
    assert_eq!(left().await, None);
}

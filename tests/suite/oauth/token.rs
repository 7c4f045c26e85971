//! `POST /token` with an authorization code: the checks before the code is consumed, its single
//! use, and the properties of every response of this endpoint.

use std::time::Duration;

use backlog_sim::seed;
use futures_util::future::join_all;
use reqwest::{StatusCode, header::AUTHORIZATION};
use serde_json::json;

use crate::support::{
    hub::{REDIRECT_URI, TestHub, eventually, http},
    person::{EVERY_SCOPE, Person, VERIFIER, authorize_url_with, exchange, tokens},
    reply::Reply,
    tokens::{refused, works},
};

const OTHER_VERIFIER: &str = "another-verifier-of-at-least-forty-three-characters";

#[tokio::test(flavor = "multi_thread")]
async fn rule_28_a_response_has_a_lifetime_and_a_refresh_token_and_is_not_cached() {
    let hub = TestHub::start().await;
    let client = hub.register().await;
    let answer = Person::default()
        .authorize(&hub, &client, seed::DANIEL)
        .await;
    let form = |code: &str| {
        [
            ("grant_type", "authorization_code".to_owned()),
            ("client_id", client.clone()),
            ("code", code.to_owned()),
            ("redirect_uri", REDIRECT_URI.to_owned()),
            ("code_verifier", VERIFIER.to_owned()),
        ]
    };
    let first = Reply::to(
        http()
            .post(hub.url("/token"))
            .form(&form(answer.get("code"))),
    )
    .await;
    let refresh_token = first.json()["refresh_token"].as_str().unwrap().to_owned();
    let second = hub
        .post_form(
            "/token",
            &[
                ("grant_type", "refresh_token"),
                ("client_id", &client),
                ("refresh_token", &refresh_token),
            ],
        )
        .await;
    for reply in [first, second] {
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        assert_eq!(reply.header("cache-control"), "no-store");
        assert_eq!(reply.header("content-type"), "application/json");
        let body = reply.json();
        assert!(
            body["expires_in"]
                .as_u64()
                .is_some_and(|seconds| seconds > 0)
        );
        assert_eq!(body["token_type"], "Bearer");
        assert!(
            body["access_token"]
                .as_str()
                .unwrap()
                .starts_with("bmh_at_")
        );
        assert!(
            body["refresh_token"]
                .as_str()
                .unwrap()
                .starts_with("bmh_rt_")
        );
        assert_eq!(body["scope"], EVERY_SCOPE);
    }
    hub.stop().await;
}

/// Every wrong form of a code's exchange, with its error.
#[tokio::test(flavor = "multi_thread")]
async fn rule_31_a_wrong_exchange_consumes_and_revokes_nothing() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    let another = hub
        .register_with(&json!({
            "client_name": "Another",
            "redirect_uris": [REDIRECT_URI],
            "token_endpoint_auth_method": "none",
        }))
        .await
        .json();
    let another = another["client_id"].as_str().unwrap();
    let answer = person.authorize(&hub, &client, seed::DANIEL).await;
    let code = answer.get("code");
    let other = if code.ends_with('x') { 'y' } else { 'x' };
    let mistyped = format!("{}{other}", &code[..code.len() - 1]);
    let short = "v".repeat(42);
    let before = hub.state().await;

    let good = [
        ("grant_type", "authorization_code"),
        ("client_id", client.as_str()),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ];
    for (name, value, status, error) in [
        ("grant_type", "", 400, "invalid_request"),
        ("grant_type", "password", 400, "unsupported_grant_type"),
        ("client_id", "", 401, "invalid_client"),
        ("client_id", "nobody", 401, "invalid_client"),
        ("client_id", "a\0b", 400, "invalid_request"),
        ("client_id", another, 400, "invalid_grant"),
        ("code", "", 400, "invalid_request"),
        ("code", "nonsense", 400, "invalid_grant"),
        ("code", &mistyped, 400, "invalid_grant"),
        (
            "redirect_uri",
            "http://127.0.0.1:10/callback",
            400,
            "invalid_grant",
        ),
        ("redirect_uri", "https://evil.example", 400, "invalid_grant"),
        ("code_verifier", "", 400, "invalid_request"),
        ("code_verifier", OTHER_VERIFIER, 400, "invalid_grant"),
        ("code_verifier", &short, 400, "invalid_grant"),
        (
            "resource",
            "https://evil.example/mcp",
            400,
            "invalid_target",
        ),
    ] {
        let mut form = good.to_vec();
        form.retain(|(known, _)| *known != name);
        form.push((name, value));
        let reply = hub.post_form("/token", &form).await;
        reply.oauth_error(status, error);
        assert_eq!(hub.state().await, before, "{name}={value}");
    }
    // At another issuer: the client is not known there.
    let reply = hub.post_form("/spaces/default/token", &good).await;
    assert!(reply.status.is_client_error(), "{}", reply.body);
    assert_eq!(hub.state().await, before);

    // After all that, the code is as good as new.
    let reply = hub.post_form("/token", &good).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(hub.revoked_reason().await, None);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_no_token_request_is_refused_in_json() {
    let hub = TestHub::start().await;
    let before = hub.state().await;
    let post = || http().post(hub.url("/token"));
    let form = "application/x-www-form-urlencoded";
    let typed =
        |kind: &str, body: Vec<u8>| Reply::to(post().header("content-type", kind).body(body));
    typed(
        "application/json",
        br#"{"grant_type":"refresh_token"}"#.to_vec(),
    )
    .await
    .oauth_error(400, "invalid_request");
    typed(form, Vec::new())
        .await
        .oauth_error(400, "invalid_request");
    typed(form, vec![0xff; 64])
        .await
        .oauth_error(400, "invalid_request");
    let twice = typed(form, b"grant_type=a&grant_type=b".to_vec()).await;
    assert!(
        twice
            .oauth_error(400, "invalid_request")
            .contains("grant_type")
    );
    let large = typed(form, vec![b'a'; 16 * 1024 + 1]).await;
    assert!(large.oauth_error(413, "invalid_request").contains("16384"));
    let empty = Reply::to(post()).await;
    empty.oauth_error(400, "invalid_request");
    let refresh = b"grant_type=refresh_token&refresh_token=x".to_vec();
    typed(form, refresh).await.oauth_error(400, "invalid_grant");
    let header = post()
        .header(AUTHORIZATION, "Basic !")
        .header("content-type", form)
        .body("grant_type=refresh_token");
    Reply::to(header).await.oauth_error(400, "invalid_request");
    let get = Reply::to(http().get(hub.url("/token"))).await;
    assert_eq!(get.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(hub.state().await, before);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_works_once_and_its_replay_ends_the_grant() {
    let hub = TestHub::start().await;
    let client = hub.register().await;
    let answer = Person::default()
        .authorize(&hub, &client, seed::DANIEL)
        .await;
    let code = answer.get("code").to_owned();
    let (status, body) = exchange(&hub.base_url, &client, &code).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let tokens = tokens(&client, &body);
    assert!(works(&hub, &tokens).await);

    // Somebody who saw the code but has not the verifier cannot end the sign-in.
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", &client),
        ("code", &code),
        ("code_verifier", OTHER_VERIFIER),
    ];
    let reply = hub.post_form("/token", &form).await;
    reply.oauth_error(400, "invalid_grant");
    assert_eq!(hub.revoked_reason().await, None);

    let (status, body) = exchange(&hub.base_url, &client, &code).await;
    assert_eq!(
        (status, &body["error"]),
        (StatusCode::BAD_REQUEST, &json!("invalid_grant"))
    );
    assert_eq!(hub.revoked_reason().await.as_deref(), Some("code_replayed"));
    refused(&hub, &tokens).await;
    eventually("the access token is refused", async || {
        !works(&hub, &tokens).await
    })
    .await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_31_of_many_exchanges_at_once_one_gets_tokens() {
    let hub = TestHub::start().await;
    let (replica, replica_url) = hub.replica().await;
    let client = hub.register().await;
    let answer = Person::default()
        .authorize(&hub, &client, seed::DANIEL)
        .await;
    let exchanges = (0..10).map(|n| {
        let url = if n % 2 == 0 {
            &hub.base_url
        } else {
            &replica_url
        };
        exchange(url, &client, answer.get("code"))
    });
    let answers = join_all(exchanges).await;
    let issued = answers.iter().filter(|(status, _)| status.is_success());
    assert_eq!(issued.count(), 1, "{answers:?}");
    let pairs = hub
        .value("SELECT count(*)::text FROM hub.access_tokens")
        .await;
    assert_eq!(pairs.as_deref(), Some("1"));
    replica.stop().await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_code_yields_nothing_and_revokes_nothing() {
    let hub = TestHub::start().await;
    let client = hub.register().await;
    let answer = Person::default()
        .authorize(&hub, &client, seed::DANIEL)
        .await;
    hub.sql("UPDATE hub.authorization_codes SET expires_at = clock_timestamp()")
        .await;
    let before = hub.state().await;
    let (status, body) = exchange(&hub.base_url, &client, answer.get("code")).await;
    assert_eq!(
        (status, &body["error"]),
        (StatusCode::BAD_REQUEST, &json!("invalid_grant"))
    );
    assert_eq!(hub.state().await, before);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_16_a_code_is_bound_to_the_redirect_uri_that_was_presented() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    let presented = "http://127.0.0.1:40123/callback";
    let url = authorize_url_with(&hub, &client, &[("redirect_uri", Some(presented))]);
    let consent = person.get(&url).await;
    let forward = person.decide(&hub, &consent, "approve").await;
    let answer = person
        .return_from_backlog(&forward.refresh(), seed::DANIEL)
        .await;
    let exchange = |redirect_uri: &str| {
        let form = [
            ("grant_type", "authorization_code".to_owned()),
            ("client_id", client.clone()),
            ("code", answer.get("code").to_owned()),
            ("redirect_uri", redirect_uri.to_owned()),
            ("code_verifier", VERIFIER.to_owned()),
        ];
        Reply::to(http().post(hub.url("/token")).form(&form))
    };
    // The registered one would match at /authorize, but it is not the one presented.
    exchange(REDIRECT_URI)
        .await
        .oauth_error(400, "invalid_grant");
    assert_eq!(exchange(presented).await.status, StatusCode::OK);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_33_the_lifetime_of_an_access_token_is_a_setting() {
    let hub = TestHub::start_with(|settings| {
        settings.lifetimes.access_token = Duration::from_hours(6);
    })
    .await;
    let client = hub.register().await;
    let answer = Person::default()
        .authorize(&hub, &client, seed::DANIEL)
        .await;
    let (_, body) = exchange(&hub.base_url, &client, answer.get("code")).await;
    assert_eq!(body["expires_in"], 6 * 3600);
    let stored = hub
        .value(
            "SELECT (expires_at - created_at BETWEEN interval '5:59' AND interval '6:01')::text
             FROM hub.access_tokens",
        )
        .await;
    assert_eq!(stored.as_deref(), Some("true"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_uses_of_a_code_at_the_same_time_the_later_ends_the_grant() {
    let hub = TestHub::start().await;
    let client = hub.register().await;
    let answer = Person::default()
        .authorize(&hub, &client, seed::DANIEL)
        .await;
    let code = answer.get("code").to_owned();
    // Both have found the code unused when they come to consume it.
    let mut held = hub.database.pool().begin().await.expect("a transaction");
    sqlx::query("SELECT FROM hub.authorization_codes FOR UPDATE")
        .execute(&mut *held)
        .await
        .expect("the code");
    let waiting = "SELECT count(*)::text FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'
                     AND query LIKE '%UPDATE hub.authorization_codes%'";
    let both = join_all([(); 2].map(|()| exchange(&hub.base_url, &client, &code)));
    let release = async {
        eventually("both wait", async || {
            hub.value(waiting).await.as_deref() == Some("2")
        })
        .await;
        held.rollback().await.expect("a rollback");
    };
    let (mut answers, ()) = tokio::join!(both, release);
    answers.sort_by_key(|(status, _)| *status);
    assert_eq!(answers[0].0, StatusCode::OK, "{}", answers[0].1);
    assert_eq!(answers[1].1["error"], "invalid_grant");
    assert_eq!(hub.revoked_reason().await.as_deref(), Some("code_replayed"));
    let tokens = tokens(&client, &answers[0].1);
    eventually("the access token is refused", async || {
        !works(&hub, &tokens).await
    })
    .await;
    hub.stop().await;
}

//! `POST /token`: what is checked before anything is consumed, what is consumed once,
//! and what a client gets that lost an answer or shares its token with another.

use std::time::Duration;

use backlog_sim::{Matcher, seed};
use futures_util::future::join_all;
use reqwest::{StatusCode, header::AUTHORIZATION};
use serde_json::{Value, json};

use crate::support::{
    hub::{REDIRECT_URI, TestHub, eventually, http},
    mcp,
    person::{
        Person, Tokens, VERIFIER, authorize_url_with, call, exchange, refresh, token, tokens,
    },
    reply::Reply,
};

const OTHER_VERIFIER: &str = "another-verifier-of-at-least-forty-three-characters";

/// Why the only grant was revoked; `None` while it lives.
async fn revoked_reason(hub: &TestHub) -> Option<String> {
    hub.value("SELECT revoked_reason FROM hub.grants").await
}

/// Ends the grace window of every refresh token used so far.
async fn end_grace(hub: &TestHub) {
    hub.sql(
        "UPDATE hub.refresh_tokens SET answer_until = clock_timestamp()
         WHERE consumed_at IS NOT NULL",
    )
    .await;
}

async fn refreshed(hub: &TestHub, tokens: &Tokens) -> Tokens {
    let (status, body) = refresh(&hub.base_url, tokens).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    self::tokens(&tokens.client_id, &body)
}

async fn refused(hub: &TestHub, tokens: &Tokens) {
    let (status, body) = refresh(&hub.base_url, tokens).await;
    // Rule 27: 400, not 401.
    assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    assert_eq!(body["error"], "invalid_grant");
}

async fn works(hub: &TestHub, tokens: &Tokens) -> bool {
    let (status, body) = call(&hub.base_url, &tokens.access_token, "get_space", json!({})).await;
    assert!(
        matches!(status, StatusCode::OK | StatusCode::UNAUTHORIZED),
        "{status} {body}"
    );
    status == StatusCode::OK
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_28_an_answer_has_a_lifetime_and_a_refresh_token_and_is_kept_nowhere() {
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
        assert_eq!(body["scope"], "backlog:read backlog:write");
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
    let mistyped = format!("{}x", &code[..code.len() - 1]);
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
    assert_eq!(revoked_reason(&hub).await, None);
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
    let large = typed(form, vec![b'a'; 64 * 1024 + 1]).await;
    assert!(large.oauth_error(413, "invalid_request").contains("65536"));
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
    assert_eq!(revoked_reason(&hub).await, None);

    let (status, body) = exchange(&hub.base_url, &client, &code).await;
    assert_eq!(
        (status, &body["error"]),
        (StatusCode::BAD_REQUEST, &json!("invalid_grant"))
    );
    assert_eq!(revoked_reason(&hub).await.as_deref(), Some("code_replayed"));
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
async fn rule_30_inside_the_window_every_presentation_gets_the_same_answer() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let (_, first) = refresh(&hub.base_url, &tokens).await;
    assert_ne!(first["refresh_token"], json!(tokens.refresh_token));
    assert_ne!(first["access_token"], json!(tokens.access_token));
    let before = hub.state().await;
    for _ in 0..3 {
        let (status, again) = refresh(&hub.base_url, &tokens).await;
        assert_eq!((status, &again), (StatusCode::OK, &first));
    }
    assert_eq!(hub.state().await, before, "nothing more was issued");
    // Even after the successor was used, as by the other of two processes.
    let successor = self::tokens(&tokens.client_id, &first);
    assert!(works(&hub, &successor).await);
    refreshed(&hub, &successor).await;
    let (status, again) = refresh(&hub.base_url, &tokens).await;
    assert_eq!((status, &again), (StatusCode::OK, &first));
    assert_eq!(revoked_reason(&hub).await, None);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_30_fifty_refreshes_at_once_over_two_replicas_are_one() {
    let hub = TestHub::start().await;
    let (replica, replica_url) = hub.replica().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let refreshes = (0..50).map(|n| {
        let url = if n % 2 == 0 {
            &hub.base_url
        } else {
            &replica_url
        };
        refresh(url, &tokens)
    });
    let answers: Vec<(StatusCode, Value)> = join_all(refreshes).await;
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
    assert_eq!(answers[0].0, StatusCode::OK, "{}", answers[0].1);
    for table in ["refresh_tokens", "access_tokens"] {
        let rows = hub
            .value(&format!("SELECT count(*)::text FROM hub.{table}"))
            .await;
        assert_eq!(
            rows.as_deref(),
            Some("2"),
            "{table}: one pair and its successor"
        );
    }
    // Rule 34: Backlog was not asked.
    let asked = hub.sim.control().count(&Matcher::token_endpoint());
    assert_eq!(asked, 1, "the sign-in's own exchange");
    replica.stop().await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_30_a_lost_answer_is_replaced_after_the_window() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let lost = refreshed(&hub, &tokens).await;
    end_grace(&hub).await;
    let replaced = refreshed(&hub, &tokens).await;
    assert_ne!(replaced.refresh_token, lost.refresh_token);
    assert!(works(&hub, &replaced).await);
    // What was lost stays lost: whoever found it cannot use it.
    assert!(!works(&hub, &lost).await);
    refused(&hub, &lost).await;
    assert_eq!(revoked_reason(&hub).await, None);
    // The replacement has a window of its own.
    let (status, again) = refresh(&hub.base_url, &tokens).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(again["refresh_token"], json!(replaced.refresh_token));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_30_a_replay_after_the_successor_was_used_ends_the_grant() {
    for used_by in ["a tool call", "a refresh"] {
        let hub = TestHub::start().await;
        let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
        let successor = refreshed(&hub, &tokens).await;
        let latest = if used_by == "a refresh" {
            refreshed(&hub, &successor).await
        } else {
            assert!(works(&hub, &successor).await);
            successor.clone()
        };
        end_grace(&hub).await;
        refused(&hub, &tokens).await;
        assert_eq!(
            revoked_reason(&hub).await.as_deref(),
            Some("refresh_token_replayed"),
            "{used_by}"
        );
        let erased = hub
            .value(
                "SELECT num_nulls(backlog_access_token, backlog_refresh_token)::text
                 FROM hub.grants",
            )
            .await;
        assert_eq!(erased.as_deref(), Some("2"), "Backlog's tokens are erased");
        refused(&hub, &latest).await;
        eventually("the access token is refused", async || {
            !works(&hub, &latest).await
        })
        .await;
        hub.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_29_and_31_a_wrong_refresh_changes_nothing() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let another = hub
        .register_with(&json!({
            "client_name": "Another",
            "redirect_uris": [REDIRECT_URI],
            "token_endpoint_auth_method": "none",
        }))
        .await
        .json();
    let another = another["client_id"].as_str().unwrap();
    let mistyped = format!(
        "{}x",
        &tokens.refresh_token[..tokens.refresh_token.len() - 1]
    );

    // Unused, used inside the window, and used after it: a stranger moves none of them.
    for stage in ["unused", "in the window", "after the window"] {
        if stage == "in the window" {
            let successor = refreshed(&hub, &tokens).await;
            assert!(works(&hub, &successor).await);
        }
        if stage == "after the window" {
            end_grace(&hub).await;
        }
        let before = hub.state().await;
        for (name, value, status, error) in [
            ("client_id", "nobody", 401, "invalid_client"),
            ("client_id", another, 400, "invalid_grant"),
            ("refresh_token", "", 400, "invalid_request"),
            ("refresh_token", "nonsense", 400, "invalid_grant"),
            ("refresh_token", &mistyped, 400, "invalid_grant"),
            ("refresh_token", &tokens.access_token, 400, "invalid_grant"),
            ("resource", "https://evil.example", 400, "invalid_target"),
            ("scope", "a\0", 400, "invalid_request"),
        ] {
            let mut form = vec![
                ("grant_type", "refresh_token"),
                ("client_id", tokens.client_id.as_str()),
                ("refresh_token", tokens.refresh_token.as_str()),
            ];
            form.retain(|(known, _)| *known != name);
            form.push((name, value));
            let reply = hub.post_form("/token", &form).await;
            reply.oauth_error(status, error);
            assert_eq!(hub.state().await, before, "{stage}: {name}={value}");
        }
    }
    assert_eq!(revoked_reason(&hub).await, None);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_29_the_client_id_may_be_left_out_by_a_public_client_only() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let tokens = person.sign_in(&hub, seed::DANIEL).await;
    let anonymous = async |token: String| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", &token)];
        hub.post_form("/token", &form).await
    };
    let reply = anonymous(tokens.refresh_token).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);

    let confidential = hub
        .register_with(&json!({
            "redirect_uris": [REDIRECT_URI],
            "token_endpoint_auth_method": "client_secret_post",
        }))
        .await
        .json();
    let id = confidential["client_id"].as_str().unwrap();
    let secret = confidential["client_secret"].as_str().unwrap();
    let answer = person.authorize(&hub, id, seed::DANIEL).await;
    let (status, body) = token(
        &hub.base_url,
        &[
            ("grant_type", "authorization_code"),
            ("client_id", id),
            ("client_secret", secret),
            ("code", answer.get("code")),
            ("code_verifier", VERIFIER),
        ],
    )
    .await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let before = hub.state().await;
    let stolen = body["refresh_token"].as_str().unwrap().to_owned();
    anonymous(stolen).await.oauth_error(401, "invalid_client");
    assert_eq!(hub.state().await, before);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_may_narrow_the_scope_and_never_widen_it() {
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
    let (_, body) = exchange(&hub.base_url, &client, answer.get("code")).await;
    let reader = tokens(&client, &body);
    let writer = person.sign_in(&hub, seed::DANIEL).await;
    let with_scope = |tokens: &Tokens, scope: &str| {
        let form = [
            ("grant_type", "refresh_token".to_owned()),
            ("client_id", tokens.client_id.clone()),
            ("refresh_token", tokens.refresh_token.clone()),
            ("scope", scope.to_owned()),
        ];
        Reply::to(http().post(hub.url("/token")).form(&form))
    };
    let before = hub.state().await;
    for wider in ["backlog:write", "backlog:read backlog:write"] {
        let reply = with_scope(&reader, wider).await;
        reply.oauth_error(400, "invalid_scope");
    }
    assert_eq!(hub.state().await, before);

    let narrow = with_scope(&writer, "backlog:read").await.json();
    assert_eq!(narrow["scope"], "backlog:read");
    let narrow = tokens(&writer.client_id, &narrow);
    let refused = mcp::call(
        &hub,
        Some(&narrow.access_token),
        "add_issue_comment",
        json!({ "issueKey": "HARBOR-1", "content": "x" }),
    )
    .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    // Only that access token was narrowed (RFC 6749 §6), and names of other servers
    // change nothing (rule 11).
    let whole = with_scope(&narrow, "offline_access").await.json();
    assert_eq!(whole["scope"], "backlog:read backlog:write");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_or_revoked_grant_does_not_refresh() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    hub.sql("UPDATE hub.refresh_tokens SET expires_at = clock_timestamp()")
        .await;
    refused(&hub, &tokens).await;
    let tokens = Person::default().sign_in(&hub, seed::MAJA).await;
    hub.sql(
        "UPDATE hub.grants
         SET revoked_at = clock_timestamp(), revoked_reason = 'by a test',
             backlog_access_token = NULL, backlog_refresh_token = NULL,
             backlog_expires_at = NULL, renewing_until = NULL",
    )
    .await;
    refused(&hub, &tokens).await;
    let tokens = Person::default().sign_in(&hub, seed::KENTA).await;
    hub.sql("UPDATE hub.spaces SET disabled_at = clock_timestamp()")
        .await;
    refused(&hub, &tokens).await;
    // A space that is switched on again has lost nobody.
    hub.sql("UPDATE hub.spaces SET disabled_at = NULL").await;
    refreshed(&hub, &tokens).await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_34_an_outage_of_backlog_logs_nobody_out() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let sim = hub.sim.control();
    sim.fail_next(Matcher::any(), 503, "", usize::MAX);
    sim.clear_journal();
    let tokens = refreshed(&hub, &tokens).await;
    assert_eq!(sim.count(&Matcher::any()), 0);
    sim.clear_faults();
    assert!(works(&hub, &tokens).await);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_26_a_database_that_is_away_is_a_passing_failure() {
    let (hub, proxy) = TestHub::start_behind_proxy().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    assert!(works(&hub, &tokens).await);
    proxy.cut();
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", tokens.client_id.as_str()),
        ("refresh_token", tokens.refresh_token.as_str()),
    ];
    let refreshing = hub.post_form("/token", &form);
    let metadata = json!({ "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none" });
    let registering = hub.register_with(&metadata);
    // Nobody hears of revocations now, so nothing in memory is believed either.
    let calling = mcp::call(&hub, Some(&tokens.access_token), "get_space", json!({}));
    let elsewhere = hub.post_form("/spaces/default/token", &form);
    let (refreshing, registering, calling, elsewhere) =
        tokio::join!(refreshing, registering, calling, elsewhere);
    for reply in [&refreshing, &registering, &elsewhere] {
        reply.oauth_error(503, "temporarily_unavailable");
    }
    for reply in [&refreshing, &registering, &calling, &elsewhere] {
        assert_eq!(
            reply.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "{}",
            reply.body
        );
        assert_eq!(reply.json()["error"], "temporarily_unavailable");
        let seconds: u64 = reply.header("retry-after").parse().expect("seconds");
        assert!(seconds > 0);
    }
    let ready = Reply::to(http().get(hub.url("/ready"))).await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    let alive = Reply::to(http().get(hub.url("/health"))).await;
    assert_eq!(alive.status, StatusCode::OK);

    // Nothing was lost.
    proxy.mend();
    eventually("the hub is ready again", async || {
        let ready = Reply::to(http().get(hub.url("/ready"))).await;
        ready.status == StatusCode::OK
    })
    .await;
    assert!(works(&hub, &tokens).await);
    let tokens = refreshed(&hub, &tokens).await;
    assert!(works(&hub, &tokens).await);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_32_windows_are_counted_by_the_databases_clock() {
    let hub = TestHub::start_with(|settings| {
        settings.lifetimes.refresh_grace = Duration::ZERO;
        settings.lifetimes.access_token = Duration::from_secs(1);
    })
    .await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let first = refreshed(&hub, &tokens).await;
    // No window at all: the answer that nobody used is replaced at once.
    let second = refreshed(&hub, &tokens).await;
    assert_ne!(first.refresh_token, second.refresh_token);
    eventually("the access token has expired", async || {
        !works(&hub, &second).await
    })
    .await;
    hub.stop().await;
}

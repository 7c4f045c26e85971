//! `POST /token` with a refresh token: rotation, and the response for a client that lost a response
//! or shares its token with another.

mod reuse;

use std::time::Duration;

use backlog_sim::{Matcher, seed};
use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    hub::{REDIRECT_URI, TestHub, eventually, http},
    mcp,
    person::{EVERY_SCOPE, Person, Tokens, VERIFIER, exchange, refresh, token, tokens},
    reply::Reply,
    tokens::{refreshed, refused, works},
};

/// Ends the grace window of every refresh token used so far.
async fn end_grace(hub: &TestHub) {
    hub.sql(
        "UPDATE hub.refresh_tokens SET answer_until = clock_timestamp()
         WHERE consumed_at IS NOT NULL",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_30_inside_the_window_every_presentation_gets_the_same_response() {
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
    assert_eq!(hub.revoked_reason().await, None);
    hub.stop().await;
}

/// A replica with a newer ring, or of a newer version, kept it. Were the token refused, the client
/// would throw it away.
#[tokio::test(flavor = "multi_thread")]
async fn a_stored_response_that_does_not_open_leaves_the_token_valid() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let lost = refreshed(&hub, &tokens).await;
    for (from, to) in [(":test:", ":newer:"), (":newer:", ":test:AAAA")] {
        let changed = hub
            .sql(&format!(
                "UPDATE hub.refresh_tokens SET answer = replace(answer, '{from}', '{to}')
                 WHERE consumed_at IS NOT NULL"
            ))
            .await;
        assert_eq!(changed, 1);
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", tokens.client_id.as_str()),
            ("refresh_token", tokens.refresh_token.as_str()),
        ];
        let answer = hub.post_form("/token", &form).await;
        answer.oauth_error(503, "temporarily_unavailable");
        assert!(!answer.header("retry-after").is_empty());
    }
    // After the window it is a lost answer like any other.
    end_grace(&hub).await;
    let replaced = refreshed(&hub, &tokens).await;
    assert_ne!(replaced.refresh_token, lost.refresh_token);
    assert!(works(&hub, &replaced).await);
    assert_eq!(hub.revoked_reason().await, None);
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
async fn rule_30_a_lost_response_is_replaced_after_the_window() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let lost = refreshed(&hub, &tokens).await;
    end_grace(&hub).await;
    let replaced = refreshed(&hub, &tokens).await;
    assert_ne!(replaced.refresh_token, lost.refresh_token);
    assert!(works(&hub, &replaced).await);
    assert_eq!(hub.revoked_reason().await, None);
    // The replacement has a window of its own.
    let (status, again) = refresh(&hub.base_url, &tokens).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(again["refresh_token"], json!(replaced.refresh_token));
    hub.stop().await;
}

/// Two have then what one was given: nobody can tell which of them is the thief.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_response_that_is_used_after_its_replacement_ends_the_grant() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let lost = refreshed(&hub, &tokens).await;
    end_grace(&hub).await;
    let replaced = refreshed(&hub, &tokens).await;
    assert!(!works(&hub, &lost).await, "its access token is gone");
    assert!(works(&hub, &replaced).await);
    refused(&hub, &lost).await;
    let reason = hub.revoked_reason().await;
    assert_eq!(reason.as_deref(), Some("refresh_token_replayed"));
    refused(&hub, &replaced).await;
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
            hub.revoked_reason().await.as_deref(),
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
    let (start, last) = tokens
        .refresh_token
        .split_at(tokens.refresh_token.len() - 1);
    let mistyped = format!("{start}{}", if last == "x" { "y" } else { "x" });

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
    assert_eq!(hub.revoked_reason().await, None);
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
    let reply = with_scope(&reader, "backlog:write").await;
    reply.oauth_error(400, "invalid_scope");
    assert_eq!(hub.state().await, before);
    // A client that repeats what it asked for at first gets what the user allowed of it.
    let repeated = "backlog:read backlog:write offline_access";
    let reply = with_scope(&reader, repeated).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(reply.json()["scope"], "backlog:read");
    let reader = tokens(&client, &reply.json());
    let refused = mcp::call(
        &hub,
        Some(&reader.access_token),
        "add_issue_comment",
        json!({ "issueKey": "HARBOR-1", "content": "x" }),
    )
    .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);

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
    assert_eq!(whole["scope"], EVERY_SCOPE);
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
    let (status, body) = refresh(&hub.base_url, &tokens).await;
    // Not `invalid_grant`, on which a client forgets its tokens.
    assert_eq!(
        (status.as_u16(), &body["error"]),
        (400, &json!("access_denied"))
    );
    // A space that is switched on again has lost nobody.
    hub.sql("UPDATE hub.spaces SET disabled_at = NULL").await;
    refreshed(&hub, &tokens).await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_34_an_outage_of_backlog_ends_no_grant() {
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

#[tokio::test(flavor = "multi_thread")]
async fn rule_40_a_second_installation_of_a_client_does_not_sign_out_the_first() {
    let hub = TestHub::start().await;
    // The same registration twice is one client; so are two machines of one person.
    let first = Person::default().sign_in(&hub, seed::DANIEL).await;
    let second = Person::default().sign_in(&hub, seed::DANIEL).await;
    assert_eq!(first.client_id, second.client_id);
    let third = Person::default().sign_in(&hub, seed::MAJA).await;
    for tokens in [&first, &second, &third] {
        assert!(works(&hub, tokens).await);
    }
    let first = refreshed(&hub, &first).await;
    for tokens in [&first, &second, &third] {
        assert!(works(&hub, tokens).await);
    }
    hub.stop().await;
}

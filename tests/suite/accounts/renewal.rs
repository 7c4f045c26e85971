//! The Backlog tokens of a grant: one caller renews them in time, and they end only when Backlog
//! says so.

use backlog_sim::{BacklogSim, Control, Matcher, seed};
use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    hub::{TestHub, eventually},
    mcp::{self, call_at, challenge},
    person::{Person, Tokens, refresh},
    reply::Reply,
};

async fn sign_in(hub: &TestHub) -> Tokens {
    let tokens = Person::default().sign_in(hub, seed::DANIEL).await;
    hub.sim.control().clear_journal();
    tokens
}

async fn get_myself(hub: &TestHub, tokens: &Tokens) -> Reply {
    mcp::call(hub, Some(&tokens.access_token), "get_myself", json!({})).await
}

fn assert_is_daniel(reply: &Reply) {
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let text = reply.json()["result"]["content"][0]["text"]
        .as_str()
        .expect("a text")
        .to_owned();
    let me: Value = serde_json::from_str(&text).expect(&text);
    assert_eq!(me["id"], json!(seed::DANIEL));
}

/// How often Backlog was asked for tokens since the sign-in.
fn renewals(sim: &BacklogSim) -> usize {
    sim.control().count(&Matcher::token_endpoint())
}

/// Makes the hub believe that this much of the Backlog tokens' life is left.
async fn expires_in(hub: &TestHub, interval: &str) {
    hub.sql(&format!(
        "UPDATE hub.accounts SET backlog_expires_at = clock_timestamp() + interval '{interval}'"
    ))
    .await;
}

async fn generation(hub: &TestHub) -> String {
    let generation = "SELECT generation::text FROM hub.accounts";
    hub.value(generation).await.expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_37_a_401_of_backlog_causes_one_renewal_and_one_retry() {
    let hub = TestHub::start().await;
    let tokens = sign_in(&hub).await;
    hub.sim.control().expire_access_tokens();
    assert_is_daniel(&get_myself(&hub, &tokens).await);
    let statuses: Vec<_> = hub
        .sim
        .control()
        .journal()
        .iter()
        .map(|entry| (entry.path.clone(), entry.status))
        .collect();
    assert_eq!(
        statuses,
        [
            ("/api/v2/users/myself".to_owned(), Some(401)),
            ("/api/v2/oauth2/token".to_owned(), Some(200)),
            ("/api/v2/users/myself".to_owned(), Some(200)),
        ]
    );
    // What was renewed is what the next call uses.
    assert_is_daniel(&get_myself(&hub, &tokens).await);
    assert_eq!(renewals(&hub.sim), 1);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_37_a_401_after_the_renewal_is_an_http_401_and_not_a_result() {
    let hub = TestHub::start().await;
    let tokens = sign_in(&hub).await;
    let sim = hub.sim.control();
    sim.fail_next(Matcher::path("/api/v2/users/myself"), 401, "", 2);
    let reply = get_myself(&hub, &tokens).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{}", reply.body);
    assert_eq!(challenge(&reply)["error"], "invalid_token");
    assert_eq!(sim.count(&Matcher::path("/api/v2/users/myself")), 2);
    assert_eq!(renewals(&hub.sim), 1);
    // Backlog did not say that the grant is void, so it is not.
    assert_eq!(hub.revoked_reason().await, None);
    assert_is_daniel(&get_myself(&hub, &tokens).await);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_revoked_the_access_at_backlog_is_signed_out() {
    let hub = TestHub::start().await;
    let tokens = sign_in(&hub).await;
    let other = Person::default().sign_in(&hub, seed::MAJA).await;
    hub.sim.control().revoke_user(seed::DANIEL);
    let reply = get_myself(&hub, &tokens).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{}", reply.body);
    let challenge = challenge(&reply);
    assert_eq!(challenge["error"], "invalid_token");
    assert!(challenge["error_description"].contains("sign in again"));
    let erased = hub
        .value(
            "SELECT num_nulls(accounts.backlog_access_token, accounts.backlog_refresh_token,
                              grants.backlog_access_token, grants.backlog_refresh_token)::text
             FROM hub.accounts JOIN hub.grants USING (space_id, backlog_user_id)
             WHERE ended_reason = 'backlog_invalid_grant'",
        )
        .await;
    assert_eq!(erased.as_deref(), Some("4"));
    let kept = "SELECT count(*)::text FROM hub.grants WHERE revoked_at IS NULL";
    assert_eq!(hub.value(kept).await.as_deref(), Some("2"));
    let (status, body) = refresh(&hub.base_url, &tokens).await;
    assert_eq!(
        (status, &body["error"]),
        (StatusCode::BAD_REQUEST, &json!("invalid_grant"))
    );
    // Nobody else is.
    assert_eq!(get_myself(&hub, &other).await.status, StatusCode::OK);
    hub.stop().await;
}

/// Everything that Backlog's token endpoint may do short of `invalid_grant`.
#[tokio::test(flavor = "multi_thread")]
async fn rules_36_and_38_a_passing_failure_ends_nothing_and_reads_like_one() {
    type Break = fn(&Control);

    let hub = TestHub::start().await;
    let tokens = sign_in(&hub).await;
    let sim = hub.sim.control();
    let token = Matcher::token_endpoint;
    let failures: [(&str, Break); 9] = [
        ("500", |sim| {
            sim.fail_next(Matcher::token_endpoint(), 500, "", 1);
        }),
        ("502", |sim| {
            sim.fail_next(
                Matcher::token_endpoint(),
                502,
                "<html>bad gateway</html>",
                1,
            );
        }),
        ("503", |sim| {
            sim.fail_next(Matcher::token_endpoint(), 503, "{}", 1);
        }),
        ("429", |sim| {
            sim.fail_next(Matcher::token_endpoint(), 429, "{}", 1);
        }),
        ("403", |sim| {
            sim.fail_next(Matcher::token_endpoint(), 403, "<html>firewall</html>", 1);
        }),
        ("a wrong application", |sim| {
            let body = r#"{"error":"invalid_client"}"#;
            sim.fail_next(Matcher::token_endpoint(), 401, body, 1);
        }),
        ("another OAuth error", |sim| {
            let body = r#"{"error":"server_error"}"#;
            sim.fail_next(Matcher::token_endpoint(), 400, body, 1);
        }),
        ("a page where JSON should be", |sim| {
            sim.fail_next(Matcher::token_endpoint(), 200, "<html>", 1);
        }),
        ("no answer", |sim| {
            sim.drop_connection(Matcher::token_endpoint(), 1);
        }),
    ];
    let before = generation(&hub).await;
    for (what, break_it) in failures {
        sim.expire_access_tokens();
        break_it(sim);
        let asked = sim.count(&token());
        let reply = get_myself(&hub, &tokens).await;
        let text = mcp::failure(&reply);
        assert!(text.contains("try again"), "{what}: {text}");
        assert!(!text.contains("sign in"), "{what}: {text}");
        assert_eq!(sim.count(&token()), asked + 1, "{what}: asked once");
        assert_eq!(hub.revoked_reason().await, None, "{what}");
        let leased = hub
            .value("SELECT renewing_until::text FROM hub.accounts")
            .await;
        assert_eq!(leased, None, "{what}: the next caller need not wait");
    }
    assert_eq!(generation(&hub).await, before);
    // It was passing: nobody has to sign in again.
    assert_is_daniel(&get_myself(&hub, &tokens).await);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_36_a_late_invalid_grant_does_not_end_tokens_it_was_not_about() {
    let hub = TestHub::start().await;
    let tokens = sign_in(&hub).await;
    let sim = hub.sim.control();
    assert_is_daniel(&get_myself(&hub, &tokens).await);
    sim.fail_next(Matcher::path("/api/v2/users/myself"), 401, "", 1);
    sim.hold(Matcher::token_endpoint());
    let invalid = r#"{"error":"invalid_grant"}"#;
    sim.fail_next(Matcher::token_endpoint(), 400, invalid, 1);
    let (reply, ()) = tokio::join!(get_myself(&hub, &tokens), async {
        sim.wait_for_held(1).await;
        // Meanwhile somebody else has stored newer tokens.
        hub.sql("UPDATE hub.accounts SET generation = generation + 1, renewing_until = NULL")
            .await;
        sim.release();
    });
    assert_eq!(hub.revoked_reason().await, None);
    assert_is_daniel(&reply);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_35_twenty_callers_on_two_replicas_renew_once() {
    for noticed_by in ["the clock", "Backlog's 401"] {
        let hub = TestHub::start().await;
        let (replica, replica_url) = hub.replica().await;
        let tokens = sign_in(&hub).await;
        let sim = hub.sim.control();
        sim.expire_access_tokens();
        if noticed_by == "the clock" {
            expires_in(&hub, "-1 second").await;
        }
        // Backlog answers only when all callers are there.
        sim.hold(Matcher::token_endpoint());
        let endpoints = [hub.mcp_url(), format!("{replica_url}/mcp")];
        let calls = join_all((0..20).map(|n| {
            let url = &endpoints[n % 2];
            call_at(url, Some(&tokens.access_token), "get_myself", json!({}))
        }));
        let (replies, ()) = tokio::join!(calls, async {
            sim.wait_for_held(1).await;
            if noticed_by == "Backlog's 401" {
                eventually("all callers were refused", async || {
                    sim.count(&Matcher::path("/api/v2/users/myself")) == 20
                })
                .await;
            }
            sim.release();
        });
        for reply in &replies {
            assert_is_daniel(reply);
        }
        assert_eq!(renewals(&hub.sim), 1, "noticed by {noticed_by}");
        assert_eq!(generation(&hub).await, "2");
        replica.stop().await;
        hub.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_starts_ahead_of_time_and_delays_no_call() {
    let hub = TestHub::start().await;
    let tokens = sign_in(&hub).await;
    let sim = hub.sim.control();
    expires_in(&hub, "4 minutes").await;
    sim.hold(Matcher::token_endpoint());
    // Backlog does not answer the renewal, and still every call is answered.
    for _ in 0..5 {
        assert_is_daniel(&get_myself(&hub, &tokens).await);
    }
    sim.wait_for_held(1).await;
    assert_eq!(generation(&hub).await, "1");
    sim.release();
    eventually("the renewal is stored", async || {
        generation(&hub).await == "2"
    })
    .await;
    // An hour is left now: no reason for another one.
    for _ in 0..5 {
        assert_is_daniel(&get_myself(&hub, &tokens).await);
    }
    assert_eq!(renewals(&hub.sim), 1);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_enough_time_left_nothing_is_renewed() {
    let hub = TestHub::start().await;
    let tokens = sign_in(&hub).await;
    expires_in(&hub, "6 minutes").await;
    for _ in 0..5 {
        assert_is_daniel(&get_myself(&hub, &tokens).await);
    }
    assert_eq!(renewals(&hub.sim), 0);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_a_dead_process_left_behind_is_taken_over() {
    let hub = TestHub::start().await;
    let tokens = sign_in(&hub).await;
    hub.sim.control().expire_access_tokens();
    hub.sql("UPDATE hub.accounts SET renewing_until = clock_timestamp() + interval '1 second'")
        .await;
    let until = hub
        .value("SELECT renewing_until::text FROM hub.accounts")
        .await;
    assert_is_daniel(&get_myself(&hub, &tokens).await);
    let in_time = format!("SELECT (clock_timestamp() >= '{}')::text", until.unwrap());
    assert_eq!(
        hub.value(&in_time).await.as_deref(),
        Some("true"),
        "not before its end"
    );
    assert_eq!(renewals(&hub.sim), 1);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_does_not_end_the_renewal_in_progress() {
    let hub = TestHub::start().await;
    let tokens = sign_in(&hub).await;
    let sim = hub.sim.control();
    sim.expire_access_tokens();
    sim.hold(Matcher::token_endpoint());
    {
        let call = get_myself(&hub, &tokens);
        tokio::pin!(call);
        tokio::select! {
            reply = &mut call => panic!("answered before Backlog: {}", reply.body),
            () = sim.wait_for_held(1) => {}
        }
    }
    // The connection is gone; Backlog's answer has yet to come.
    sim.release();
    eventually("the renewal is stored", async || {
        generation(&hub).await == "2"
    })
    .await;
    assert_is_daniel(&get_myself(&hub, &tokens).await);
    assert_eq!(renewals(&hub.sim), 1);
    hub.stop().await;
}

/// A tool call that cannot reach Backlog at all leaves the sign-in alone as well.
#[tokio::test(flavor = "multi_thread")]
async fn rule_34_an_outage_of_backlogs_api_is_a_result_and_no_challenge() {
    let hub = TestHub::start().await;
    let tokens = sign_in(&hub).await;
    let sim = hub.sim.control();
    let myself = || Matcher::path("/api/v2/users/myself");
    for break_it in [&|| sim.fail_next(myself(), 503, "", 1) as (), &|| {
        sim.drop_connection(myself(), usize::MAX);
    }] as [&dyn Fn(); 2]
    {
        break_it();
        let reply = get_myself(&hub, &tokens).await;
        let text = mcp::failure(&reply);
        assert!(!text.contains("sign in"), "{text}");
        sim.clear_faults();
    }
    assert_is_daniel(&get_myself(&hub, &tokens).await);
    // The last, because nothing more is sent for a while.
    sim.fail_next(myself(), 429, "{}", 1);
    for _ in 0..2 {
        let reply = get_myself(&hub, &tokens).await;
        let text = mcp::failure(&reply);
        assert!(!text.contains("sign in"), "{text}");
    }
    assert_eq!(renewals(&hub.sim), 0);
    hub.stop().await;
}

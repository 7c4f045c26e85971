//! What looks like an end, and is none yet.

use backlog_sim::{Matcher, seed};
use serde_json::json;

use super::{
    assert_in_doubt, assert_is_daniel, assert_signed_out, get_myself, renewals, sign_in, state_of,
};
use crate::support::{
    hub::TestHub,
    person::{Person, call},
};

const INVALID_GRANT: &str = r#"{"error":"invalid_grant"}"#;

/// The time until Backlog is asked again is over.
async fn doubt_is_over(hub: &TestHub) {
    hub.sql(
        "UPDATE hub.accounts SET doubt_until = clock_timestamp() WHERE doubt_since IS NOT NULL",
    )
    .await;
    hub.sql("UPDATE hub.grants SET renewing_until = NULL").await;
}

async fn started_long_ago(hub: &TestHub, minutes: u32) {
    hub.sql(&format!(
        "UPDATE hub.accounts SET doubt_since = clock_timestamp() - interval '{minutes} minutes'
         WHERE doubt_since IS NOT NULL"
    ))
    .await;
    doubt_is_over(hub).await;
}

async fn left_by_a_dead_process(hub: &TestHub) {
    hub.sql("UPDATE hub.accounts SET renewing_until = clock_timestamp()")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_after_a_lease_was_taken_over_has_to_be_confirmed() {
    for confirmed in [false, true] {
        let hub = TestHub::start().await;
        let tokens = sign_in(&hub).await;
        let sim = hub.sim.control();
        sim.expire_access_tokens();
        left_by_a_dead_process(&hub).await;
        sim.fail_next(Matcher::token_endpoint(), 400, INVALID_GRANT, 1);
        for _ in 0..3 {
            assert_in_doubt(&get_myself(&hub, &tokens).await);
        }
        assert_eq!(renewals(&hub), 1, "in doubt, Backlog is not asked");
        assert_eq!(state_of(&hub, seed::DANIEL).await, "in_doubt taken_over");
        let erased = "SELECT num_nulls(backlog_access_token, backlog_refresh_token)::text
                      FROM hub.accounts";
        assert_eq!(hub.value(erased).await.as_deref(), Some("0"));
        doubt_is_over(&hub).await;
        if confirmed {
            sim.fail_next(Matcher::token_endpoint(), 400, INVALID_GRANT, 1);
            assert_signed_out(&get_myself(&hub, &tokens).await);
            let ended = "ended backlog_invalid_grant";
            assert_eq!(state_of(&hub, seed::DANIEL).await, ended);
        } else {
            assert_is_daniel(&get_myself(&hub, &tokens).await);
            assert_eq!(state_of(&hub, seed::DANIEL).await, "live");
        }
        hub.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_that_is_still_good_serves_in_doubt() {
    let hub = TestHub::start().await;
    let tokens = sign_in(&hub).await;
    hub.sql(
        "UPDATE hub.accounts SET doubt_reason = 'unreadable', doubt_since = clock_timestamp(),
             doubt_until = clock_timestamp() + interval '1 hour',
             backlog_expires_at = clock_timestamp() + interval '1 minute'",
    )
    .await;
    for _ in 0..3 {
        assert_is_daniel(&get_myself(&hub, &tokens).await);
    }
    assert_eq!(renewals(&hub), 0);
    hub.stop().await;
}

/// The bodies with which gateways, proxies and Backlog itself answer 400 beside `invalid_grant`.
#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_400_ends_no_account() {
    let hub = TestHub::start().await;
    let tokens = sign_in(&hub).await;
    let sim = hub.sim.control();
    for body in [
        "",
        "Bad Request",
        r#"{"message":"Bad Request"}"#,
        r#"{"errors":[{"message":"maintenance","code":1}]}"#,
    ] {
        sim.expire_access_tokens();
        sim.fail_next(Matcher::token_endpoint(), 400, body, 1);
        assert_in_doubt(&get_myself(&hub, &tokens).await);
        assert_eq!(state_of(&hub, seed::DANIEL).await, "in_doubt unreadable");
        doubt_is_over(&hub).await;
        assert_is_daniel(&get_myself(&hub, &tokens).await);
        assert_eq!(state_of(&hub, seed::DANIEL).await, "live", "{body}");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bare_400s_end_an_account_that_alone_meets_them_for_ten_minutes() {
    let hub = TestHub::start().await;
    let tokens = sign_in(&hub).await;
    let maja = Person::default().sign_in(&hub, seed::MAJA).await;
    let sim = hub.sim.control();
    let refused = async || {
        sim.expire_access_tokens();
        sim.fail_next(Matcher::token_endpoint(), 400, "Bad Request", 1);
        get_myself(&hub, &tokens).await
    };
    assert_in_doubt(&refused().await);
    started_long_ago(&hub, 11).await;
    // Nobody else was renewed meanwhile: the fault may be of the whole site.
    assert_in_doubt(&refused().await);
    let (status, _) = call(&hub.base_url, &maja.access_token, "get_space", json!({})).await;
    assert_eq!(status, 200);
    started_long_ago(&hub, 11).await;
    assert_signed_out(&refused().await);
    let ended = "ended backlog_unreadable_400";
    assert_eq!(state_of(&hub, seed::DANIEL).await, ended);
    assert_eq!(state_of(&hub, seed::MAJA).await, "live");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bare_400s_for_all_accounts_end_no_account_within_an_hour() {
    let hub = TestHub::start().await;
    let tokens = sign_in(&hub).await;
    let sim = hub.sim.control();
    let refused = async || {
        sim.expire_access_tokens();
        sim.fail_next(Matcher::token_endpoint(), 400, "Bad Request", 1);
        get_myself(&hub, &tokens).await
    };
    assert_in_doubt(&refused().await);
    started_long_ago(&hub, 59).await;
    assert_in_doubt(&refused().await);
    started_long_ago(&hub, 61).await;
    assert_signed_out(&refused().await);
    hub.stop().await;
}

/// Twenty may end within a minute; one more is spared, and so are those after it.
#[tokio::test(flavor = "multi_thread")]
async fn many_endings_at_once_are_paused_until_an_operator_resumes_them() {
    let hub = TestHub::start_with(|settings| {
        settings.observe.metrics = Some("127.0.0.1:0".parse().expect("an address"));
    })
    .await;
    let tokens = sign_in(&hub).await;
    hub.sql(
        "INSERT INTO hub.accounts
            (id, space_id, backlog_user_id, generation, ended_at, ended_reason)
         SELECT gen_random_uuid(), spaces.id, 900000 + number, 1, clock_timestamp(), 'x'
         FROM hub.spaces, generate_series(1, 20) AS number",
    )
    .await;
    hub.sim.control().revoke_user(seed::DANIEL);
    assert_in_doubt(&get_myself(&hub, &tokens).await);
    assert_eq!(state_of(&hub, seed::DANIEL).await, "in_doubt spared");
    let text = hub.metrics().await;
    let spared = r#"bmh_backlog_token_renewals_total{outcome="spared"} 1"#;
    assert!(text.contains(spared), "{text}");
    assert!(
        text.lines()
            .any(|line| line.starts_with("bmh_account_endings_paused{") && line.ends_with(" 1")),
        "{text}"
    );
    let audited = "SELECT count(*)::text FROM hub.audit_events
                   WHERE event = 'account_endings_paused'";
    assert_eq!(hub.value(audited).await.as_deref(), Some("1"));

    // The pause goes on although nothing else ends now.
    hub.sql(
        "UPDATE hub.accounts SET ended_at = clock_timestamp() - interval '1 hour'
             WHERE ended_at IS NOT NULL",
    )
    .await;
    doubt_is_over(&hub).await;
    assert_in_doubt(&get_myself(&hub, &tokens).await);
    let resumed = "SELECT bool_or(admin.resume_endings(space))::text FROM admin.paused_endings";
    assert_eq!(hub.value(resumed).await.as_deref(), Some("true"));
    doubt_is_over(&hub).await;
    assert_signed_out(&get_myself(&hub, &tokens).await);
    hub.stop().await;
}

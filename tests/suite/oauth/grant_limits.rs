//! The limits on grants: their number per user and client, and their age.

use std::time::Duration;

use backlog_sim::seed;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{
    hub::{REDIRECT_URI, TestHub, eventually},
    person::{Person, Tokens, exchange, refresh, tokens},
    tokens::{refreshed, refused, works},
};

const HOUR: u64 = 3600;

async fn sign_in_with(hub: &TestHub, client: &str, user: u64) -> Tokens {
    let answer = Person::default().authorize(hub, client, user).await;
    let (status, body) = exchange(&hub.base_url, client, answer.get("code")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    tokens(client, &body)
}

/// The live grants of all users and clients.
async fn live(hub: &TestHub) -> String {
    let live = "SELECT count(*)::text FROM hub.grants WHERE revoked_at IS NULL";
    hub.value(live).await.expect("a number")
}

/// Further grants of the same user and client, used since.
async fn add_grants(hub: &TestHub, number: u32) {
    hub.sql(&format!(
        "INSERT INTO hub.grants (id, space_id, client_id, backlog_user_id, backlog_user_name,
                                 scopes, issuer, resource, last_used_at)
         SELECT gen_random_uuid(), space_id, client_id, backlog_user_id, backlog_user_name,
                scopes, issuer, resource, clock_timestamp()
         FROM hub.grants, generate_series(1, {number}) WHERE backlog_user_id = {}",
        seed::DANIEL
    ))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_has_20_grants_of_a_client_and_the_one_used_longest_ago_ends() {
    let hub = TestHub::start().await;
    let client = hub.register().await;
    let oldest = sign_in_with(&hub, &client, seed::DANIEL).await;
    add_grants(&hub, 19).await;
    assert_eq!(live(&hub).await, "20");
    // Older ones of another user, and of another client, are not concerned.
    let of_maja = sign_in_with(&hub, &client, seed::MAJA).await;
    let other = hub
        .register_with(&json!({
            "client_name": "Another client",
            "redirect_uris": [REDIRECT_URI],
            "token_endpoint_auth_method": "none",
        }))
        .await;
    let other = other.json()["client_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let of_another_client = sign_in_with(&hub, &other, seed::DANIEL).await;
    assert!(works(&hub, &oldest).await);

    let newest = sign_in_with(&hub, &client, seed::DANIEL).await;
    assert_eq!(live(&hub).await, "22", "20 of them, and the two others");
    refused(&hub, &oldest).await;
    eventually("its access token ends", async || {
        !works(&hub, &oldest).await
    })
    .await;
    for kept in [&of_maja, &of_another_client, &newest] {
        assert!(works(&hub, kept).await);
        refreshed(&hub, kept).await;
    }
    let audited = "SELECT string_agg(reason, ' ') FROM hub.audit_events
                   WHERE event = 'grant_revoked'";
    assert_eq!(hub.value(audited).await.as_deref(), Some("too_many"));

    // However many there are, one sign-in brings them within the bound.
    add_grants(&hub, 3).await;
    sign_in_with(&hub, &client, seed::DANIEL).await;
    let of_daniel = format!(
        "SELECT max(number)::text FROM (
             SELECT count(*) AS number FROM hub.grants
             WHERE revoked_at IS NULL AND backlog_user_id = {}
             GROUP BY client_id) AS clients",
        seed::DANIEL
    );
    assert_eq!(hub.value(&of_daniel).await.as_deref(), Some("20"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_lives_no_longer_than_the_operator_allows() {
    let hub = TestHub::start_with(|settings| {
        settings.lifetimes.grant = Some(Duration::from_secs(24 * HOUR));
    })
    .await;
    let pair = Person::default().sign_in(&hub, seed::DANIEL).await;
    let (status, body) = refresh(&hub.base_url, &pair).await;
    assert_eq!(
        (status, &body["expires_in"]),
        (StatusCode::OK, &HOUR.into())
    );
    let pair = tokens(&pair.client_id, &body);

    // Its last access token ends with it.
    let age = async |age: &str| {
        let change =
            format!("UPDATE hub.grants SET created_at = clock_timestamp() - interval '{age}'");
        hub.sql(&change).await;
    };
    age("23 hours 50 minutes").await;
    let (status, body) = refresh(&hub.base_url, &pair).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let expires_in = body["expires_in"].as_u64().expect("a number");
    assert!((1..=600).contains(&expires_in), "{expires_in}");
    let last = tokens(&pair.client_id, &body);
    let lives = "SELECT (max(expires_at) <= clock_timestamp() + interval '10 minutes')::text
                 FROM (SELECT expires_at FROM hub.access_tokens
                       ORDER BY created_at DESC LIMIT 1) AS last";
    assert_eq!(hub.value(lives).await.as_deref(), Some("true"));
    assert!(works(&hub, &last).await);

    // No refresh is any good after that, not even the repetition of one that was.
    age("24 hours").await;
    refused(&hub, &pair).await;
    refused(&hub, &last).await;
    // Without the setting, its age is no reason.
    let (replica, url) = hub
        .replica_with(|settings| settings.lifetimes.grant = None)
        .await;
    let (status, body) = refresh(&url, &last).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    replica.stop().await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_that_are_too_old_end_with_the_next_cleanup() {
    let hub = TestHub::start_with(|settings| {
        settings.lifetimes.grant = Some(Duration::from_secs(HOUR));
        settings.observe.cleanup_every = Duration::from_millis(100);
    })
    .await;
    let old = Person::default().sign_in(&hub, seed::DANIEL).await;
    let young = Person::default().sign_in(&hub, seed::MAJA).await;
    assert!(works(&hub, &old).await && works(&hub, &young).await);
    // Issued before the operator set the longest age.
    hub.sql(&format!(
        "UPDATE hub.grants SET created_at = clock_timestamp() - interval '2 hours'
         WHERE backlog_user_id = {}",
        seed::DANIEL
    ))
    .await;
    eventually("its access token ends", async || !works(&hub, &old).await).await;
    refused(&hub, &old).await;
    let left = "SELECT concat_ws(' ', (SELECT string_agg(revoked_reason, ',') FROM hub.grants),
                    (SELECT count(*) FROM hub.accounts))";
    assert_eq!(
        hub.value(left).await.as_deref(),
        Some("too_old 1"),
        "the Backlog tokens went with it"
    );
    assert!(works(&hub, &young).await);
    refreshed(&hub, &young).await;
    hub.stop().await;
}

//! One pair for all connections of a user.

use backlog_sim::{Matcher, seed};
use futures_util::future::join_all;
use serde_json::json;

use super::{assert_is_daniel, get_myself, get_myself_at, renewals, sign_in};
use crate::support::{
    hub::TestHub,
    mcp,
    person::{Person, Tokens},
};

/// Whether Backlog gives a second sign-in the pair of the first, or another one.
#[tokio::test(flavor = "multi_thread")]
async fn two_assistants_of_a_user_share_one_renewal() {
    for shares in [true, false] {
        let hub = TestHub::start().await;
        hub.sim.control().share_pairs(shares);
        let first = sign_in(&hub).await;
        let second = sign_in(&hub).await;
        for _ in 0..3 {
            hub.sim.control().expire_access_tokens();
            hub.sim.control().clear_journal();
            assert_is_daniel(&get_myself(&hub, &first).await);
            assert_is_daniel(&get_myself(&hub, &second).await);
            assert_eq!(renewals(&hub), 1, "shared: {shares}");
        }
        // A third one, of which Backlog gives the pair that was renewed, or a new one.
        let third = sign_in(&hub).await;
        hub.sim.control().expire_access_tokens();
        for tokens in [&first, &second, &third] {
            assert_is_daniel(&get_myself(&hub, tokens).await);
        }
        assert_eq!(renewals(&hub), 1, "shared: {shares}");
        hub.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_connections_at_all_replicas_renew_once() {
    let hub = TestHub::start().await;
    let (replica, replica_url) = hub.replica().await;
    let mut tokens = Vec::new();
    for _ in 0..4 {
        tokens.push(sign_in(&hub).await);
    }
    let sim = hub.sim.control();
    sim.clear_journal();
    sim.expire_access_tokens();
    hub.sql("UPDATE hub.accounts SET backlog_expires_at = clock_timestamp() - interval '1 second'")
        .await;
    sim.hold(Matcher::token_endpoint());
    let endpoints = [hub.mcp_url(), format!("{replica_url}/mcp")];
    let calls = join_all((0..16).map(|n| get_myself_at(&endpoints[n % 2], &tokens[n / 4])));
    let (replies, ()) = tokio::join!(calls, async {
        sim.wait_for_held(1).await;
        // Replicas of the release before see that every grant of the user is leased.
        let leased = "SELECT bool_and(renewing_until > clock_timestamp())::text FROM hub.grants";
        assert_eq!(hub.value(leased).await.as_deref(), Some("true"));
        sim.release();
    });
    for reply in &replies {
        assert_is_daniel(reply);
    }
    assert_eq!(renewals(&hub), 1);
    replica.stop().await;
    hub.stop().await;
}

/// Backlog gives a sign-in the shared pair, and a renewal replaces it before that is stored.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_does_not_bring_back_a_pair_that_was_renewed_meanwhile() {
    let hub = TestHub::start().await;
    let sim = hub.sim.control();
    sim.share_pairs(true);
    let first = sign_in(&hub).await;

    // The sign-in has the pair, and has to ask who that is.
    sim.hold(Matcher::path("/api/v2/users/myself"));
    let person = Person::default();
    let late = async {
        let tokens = person.sign_in(&hub, seed::DANIEL).await;
        assert_is_daniel(&get_myself(&hub, &tokens).await);
    };
    let renewal = async {
        sim.wait_for_held(1).await;
        sim.fail_next(Matcher::path("/api/v2/space"), 401, "", 1);
        assert_eq!(get_space(&hub, &first).await, 200);
        let generation = "SELECT generation::text FROM hub.accounts";
        assert_eq!(hub.value(generation).await.as_deref(), Some("2"));
        sim.release();
    };
    tokio::join!(late, renewal);
    sim.expire_access_tokens();
    assert_is_daniel(&get_myself(&hub, &first).await);
    hub.stop().await;
}

async fn get_space(hub: &TestHub, tokens: &Tokens) -> u16 {
    let token = Some(tokens.access_token.as_str());
    let reply = mcp::call(hub, token, "get_space", json!({})).await;
    reply.status.as_u16()
}

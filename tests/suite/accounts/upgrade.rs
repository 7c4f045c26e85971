//! Beside replicas of the release before, which know no accounts and keep a pair in each grant.

use backlog_sim::seed;
use foundation::random::Random;
use sealing::{KeyRing, Place};
use secrecy::ExposeSecret;

use super::{assert_is_daniel, get_myself, give_pair, ids, renewals, sign_in, state_of};
use crate::support::hub::{TestHub, eventually};

/// The pair in a row, opened as its owner does.
async fn refresh_token(hub: &TestHub, table: &'static str, row: &str) -> String {
    let keys = KeyRing::parse(&hub.keys, Random::system()).expect("the keys");
    let site = hub.value("SELECT base_url FROM hub.spaces").await;
    let query = format!("SELECT backlog_refresh_token FROM hub.{table} WHERE id = '{row}'");
    let sealed = hub.value(&query).await.expect("a pair");
    let place = Place {
        table,
        column: "backlog_refresh_token",
        row,
        bound_to: &site.expect("a space"),
    };
    let opened = keys.open(place, &sealed).expect("it opens");
    opened.expose_secret().to_owned()
}

/// What a replica of the release before stores in the row of a grant.
async fn stored_by_an_old_replica(hub: &TestHub, grant: &str, generation: &str) {
    give_pair(hub, ("grants", grant), generation).await;
}

/// Sessions are read anew, as they are twice a minute.
async fn sessions_are_forgotten(hub: &TestHub) {
    hub.sql("SELECT pg_notify('hub_changes', 'space:of a test')")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rows_of_all_grants_have_the_pair_of_the_account() {
    let hub = TestHub::start().await;
    let first = sign_in(&hub).await;
    let second = sign_in(&hub).await;
    for round in 0..2 {
        let account = &ids(&hub, "accounts").await[0];
        let expected = refresh_token(&hub, "accounts", account).await;
        for grant in ids(&hub, "grants").await {
            assert_eq!(refresh_token(&hub, "grants", &grant).await, expected);
        }
        let same = "SELECT bool_and(grants.generation = accounts.generation)::text
                    FROM hub.grants JOIN hub.accounts USING (space_id, backlog_user_id)";
        assert_eq!(hub.value(same).await.as_deref(), Some("true"), "{round}");
        hub.sim.control().expire_access_tokens();
        assert_is_daniel(&get_myself(&hub, &first).await);
        assert_is_daniel(&get_myself(&hub, &second).await);
    }
    hub.stop().await;
}

/// All that there is after an upgrade: grants with a pair of their own.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_of_the_newest_pair_of_the_grants() {
    let hub = TestHub::start().await;
    let first = sign_in(&hub).await;
    let second = sign_in(&hub).await;
    let grants = ids(&hub, "grants").await;
    hub.sql("DELETE FROM hub.accounts").await;
    hub.sql("UPDATE hub.grants SET account_generation = NULL, generation = 3")
        .await;
    stored_by_an_old_replica(&hub, &grants[1], "7").await;
    let newest = refresh_token(&hub, "grants", &grants[1]).await;
    let kept = refresh_token(&hub, "grants", &grants[0]).await;
    sessions_are_forgotten(&hub).await;

    eventually("the account is made", async || {
        assert_is_daniel(&get_myself(&hub, &first).await);
        ids(&hub, "accounts").await.len() == 1
    })
    .await;
    let account = ids(&hub, "accounts").await.remove(0);
    assert_eq!(refresh_token(&hub, "accounts", &account).await, newest);
    // The other one stays until the account was renewed once.
    assert_eq!(refresh_token(&hub, "grants", &grants[0]).await, kept);
    hub.sim.control().clear_journal();
    hub.sim.control().expire_access_tokens();
    assert_is_daniel(&get_myself(&hub, &second).await);
    assert_is_daniel(&get_myself(&hub, &first).await);
    assert_eq!(renewals(&hub), 1);
    let renewed = refresh_token(&hub, "accounts", &account).await;
    assert_eq!(refresh_token(&hub, "grants", &grants[0]).await, renewed);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_that_an_old_replica_has_renewed_is_adopted_and_not_lost() {
    let hub = TestHub::start().await;
    let tokens = sign_in(&hub).await;
    let other = sign_in(&hub).await;
    let grants = ids(&hub, "grants").await;
    // Backlog has rotated the pair: the account's is void.
    hub.sim.control().revoke_user(seed::DANIEL);
    stored_by_an_old_replica(&hub, &grants[0], "generation + 1").await;
    hub.sim.control().clear_journal();
    // Nobody looks at that grant: the renewal is refused, and finds its pair.
    assert_is_daniel(&get_myself(&hub, &other).await);
    assert_eq!(state_of(&hub, seed::DANIEL).await, "live");
    assert_eq!(renewals(&hub), 1);
    assert_is_daniel(&get_myself(&hub, &tokens).await);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_an_old_replica_renews_is_waited_for() {
    let hub = TestHub::start().await;
    let tokens = sign_in(&hub).await;
    let grants = ids(&hub, "grants").await;
    hub.sim.control().expire_access_tokens();
    hub.sql("UPDATE hub.grants SET renewing_until = clock_timestamp() + interval '20 seconds'")
        .await;
    let (reply, ()) = tokio::join!(get_myself(&hub, &tokens), async {
        // The call has met Backlog's 401 by then, and waits.
        eventually("the call is refused", async || {
            let myself = backlog_sim::Matcher::path("/api/v2/users/myself");
            hub.sim.control().count(&myself) == 1
        })
        .await;
        hub.sim.control().revoke_user(seed::DANIEL);
        stored_by_an_old_replica(&hub, &grants[0], "generation + 1").await;
    });
    assert_is_daniel(&reply);
    assert_eq!(state_of(&hub, seed::DANIEL).await, "live");
    hub.stop().await;
}

/// A sign-in at an old replica restores what has ended here.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_at_an_old_replica_restores_an_ended_account() {
    let hub = TestHub::start().await;
    let tokens = sign_in(&hub).await;
    let grants = ids(&hub, "grants").await;
    hub.sim.control().revoke_user(seed::DANIEL);
    assert_eq!(get_myself(&hub, &tokens).await.status, 401);
    stored_by_an_old_replica(&hub, &grants[0], "generation + 1").await;
    sessions_are_forgotten(&hub).await;
    eventually("it works again", async || {
        get_myself(&hub, &tokens).await.status == 200
    })
    .await;
    assert_eq!(state_of(&hub, seed::DANIEL).await, "live");
    hub.stop().await;
}

//! A database that is away while Backlog has given new tokens: whoever has them keeps them.

use backlog_sim::{Matcher, seed};

use super::{
    assert_in_doubt, assert_is_daniel, assert_signed_out, get_myself, get_myself_at, give_pair,
    ids, renewals, sign_in, state_of,
};
use crate::support::hub::{TestHub, eventually};

/// What time brings about, a test says by SQL: the lease of a replica without a database ends,
/// and the doubt of whoever took it over.
#[tokio::test(flavor = "multi_thread")]
async fn a_pair_that_came_while_the_database_was_away_is_kept_and_stored() {
    let (hub, proxy) = TestHub::start_behind_proxy_with(|settings| {
        settings.observe.metrics = Some("127.0.0.1:0".parse().expect("an address"));
    })
    .await;
    let unstored = async |number: &str| {
        eventually("the pairs that are not stored are counted", async || {
            let line = format!("bmh_unstored_token_pairs {number}");
            hub.metrics().await.lines().any(|one| one == line)
        })
        .await;
    };
    // It reaches the database all the while.
    let (replica, replica_url) = hub.replica().await;
    let elsewhere = format!("{replica_url}/mcp");
    let tokens = sign_in(&hub).await;
    assert_is_daniel(&get_myself(&hub, &tokens).await);
    let sim = hub.sim.control();
    sim.clear_journal();
    sim.expire_access_tokens();
    sim.hold(Matcher::token_endpoint());
    let (reply, ()) = tokio::join!(get_myself(&hub, &tokens), async {
        sim.wait_for_held(1).await;
        proxy.cut();
        sim.release();
    });
    // The pair that is not stored serves the call.
    assert_is_daniel(&reply);
    unstored("1").await;

    // The other replica takes the lease over, and Backlog knows the old refresh token no more.
    hub.sql("UPDATE hub.accounts SET renewing_until = clock_timestamp()")
        .await;
    hub.sql("UPDATE hub.grants SET renewing_until = clock_timestamp()")
        .await;
    assert_in_doubt(&get_myself_at(&elsewhere, &tokens).await);
    assert_eq!(state_of(&hub, seed::DANIEL).await, "in_doubt taken_over");
    assert_in_doubt(&get_myself_at(&elsewhere, &tokens).await);
    assert_eq!(renewals(&hub), 2, "in doubt, Backlog is not asked");

    // Even the longest doubt ends before the database is back.
    hub.sql("UPDATE hub.accounts SET doubt_until = clock_timestamp()")
        .await;
    hub.sql("UPDATE hub.grants SET renewing_until = NULL").await;
    assert_signed_out(&get_myself_at(&elsewhere, &tokens).await);
    assert_eq!(
        state_of(&hub, seed::DANIEL).await,
        "ended backlog_invalid_grant"
    );

    proxy.mend();
    eventually("the pair is stored after all", async || {
        state_of(&hub, seed::DANIEL).await == "live"
    })
    .await;
    unstored("0").await;
    let works = async |url: &str| get_myself_at(url, &tokens).await.status == 200;
    eventually("both replicas go on", async || {
        works(&elsewhere).await && works(&hub.mcp_url()).await
    })
    .await;
    assert_eq!(renewals(&hub), 3, "nobody has renewed again");
    replica.stop().await;
    hub.stop().await;
}

/// The database is back for everybody at once: Backlog is not asked for what a replica has.
#[tokio::test(flavor = "multi_thread")]
async fn the_new_holder_of_a_lease_waits_for_a_pair_that_exists() {
    let (hub, proxy) = TestHub::start_behind_proxy().await;
    let (replica, replica_url) = hub.replica().await;
    let elsewhere = format!("{replica_url}/mcp");
    let tokens = sign_in(&hub).await;
    let sim = hub.sim.control();
    sim.expire_access_tokens();
    sim.hold(Matcher::token_endpoint());
    let (reply, ()) = tokio::join!(get_myself(&hub, &tokens), async {
        sim.wait_for_held(1).await;
        proxy.cut();
        sim.release();
    });
    assert_is_daniel(&reply);
    hub.sql("UPDATE hub.accounts SET renewing_until = clock_timestamp()")
        .await;
    hub.sql("UPDATE hub.grants SET renewing_until = clock_timestamp()")
        .await;
    let is_leased = "SELECT (renewing_until > clock_timestamp())::text FROM hub.accounts";
    let (reply, ()) = tokio::join!(get_myself_at(&elsewhere, &tokens), async {
        eventually("the lease is taken over", async || {
            hub.value(is_leased).await.as_deref() == Some("true")
        })
        .await;
        proxy.mend();
    });
    assert_is_daniel(&reply);
    assert_eq!(renewals(&hub), 1);
    replica.stop().await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_that_is_kept_yields_to_a_newer_sign_in() {
    let (hub, proxy) = TestHub::start_behind_proxy().await;
    let (replica, _) = hub.replica().await;
    let tokens = sign_in(&hub).await;
    let sim = hub.sim.control();
    sim.expire_access_tokens();
    sim.hold(Matcher::token_endpoint());
    let (reply, ()) = tokio::join!(get_myself(&hub, &tokens), async {
        sim.wait_for_held(1).await;
        proxy.cut();
        sim.release();
    });
    assert_is_daniel(&reply);
    // Elsewhere, the user signs in.
    let account = ids(&hub, "accounts").await.remove(0);
    give_pair(&hub, ("accounts", &account), "generation + 5").await;
    let pair = "SELECT generation || ' ' || backlog_refresh_token FROM hub.accounts";
    let newer = hub.value(pair).await;
    proxy.mend();
    eventually("it works", async || {
        get_myself(&hub, &tokens).await.status == 200
    })
    .await;
    assert_eq!(hub.value(pair).await, newer);
    replica.stop().await;
    hub.stop().await;
}

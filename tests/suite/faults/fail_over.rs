//! The database goes away while renewals are under way, and comes back: a fail-over, or a restart
//! of the server. Whatever it takes, nobody signs in again.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{
    users::{
        User, all_are_served, all_call, assert_all_are_signed_in, hold_renewals, renewals, sign_in,
    },
    world::World,
};
use crate::support::link::Fault;

const REPLICAS: usize = 3;

/// Every user's renewal has reached Backlog when the database goes, and Backlog answers while it is
/// away: the tokens that come are the only good ones.
async fn fail_over(world: &World, users: &mut [User], away: Duration) {
    let backlog = world.sim.control();
    all_are_served(world, users).await;
    backlog.clear_journal();
    backlog.expire_access_tokens();
    let calls = hold_renewals(world, users).await;
    world.database.suffer(Fault::Cut);
    backlog.release();
    let back = Instant::now() + away;
    while Instant::now() < back {
        // They go on meanwhile, and none is told to sign in.
        all_call(world, users).await;
        sleep(Duration::from_millis(500)).await;
    }
    world.database.mend();
    assert_all_are_signed_in(world, users).await;
    drop(calls.await.expect("the calls"));
    assert_eq!(renewals(backlog), users.len(), "one for each expiry");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fail_over_of_5_s_during_renewals_signs_nobody_out() {
    let world = World::of(REPLICAS).await;
    let mut users = sign_in(&world).await;
    fail_over(&world, &mut users, Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes ten minutes: scripts/soak"]
async fn fail_overs_of_5_to_300_s_during_renewals_sign_nobody_out() {
    let world = World::of(REPLICAS).await;
    let mut users = sign_in(&world).await;
    for away in [5, 15, 30, 60, 120, 300] {
        eprintln!("a fail-over of {away} s");
        fail_over(&world, &mut users, Duration::from_secs(away)).await;
    }
}

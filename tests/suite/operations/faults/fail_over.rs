//! The database goes away while renewals are under way, and comes back: a fail-over, or a restart
//! of the server. Whatever it takes, no user signs in again, and Backlog is asked once for each
//! user and expiry, although each user has two clients that share one pair.

use std::time::Duration;

use backlog_sim::RefreshRotation;
use tokio::time::{Instant, sleep};

use super::{
    users::{
        User, all_are_served, all_call, assert_all_are_signed_in, assert_each_is_renewed_once,
        hold_renewals, sign_in_with,
    },
    world::World,
};
use crate::support::link::Fault;

const REPLICAS: usize = 3;
const CLIENTS_OF_A_USER: usize = 2;

/// A world in which Backlog gives the second sign-in of a user the pair of the first, and replaces
/// that pair whole with each renewal.
async fn sharing_world() -> (World, Vec<User>) {
    let world = World::of(REPLICAS).await;
    let backlog = world.sim.control();
    backlog.share_pairs(true);
    backlog.set_refresh_rotation(RefreshRotation::Rotate);
    let users = sign_in_with(&world, CLIENTS_OF_A_USER).await;
    (world, users)
}

/// Every user's renewal has reached Backlog when the database goes, and Backlog responds while it is
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
        // They go on meanwhile, and none has to sign in.
        all_call(world, users).await;
        sleep(Duration::from_millis(500)).await;
    }
    world.database.mend();
    assert_all_are_signed_in(world, users).await;
    drop(calls.await.expect("the calls"));
    assert_each_is_renewed_once(backlog, users);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fail_over_of_5_s_during_renewals_ends_no_grant() {
    let (world, mut users) = sharing_world().await;
    fail_over(&world, &mut users, Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes ten minutes: scripts/soak"]
async fn fail_overs_of_5_to_300_s_during_renewals_end_no_grant() {
    let (world, mut users) = sharing_world().await;
    for away in [5, 15, 30, 60, 120, 300] {
        eprintln!("a fail-over of {away} s");
        fail_over(&world, &mut users, Duration::from_secs(away)).await;
    }
}

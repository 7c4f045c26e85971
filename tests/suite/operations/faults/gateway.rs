//! A gateway between the hub and Backlog that responds with a 400 of its own. It says nothing of
//! any sign-in.
//!
//! After a bare 400 an account is in doubt, and Backlog is not asked for it again for
//! [`ASK_AGAIN_AFTER`], by whatever replica and however often its user calls. So in a time `t` the
//! token endpoint gets at most `1 + t / ASK_AGAIN_AFTER` requests for each user, and one more that
//! it serves after that.

use std::time::Duration;

use backlog_mcp_hub::domain::account::ASK_AGAIN_AFTER;
use backlog_sim::Matcher;
use tokio::time::{Instant, sleep};

use super::{
    users::{Outcome, User, all_call, assert_all_are_signed_in, sign_in},
    world::World,
};

const REPLICAS: usize = 3;
/// As gateways, proxies and Backlog itself write it; none is an OAuth error.
const BODIES: [&str; 4] = [
    "Bad Request",
    "",
    r#"{"message":"Bad Request"}"#,
    r#"{"errors":[{"message":"maintenance","code":1}]}"#,
];

/// Requests to the token endpoint for one user in a time in which all of them fail.
fn most_renewals(lasted: Duration) -> usize {
    let between = ASK_AGAIN_AFTER.to_std().expect("a duration");
    1 + usize::try_from(lasted.as_secs() / between.as_secs()).expect("a small number")
}

/// Has the gateway respond to every renewal for so long, with one body after the other.
async fn respond_400(lasting: Duration) {
    let world = World::of(REPLICAS).await;
    let backlog = world.sim.control();
    let mut users = sign_in(&world).await;
    backlog.expire_access_tokens();
    for body in BODIES {
        backlog.fail_next(Matcher::token_endpoint(), 400, body, 1);
    }
    backlog.fail_next(Matcher::token_endpoint(), 400, BODIES[0], usize::MAX);
    let began = Instant::now();
    loop {
        for outcome in all_call(&world, &users).await {
            assert_ne!(outcome, Outcome::Served);
        }
        if began.elapsed() >= lasting {
            break;
        }
        sleep(Duration::from_secs(5)).await;
    }
    assert_few_renewals(&world, &users, most_renewals(began.elapsed()));
    backlog.clear_faults();
    backlog.clear_journal();
    assert_all_are_signed_in(&world, &mut users).await;
    assert_few_renewals(&world, &users, 1);
    let ended = world.count("accounts WHERE ended_at IS NOT NULL").await;
    let endings = "audit_events WHERE event = 'account_ended'";
    assert_eq!((ended, world.count(endings).await), (0, 0));
}

/// Asserts that Backlog was asked for every user, and for none more often than this.
fn assert_few_renewals(world: &World, users: &[User], most: usize) {
    let renewals = world.sim.control().renewals();
    assert_eq!(renewals.len(), users.len());
    let within = renewals.values().all(|renewals| *renewals <= most);
    assert!(within, "more than {most} of a user: {renewals:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_400_that_is_not_backlogs_ends_no_grant() {
    respond_400(Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes ten minutes: scripts/soak"]
async fn ten_minutes_of_400_end_no_grant() {
    respond_400(Duration::from_mins(10)).await;
}

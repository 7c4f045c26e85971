//! A gateway between the hub and Backlog that answers 400 for itself. It says nothing of any
//! sign-in.

use std::time::Duration;

use backlog_sim::Matcher;
use tokio::time::{Instant, sleep};

use super::{
    users::{Outcome, all_call, assert_all_are_signed_in, sign_in},
    world::World,
};

/// As gateways, proxies and Backlog itself write it; none is an OAuth error.
const BODIES: [&str; 4] = [
    "Bad Request",
    "",
    r#"{"message":"Bad Request"}"#,
    r#"{"errors":[{"message":"maintenance","code":1}]}"#,
];

/// Has the gateway answer everybody's renewals for so long, with one body after the other.
async fn answer_400(lasting: Duration) {
    let world = World::of(2).await;
    let backlog = world.sim.control();
    let mut users = sign_in(&world).await;
    backlog.expire_access_tokens();
    for body in BODIES {
        backlog.fail_next(Matcher::token_endpoint(), 400, body, 1);
    }
    backlog.fail_next(Matcher::token_endpoint(), 400, BODIES[0], usize::MAX);
    let over = Instant::now() + lasting;
    loop {
        for outcome in all_call(&world, &users).await {
            assert_ne!(outcome, Outcome::Served);
        }
        if Instant::now() >= over {
            break;
        }
        sleep(Duration::from_secs(5)).await;
    }
    backlog.clear_faults();
    assert_all_are_signed_in(&world, &mut users).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_400_that_is_not_backlogs_signs_nobody_out() {
    answer_400(Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes ten minutes: scripts/soak"]
async fn ten_minutes_of_400_sign_nobody_out() {
    answer_400(Duration::from_secs(600)).await;
}

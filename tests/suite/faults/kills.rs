//! Replicas that are killed at random while users work and their Backlog tokens are renewed all the
//! time.
//!
//! A kill between Backlog's answer and the database loses what Backlog said. Where Backlog keeps
//! its refresh tokens, as here, that costs a second request; where it rotates them, the user of that
//! one renewal has to sign in again, which no program can help.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use backlog_mcp_hub::random::Random;
use backlog_sim::RefreshRotation;
use tokio::{task::JoinSet, time::sleep};

use super::{
    users::{Outcome, User, assert_all_are_signed_in, renewals, sign_in},
    world::World,
};

const REPLICAS: usize = 3;
/// So short that nearly every call finds its Backlog token expired.
const LIFETIME: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(20);

/// Calls at one replica after the other until it is told to stop.
async fn work(user: User, urls: Vec<String>, stop: Arc<AtomicBool>, served: Arc<AtomicUsize>) {
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        match user.call(&urls[number % urls.len()]).await {
            Outcome::Served => served.fetch_add(1, Ordering::Relaxed),
            Outcome::TryAgain(_) => 0,
        };
        sleep(PAUSE).await;
    }
}

async fn kill(times: usize) {
    let random = Random::system();
    let mut world = World::of(REPLICAS).await;
    let backlog = world.sim.control().clone();
    backlog.set_refresh_rotation(RefreshRotation::Keep);
    backlog.set_access_token_lifetime(LIFETIME);
    let mut users = sign_in(&world).await;
    let (stop, served) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
    let mut working = JoinSet::new();
    for user in &users {
        let (stop, served) = (Arc::clone(&stop), Arc::clone(&served));
        working.spawn(work(user.clone(), world.urls(), stop, served));
    }
    for _ in 0..times {
        let [byte] = random.bytes();
        world.crash(usize::from(byte) % REPLICAS).await;
    }
    stop.store(true, Ordering::Relaxed);
    while let Some(worked) = working.join_next().await {
        worked.expect("nobody is told to sign in");
    }
    eprintln!(
        "{times} kills: {} calls served, {} renewals",
        served.load(Ordering::Relaxed),
        renewals(&backlog)
    );
    assert_all_are_signed_in(&world, &mut users).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_under_renewals_sign_nobody_out() {
    kill(5).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: scripts/soak"]
async fn two_hundred_kills_under_renewals_sign_nobody_out() {
    kill(200).await;
}

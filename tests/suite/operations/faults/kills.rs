//! Replicas that are killed at random while users work and their Backlog tokens are renewed all the
//! time.
//!
//! A kill between Backlog's response and the database loses the response:
//!
//! 1. Where Backlog keeps its refresh tokens, that costs a second request, and no user notices.
//! 2. Where Backlog rotates them, the stored pair is void and no process has the new one. The
//!    account is in doubt, for a replica could have it, and ends when Backlog refuses the stored
//!    pair again. That user has to sign in again; no program can prevent it.
//!
//! So with rotation each sign-in that is lost is a response that was lost: the tests count both.
//! A kill loses at most one response of an account, and one sign-in brings the account back.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use backlog_sim::{Id, Matcher, RefreshRotation};
use foundation::random::Random;
use tokio::{task::JoinSet, time::sleep};

use super::{
    users::{
        Outcome, User, all_are_served, assert_all_are_signed_in, renewals, sign_in, sign_in_again,
    },
    world::World,
};
use crate::support::{link::Fault, process::until};

const REPLICAS: usize = 3;
/// So short that nearly every call finds its Backlog token expired.
const LIFETIME: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(20);
/// After so many kills with rotation, users who were signed out sign in again.
const ROUND: usize = 50;

/// Notes each renewed pair that is stored.
const NOTE_STORED: &str = "
    CREATE SCHEMA noted;
    CREATE TABLE noted.stored (backlog_user_id bigint NOT NULL);
    CREATE FUNCTION noted.store() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO noted.stored VALUES (NEW.backlog_user_id);
        RETURN NULL;
    END $$;
    CREATE TRIGGER noted AFTER UPDATE OF renewed_at ON hub.accounts
        FOR EACH ROW EXECUTE FUNCTION noted.store()";

/// Calls at one replica after the other until the test or the sign-in ends.
async fn work(user: User, urls: Vec<String>, stop: Arc<AtomicBool>, served: Arc<AtomicUsize>) {
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        match user.try_call(&urls[number % urls.len()]).await {
            Outcome::Served => served.fetch_add(1, Ordering::Relaxed),
            Outcome::TryAgain(_) => 0,
            Outcome::SignedOut => return,
        };
        sleep(PAUSE).await;
    }
}

/// Kills random replicas while every user works; how many calls were served.
async fn kill_at_random(world: &mut World, users: &[User], times: usize) -> usize {
    let random = Random::system();
    let (stop, served) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
    let mut working = JoinSet::new();
    for user in users {
        let (stop, served) = (Arc::clone(&stop), Arc::clone(&served));
        working.spawn(work(user.clone(), world.urls(), stop, served));
    }
    for _ in 0..times {
        let [byte] = random.bytes();
        world.crash(usize::from(byte) % REPLICAS).await;
    }
    stop.store(true, Ordering::Relaxed);
    while let Some(worked) = working.join_next().await {
        worked.expect("each call has one of the outcomes");
    }
    served.load(Ordering::Relaxed)
}

async fn kill_where_backlog_keeps(times: usize) {
    let mut world = World::of(REPLICAS).await;
    let backlog = world.sim.control().clone();
    backlog.set_refresh_rotation(RefreshRotation::Keep);
    backlog.set_access_token_lifetime(LIFETIME);
    let mut users = sign_in(&world).await;
    let served = kill_at_random(&mut world, &users, times).await;
    let renewals = renewals(&backlog);
    eprintln!("{times} kills: {served} calls served, {renewals} renewals");
    assert_all_are_signed_in(&world, &mut users).await;
}

/// What Backlog gave each user and what was stored of it, since the users signed in.
struct Losses {
    /// Refresh tokens that Backlog had given each user by then.
    before: BTreeMap<Id, usize>,
    /// Sign-ins since then.
    again: BTreeMap<Id, usize>,
}

impl Losses {
    async fn watch(world: &World, users: &[User]) -> Self {
        world.sql(NOTE_STORED).await;
        let backlog = world.sim.control();
        let before = users
            .iter()
            .map(|user| (user.id, backlog.issued_refresh_tokens(user.id)));
        Self {
            before: before.collect(),
            again: users.iter().map(|user| (user.id, 0)).collect(),
        }
    }

    /// Responses of Backlog to renewals of each user that were not stored.
    async fn lost(&self, world: &World) -> BTreeMap<Id, usize> {
        let stored: Vec<(i64, i64)> =
            sqlx::query_as("SELECT backlog_user_id, count(*) FROM noted.stored GROUP BY 1")
                .fetch_all(&world.database_pool())
                .await
                .expect("the stored pairs");
        let stored: BTreeMap<i64, i64> = stored.into_iter().collect();
        let lost_of = |id: Id| {
            let user = i64::try_from(id).expect("an id");
            let stored = stored.get(&user).copied().unwrap_or_default();
            let given = world.sim.control().issued_refresh_tokens(id) - self.before[&id];
            given - self.again[&id] - usize::try_from(stored).expect("a count")
        };
        self.before.keys().map(|id| (*id, lost_of(*id))).collect()
    }

    /// Has every user whose sign-in is lost sign in again, and asserts that it was lost with a
    /// response.
    async fn settle(&mut self, world: &World, users: &[User]) {
        for user in users {
            if is_signed_out(world, user).await {
                sign_in_again(world, user).await;
                *self.again.entry(user.id).or_default() += 1;
            }
        }
        // A renewal in the background may be under way.
        until("each sign-in was lost with a response", async || {
            self.again == self.lost(world).await
        })
        .await;
    }
}

/// Whether a user has to sign in again, once nothing is in doubt.
async fn is_signed_out(world: &World, user: &User) -> bool {
    let mut outcome = user.try_call(&world.url(0)).await;
    while let Outcome::TryAgain(_) = outcome {
        world.end_doubts().await;
        sleep(PAUSE).await;
        outcome = user.try_call(&world.url(0)).await;
    }
    outcome == Outcome::SignedOut
}

async fn kill_where_backlog_rotates(times: usize) {
    let mut world = World::of(REPLICAS).await;
    let backlog = world.sim.control().clone();
    backlog.set_access_token_lifetime(LIFETIME);
    let mut users = sign_in(&world).await;
    let mut losses = Losses::watch(&world, &users).await;
    let mut served = 0;
    for _ in 0..times.div_ceil(ROUND) {
        served += kill_at_random(&mut world, &users, ROUND).await;
        losses.settle(&world, &users).await;
        all_are_served(&world, &users).await;
    }
    let (renewals, again) = (renewals(&backlog), losses.again.values().sum::<usize>());
    eprintln!("{times} kills: {served} calls served, {renewals} renewals, {again} sign-ins lost");
    assert!(losses.again.values().all(|again| *again <= times));
    assert_all_are_signed_in(&world, &mut users).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_during_renewals_end_no_grant() {
    kill_where_backlog_keeps(5).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: scripts/soak"]
async fn two_hundred_kills_during_renewals_end_no_grant() {
    kill_where_backlog_keeps(200).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: scripts/soak"]
async fn two_hundred_kills_with_rotation_lose_a_sign_in_with_each_lost_response_only() {
    kill_where_backlog_rotates(200).await;
}

/// Kills the replica while the renewal of one user is at Backlog: before Backlog has handled it, or
/// between its response and the database.
async fn kill_during_a_renewal(world: &mut World, user: &User, after_the_response: bool) {
    let backlog = world.sim.control().clone();
    backlog.expire_access_tokens();
    backlog.hold(Matcher::token_endpoint());
    let (url, calling) = (world.url(0), user.clone());
    let call = tokio::spawn(async move { calling.try_call(&url).await });
    backlog.wait_for_held(1).await;
    if after_the_response {
        let given = backlog.issued_refresh_tokens(user.id);
        world.database.suffer(Fault::Cut);
        backlog.release();
        until("Backlog has responded", async || {
            backlog.issued_refresh_tokens(user.id) > given
        })
        .await;
    }
    world.kill(0).await;
    // The response may have served it before.
    assert_ne!(call.await.expect("the call"), Outcome::SignedOut);
    backlog.clear_faults();
    world.database.mend();
    world.end_leases().await;
    world.start_again(0).await;
}

/// The moment of a kill with rotation, exactly.
#[tokio::test(flavor = "multi_thread")]
async fn with_rotation_only_a_kill_between_the_response_and_the_database_costs_a_sign_in() {
    let mut world = World::of(1).await;
    let mut users = sign_in(&world).await;
    let mut losses = Losses::watch(&world, &users).await;
    let user = users[0].clone();
    kill_during_a_renewal(&mut world, &user, false).await;
    losses.settle(&world, &users).await;
    assert_eq!(losses.again[&user.id], 0);
    kill_during_a_renewal(&mut world, &user, true).await;
    losses.settle(&world, &users).await;
    let lost: Vec<_> = losses
        .again
        .iter()
        .filter(|(_, again)| **again > 0)
        .collect();
    assert_eq!(lost, [(&user.id, &1)]);
    assert_all_are_signed_in(&world, &mut users).await;
}

//! The network between the hub, its database and Backlog: slow, cut, silent, half closed.

use std::time::Duration;

use backlog_sim::RefreshRotation;

use super::{
    users::{Outcome, all_are_served, all_call, assert_all_are_signed_in, hold_renewals, sign_in},
    world::World,
};
use crate::support::{
    link::{Fault, Link},
    process::until,
    site::http,
};

const SLOW: Fault = Fault::Delay(Duration::from_millis(40));

/// Whether one that is asked says that it is ready.
async fn is_ready(world: &World) -> bool {
    let ready = http().get(format!("{}/ready", world.url(0))).send().await;
    ready.is_ok_and(|answer| answer.status().is_success())
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_links_slow_everything_and_break_nothing() {
    let world = World::of(1).await;
    world.database.suffer(SLOW);
    world.backlog.suffer(SLOW);
    let mut users = sign_in(&world).await;
    world.sim.control().expire_access_tokens();
    all_are_served(&world, &users).await;
    assert_all_are_signed_in(&world, &mut users).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_behind_a_bad_link_is_a_passing_failure() {
    let world = World::of(2).await;
    let mut users = sign_in(&world).await;
    for fault in [Fault::Cut, Fault::BlackHole, Fault::HalfClosed] {
        all_are_served(&world, &users).await;
        world.database.suffer(fault);
        // Each call is answered: served, or told to come again.
        all_call(&world, &users).await;
        until("it is not ready", async || !is_ready(&world).await).await;
        all_call(&world, &users).await;
        world.database.mend();
        until("it is ready", async || is_ready(&world).await).await;
        assert_all_are_signed_in(&world, &mut users).await;
    }
}

/// What Backlog answered may be lost on its way; that it keeps its refresh tokens lets the hub ask
/// again.
#[tokio::test(flavor = "multi_thread")]
async fn backlog_behind_a_bad_link_ends_no_grant() {
    let world = World::of(2).await;
    let backlog = world.sim.control();
    backlog.set_refresh_rotation(RefreshRotation::Keep);
    let mut users = sign_in(&world).await;
    for fault in [Fault::Cut, Fault::HalfClosed] {
        for expired in [false, true] {
            if expired {
                backlog.expire_access_tokens();
            }
            world.backlog.suffer(fault);
            for outcome in all_call(&world, &users).await {
                assert_ne!(outcome, Outcome::Served, "{fault:?}");
            }
            world.backlog.mend();
            assert_all_are_signed_in(&world, &mut users).await;
        }
    }
}

/// The same where nothing comes at all, until the hub gives up: tool calls and renewals wait for
/// that at the same time.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_backlog_ends_no_grant() {
    let world = World::of(2).await;
    let backlog = world.sim.control();
    backlog.set_refresh_rotation(RefreshRotation::Keep);
    let mut users = sign_in(&world).await;
    all_are_served(&world, &users).await;
    // Half of them have tokens that are good, and half of them find out that theirs are not.
    let (good, expired) = users.split_at(users.len() / 2);
    backlog.expire_access_tokens();
    for user in good {
        user.is_served(&world.url(0)).await;
    }
    let held = hold_renewals(&world, expired).await;
    world.backlog.suffer(Fault::BlackHole);
    backlog.clear_faults();
    for outcome in all_call(&world, good).await {
        assert_ne!(outcome, Outcome::Served);
    }
    for outcome in held.await.expect("the calls") {
        assert_ne!(outcome, Outcome::Served);
    }
    world.backlog.mend();
    assert_all_are_signed_in(&world, &mut users).await;
}

/// The link itself: what a test relies on.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_passes_on_what_it_should() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let link = Link::to(&format!("tcp://{address}")).await;
    let place = link.url().trim_start_matches("tcp://").to_owned();
    let connect = || tokio::net::TcpStream::connect(&place);

    let mut hub = connect().await.unwrap();
    let (mut far, _) = listener.accept().await.unwrap();
    hub.write_all(b"there").await.unwrap();
    let mut five = [0; 5];
    far.read_exact(&mut five).await.unwrap();
    assert_eq!(&five, b"there");
    link.suffer(SLOW);
    far.write_all(b"again").await.unwrap();
    hub.read_exact(&mut five).await.unwrap();
    assert_eq!(&five, b"again");

    link.suffer(Fault::HalfClosed);
    assert_eq!(hub.read(&mut five).await.unwrap(), 0);
    hub.write_all(b"there").await.unwrap();
    far.read_exact(&mut five).await.unwrap();
    link.mend();
    assert_eq!(far.read(&mut five).await.unwrap_or(0), 0);

    // What is swallowed never arrives.
    let mut hub = connect().await.unwrap();
    let (mut far, _) = listener.accept().await.unwrap();
    link.suffer(Fault::BlackHole);
    // More than the sockets on the way keep, so the link has read some of it.
    let large = vec![b'x'; 16 << 20];
    hub.write_all(&large).await.unwrap();
    link.mend();
    drop(hub);
    let mut arrived = Vec::new();
    drop(far.read_to_end(&mut arrived).await);
    assert!(arrived.is_empty());

    link.suffer(Fault::Cut);
    let mut hub = connect().await.unwrap();
    assert_eq!(hub.read(&mut five).await.unwrap_or(0), 0);
}

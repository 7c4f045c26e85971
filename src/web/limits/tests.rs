use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::*;
use crate::{config::REGISTRATIONS_PER_MINUTE, telemetry::TrustedPeers};

const ONE: &str = "203.0.113.9";
const USER: (SpaceId, i64) = (SpaceId(uuid::Uuid::nil()), 1);

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// For these, no time passes.
fn limits(spare_loopback: bool) -> Limits {
    let start = Instant::now();
    limits_with(spare_loopback, MonotonicClock::from_fn(move || start))
}

fn limits_with(spare_loopback: bool, clock: MonotonicClock) -> Limits {
    let proxies = Proxies::new(TrustedPeers::new(&[]));
    Limits::new(
        proxies,
        GrantQuota::default(),
        REGISTRATIONS_PER_MINUTE,
        spare_loopback,
        clock,
    )
}

fn sender(address: &str) -> Sender {
    Sender(Some(Network::of(ip(address))))
}

fn attempt<'a>(endpoint: Endpoint, address: &str, client_id: &'a str) -> Attempt<'a> {
    Attempt {
        endpoint,
        sender: sender(address),
        client_id: Some(client_id),
    }
}

/// Counts until one is limited; returns how many were allowed.
fn until_limited<E>(mut count: impl FnMut(u32) -> Result<(), E>) -> (u32, E) {
    for allowed in 0..100_000 {
        if let Err(limited) = count(allowed) {
            return (allowed, limited);
        }
    }
    panic!("none was limited");
}

#[test]
fn rule_20_failures_of_one_client_are_not_those_of_another() {
    let limits = limits(false);
    let fail = |client| limits.count_failure(attempt(Endpoint::Token, ONE, client));
    let (allowed, limited) = until_limited(|_| fail("one"));
    assert_eq!(allowed, 240);
    assert!(limited.retry_after >= 1);
    assert_eq!(fail("two"), Ok(()));
    let elsewhere = attempt(Endpoint::Revoke, ONE, "one");
    assert_eq!(limits.count_failure(elsewhere), Ok(()));
    // The address as a whole is not limited, and neither is a request without a secret to compare.
    assert_eq!(
        limits.check_address(attempt(Endpoint::Token, ONE, "one")),
        Ok(())
    );
}

#[test]
fn a_new_client_id_each_time_is_no_way_around() {
    let limits = limits(false);
    let (allowed, _) = until_limited(|number| {
        let client = number.to_string();
        limits.count_failure(attempt(Endpoint::Authorize, ONE, &client))
    });
    assert_eq!(allowed, 6_000);
    // Now nothing more is read from there.
    let any = attempt(Endpoint::Authorize, ONE, "any");
    assert!(limits.check_address(any).is_err());
    let neighbor = attempt(Endpoint::Authorize, "203.0.113.10", "any");
    assert_eq!(limits.check_address(neighbor), Ok(()));
}

#[test]
fn an_address_is_read_again_when_its_time_has_come() {
    let start = Instant::now();
    let passed = Arc::new(AtomicU64::new(0));
    let reading = Arc::clone(&passed);
    let clock = MonotonicClock::from_fn(move || {
        start + Duration::from_millis(reading.load(Ordering::Relaxed))
    });
    let limits = limits_with(false, clock);
    let of = attempt(Endpoint::Secret, ONE, "one");
    let (allowed, limited) = until_limited(|_| limits.count_failure(of));
    assert_eq!(allowed, 60);
    assert_eq!(limited.retry_after, 1 + 1);
    passed.store(999, Ordering::Relaxed);
    assert!(limits.check_client(of).is_err());
    passed.store(1_000, Ordering::Relaxed);
    assert_eq!(limits.check_client(of), Ok(()));
    assert_eq!(limits.count_failure(of), Ok(()));
    assert!(
        limits.count_failure(of).is_err(),
        "one a second, and no more"
    );
}

#[test]
fn wrong_secrets_of_one_client_stop_the_comparing_for_it_alone() {
    let limits = limits(false);
    let secret = |address, client| attempt(Endpoint::Secret, address, client);
    let (allowed, _) = until_limited(|_| {
        limits.check_client(secret(ONE, "one"))?;
        limits.count_failure(secret(ONE, "one"))
    });
    assert_eq!(allowed, 60);
    assert!(limits.check_client(secret(ONE, "one")).is_err());
    for other in [secret(ONE, "two"), secret("203.0.113.10", "one")] {
        assert_eq!(limits.check_client(other), Ok(()));
    }
}

#[test]
fn new_work_counts_for_its_address_and_its_kind() {
    let limits = limits(false);
    for (work, expected) in [
        (Work::SignIn, 600),
        (Work::Registration, 300),
        (Work::Document, 60),
    ] {
        let (allowed, _) = until_limited(|_| limits.check_work(work, sender(ONE)));
        assert_eq!(allowed, expected, "{work:?}");
        assert_eq!(limits.check_work(work, sender("203.0.113.10")), Ok(()));
    }
}

#[test]
fn a_grant_uses_up_its_own_share_only() {
    let limits_of_grants = limits(false);
    let [one, two] = [1, 2].map(|number| GrantId(uuid::Uuid::from_u128(number)));
    let (allowed, limited) = until_limited(|_| limits_of_grants.check_call(one, USER));
    assert_eq!(allowed, 500);
    assert_eq!(limited.retry_after, 1);
    assert_eq!(limits_of_grants.check_call(two, USER), Ok(()));
    let refresh = |grant| limits_of_grants.check_holder(Holder::Grant(grant));
    let (allowed, _) = until_limited(|_| refresh(one));
    assert_eq!(allowed, 240);
    assert_eq!(refresh(two), Ok(()));
    let trying_out = limits(true);
    assert!((0..1_000).all(|_| trying_out.check_call(one, USER).is_ok()));
    assert!((0..1_000).all(|_| trying_out.check_holder(Holder::Grant(one)).is_ok()));
}

#[test]
fn many_grants_of_one_user_take_nothing_from_other_users() {
    let limits = limits(false);
    let grant = |number: u32| GrantId(uuid::Uuid::from_u128(number.into()));
    let (allowed, limited) = until_limited(|number| limits.check_call(grant(number), USER));
    assert_eq!(allowed, 1_000);
    assert_eq!(limited.retry_after, 1);
    let (space, user) = USER;
    assert_eq!(limits.check_call(grant(0), (space, user + 1)), Ok(()));
    let elsewhere = (SpaceId(uuid::Uuid::max()), user);
    assert_eq!(limits.check_call(grant(0), elsewhere), Ok(()));
}

#[test]
fn user_codes_count_for_their_user_from_whatever_address() {
    let limits = limits(false);
    let enter = |user, address: &str| limits.check_user_code(user, sender(address));
    let (allowed, limited) = until_limited(|number| enter(USER, &format!("198.51.100.{number}")));
    assert_eq!(allowed, 20);
    assert!(limited.retry_after >= 1);
    let (space, user) = USER;
    assert_eq!(enter((space, user + 1), ONE), Ok(()));
    assert_eq!(enter((SpaceId(uuid::Uuid::max()), user), ONE), Ok(()));
    let trying_out = Sender(None);
    assert_eq!(limits.check_user_code(USER, trying_out), Ok(()));
}

#[test]
fn wrong_user_codes_of_all_users_count_for_their_address() {
    let limits = limits(false);
    let from = |address| Attempt {
        client_id: None,
        ..attempt(Endpoint::UserCode, address, "any")
    };
    let (allowed, _) = until_limited(|_| limits.count_failure(from(ONE)));
    assert_eq!(allowed, 60);
    assert!(limits.check_address(from(ONE)).is_err());
    assert_eq!(limits.check_address(from("203.0.113.10")), Ok(()));
}

#[test]
fn registrations_of_all_networks_together_are_bounded() {
    let limits = limits(false);
    let register = |number: u32| {
        let sender = Sender(Some(Network::of(IpAddr::from(number.to_be_bytes()))));
        limits.check_work(Work::Registration, sender)?;
        limits.check_registrations(sender)
    };
    let (allowed, limited) = until_limited(register);
    assert_eq!(allowed, REGISTRATIONS_PER_MINUTE.get());
    assert!(limited.retry_after >= 1);
    let trying_out = Sender(None);
    assert_eq!(limits.check_registrations(trying_out), Ok(()));
}

#[test]
fn exempt_requests_are_never_limited() {
    let limits = limits(true);
    let spared = Attempt {
        sender: Sender(None),
        ..attempt(Endpoint::Secret, ONE, "one")
    };
    for _ in 0..10_000 {
        assert_eq!(limits.count_failure(spared), Ok(()));
        assert_eq!(limits.check_client(spared), Ok(()));
        assert_eq!(limits.check_work(Work::Document, spared.sender), Ok(()));
    }
}

#[test]
fn a_blocked_sender_is_kept_until_the_block_ends() {
    let limits = limits(false);
    let now = limits.clock.now();
    let until = |after| now + after;
    let [over, holds] = [ONE, "203.0.113.10"];
    let failed = [
        (
            (Endpoint::Callback, ip(over).into(), None),
            until(Duration::ZERO),
        ),
        (
            (Endpoint::Callback, ip(holds).into(), None),
            until(Duration::from_hours(1)),
        ),
    ];
    limits.failed.lock().unwrap().extend(failed);
    limits.forget_quiet();
    let held = attempt(Endpoint::Callback, holds, "any");
    assert!(limits.check_address(held).is_err());
    assert_eq!(limits.failed.lock().unwrap().len(), 1);
}

/// A tunnel broker gives away a /48: a new one must not bypass a limit.
#[test]
fn a_new_ipv6_network_each_time_is_no_way_around() {
    let limits = limits(false);
    let from = |number: u32| sender(&format!("2001:db8:1:{number:x}::1"));
    let (allowed, _) = until_limited(|number| limits.check_work(Work::Document, from(number)));
    assert_eq!(allowed, 600);
    let (allowed, _) = until_limited(|number| {
        limits.count_failure(Attempt {
            sender: from(number),
            ..attempt(Endpoint::Secret, ONE, "one")
        })
    });
    assert_eq!(allowed, 600);
    // No secret of the client with too many failures is compared there; those of other clients are.
    let elsewhere = |client| Attempt {
        sender: from(0xffff),
        ..attempt(Endpoint::Secret, ONE, client)
    };
    assert!(limits.check_client(elsewhere("one")).is_err());
    assert_eq!(limits.check_client(elsewhere("two")), Ok(()));
    let next = Attempt {
        sender: sender("2001:db8:2::1"),
        ..elsewhere("one")
    };
    assert_eq!(limits.check_client(next), Ok(()));
}

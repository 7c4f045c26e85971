//! A replica whose clock steps by ten minutes, forwards and backwards, beside one whose clock is
//! right. libfaketime stands between that process and the system's clock.

use std::{io::Write, path::PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use tempfile::NamedTempFile;

use super::{
    users::{Outcome, all_are_served, assert_all_are_signed_in, sign_in},
    world::World,
};
use crate::support::{process::until, site::http};

const STEP: i64 = 600;
/// How far two clocks may be apart that are not stepped, on a busy machine.
const CLOSE: TimeDelta = TimeDelta::seconds(60);

/// The offset of a process from the right time, in a file that libfaketime looks at.
struct Offset(NamedTempFile);

impl Offset {
    fn new() -> Self {
        let offset = Self(NamedTempFile::new().expect("a file"));
        offset.set(0);
        offset
    }

    fn set(&self, seconds: i64) {
        // In place and at once: it may be read at any moment.
        let mut file = std::fs::File::options()
            .write(true)
            .open(self.0.path())
            .expect("the file");
        file.write_all(format!("{seconds:+06}\n").as_bytes())
            .expect("the file");
    }

    /// What has a process take its time from here. What measures how long something takes, the
    /// monotonic clock, is left alone, as a real step leaves it.
    fn settings(&self) -> Vec<(&'static str, String)> {
        let path = self.0.path().to_str().expect("a path").to_owned();
        vec![
            ("LD_PRELOAD", library().display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", path),
            ("FAKETIME_CACHE_DURATION", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]
    }
}

fn library() -> PathBuf {
    let library = std::env::var_os("LIBFAKETIME");
    library
        .expect("LIBFAKETIME is not set: run ./scripts/test, which finds libfaketime")
        .into()
}

/// What time it is for the process at a URL.
async fn time_at(url: &str) -> DateTime<Utc> {
    let answer = http().get(format!("{url}/health")).send().await;
    let answer = answer.expect("an answer");
    let date = answer.headers()["date"].to_str().expect("text");
    DateTime::parse_from_rfc2822(date).expect("a date").into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_steps_by_ten_minutes_ends_no_grant() {
    let offset = Offset::new();
    let world = World::with(vec![offset.settings(), Vec::new()]).await;
    let (stepped, right) = (world.url(0), world.url(1));
    let mut users = sign_in(&world).await;
    for seconds in [STEP, -STEP, 0] {
        offset.set(seconds);
        until("the clock has stepped", async || {
            let (stepped, right) = (time_at(&stepped).await, time_at(&right).await);
            (stepped - right - TimeDelta::seconds(seconds)).abs() < CLOSE
        })
        .await;
        all_are_served(&world, &users).await;
        world.sim.control().expire_access_tokens();
        all_are_served(&world, &users).await;
        // A token of one is good at the other, and a sign-in that begins now is as good.
        for user in &mut users {
            assert_eq!(user.refresh(&stepped).await, Outcome::Served);
            user.is_served(&right).await;
            assert_eq!(user.refresh(&right).await, Outcome::Served);
            user.is_served(&stepped).await;
        }
        let mut newer = sign_in(&world).await;
        assert_all_are_signed_in(&world, &mut newer).await;
    }
    assert_all_are_signed_in(&world, &mut users).await;
}

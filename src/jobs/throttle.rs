//! Limits the cleanup of one kind of row to a share of the time.
//!
//! 1. A statement that took `t` is followed by a pause of 19 `t`: the share is 5 %.
//! 2. While rows wait, they are counted every five minutes. If there are more than at the last
//!    count, the share doubles, up to 40 %.
//! 3. It is 5 % again when no row waits.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// In percent of the time.
const LEAST: u32 = 5;
const MOST: u32 = 40;
/// A database that hung, or a clock that was set, delays the next statement no longer.
const LONGEST: Duration = Duration::from_mins(1);
/// Rarely, because a count reads every row that waits.
const COUNT_EVERY: Duration = Duration::from_mins(5);

/// The share of one kind of row, and what was last known of the rows that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Throttle {
    share: u32,
    counted: Option<Counted>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counted {
    rows: i64,
    at: DateTime<Utc>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            share: LEAST,
            counted: None,
        }
    }
}

impl Throttle {
    /// The pause after a statement that took so long, whether it found a row or not.
    pub(super) fn pause(&self, took: Duration) -> Duration {
        let pause = took.saturating_mul(100 - self.share) / self.share;
        pause.min(LONGEST)
    }

    /// Whether the rows that wait are to be counted.
    pub(super) fn is_count_due(&self, now: DateTime<Utc>) -> bool {
        self.counted.is_none_or(|last| {
            let since = now.signed_duration_since(last.at).to_std();
            since.is_ok_and(|since| since >= COUNT_EVERY)
        })
    }

    /// Raises the share if more rows wait than at the last count.
    pub(super) fn count(&mut self, rows: i64, now: DateTime<Utc>) {
        if self.counted.is_some_and(|last| rows > last.rows) {
            self.share = (self.share * 2).min(MOST);
        }
        self.counted = Some(Counted { rows, at: now });
    }

    /// No row waits any more.
    pub(super) fn empty(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BATCH: Duration = Duration::from_millis(30);

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    /// The part of the time that batches take, in percent.
    fn share(throttle: &Throttle) -> u128 {
        100 * BATCH.as_nanos() / (BATCH + throttle.pause(BATCH)).as_nanos()
    }

    #[test]
    fn a_batch_takes_a_twentieth_of_the_time() {
        let throttle = Throttle::default();
        for took in [1, 30, 3_000].map(Duration::from_millis) {
            assert_eq!(throttle.pause(took), took * 19);
        }
    }

    #[test]
    fn a_statement_that_found_nothing_is_followed_by_a_pause_too() {
        let mut throttle = Throttle::default();
        throttle.empty();
        assert_eq!(throttle.pause(BATCH), BATCH * 19);
        // A clock that does not move, or was set back, causes none.
        assert_eq!(throttle.pause(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn no_pause_is_longer_than_a_minute() {
        let throttle = Throttle::default();
        for took in [
            Duration::from_mins(1),
            Duration::from_hours(24),
            Duration::MAX,
        ] {
            assert_eq!(throttle.pause(took), LONGEST);
        }
    }

    #[test]
    fn the_share_doubles_while_more_rows_wait_each_time() {
        let mut throttle = Throttle::default();
        let mut shares = Vec::new();
        for (rows, time) in (1_000..).step_by(1_000).zip((0..).step_by(300)).take(6) {
            throttle.count(rows, at(time));
            shares.push(share(&throttle));
        }
        assert_eq!(shares, [5, 10, 20, 40, 40, 40]);
    }

    #[test]
    fn a_backlog_that_shrinks_or_stays_raises_nothing() {
        let mut throttle = Throttle::default();
        for (rows, time) in [(1_000_000, 0), (900_000, 300), (900_000, 600), (1, 900)] {
            throttle.count(rows, at(time));
            assert_eq!(share(&throttle), 5, "{rows}");
        }
    }

    #[test]
    fn a_raised_share_lasts_until_no_row_waits() {
        let mut throttle = Throttle::default();
        throttle.count(1_000, at(0));
        throttle.count(2_000, at(300));
        throttle.count(1_000, at(600));
        assert_eq!(share(&throttle), 10);
        throttle.empty();
        assert_eq!(throttle, Throttle::default());
    }

    #[test]
    fn rows_are_counted_at_first_and_then_every_five_minutes() {
        let mut throttle = Throttle::default();
        assert!(throttle.is_count_due(at(1_000)));
        throttle.count(5, at(1_000));
        for (time, due) in [(900, false), (1_000, false), (1_299, false), (1_300, true)] {
            assert_eq!(throttle.is_count_due(at(time)), due, "{time}");
        }
        throttle.empty();
        assert!(throttle.is_count_due(at(1_001)));
    }
}

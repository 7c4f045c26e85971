//! A circuit breaker that keeps a fault from ending all accounts of a space.

use chrono::{DateTime, TimeDelta, Utc};

/// This many may end within a minute, regardless of the renewals.
const FEW: u64 = 20;
/// Beyond that, one in this many renewals may end.
const ONE_IN: u64 = 10;
/// How long endings are paused after too many at once.
pub const PAUSE: TimeDelta = TimeDelta::minutes(10);

/// The outcomes of a space's renewals within the last minute.
#[derive(Clone, Copy, Debug, Default)]
pub struct Endings {
    pub ended: u64,
    pub renewed: u64,
    pub paused_until: Option<DateTime<Utc>>,
}

impl Endings {
    pub fn are_paused_at(&self, now: DateTime<Utc>) -> bool {
        self.paused_until.is_some_and(|until| until > now)
    }

    /// Whether one more is too many: more than twenty, and more than a tenth of the renewals.
    pub fn would_be_too_many(&self) -> bool {
        let ended = self.ended + 1;
        ended > FEW && ended * ONE_IN > ended + self.renewed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_and_more_than_a_tenth_are_too_many() {
        for (ended, renewed, too_many) in [
            (0, 0, false),
            (19, 0, false),
            (20, 0, true),
            (20, 188, true),
            (20, 189, false),
            (200, 1_809, false),
            (200, 1_808, true),
        ] {
            let endings = Endings {
                ended,
                renewed,
                paused_until: None,
            };
            assert_eq!(endings.would_be_too_many(), too_many, "{ended} {renewed}");
        }
    }

    #[test]
    fn a_pause_has_an_end() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let paused = |until| Endings {
            paused_until: until,
            ..Endings::default()
        };
        assert!(!paused(None).are_paused_at(now));
        assert!(!paused(Some(now)).are_paused_at(now));
        assert!(paused(Some(now + PAUSE)).are_paused_at(now));
    }
}

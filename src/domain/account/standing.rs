//! The state of an account, with the times that matter.

use chrono::{DateTime, Utc};

/// The state of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Live,
    /// Backlog rejected a renewal in a way that leaves the cause open. Nothing is erased.
    InDoubt {
        doubt: Doubt,
        since: DateTime<Utc>,
        /// No renewal is tried before then.
        until: DateTime<Utc>,
    },
    /// Its tokens are erased; its grants are kept, and the next sign-in restores it.
    Ended,
}

impl Standing {
    /// The time until which calls without a valid access token wait, if they do.
    pub fn in_doubt_at(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::InDoubt { until, .. } if until > now => Some(until),
            Self::Live | Self::InDoubt { .. } | Self::Ended => None,
        }
    }
}

/// Why an account is in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The lease was taken over, and its previous holder may have the new pair.
    TakenOver,
    /// Backlog returned a 400 without a readable code.
    Unreadable,
    /// It would have ended, but endings are paused.
    Spared,
}

impl Doubt {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TakenOver => "taken_over",
            Self::Unreadable => "unreadable",
            Self::Spared => "spared",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::TakenOver, Self::Unreadable, Self::Spared]
            .into_iter()
            .find(|doubt| doubt.as_str() == text)
    }
}

/// Why an account ended; stored with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// Backlog returned `invalid_grant`: the user revoked the hub's access there.
    InvalidGrant,
    /// Backlog returned bare 400s for too long, to this account only or for an hour.
    Unreadable,
}

impl EndReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidGrant => "backlog_invalid_grant",
            Self::Unreadable => "backlog_unreadable_400",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_doubt_is_read_as_it_was_written() {
        for doubt in [Doubt::TakenOver, Doubt::Unreadable, Doubt::Spared] {
            assert_eq!(Doubt::parse(doubt.as_str()), Some(doubt));
        }
        assert_eq!(Doubt::parse("of a later release"), None);
    }
}

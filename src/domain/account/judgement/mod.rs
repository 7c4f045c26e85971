//! The consequence of a failed renewal for the account.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Doubt, EndReason, Endings, PAUSE, Standing};

/// After a lease was taken over: a previous holder that is alive stores its pair by then.
pub const CONFIRM_AFTER: TimeDelta = TimeDelta::minutes(2);
/// After a bare 400.
pub const ASK_AGAIN_AFTER: TimeDelta = TimeDelta::seconds(30);
/// Bare 400s end an account after this time if other accounts of the space are renewed.
pub const BARE_FOR: TimeDelta = TimeDelta::minutes(10);
/// Bare 400s end an account after this time if no other account is renewed.
pub const BARE_FOR_ALONE: TimeDelta = TimeDelta::hours(1);
/// Bare 400s further apart than this do not belong to one failure.
const STREAK_BREAKS_AFTER: TimeDelta = TimeDelta::hours(1);

/// Backlog's response to a renewal, if it is neither tokens nor a transient failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// A readable `invalid_grant`.
    Refused,
    /// A 400 with no readable error code.
    Unreadable,
}

/// The latest outcomes for the space's other accounts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Neighbors {
    pub renewed_at: Option<DateTime<Utc>>,
    pub unreadable_at: Option<DateTime<Utc>>,
}

impl Neighbors {
    /// Whether Backlog has renewed other accounts while it has rejected this one.
    fn are_renewed_since(&self, since: DateTime<Utc>) -> bool {
        self.renewed_at.is_some_and(|renewed| {
            renewed > since && self.unreadable_at.is_none_or(|at| at < renewed)
        })
    }
}

/// The facts known when Backlog has rejected a renewal.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub evidence: Evidence,
    pub standing: Standing,
    /// Whether the lease was taken over from a holder that had not released it.
    pub taken_over: bool,
    pub neighbors: Neighbors,
    pub endings: Endings,
    pub now: DateTime<Utc>,
}

/// The consequence for the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    Doubt {
        doubt: Doubt,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
        /// Endings of the space are paused from now on.
        pauses_endings: bool,
    },
    End(EndReason),
}

/// Decides the consequence of a rejected renewal.
pub fn judge(case: &Case) -> Judgement {
    match case.evidence {
        Evidence::Refused if case.taken_over => {
            let since = match case.standing {
                Standing::InDoubt { since, .. } => since,
                Standing::Live | Standing::Ended => case.now,
            };
            doubt(Doubt::TakenOver, since, case.now + CONFIRM_AFTER)
        }
        Evidence::Refused => end_unless_paused(case, EndReason::InvalidGrant),
        Evidence::Unreadable => {
            let since = bare_since(case);
            let lasted = case.now - since;
            let is_void = lasted >= BARE_FOR_ALONE
                || lasted >= BARE_FOR && case.neighbors.are_renewed_since(since);
            if is_void {
                return end_unless_paused(case, EndReason::Unreadable);
            }
            doubt(Doubt::Unreadable, since, case.now + ASK_AGAIN_AFTER)
        }
    }
}

fn doubt(doubt: Doubt, since: DateTime<Utc>, until: DateTime<Utc>) -> Judgement {
    Judgement::Doubt {
        doubt,
        since,
        until,
        pauses_endings: false,
    }
}

/// The time since which Backlog has returned only bare 400s.
fn bare_since(case: &Case) -> DateTime<Utc> {
    match case.standing {
        Standing::InDoubt {
            doubt: Doubt::Unreadable,
            since,
            until,
        } if case.now - until <= STREAK_BREAKS_AFTER => since,
        Standing::Live | Standing::InDoubt { .. } | Standing::Ended => case.now,
    }
}

fn end_unless_paused(case: &Case, reason: EndReason) -> Judgement {
    let paused = case.endings.are_paused_at(case.now);
    if !paused && !case.endings.would_be_too_many() {
        return Judgement::End(reason);
    }
    let until = match case.endings.paused_until {
        Some(until) if paused => until,
        _ => case.now + PAUSE,
    };
    Judgement::Doubt {
        doubt: Doubt::Spared,
        since: case.now,
        until,
        pauses_endings: !paused,
    }
}

#[cfg(test)]
mod tests;

//! The pace of many changes in one call.
//!
//! 1. Before each issue, wait until Backlog's limit of changes a minute allows what it needs.
//! 2. The wait is reported as progress, so that clients do not give up.
//! 3. A call ends after a fixed time; the rest is left for the next call.

#[cfg(test)]
pub(crate) mod tests;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::toolkit::work::{Operated, OperationError, OperationFailure, Operations};

/// How long a call may take before it leaves the rest for the next one.
pub(crate) const LONGEST: Duration = Duration::from_secs(45);
/// The time between two looks at the limit, each of which is progress.
const STEP: Duration = Duration::from_secs(1);
/// The maximum number of changes that an issue waits for; the lowest limit of a plan is 15.
const MOST_AT_ONCE: usize = 10;
/// The units of progress of one issue; a second of waiting is one of them.
const UNITS: u64 = 100;

/// The outcome of one change.
#[derive(Debug)]
pub(crate) enum Written {
    Done(Operated),
    /// Backlog rejected it; others may succeed.
    Refused(String),
    /// It may have been made.
    Unconfirmed(String),
    /// Nothing was changed, because the time of the call is over.
    Late,
    /// Nothing was changed, and no other change would succeed.
    Stopped(OperationError),
}

/// The pace of one call.
pub(crate) struct Pace<'a> {
    operations: &'a dyn Operations,
    /// The class of changes.
    tool: &'static str,
    ends: DateTime<Utc>,
    total: u64,
    waited: u64,
    done: u64,
}

impl<'a> Pace<'a> {
    /// Starts a call that changes a number of issues with a classic tool.
    pub(crate) fn start(operations: &'a dyn Operations, tool: &'static str, total: usize) -> Self {
        Self {
            operations,
            tool,
            ends: operations.now() + LONGEST,
            total: u64::try_from(total).unwrap_or(u64::MAX / UNITS),
            waited: 0,
            done: 0,
        }
    }

    /// Waits until the limit allows a number of changes; false if the time of the call is over.
    ///
    /// # Errors
    /// The user has to sign in again.
    pub(crate) async fn turn(&mut self, needed: usize) -> Result<bool, OperationError> {
        let needed = needed.min(MOST_AT_ONCE);
        loop {
            let now = self.operations.now();
            if now >= self.ends {
                return Ok(false);
            }
            let left = self.operations.left(self.tool).await?;
            match left.filter(|left| left.requests < needed && left.until > now) {
                None => return Ok(true),
                Some(left) => {
                    let until = (left.until - now).to_std().unwrap_or_default();
                    self.wait(until).await;
                }
            }
        }
    }

    /// Makes a change. One that exceeds the limit was not made, and is made again later.
    pub(crate) async fn write(&mut self, tool: &'static str, arguments: &Value) -> Written {
        loop {
            let error = match self.operations.run(tool, arguments.clone()).await {
                Ok(operated) => return Written::Done(operated),
                Err(error) => error,
            };
            match error.failure() {
                OperationFailure::Unconfirmed => return Written::Unconfirmed(error.text),
                OperationFailure::Refused => return Written::Refused(error.text),
                OperationFailure::RateLimited => {}
                OperationFailure::Lasting => return Written::Stopped(error),
            }
            self.wait(STEP).await;
            match self.turn(1).await {
                Ok(true) => {}
                Ok(false) => return Written::Late,
                Err(error) => return Written::Stopped(error),
            }
        }
    }

    /// Reports an issue as done.
    pub(crate) fn note_done(&mut self) {
        self.done += 1;
        self.waited = 0;
        self.note();
    }

    /// Waits for a step, for less, or until the end of the call.
    async fn wait(&mut self, most: Duration) {
        let rest = self.ends - self.operations.now();
        let rest = rest.to_std().unwrap_or_default();
        self.operations.wait(most.min(STEP).min(rest)).await;
        self.waited = (self.waited + 1).min(UNITS - 1);
        self.note();
    }

    fn note(&self) {
        let done = self.done * UNITS + self.waited;
        let progress = self.operations.progress();
        progress.note(done, Some(self.total * UNITS));
    }
}

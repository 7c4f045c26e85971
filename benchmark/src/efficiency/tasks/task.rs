//! A task, and what is known when it was done.

use anyhow::{Context, ensure};
use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use crate::efficiency::{agent::Agent, backlog::Backlog};

/// The calls of a task, and their answer.
pub(in crate::efficiency) type Way =
    for<'a> fn(&'a mut Agent) -> LocalBoxFuture<'a, anyhow::Result<Value>>;

/// The conditions that have to hold afterwards.
pub(in crate::efficiency) type Check =
    for<'a> fn(&'a Done) -> LocalBoxFuture<'a, anyhow::Result<()>>;

/// A task and the ways to do it.
pub(in crate::efficiency) struct Task {
    /// As a user says it.
    pub(in crate::efficiency) text: &'static str,
    pub(in crate::efficiency) upstream: Way,
    /// With the hub's classic tools, whose results may be concise.
    pub(in crate::efficiency) classic: Way,
    pub(in crate::efficiency) work: Way,
    pub(in crate::efficiency) check: Check,
}

/// A task that was done.
pub(in crate::efficiency) struct Done {
    /// The issues before it, as Backlog returns them.
    pub(in crate::efficiency) before: Vec<Value>,
    /// The issues after it.
    pub(in crate::efficiency) after: Vec<Value>,
    pub(in crate::efficiency) answer: Value,
    /// Backlog as the user of the task sees it.
    pub(in crate::efficiency) backlog: Backlog,
}

impl Done {
    /// The issues that were added.
    pub(super) fn added(&self) -> &[Value] {
        &self.after[self.before.len().min(self.after.len())..]
    }

    /// Checks that the answer is this one.
    pub(super) fn answers(&self, expected: impl Into<Value>) -> anyhow::Result<()> {
        let expected = expected.into();
        ensure!(
            self.answer == expected,
            "the answer is {}, not {expected}",
            self.answer
        );
        Ok(())
    }

    /// Checks that no issue was changed except those with these keys.
    pub(super) fn left_alone(&self, except: &[&str]) -> anyhow::Result<()> {
        for before in &self.before {
            let key = &before["issueKey"];
            if except.contains(&key.as_str().unwrap_or_default()) {
                continue;
            }
            let after = self.after.iter().find(|issue| issue["issueKey"] == *key);
            ensure!(after == Some(before), "{key} was changed");
        }
        Ok(())
    }

    /// An issue as it is now.
    pub(super) fn issue(&self, key: &str) -> anyhow::Result<&Value> {
        let issue = self.after.iter().find(|issue| issue["issueKey"] == key);
        issue.with_context(|| format!("{key} is gone"))
    }
}

//! One tool call, from its start to the record of it.

use std::time::Instant;

use super::Recorder;
use crate::domain::activity::{Activity, Actor, Deed, ToolOutcome};

/// A call under way; dropped, it is recorded, as cancelled unless it [`ended`](Self::ended).
#[derive(Debug)]
pub struct ToolCall {
    recorder: Recorder,
    tool: &'static str,
    actor: Option<Actor>,
    started: Instant,
    outcome: ToolOutcome,
}

impl Recorder {
    /// Begins the record of a call. Without an actor (no sign-in) it is only counted.
    #[must_use]
    pub fn tool_call(&self, tool: &'static str, actor: Option<Actor>) -> ToolCall {
        ToolCall {
            recorder: self.clone(),
            tool,
            actor,
            started: Instant::now(),
            outcome: ToolOutcome::Cancelled,
        }
    }
}

impl ToolCall {
    /// Ends as `result` did; `outcome` says what kind of failure an error is.
    pub fn ended_as<T, E>(
        &mut self,
        result: &Result<T, E>,
        outcome: impl FnOnce(&E) -> ToolOutcome,
    ) {
        self.ended(match result {
            Ok(_) => ToolOutcome::Ok,
            Err(error) => outcome(error),
        });
    }

    pub fn ended(&mut self, outcome: ToolOutcome) {
        self.outcome = outcome;
    }
}

impl Drop for ToolCall {
    fn drop(&mut self) {
        let took = self.started.elapsed();
        let (tool, outcome) = (self.tool, self.outcome);
        self.recorder
            .metrics
            .tool_call(tool, outcome.as_str(), took);
        if let (Some(actor), Some(journal)) = (self.actor, &self.recorder.journal) {
            journal.tool_called(Activity {
                actor,
                at: self.started,
                deed: Deed::ToolCalled {
                    tool,
                    outcome,
                    took,
                },
            });
        }
    }
}

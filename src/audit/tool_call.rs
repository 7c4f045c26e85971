//! One tool call, from its start until it is recorded.

use std::time::Instant;

use super::recorder::Recorder;
use crate::domain::audit_event::{Actor, AuditEvent, AuditEventKind, ToolOutcome};

/// A call in progress; recorded on drop, as cancelled unless it [`ended`](Self::ended).
#[derive(Debug)]
pub struct ToolCall {
    recorder: Recorder,
    tool: &'static str,
    actor: Option<Actor>,
    started: Instant,
    outcome: ToolOutcome,
}

impl Recorder {
    /// Starts the record of a call. Without an actor (no sign-in) it is only counted.
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
    /// Sets the outcome of `result`; `outcome` maps an error to the kind of failure.
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
            journal.tool_called(AuditEvent {
                actor,
                at: self.started,
                kind: AuditEventKind::ToolCalled {
                    tool,
                    outcome,
                    took,
                },
            });
        }
    }
}

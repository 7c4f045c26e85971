//! The result of a call.

use rmcp::model::ContentBlock;
use serde_json::{Value, json};
use tracing::Span;

use super::steps::{Execution, ReadCall, Shown};
use crate::{
    accounts::access::AccessError,
    calls::{
        call_outcome::CallOutcome, caller::AuthChallenge, failure::Context, project_guard::Filtered,
    },
    domain::audit_event::ToolOutcome,
    toolkit::{error::ToolError, outcome::Read, tool::ToolMeta},
};

/// The note for an empty response to a tool that reads.
const NOTHING: &str = "Backlog returned an empty response, so there is nothing to show. This does \
    not say that there is none.";

impl Execution<'_> {
    /// The result of a call that succeeded.
    pub(super) fn show(&self, shown: Shown, read: ReadCall) -> CallOutcome {
        let registry = self.services.registry();
        let advise = |text: &str| registry.advise(text, &self.caller, self.tool.meta.name);
        self.shown(shown, read).with_notes(advise)
    }

    fn shown(&self, shown: Shown, read: ReadCall) -> CallOutcome {
        let ReadCall { output, said, .. } = read;
        let Filtered { outcome, note } = match shown {
            Shown::Whole(json) => {
                let next = output.page.note_on_whole(json.get());
                let notes = said.into_iter().chain(next).collect();
                return CallOutcome::json(json, notes);
            }
            Shown::Part(filtered) => filtered,
        };
        match outcome {
            Read::Content(mut content) => {
                content.extend(said.into_iter().map(ContentBlock::text));
                CallOutcome::Content(content)
            }
            Read::Json(Value::Null) => {
                let (shown, nothing) = for_empty(&self.tool.meta);
                let notes = said.into_iter().chain(nothing).chain(note).collect();
                CallOutcome::json(shown.to_string(), notes)
            }
            Read::Json(value) => {
                let notes = said.into_iter().chain(note).collect();
                output.write(value, notes, self.services.options())
            }
        }
    }

    /// The result of a call that failed, or that only lacks its response.
    pub(super) fn explain(
        &self,
        error: &ToolError,
        hint: Option<String>,
        span: &Span,
    ) -> CallOutcome {
        let meta = &self.tool.meta;
        let outcome = error.outcome();
        let text = error.explain(Context {
            what: meta.name,
            inputs: self.tool.inputs.own(),
            named: &self.tool.named,
            now: self.services.now(),
        });
        if outcome == ToolOutcome::Ok {
            // The change was made; only the response is missing.
            return CallOutcome::json(json!({"success": true}).to_string(), vec![text]);
        }
        // The error itself is not logged, because it has the requested path.
        let (outcome, (status, code)) = (outcome.as_str(), error.response_codes());
        span.in_scope(|| tracing::debug!(outcome, status, code, "the tool failed"));
        let text = match error {
            ToolError::Access(AccessError::SignInAgain) => {
                self.caller.challenge.set(AuthChallenge::SignInAgain);
                with_account_page(text, self.caller.account_url.as_deref())
            }
            _ => text,
        };
        let text = match hint {
            Some(hint) => format!("{hint}\n{text}"),
            None => text,
        };
        let descriptions = &self.services.options().descriptions;
        self.failed(&descriptions.reword(meta.name, text))
    }

    pub(super) fn failed(&self, text: &str) -> CallOutcome {
        let registry = self.services.registry();
        CallOutcome::Failed(registry.advise(text, &self.caller, self.tool.meta.name))
    }

    pub(super) fn invalid(&self, reason: &str) -> CallOutcome {
        let tool = self.tool.meta.name;
        self.failed(&format!("Invalid arguments for tool {tool}: {reason}"))
    }
}

/// Adds where the user sees and ends connections.
fn with_account_page(text: String, url: Option<&str>) -> String {
    match url {
        Some(url) => format!("{text} The user sees and ends connections at {url}."),
        None => text,
    }
}

/// Returns the value and the note for an empty response. For a change it means success; for a read
/// it does not mean an empty list.
fn for_empty(meta: &ToolMeta) -> (Value, Option<String>) {
    match meta.effect.read_only {
        true => (Value::Null, Some(NOTHING.to_owned())),
        false => (json!({"success": true}), None),
    }
}

//! The confirmation of a deletion, or of a call that gives access or sends content elsewhere.
//!
//! 1. A caller who may not make the call is not asked: the call itself reports the reason.
//! 2. The item of a deletion is read, because its key or name is the subject of the question. The
//!    subject of another call is its last argument.
//! 3. Where the client can ask its user, the user decides. Elsewhere the first response names the
//!    subject with a code, and a call that repeats both as `confirm` is made ([`CallCode`]).

use std::sync::Arc;

use backlog_client::Method;
use backlog_rendering::inline;
use rmcp::model::JsonObject;
use serde_json::{Value, json};
use tracing::Span;

use super::{
    call::Call,
    call_code::CallCode,
    classic,
    deleted_item::{self, Item},
    operations::CallOperations,
    work,
};
use crate::{
    accounts::access::BacklogAccess,
    calls::{
        binding::Binding,
        call_outcome::CallOutcome,
        registered_tool::{CONFIRM, RegisteredTool},
        services::Services,
    },
    domain::audit_event::ToolOutcome,
    toolkit::{
        attempt::{Backlog, HeldResponses},
        consent::Question,
        declaration::Run,
        work::{OperationError, Operations},
    },
};

/// The maximum number of characters of the item in a question.
const MAX_SHOWN: usize = 600;
/// A call that is to be confirmed.
pub(super) struct SensitiveCall<'a> {
    pub tool: &'a RegisteredTool,
    pub arguments: &'a JsonObject,
    /// The input `confirm`.
    pub confirm: Option<&'a str>,
    /// The call that confirms it: `run_tool again with the same name and arguments`.
    pub again: String,
}

/// The result of a call that only asks, and its outcome for the record.
pub(super) type Asked = (ToolOutcome, CallOutcome);

pub(super) fn is_deletion(tool: &RegisteredTool) -> bool {
    tool.method == Some(Method::Delete)
}

/// Whether a model that runs the tool by `run_tool` needs a confirmation: it deletes, gives access,
/// or sends content of the space to a URL outside of it.
pub(super) fn asks_first(tool: &RegisteredTool) -> bool {
    let effect = tool.meta.effect;
    let gives_access = effect.destructive && tool.method == Some(Method::Post);
    is_deletion(tool) || gives_access || effect.open_world && !effect.read_only
}

/// Executes a deletion that is called by its own name, where the operator requires a confirmation.
pub(super) async fn execute(
    services: &Services,
    (tool, run): (&RegisteredTool, Run),
    mut call: Call<'_>,
) -> CallOutcome {
    let confirm = call.arguments.shift_remove(CONFIRM);
    let sensitive = SensitiveCall {
        tool,
        arguments: &call.arguments,
        confirm: confirm.as_ref().and_then(Value::as_str),
        again: format!("{} again with the same arguments", tool.listed.name),
    };
    let asking = ask(services, &call, &sensitive);
    if let Some((outcome, asked)) = asking.await {
        let recorder = services.recorder();
        let mut record = recorder.tool_call(tool.meta.name, call.caller.access.actor());
        record.ended(outcome);
        return asked;
    }
    classic::execute(services, (tool, run), call).await
}

/// Asks for the confirmation of a call; `None` if it is confirmed, or not allowed at all.
pub(super) async fn ask(
    services: &Services,
    call: &Call<'_>,
    sensitive: &SensitiveCall<'_>,
) -> Option<Asked> {
    let (meta, caller) = (&sensitive.tool.meta, &call.caller);
    if caller.policy.check(meta).is_err() || !caller.scopes.contains_all(meta.scopes()) {
        return None;
    }
    if let Some(reason) = call.consent.refusal() {
        let done = match is_deletion(sensitive.tool) {
            true => "deleted",
            false => "done",
        };
        return Some(markdown(format!("Nothing was {done}: {reason}."), None));
    }
    let access = match access(services, call, sensitive.arguments) {
        Ok(access) => access,
        Err(reason) => {
            let called = work::failed(services, caller, &reason);
            return Some((ToolOutcome::InvalidArguments, called));
        }
    };
    let backlog = Backlog {
        client: services.client(),
        access: access.as_ref(),
        files: services.files(),
        progress: call.progress.clone(),
        held: HeldResponses::default(),
    };
    let operations = CallOperations {
        services,
        caller,
        backlog: &backlog,
        span: &Span::current(),
        consent: &call.consent,
    };
    let described = described(services, sensitive, &operations).await;
    let item = match described {
        Ok(item) => item,
        Err(error) => return Some((error.outcome, work::refused(services, &error.text))),
    };
    if call.consent.can_ask() {
        let is_accepted = call.consent.covers(&item.label);
        return (!is_accepted).then(|| question(sensitive, item));
    }
    let code = CallCode {
        keys: services.keys(),
        binding: Binding::of(caller, meta.name, sensitive.arguments).await,
        subject: &item.label,
        now: services.now(),
    };
    let is_confirmed = sensitive.confirm.is_some_and(|confirm| code.is_in(confirm));
    (!is_confirmed).then(|| request(sensitive, &code.text(), &item.shown))
}

/// The access to the space of the call.
fn access(
    services: &Services,
    call: &Call<'_>,
    arguments: &JsonObject,
) -> Result<Arc<dyn BacklogAccess>, String> {
    match services.organizations() {
        None => Ok(Arc::clone(&call.caller.access)),
        Some(all) => all.chosen(&mut arguments.clone(), &services.options().prefix),
    }
}

/// The question for the user.
fn question(sensitive: &SensitiveCall<'_>, item: Item) -> Asked {
    let (shown, tool) = (
        inline::excerpt(&item.shown, MAX_SHOWN),
        &sensitive.tool.listed.name,
    );
    let text = match is_deletion(sensitive.tool) {
        true => format!("Delete {shown}? The tool {tool} deletes it from Backlog."),
        false => format!(
            "Run {tool} with {shown}? It gives access to a project, or sends its content to another \
             site."
        ),
    };
    let question = Question {
        subject: item.label,
        text,
    };
    (ToolOutcome::Asked, CallOutcome::Question(question))
}

/// The text for a model if its client cannot ask the user.
fn request(sensitive: &SensitiveCall<'_>, confirm: &str, shown: &str) -> Asked {
    let wrong = match sensitive.confirm {
        Some(given) => format!(
            " The confirmation {:?} was not given for this call, or is older than five minutes.",
            inline::excerpt(given, MAX_SHOWN)
        ),
        None => String::new(),
    };
    let (done, would, act) = match is_deletion(sensitive.tool) {
        true => ("deleted", "would delete", "delete it"),
        false => (
            "done",
            "would give access to a project, or send its content to another site",
            "run it",
        ),
    };
    let text = format!(
        "Nothing is {done} yet.{wrong} {} {would}: {}.{} To {act}, ask the user, then call {} and \
         confirm: {confirm:?}",
        sensitive.tool.listed.name,
        inline::excerpt(shown, MAX_SHOWN),
        without_effect(sensitive),
        sensitive.again,
    );
    markdown(text, Some(json!({ "confirm": confirm })))
}

fn markdown(text: String, structured: Option<Value>) -> Asked {
    let asked = CallOutcome::Markdown { text, structured };
    (ToolOutcome::Asked, asked)
}

/// A warning about a webhook without events: Backlog accepts it, and never calls it.
fn without_effect(sensitive: &SensitiveCall<'_>) -> &'static str {
    let arguments = sensitive.arguments;
    let has_events = arguments.get("allEvent").is_some_and(|all| *all != false)
        || arguments.contains_key("activityTypeIds");
    match sensitive.tool.meta.name == "add_webhook" && !has_events {
        true => {
            " It has no events, so Backlog will never call it: give allEvent or activityTypeIds."
        }
        false => "",
    }
}

/// The item of a call.
async fn described(
    services: &Services,
    sensitive: &SensitiveCall<'_>,
    operations: &dyn Operations,
) -> Result<Item, OperationError> {
    let SensitiveCall {
        tool, arguments, ..
    } = *sensitive;
    // Only a deletion is of one item that can be read.
    if is_deletion(tool)
        && let Some(item) =
            deleted_item::read(services.registry(), tool, arguments, operations).await?
    {
        return Ok(item);
    }
    deleted_item::of_arguments(tool, arguments).ok_or_else(|| OperationError {
        outcome: ToolOutcome::InvalidArguments,
        status: None,
        text: format!(
            "arguments: {} needs the item that it is about",
            tool.listed.name
        ),
    })
}

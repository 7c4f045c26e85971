//! Executes the call of a work tool: authorizes it, reads its arguments by its schema, and lets it
//! run its operations.

use std::sync::Arc;

use rmcp::model::JsonObject;
use tracing::Instrument;

use super::{
    authorization::{Stopped, authorize, authorize_needs},
    call::{Call, span},
    operations::CallOperations,
};
use crate::{
    accounts::access::BacklogAccess,
    calls::{
        call_outcome::CallOutcome,
        caller::Caller,
        registered_tool::{RegisteredTool, Work},
        services::Services,
    },
    domain::audit_event::ToolOutcome,
    toolkit::{
        attempt::{Backlog, HeldResponses},
        work::{
            WorkError, WorkOutput,
            input::{self, Synonyms},
        },
    },
};

pub(super) async fn execute(
    services: &Services,
    (entry, work): (&RegisteredTool, Work),
    call: Call<'_>,
) -> CallOutcome {
    let tool = &entry.meta;
    let recorder = services.recorder();
    let mut record = recorder.tool_call(tool.name, call.caller.access.actor());
    let caller = call.caller;
    let (access, arguments) = match begin(services, (entry, &work), &caller, call.arguments) {
        Ok(begun) => begun,
        Err(Stopped { outcome, called }) => {
            record.ended(outcome);
            return called;
        }
    };
    let backlog = Backlog {
        client: services.client(),
        access: access.as_ref(),
        files: services.files(),
        progress: call.progress,
        held: HeldResponses::default(),
    };
    let span = span(tool, call.request, call.traceparent, &backlog);
    let operations = CallOperations {
        services,
        caller: &caller,
        backlog: &backlog,
        span: &span,
        consent: &call.consent,
    };
    let running = (work.run)(arguments, &operations).instrument(span.clone());
    let ended = call.notifier.during(running).await;
    record.ended(match &ended {
        Ok(output) if output.question.is_some() => ToolOutcome::Asked,
        Ok(_) => ToolOutcome::Ok,
        Err(WorkError::Arguments(_)) => ToolOutcome::InvalidArguments,
        Err(WorkError::Operation(error)) => error.outcome,
    });
    match ended {
        Ok(output) => shown(output),
        Err(WorkError::Arguments(reason)) => invalid(services, &caller, tool.name, &reason),
        Err(WorkError::Operation(error)) => refused(services, &error.text),
    }
}

/// Normalizes the arguments.
pub(super) fn read(
    services: &Services,
    (entry, caller): (&RegisteredTool, &Caller),
    arguments: JsonObject,
    synonyms: Synonyms,
) -> Result<JsonObject, Stopped> {
    let read = input::normalize(arguments, &entry.listed.input_schema, synonyms);
    read.map_err(|reason| Stopped::invalid(invalid(services, caller, entry.meta.name, &reason)))
}

type Begun = (Arc<dyn BacklogAccess>, JsonObject);

/// Checks the policy, the scopes and what the tool needs, chooses the space, and reads the
/// arguments.
fn begin(
    services: &Services,
    (entry, work): (&RegisteredTool, &Work),
    caller: &Caller,
    mut arguments: JsonObject,
) -> Result<Begun, Stopped> {
    authorize(services, entry, caller)?;
    authorize_needs(services, entry, caller)?;
    let access = match services.organizations() {
        None => Arc::clone(&caller.access),
        Some(all) => all
            .chosen(&mut arguments, &services.options().prefix)
            .map_err(|reason| Stopped::invalid(failed(services, caller, &reason)))?,
    };
    Ok((
        access,
        read(services, (entry, caller), arguments, work.synonyms)?,
    ))
}

fn shown(output: WorkOutput) -> CallOutcome {
    let WorkOutput {
        text,
        structured,
        is_json,
        question,
    } = output;
    if let Some(question) = question {
        return CallOutcome::Question(question);
    }
    match is_json {
        true => CallOutcome::json(text, Vec::new()),
        false => CallOutcome::Markdown { text, structured },
    }
}

pub(super) fn failed(services: &Services, caller: &Caller, text: &str) -> CallOutcome {
    // A work tool is named as it is.
    CallOutcome::Failed(services.registry().advise(text, caller, ""))
}

/// The error of an operation, in which advice names the tools of the caller already.
pub(super) fn refused(services: &Services, text: &str) -> CallOutcome {
    CallOutcome::Failed(services.registry().name_tools(text).into_owned())
}

pub(super) fn invalid(
    services: &Services,
    caller: &Caller,
    tool: &str,
    reason: &str,
) -> CallOutcome {
    let reason = services
        .options()
        .descriptions
        .reword(tool, reason.to_owned());
    let text = format!("Invalid arguments for tool {tool}: {reason}");
    failed(services, caller, &text)
}

//! Executes the call of a classic tool.

use rmcp::model::JsonObject;
use tracing::{Instrument, Span};

use super::{
    authorization::Stopped,
    call::{Call, span},
    steps::{Begun, Execution, ReadCall, Shown},
};
use crate::{
    arguments::reading::CallSpace,
    calls::{
        call_outcome::CallOutcome, notes::Given, registered_tool::RegisteredTool,
        response_format::ResponseFormat, services::Services,
    },
    domain::audit_event::ToolOutcome,
    toolkit::{
        attempt::{Backlog, HeldResponses},
        declaration::{Failure, Run},
    },
};

pub(super) async fn execute(
    services: &Services,
    (tool, run): (&RegisteredTool, Run),
    call: Call<'_>,
) -> CallOutcome {
    let meta = &tool.meta;
    let mut record = services
        .recorder()
        .tool_call(meta.name, call.caller.access.actor());
    let execution = Execution {
        services,
        tool,
        run,
        caller: call.caller,
    };
    let given = Given::of(&call.arguments);
    let mut arguments = call.arguments;
    let begun = match execution.begin(&mut arguments) {
        Ok(begun) => begun,
        Err(Stopped { outcome, called }) => {
            record.ended(outcome);
            return called;
        }
    };
    let backlog = Backlog {
        client: services.client(),
        access: begun.access.as_ref(),
        files: services.files(),
        progress: call.progress,
        held: HeldResponses::default(),
    };
    let span = span(meta, call.request, call.traceparent, &backlog);
    let prepared = prepare(
        &execution,
        &begun,
        (given, &mut arguments),
        (&backlog, &span),
    );
    let mut read = match prepared.await {
        Ok(read) => read,
        Err(Stopped { outcome, called }) => {
            record.ended(outcome);
            return called;
        }
    };
    let work = execution.work(&backlog, arguments, &mut read);
    let shown = call.notifier.during(work.instrument(span.clone())).await;

    record.ended(outcome_of(&shown));
    match shown {
        Ok(shown) => execution.show(shown, read),
        Err(Failure::Arguments(reason)) => {
            let descriptions = &services.options().descriptions;
            execution.invalid(&descriptions.reword(meta.name, reason))
        }
        Err(Failure::Tool(error)) => execution.explain(&error, read.hint, &span),
    }
}

fn outcome_of(shown: &Result<Shown, Failure>) -> ToolOutcome {
    match shown {
        Ok(_) => ToolOutcome::Ok,
        Err(Failure::Arguments(_)) => ToolOutcome::InvalidArguments,
        Err(Failure::Tool(error)) => error.outcome(),
    }
}

/// Normalizes the arguments, and reads what the output needs.
async fn prepare(
    execution: &Execution<'_>,
    begun: &Begun,
    (given, arguments): (Given, &mut JsonObject),
    (backlog, span): (&Backlog<'_>, &Span),
) -> Result<ReadCall, Stopped> {
    let now = match execution.now(arguments, backlog).await {
        Ok(now) => now,
        Err(error) => {
            return Err(Stopped {
                outcome: error.outcome(),
                called: execution.explain(&error, None, span),
            });
        }
    };
    let space = CallSpace {
        url: backlog.access.url(),
        now,
    };
    let mut read = execution.read(begun.is_right, given, arguments, &space)?;
    if begun.format == ResponseFormat::Concise {
        read.output.shortening = Some(execution.shortening(backlog, arguments).await);
    }
    Ok(read)
}

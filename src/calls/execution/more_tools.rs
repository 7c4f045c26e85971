//! Executes `find_tools` and `run_tool`.
//!
//! `run_tool` executes the call of another tool: its policy, scope, project restriction, audit
//! event and metrics are those of that tool. A deletion needs a confirmation ([`sensitive_call`]).

use rmcp::model::JsonObject;
use serde_json::Value;

use super::{
    authorization,
    call::Call,
    classic,
    sensitive_call::{self, SensitiveCall},
    uploads, work,
};
use crate::{
    calls::{
        call_outcome::CallOutcome,
        find_tools,
        registered_tool::{CONFIRM, Handler, RegisteredTool},
        response_format::ResponseFormat,
        services::Services,
    },
    domain::audit_event::ToolOutcome,
};

pub(super) fn find(services: &Services, entry: &RegisteredTool, call: &Call<'_>) -> CallOutcome {
    let tool = &entry.meta;
    let recorder = services.recorder();
    let mut record = recorder.tool_call(tool.name, call.caller.access.actor());
    let arguments = call.arguments.clone();
    let read = match authorization::authorize(services, entry, &call.caller)
        .and_then(|()| work::read(services, (entry, &call.caller), arguments, &[]))
    {
        Ok(read) => read,
        Err(stopped) => {
            record.ended(stopped.outcome);
            return stopped.called;
        }
    };
    record.ended(ToolOutcome::Ok);
    let query = read["query"].as_str().unwrap_or_default();
    let registry = services.registry();
    let found = registry.find(query, &call.caller);
    let run_tool = registry.name_tools("run_tool");
    CallOutcome::Markdown {
        text: find_tools::page(&found, call.caller.scopes, &run_tool),
        structured: None,
    }
}

pub(super) async fn run(
    services: &Services,
    entry: &RegisteredTool,
    mut call: Call<'_>,
) -> CallOutcome {
    let actor = call.caller.access.actor();
    let record = |outcome| {
        let recorder = services.recorder();
        let mut record = recorder.tool_call(entry.meta.name, actor);
        record.ended(outcome);
    };
    let mut given = std::mem::take(&mut call.arguments);
    let arguments = given.shift_remove("arguments");
    let organization = given.shift_remove("organization");
    let read = authorization::authorize(services, entry, &call.caller)
        .and_then(|()| work::read(services, (entry, &call.caller), given, &[("tool", "name")]));
    let read = match read {
        Ok(read) => read,
        Err(stopped) => {
            record(stopped.outcome);
            return stopped.called;
        }
    };
    let target = target(services, &call, read["name"].as_str().unwrap_or_default());
    let chosen = target.and_then(|target| Ok((target, object(arguments)?)));
    let (inner, mut arguments) = match chosen {
        Ok(chosen) => chosen,
        Err(reason) => {
            record(ToolOutcome::InvalidArguments);
            return work::invalid(services, &call.caller, entry.meta.name, &reason);
        }
    };
    if let Some(organization) = organization {
        arguments.insert("organization".to_owned(), organization);
    }
    if sensitive_call::asks_first(inner) {
        let inner_confirm = arguments.shift_remove(CONFIRM);
        let confirm = read.get(CONFIRM).or(inner_confirm.as_ref());
        let again = "again with the same name and arguments";
        let sensitive = SensitiveCall {
            tool: inner,
            arguments: &arguments,
            confirm: confirm.and_then(Value::as_str),
            again: format!("{} {again}", entry.listed.name),
        };
        if let Some((outcome, asked)) = sensitive_call::ask(services, &call, &sensitive).await {
            record(outcome);
            return asked;
        }
    }
    call.arguments = arguments;
    // A model reads the result, unless the connection or the call asks for all of it.
    let format = &mut call.caller.policy.format;
    *format = format.or(Some(ResponseFormat::Concise));
    match inner.handler {
        Handler::Backlog(run) => classic::execute(services, (inner, run), call).await,
        Handler::Uploads(kind) => Box::pin(uploads::execute(services, (inner, kind), call)).await,
        _ => unreachable!("{} is a tool that run_tool runs", inner.meta.name),
    }
}

/// Finds the tool to run.
fn target<'a>(
    services: &'a Services,
    call: &Call<'_>,
    name: &str,
) -> Result<&'a RegisteredTool, String> {
    let registry = services.registry();
    let found = registry.get(name).or_else(|| registry.own(name));
    match found {
        Some(entry) if entry.is_runnable() => Ok(entry),
        Some(_) => Err(format!("name: {name} is listed; call it directly")),
        None => {
            let found = registry.find(name, &call.caller);
            let near: Vec<_> = found
                .iter()
                .map(|entry| entry.listed.name.as_ref())
                .collect();
            Err(format!(
                "name: unknown tool {name:?}; available: {}; find_tools finds others",
                near.join(", ")
            ))
        }
    }
}

/// Reads the arguments for the tool: a JSON object, or its text.
fn object(arguments: Option<Value>) -> Result<JsonObject, String> {
    let problem = |received: &str| {
        let received: String = received.chars().take(80).collect();
        format!("arguments: expected a JSON object with the tool's inputs, received {received}")
    };
    match arguments {
        None | Some(Value::Null) => Ok(JsonObject::new()),
        Some(Value::Object(arguments)) => Ok(arguments),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(JsonObject::new()),
        Some(Value::String(text)) => match serde_json::from_str(&text) {
            Ok(Value::Object(arguments)) => Ok(arguments),
            _ => Err(problem(&text)),
        },
        Some(other) => Err(problem(&other.to_string())),
    }
}

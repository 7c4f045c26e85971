//! The table of tools, and what stands around every call:
//!
//! 1. Find the caller.
//! 2. Refuse what the grant's scopes or the operator's policy do not allow.
//! 3. Read the arguments.
//! 4. Run the tool against Backlog.
//! 5. Turn the outcome into text; tell the HTTP layer if the person must sign in again.

use std::collections::HashMap;

use futures_util::{FutureExt, future::BoxFuture};
use rmcp::{
    ErrorData,
    handler::server::{router::tool::ToolRoute, tool::ToolCallContext},
    model::{self, CallToolResponse, CallToolResult, ContentBlock, JsonObject, ToolAnnotations},
};
use serde_json::{Value, json};
use tracing::Instrument;

use super::{
    AccessError, Caller, HubServer, Refusal, Toolset, arguments,
    failure::ToolError,
    schema,
    tool::{Backlog, Outcome, Spec, Tool},
    tools,
};
use crate::oauth::Scopes;

/// A tool with its place in the table.
#[derive(Debug)]
pub(super) struct Entry {
    pub spec: Spec,
    pub route: ToolRoute<HubServer>,
}

impl Entry {
    pub fn of<T: Tool>(toolset: Toolset) -> Self {
        let spec = Spec {
            name: T::NAME,
            title: T::TITLE,
            toolset,
            access: T::ACCESS,
        };
        let route = ToolRoute::new_dyn(describe::<T>(&spec), move |call| {
            guarded(spec, call, run::<T>).boxed()
        });
        Self { spec, route }
    }
}

/// Every tool, in the order in which they are listed.
#[derive(Debug)]
pub(super) struct Table {
    entries: Vec<Entry>,
    by_name: HashMap<&'static str, usize>,
}

impl Table {
    /// # Panics
    /// If two tools have one name.
    pub fn new() -> Self {
        let entries = tools::all();
        let by_name: HashMap<_, _> = entries
            .iter()
            .enumerate()
            .map(|(index, entry)| (entry.spec.name, index))
            .collect();
        assert_eq!(by_name.len(), entries.len(), "tool names are unique");
        Self { entries, by_name }
    }

    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.by_name.get(name).map(|index| &self.entries[*index])
    }

    /// The tools that a caller may use.
    pub fn listed_for(&self, caller: &Caller) -> Vec<model::Tool> {
        self.entries
            .iter()
            .filter(|entry| caller.scopes.contains(entry.spec.access.scope()))
            .filter(|entry| caller.policy.check(&entry.spec).is_ok())
            .map(|entry| entry.route.attr.clone())
            .collect()
    }
}

fn describe<T: Tool>(spec: &Spec) -> model::Tool {
    let input = schema::of::<T>();
    // The title stands twice: revision 2025-03-26 knows it only as an annotation.
    let annotations = ToolAnnotations::with_title(spec.title)
        .read_only(spec.access.read_only)
        .destructive(spec.access.destructive)
        .idempotent(spec.access.idempotent)
        .open_world(true);
    model::Tool::new(spec.name, input.description, input.schema)
        .with_title(spec.title)
        .with_annotations(annotations)
}

/// Why a call has no result; every case is a text for the assistant.
enum Failure {
    Arguments(String),
    Tool(ToolError),
}

type Run =
    for<'a> fn(Option<JsonObject>, &'a Backlog<'a>) -> BoxFuture<'a, Result<Outcome, Failure>>;

fn run<'a, T: Tool>(
    arguments: Option<JsonObject>,
    backlog: &'a Backlog<'a>,
) -> BoxFuture<'a, Result<Outcome, Failure>> {
    async move {
        let input: T = arguments::parse(arguments).map_err(Failure::Arguments)?;
        input.run(backlog).await.map_err(Failure::Tool)
    }
    .boxed()
}

async fn guarded(
    tool: Spec,
    call: ToolCallContext<'_, HubServer>,
    run: Run,
) -> Result<CallToolResponse, ErrorData> {
    let server = call.service;
    let Some(caller) = server.caller(&call.request_context) else {
        return Err(ErrorData::internal_error("the request has no caller", None));
    };

    let scope = tool.access.scope();
    if !caller.scopes.contains(scope) {
        let wanted: Scopes = caller.scopes.iter().chain([scope]).collect();
        let refusal = Refusal::InsufficientScope(wanted);
        caller.verdict.refuse(refusal);
        return Ok(failed(format!(
            "{} needs the scope {}; connect again and allow it.",
            tool.name,
            scope.as_str()
        )));
    }
    if let Err(denied) = caller.policy.check(&tool) {
        return Ok(failed(format!("{} cannot be used: {denied}.", tool.name)));
    }

    let backlog = Backlog {
        client: server.client(),
        access: caller.access.as_ref(),
    };
    let span = tracing::info_span!("tool", name = tool.name, space = %backlog.access.url());
    let outcome = run(call.arguments, &backlog).instrument(span.clone()).await;

    let error = match outcome {
        Ok(outcome) => return Ok(succeeded(outcome)),
        Err(Failure::Arguments(reason)) => {
            let name = tool.name;
            return Ok(failed(format!(
                "Invalid arguments for tool {name}: {reason}"
            )));
        }
        Err(Failure::Tool(error)) => error,
    };
    span.in_scope(|| tracing::debug!("{error}"));
    if matches!(error, ToolError::Access(AccessError::SignInAgain)) {
        caller.verdict.refuse(Refusal::SignInAgain);
    }
    Ok(failed(error.explain(tool.name, server.now())))
}

/// Text only: no tool declares an output schema (sixty of them would double `tools/list`), so
/// `structuredContent` would repeat the text, and hosts that show a model both would pay twice.
fn succeeded(outcome: Outcome) -> CallToolResponse {
    let content = match outcome {
        Outcome::Json(value) => vec![ContentBlock::text(readable(value))],
        Outcome::Content(content) => content,
    };
    CallToolResult::success(content).into()
}

/// Backlog's own order of fields, indented by two spaces.
fn readable(value: Value) -> String {
    match value {
        Value::Null => format!("{:#}", json!({"success": true})),
        value => format!("{value:#}"),
    }
}

fn failed(text: String) -> CallToolResponse {
    CallToolResult::error(vec![ContentBlock::text(text)]).into()
}

//! The table of tools, and what stands around every call:
//!
//! 1. Find the caller.
//! 2. Refuse what the grant's scopes or the operator's policy do not allow.
//! 3. Keep the call within the projects that are allowed ([`projects`](super::projects)), before
//!    and after the names among the arguments are looked up ([`names`]).
//! 4. Read the arguments and run the tool against Backlog.
//! 5. Of the outcome, keep the fields asked for, and what the limit allows.
//! 6. Turn it into text; tell the HTTP layer if the person must sign in again.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use futures_util::{FutureExt, future::BoxFuture};
use rmcp::{
    ErrorData,
    handler::server::{router::tool::ToolRoute, tool::ToolCallContext},
    model::{self, CallToolResponse, CallToolResult, ContentBlock, JsonObject, ToolAnnotations},
};
use serde_json::{Value, json};
use tracing::Instrument;

use super::{
    AccessError, Caller, HubServer, Refusal, ToolOptions, ToolPrefix, Toolset, arguments,
    caller::request_span,
    failure::ToolError,
    limit::{self, Page},
    names::{self, Bounds, Named, Unresolved},
    organizations, progress,
    projects::Sifted,
    schema,
    selection::Selection,
    structured,
    tool::{Access, Backlog, Outcome, Paging, Spec, Tool},
    tools,
};
use crate::{domain::activity::ToolOutcome, oauth::Scopes, observe::trace};

/// A tool with its place in the table.
#[derive(Debug)]
pub(super) struct Entry {
    pub spec: Spec,
    pub route: ToolRoute<HubServer>,
}

impl Entry {
    pub fn of<T: Tool>(toolset: Toolset) -> Self {
        let input = schema::of::<T>();
        let spec = Spec {
            name: T::NAME,
            title: T::TITLE,
            toolset,
            access: T::ACCESS,
            fields: T::FIELDS,
            paging: paging(&input.schema),
            takes_project: takes(&input.schema, arguments::PROJECT),
        };
        let named = Arc::clone(&input.named);
        let route = ToolRoute::new_dyn(describe(&spec, input), move |call| {
            guarded(spec, Arc::clone(&named), call, run::<T>).boxed()
        });
        Self { spec, route }
    }

    /// Lets callers choose the fields of what a list holds.
    fn offer_fields(&mut self) {
        let names = self.spec.fields;
        if names.is_empty() {
            return;
        }
        let schema = Arc::make_mut(&mut self.route.attr.input_schema);
        if let Some(Value::Object(inputs)) = schema.get_mut("properties") {
            let fields = json!({
                "type": "array",
                "items": {"type": "string", "enum": names},
                "description": "Fields to return; all unless given",
            });
            inputs.insert(FIELDS.to_owned(), fields);
        }
    }
}

/// The input that chooses fields.
const FIELDS: &str = "fields";

fn paging(schema: &JsonObject) -> Paging {
    match () {
        () if takes(schema, "offset") => Paging::Offset,
        () if takes(schema, "maxId") => Paging::Id,
        () => Paging::None,
    }
}

fn takes(schema: &JsonObject, name: &str) -> bool {
    schema["properties"].get(name).is_some()
}

/// Every tool, in the order in which they are listed.
#[derive(Debug)]
pub(super) struct Table {
    entries: Vec<Entry>,
    by_name: HashMap<String, usize>,
    prefix: ToolPrefix,
    /// `list_organizations`, where there are several; no policy takes it away.
    list_organizations: Option<Entry>,
}

impl Table {
    /// # Panics
    /// If two tools have one name.
    pub fn new(options: &ToolOptions) -> Self {
        let mut entries = tools::all();
        let mut by_name = HashMap::new();
        for (index, entry) in entries.iter_mut().enumerate() {
            let name = format!("{}{}", options.prefix, entry.spec.name);
            options
                .descriptions
                .apply(entry.spec.name, &mut entry.route.attr);
            entry.route.attr.name = name.clone().into();
            by_name.insert(name, index);
            if options.field_selection {
                entry.offer_fields();
            }
        }
        assert_eq!(by_name.len(), entries.len(), "tool names are unique");
        let mut table = Self {
            entries: Vec::new(),
            by_name,
            prefix: options.prefix.clone(),
            list_organizations: None,
        };
        for entry in &mut entries {
            table.name_tools_of(&mut entry.route.attr);
        }
        table.entries = entries;
        table
    }

    /// The same for several organizations, one of which each call chooses.
    pub fn with_organizations(mut self, options: &ToolOptions) -> Self {
        for entry in &mut self.entries {
            organizations::offer_choice(&mut entry.route.attr);
        }
        let mut list = organizations::list_tool();
        let (name, tool) = (list.spec.name, &mut list.route.attr);
        options.descriptions.apply(name, tool);
        tool.name = format!("{}{name}", options.prefix).into();
        self.list_organizations = Some(list);
        self
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// A text of ours, with the names of tools in it as they are offered.
    pub fn name_tools<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let offered = |name: &str| format!("{}{name}", self.prefix);
        self.prefix
            .name_tools(text, |name| self.is_tool(&offered(name)))
    }

    fn is_tool(&self, name: &str) -> bool {
        // While the table is made, there are no entries to find yet.
        self.by_name.contains_key(name) || self.get(name).is_some()
    }

    fn name_tools_of(&self, tool: &mut model::Tool) {
        let texts = tool.description.iter_mut();
        texts.for_each(|text| *text = self.name_tools(text).into_owned().into());
        let inputs = Arc::make_mut(&mut tool.input_schema).get_mut("properties");
        let inputs = inputs.and_then(Value::as_object_mut).into_iter().flatten();
        for (_, input) in inputs {
            if let Some(Value::String(text)) = input.get_mut("description") {
                *text = self.name_tools(text).into_owned();
            }
        }
    }

    pub fn get(&self, name: &str) -> Option<&Entry> {
        match self.by_name.get(name) {
            Some(index) => Some(&self.entries[*index]),
            None => self
                .list_organizations
                .as_ref()
                .filter(|entry| entry.route.attr.name == name),
        }
    }

    /// The tools that a caller may use.
    pub fn listed_for(&self, caller: &Caller) -> Vec<model::Tool> {
        self.entries
            .iter()
            .filter(|entry| caller.scopes.contains(entry.spec.access.scope()))
            .filter(|entry| caller.policy.check(&entry.spec).is_ok())
            .chain(&self.list_organizations)
            .map(|entry| entry.route.attr.clone())
            .collect()
    }
}

fn describe(spec: &Spec, input: schema::Input) -> model::Tool {
    model::Tool::new(spec.name, input.description, input.schema)
        .with_title(spec.title)
        .with_annotations(annotations(spec.access))
}

/// Only what the protocol does not assume anyway: unless told otherwise, a tool writes, destroys,
/// does more when repeated, and reaches out of this server. Of one that reads, the other hints
/// mean nothing.
fn annotations(access: Access) -> ToolAnnotations {
    let hints = ToolAnnotations::new();
    match access {
        access if access.read_only => hints.read_only(true),
        access if access.idempotent => hints.destructive(access.destructive).idempotent(true),
        access => hints.destructive(access.destructive),
    }
}

/// Why a call has no result; every case is a text for the assistant.
enum Failure {
    Arguments(String),
    Tool(ToolError),
}

impl From<Unresolved> for Failure {
    fn from(unresolved: Unresolved) -> Self {
        match unresolved {
            Unresolved::Names(reason) => Self::Arguments(reason),
            Unresolved::Tool(error) => Self::Tool(error),
        }
    }
}

type Run = for<'a> fn(JsonObject, &'a Backlog<'a>) -> BoxFuture<'a, Result<Outcome, Failure>>;

fn run<'a, T: Tool>(
    arguments: JsonObject,
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
    named: Arc<[Named]>,
    call: ToolCallContext<'_, HubServer>,
    run: Run,
) -> Result<CallToolResponse, ErrorData> {
    let server = call.service;
    let failed = |text: String| failed(server.table().name_tools(&text).into_owned());
    let invalid = |reason| {
        failed(format!(
            "Invalid arguments for tool {}: {reason}",
            tool.name
        ))
    };
    let Some(caller) = server.caller(&call.request_context) else {
        return Err(ErrorData::internal_error("the request has no caller", None));
    };

    let mut record = server
        .recorder()
        .tool_call(tool.name, caller.access.actor());

    let scope = tool.access.scope();
    if !caller.scopes.contains(scope) {
        let wanted: Scopes = caller.scopes.iter().chain([scope]).collect();
        let refusal = Refusal::InsufficientScope(wanted);
        caller.verdict.refuse(refusal);
        record.ended(ToolOutcome::InsufficientScope);
        return Ok(failed(format!(
            "{} needs the scope {}; connect again and allow it.",
            tool.name,
            scope.as_str()
        )));
    }
    if let Err(denied) = caller.policy.check(&tool) {
        record.ended(ToolOutcome::Denied);
        return Ok(failed(format!("{} cannot be used: {denied}.", tool.name)));
    }

    let options = server.options();
    let mut arguments = call.arguments.unwrap_or_default();
    let access = match server.organizations() {
        None => caller.access,
        Some(all) => match all.chosen(&mut arguments, &options.prefix) {
            Ok(access) => access,
            Err(reason) => {
                record.ended(ToolOutcome::InvalidArguments);
                return Ok(failed(reason));
            }
        },
    };
    let (progress, telling) = progress::of(&call.request_context);
    let backlog = Backlog {
        client: server.client(),
        access: access.as_ref(),
        progress,
    };
    let request = request_span(&call.request_context);
    let span = tracing::debug_span!(
        parent: &request, "tool", name = tool.name, space = %backlog.access.url()
    );
    if let Some(parent) = call.request_context.meta.get_traceparent() {
        trace::continue_below(&span, &request, parent);
    }
    // Unless somebody looks so closely, what the call says is said of its request.
    let span = if span.is_disabled() { request } else { span };
    // Before Backlog is asked: a wrong selection must not come after a change.
    let selection = match arguments.shift_remove(FIELDS) {
        Some(fields) if options.field_selection => Selection::parse(&fields, tool.fields),
        _ => Ok(Selection::All),
    };
    let selection = match selection {
        Ok(selection) => selection,
        Err(reason) => {
            record.ended(ToolOutcome::InvalidArguments);
            return Ok(invalid(reason));
        }
    };
    let mut page = Page::of(tool.paging, &arguments);
    let structure = structured::wanted(options, &call.request_context);
    if tool.takes_project {
        arguments::settle_project(&mut arguments);
    }
    let work = async {
        let (projects, policy) = (server.projects(), &caller.policy);
        // Twice, because looking a name up is asking already, and because it may become the id
        // of something else.
        let admitted = projects.admit(tool.name, policy, &backlog, &mut arguments);
        admitted.await.map_err(Failure::Tool)?;
        let bounds = Bounds { projects, policy };
        let resolved = names::resolve(&named, arguments, server.lists(), bounds, &backlog);
        let mut arguments = resolved.await?;
        let admitted = projects.admit(tool.name, policy, &backlog, &mut arguments);
        let sieve = admitted.await.map_err(Failure::Tool)?;
        let outcome = run(arguments, &backlog).await?;
        if !tool.access.read_only {
            let lists = server.lists();
            lists.forget_changed_by(tool.name, &backlog).await;
        }
        if let Outcome::Json(value) = &outcome {
            page.answered(value);
        }
        let sifted = projects.sift(sieve, outcome, &backlog).await;
        if let Outcome::Json(value) = &sifted.outcome {
            page.sifted(value);
        }
        Ok(sifted)
    };
    let outcome = telling.during(work.instrument(span.clone())).await;

    record.ended(match &outcome {
        Ok(_) => ToolOutcome::Ok,
        Err(Failure::Arguments(_)) => ToolOutcome::InvalidArguments,
        Err(Failure::Tool(error)) => error.outcome(),
    });
    let error = match outcome {
        Ok(Sifted { outcome, note }) => {
            return Ok(match outcome {
                Outcome::Content(content) => CallToolResult::success(content).into(),
                Outcome::Json(value) => {
                    let value = selection.apply(value);
                    succeeded(value, options.max_tokens, &page, note, structure)
                }
            });
        }
        Err(Failure::Arguments(reason)) => {
            let reason = options.descriptions.reword(tool.name, reason);
            return Ok(invalid(reason));
        }
        Err(Failure::Tool(error)) => error,
    };
    span.in_scope(|| tracing::debug!("{error}"));
    if matches!(error, ToolError::Access(AccessError::SignInAgain)) {
        caller.verdict.refuse(Refusal::SignInAgain);
    }
    let text = error.explain(tool.name, server.now());
    Ok(failed(options.descriptions.reword(tool.name, text)))
}

/// `note` is what the caller has to know beside what the limit leaves out.
fn succeeded(
    value: Value,
    max_tokens: usize,
    page: &Page,
    note: Option<String>,
    structure: bool,
) -> CallToolResponse {
    let value = match value {
        Value::Null => json!({"success": true}),
        value => value,
    };
    let fitted = limit::fit(value, max_tokens, page);
    let notes: Vec<_> = [note, fitted.note].into_iter().flatten().collect();
    let structured = structure.then(|| structured::of(fitted.value, &notes));
    let texts = [fitted.text].into_iter().chain(notes);
    let content = texts.map(ContentBlock::text);
    let mut result = CallToolResult::success(content.collect());
    result.structured_content = structured;
    result.into()
}

fn failed(text: String) -> CallToolResponse {
    CallToolResult::error(vec![ContentBlock::text(text)]).into()
}

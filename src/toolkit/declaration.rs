//! A tool as its type declares it, before the hub adds anything.

use std::sync::Arc;

use backlog_client::Method;
use futures_util::{FutureExt, future::BoxFuture};
use rmcp::model::{self, JsonObject, ToolAnnotations};

use super::{
    attempt::Backlog,
    error::ToolError,
    outcome::Outcome,
    parse,
    rest::Paging,
    schema,
    tool::{Effect, PROJECT, Tool, ToolMeta},
    toolset::Toolset,
};

/// Why a call has no result. Every case becomes a text for the model.
pub(crate) enum Failure {
    Arguments(String),
    Tool(ToolError),
}

/// Parses the arguments and runs the tool.
pub(crate) type Run =
    for<'a> fn(JsonObject, &'a Backlog<'a>) -> BoxFuture<'a, Result<Outcome, Failure>>;

pub(crate) struct Declaration {
    pub meta: ToolMeta,
    pub input: schema::InputSchema,
    /// The method of the tool's request, or of the change that it makes.
    pub method: Option<Method>,
    /// The template of the path of the tool's request; empty if it makes several.
    pub template: &'static str,
    pub run: Run,
}

impl Declaration {
    pub(crate) fn of<T: Tool>(toolset: Toolset) -> Self {
        let mut input = schema::of::<T>();
        let rest = T::REST;
        let meta = ToolMeta {
            name: T::NAME,
            title: T::TITLE,
            toolset,
            also_in: T::ALSO_IN,
            effect: T::EFFECT,
            projects: T::PROJECTS,
            changes: T::CHANGES,
            fields: T::FIELDS,
            rest,
            paging: rest.paging(paging(&input.schema)),
            usual_count: T::USUAL_COUNT,
            takes_project: takes(&input.schema, PROJECT),
        };
        rest.offer(&mut input.schema);
        let (method, template) = match T::REQUEST {
            Some(operation) => (Some(operation.method()), operation.template()),
            None => (None, ""),
        };
        Self {
            meta,
            input,
            method: method.or((!T::EFFECT.read_only).then_some(Method::Post)),
            template,
            run: run::<T>,
        }
    }

    /// Returns the tool as it is listed, without the operator's changes.
    pub(crate) fn tool(&self) -> model::Tool {
        let input = &self.input;
        describe(
            &self.meta,
            input.description.clone(),
            Arc::clone(&input.schema),
        )
    }
}

pub(crate) fn describe(
    meta: &ToolMeta,
    description: String,
    schema: Arc<JsonObject>,
) -> model::Tool {
    model::Tool::new(meta.name, description, schema)
        .with_title(meta.title)
        .with_annotations(annotations(meta.effect))
}

/// Sets all four hints, because some directories and hosts require them, and the defaults of the
/// protocol are those of a destructive tool with an open world.
fn annotations(effect: Effect) -> ToolAnnotations {
    ToolAnnotations::new()
        .read_only(effect.read_only)
        .destructive(effect.destructive)
        .idempotent(effect.idempotent)
        .open_world(effect.open_world)
}

fn run<'a, T: Tool>(
    arguments: JsonObject,
    backlog: &'a Backlog<'a>,
) -> BoxFuture<'a, Result<Outcome, Failure>> {
    async move {
        let input: T = parse::parse(arguments).map_err(Failure::Arguments)?;
        input.run(backlog).await.map_err(Failure::Tool)
    }
    .boxed()
}

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

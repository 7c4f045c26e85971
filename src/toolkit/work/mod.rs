//! The kit of the work tools: tools that do a piece of a user's work with several operations.
//!
//! 1. The arguments are read by the tool's schema ([`input`]) before it runs: a form with one meaning is accepted,
//!    any other is an error that names the possible ones.
//! 2. The tool runs its [`Operations`]: each is a classic tool, with its policy, scope and project
//!    restriction. A work tool has no other way to Backlog.
//! 3. It returns a [`WorkOutput`]: Markdown for a model, never Backlog's JSON.

pub(crate) mod input;
mod operations;
mod output;
mod problems;

use std::{future::Future, sync::Arc};

use futures_util::{FutureExt, future::BoxFuture};
use rmcp::model::{self, JsonObject};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

pub(crate) use input::Synonyms;
pub(crate) use operations::{NamedId, Operated, OperationError, OperationFailure, Operations};
pub(crate) use output::{WorkError, WorkOutput};
pub(crate) use problems::Problems;

use super::{
    declaration, parse,
    project_binding::ProjectBinding,
    rest::{Paging, Rest, USUAL_COUNT},
    schema,
    tool::{Effect, ToolMeta},
    toolset::Toolset,
};

/// A work tool; the implementor is its input, and its doc comment is the description.
pub(crate) trait WorkTool: DeserializeOwned + JsonSchema + Send + 'static {
    const NAME: &'static str;
    /// A title of a few words, for end users.
    const TITLE: &'static str;
    const EFFECT: Effect;
    /// The classic tools that it needs: of each group at least one must be allowed, or the tool is
    /// neither listed nor run.
    const NEEDS: Needs;
    /// Other names of inputs that models use, each with the name of the input.
    const SYNONYMS: Synonyms = &[];

    fn run(
        self,
        operations: &dyn Operations,
    ) -> impl Future<Output = Result<WorkOutput, WorkError>> + Send;
}

/// Groups of classic tools.
pub(crate) type Needs = &'static [&'static [&'static str]];

/// Parses the normalized arguments and runs the tool.
pub(crate) type WorkRun =
    for<'a> fn(JsonObject, &'a dyn Operations) -> BoxFuture<'a, Result<WorkOutput, WorkError>>;

/// A work tool as its type declares it.
pub(crate) struct WorkDeclaration {
    pub meta: ToolMeta,
    pub tool: model::Tool,
    pub needs: Needs,
    pub synonyms: Synonyms,
    pub run: WorkRun,
}

impl WorkDeclaration {
    pub(crate) fn of<T: WorkTool>() -> Self {
        let input = schema::of::<T>();
        let meta = ToolMeta {
            name: T::NAME,
            title: T::TITLE,
            toolset: Toolset::Work,
            also_in: &[],
            effect: T::EFFECT,
            // Each operation is restricted by its own declaration.
            projects: ProjectBinding::SpaceWide,
            changes: &[],
            fields: &[],
            rest: Rest::OWN,
            paging: Paging::None,
            usual_count: USUAL_COUNT,
            takes_project: false,
        };
        let tool = declaration::describe(&meta, input.description, Arc::clone(&input.schema));
        Self {
            meta,
            tool,
            needs: T::NEEDS,
            synonyms: T::SYNONYMS,
            run: run::<T>,
        }
    }
}

fn run<T: WorkTool>(
    arguments: JsonObject,
    operations: &dyn Operations,
) -> BoxFuture<'_, Result<WorkOutput, WorkError>> {
    async move {
        let input: T = parse::parse(arguments).map_err(WorkError::Arguments)?;
        input.run(operations).await
    }
    .boxed()
}

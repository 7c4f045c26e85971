//! The declaration of `run_tool`, which runs a tool that `tools/list` leaves out.

use std::sync::Arc;

use backlog_client::Method;
use rmcp::model::{self, ToolAnnotations};
use serde_json::{Value, json};

use crate::toolkit::{
    declaration::describe,
    project_binding::ProjectBinding,
    rest::{Paging, Rest},
    tool::{Effect, ToolMeta},
    toolset::Toolset,
};

/// The scope and the policy of the tool that is run decide, so `run_tool` itself needs no more than
/// a tool that reads.
pub(crate) const META: ToolMeta = ToolMeta {
    name: "run_tool",
    title: "Run another tool",
    toolset: Toolset::Work,
    also_in: &[],
    effect: Effect::of(Method::Get),
    projects: ProjectBinding::SpaceWide,
    changes: &[],
    fields: &[],
    rest: Rest::SHORT,
    paging: Paging::None,
    usual_count: 0,
    takes_project: false,
};

const DESCRIPTION: &str = "Runs a tool that find_tools returned.";

/// Returns the tool as it is listed for a caller who may change something.
pub(crate) fn tool() -> model::Tool {
    let schema = json!({
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "Name of the tool"},
            "arguments": {"type": "string", "description": "JSON object with the tool's inputs"},
            "confirm": {
                "type": "string",
                "description":
                    "Text such as PROJ-12 k7qp, where the first response asks for it",
            },
        },
        "required": ["name"],
    });
    let Value::Object(schema) = schema else {
        unreachable!("the schema is an object");
    };
    describe(&META, DESCRIPTION.to_owned(), Arc::new(schema)).with_annotations(
        ToolAnnotations::new()
            .read_only(false)
            .destructive(true)
            .idempotent(false)
            .open_world(true),
    )
}

/// Returns the tool as it is listed for a caller who may only read.
pub(crate) fn reading(tool: model::Tool) -> model::Tool {
    tool.with_annotations(
        ToolAnnotations::new()
            .read_only(true)
            .destructive(false)
            .idempotent(true)
            .open_world(false),
    )
}

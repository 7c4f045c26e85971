//! `list_organizations`, the tool for servers of several spaces. It makes no request to Backlog.

use std::sync::Arc;

use rmcp::model::{self, JsonObject};
use serde_json::json;

use super::{
    ProjectBinding, Toolset,
    call_outcome::CallOutcome,
    declaration::describe,
    organizations::Organizations,
    quoted::quoted,
    rest::{Paging, Rest},
    tool::{Access, Spec},
};
use crate::backlog::Method;

pub(super) const NAME: &str = "list_organizations";

pub(super) const SPEC: Spec = Spec {
    name: NAME,
    title: "List organizations",
    toolset: Toolset::Space,
    also_in: &[],
    access: Access::of(Method::Get),
    projects: ProjectBinding::SpaceWide,
    changes: &[],
    fields: &[],
    rest: Rest::SHORT,
    paging: Paging::None,
    usual_count: 0,
    takes_project: false,
};

const DESCRIPTION: &str = "Lists the available Backlog organizations: the name to pass \
    as organization, its space, and whether it is the default one, which is used if none is given.";

/// The schema of the tool's input, which is empty.
fn schema() -> Arc<JsonObject> {
    let properties = ("properties".to_owned(), json!({}));
    let schema = [("type".to_owned(), json!("object")), properties];
    Arc::new(schema.into_iter().collect())
}

/// Runs the tool.
pub(super) fn list(all: Option<&Organizations>, arguments: &JsonObject) -> CallOutcome {
    if let Some(name) = arguments.keys().next() {
        return CallOutcome::Failed(format!(
            "Invalid arguments for tool {NAME}: {}: unknown input; this tool has none",
            quoted(name)
        ));
    }
    let listed = all.map(Organizations::listed);
    let listed = listed.unwrap_or_else(|| json!([]));
    CallOutcome::json(listed.to_string(), Vec::new())
}

/// Returns the tool as it is listed.
pub(super) fn tool() -> model::Tool {
    describe(&SPEC, DESCRIPTION.to_owned(), schema())
}

//! The declaration of `list_organizations`, the tool for servers of several spaces.

use std::sync::Arc;

use backlog_client::Method;
use rmcp::model::{self, JsonObject};
use serde_json::json;

use crate::toolkit::{
    declaration::describe,
    project_binding::ProjectBinding,
    rest::{Paging, Rest},
    tool::{Effect, ToolMeta},
    toolset::Toolset,
};

pub(crate) const NAME: &str = "list_organizations";

pub(crate) const META: ToolMeta = ToolMeta {
    name: NAME,
    title: "List organizations",
    toolset: Toolset::Space,
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

const DESCRIPTION: &str = "Lists the available Backlog organizations: the name to pass \
    as organization, its space, and whether it is the default one, which is used if none is given.";

/// The schema of the tool's input, which is empty.
fn schema() -> Arc<JsonObject> {
    let properties = ("properties".to_owned(), json!({}));
    let schema = [("type".to_owned(), json!("object")), properties];
    Arc::new(schema.into_iter().collect())
}

/// Returns the tool as it is listed.
pub(crate) fn tool() -> model::Tool {
    describe(&META, DESCRIPTION.to_owned(), schema())
}

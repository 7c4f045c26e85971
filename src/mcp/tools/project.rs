//! Projects.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Call,
    mcp::{
        Toolset,
        inputs::{ProjectId, ProjectKey},
        router::Entry,
        tool::Endpoint,
    },
};

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<GetProjectList>(Toolset::Project),
        Entry::of::<GetProject>(Toolset::Project),
    ]
}

/// Lists the projects that the user can see.
#[derive(Deserialize, Serialize, JsonSchema)]
struct GetProjectList {
    /// true for archived projects only, false for active ones only; both unless given
    archived: Option<bool>,
    /// For space administrators: also projects that they have not joined
    all: Option<bool>,
}

impl Endpoint for GetProjectList {
    const NAME: &'static str = "get_project_list";
    const TITLE: &'static str = "List projects";
    const CALL: Call = Call::get("projects");
}

/// Returns one project, by id or key.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetProject {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
}

impl Endpoint for GetProject {
    const NAME: &'static str = "get_project";
    const TITLE: &'static str = "Get project";
    const CALL: Call = Call::get("projects/{projectId|projectKey}");
}

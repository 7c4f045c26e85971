//! What an issue can be: its type, priority and resolution.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Call,
    mcp::{
        inputs::{ProjectId, ProjectKey},
        tool::Endpoint,
    },
};

/// Lists the priorities that an issue can have.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(super) struct GetPriorities {}

impl Endpoint for GetPriorities {
    const NAME: &'static str = "get_priorities";
    const TITLE: &'static str = "List priorities";
    const CALL: Call = Call::get("priorities");
}

/// Lists the issue types of a project, given by id or key.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetIssueTypes {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
}

impl Endpoint for GetIssueTypes {
    const NAME: &'static str = "get_issue_types";
    const TITLE: &'static str = "List issue types";
    const CALL: Call = Call::get("projects/{projectId|projectKey}/issueTypes");
}

/// Lists the resolutions that a closed issue can have.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(super) struct GetResolutions {}

impl Endpoint for GetResolutions {
    const NAME: &'static str = "get_resolutions";
    const TITLE: &'static str = "List resolutions";
    const CALL: Call = Call::get("resolutions");
}

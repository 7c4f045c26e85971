//! The tags of wiki pages.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::{ProjectId, ProjectKey},
    project_binding::ProjectBinding,
    rest::Rest,
    tool::ApiTool,
};

/// Lists the tags of a project's wiki pages.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetWikiTags {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
}

impl ApiTool for GetWikiTags {
    const NAME: &'static str = "get_wiki_tags";
    const TITLE: &'static str = "List wiki tags";
    const CALL: Operation = Operation::get("wikis/tags?projectIdOrKey={projectId|projectKey}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT.paged();
}

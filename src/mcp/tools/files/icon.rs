//! The pictures of people, projects and the space.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::{Call, Method, Segment},
    mcp::{
        failure::{LARGEST_FILE, ToolError},
        file::File,
        inputs::{ProjectId, ProjectKey, User},
        tool::{Access, Backlog, Outcome, Tool, inputs},
    },
};

const OF_USER: Call = Call::get("users/{userId}/icon");
const OF_PROJECT: Call = Call::get("projects/{projectId|projectKey}/image");
const OF_SPACE: Call = Call::get("space/image");

/// Returns the picture of a user or of a project; of the space if neither is given.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetIcon {
    /// User id or name
    user_id: Option<User>,
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
}

impl Tool for GetIcon {
    const NAME: &'static str = "get_icon";
    const TITLE: &'static str = "Get icon";
    const ACCESS: Access = Access::of(Method::Get);

    async fn run(mut self, backlog: &Backlog<'_>) -> Result<Outcome, ToolError> {
        let call = if self.user_id.is_some() {
            self.project_id = None;
            self.project_key = None;
            OF_USER
        } else if self.project_id.is_some() || self.project_key.is_some() {
            OF_PROJECT
        } else {
            OF_SPACE
        };
        let request = call.fill(inputs(&self))?;
        let path = request.path.clone();
        let place: Vec<_> = path.iter().map(Segment::as_str).collect();
        let file = File::fetch(backlog, request, LARGEST_FILE).await?;
        Ok(file.with_facts(&file.facts(), backlog.access.url(), &place))
    }
}

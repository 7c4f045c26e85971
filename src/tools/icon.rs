//! The icons of users, projects and the space.

use backlog_client::{Method, Operation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    attempt::Backlog,
    error::ToolError,
    file::{self, Format, MaxBytes, TextLength, TextOffset, View},
    inputs::{ProjectId, ProjectKey, User},
    outcome::Outcome,
    parse::names_nothing,
    project_binding::ProjectBinding,
    rest::Rest,
    tool::{Effect, Tool, inputs},
};

const OF_USER: Operation = Operation::get("users/{userId}/icon");
const OF_PROJECT: Operation = Operation::get("projects/{projectId|projectKey}/image");
const OF_SPACE: Operation = Operation::get("space/image");

/// Returns the icon of a user or a project, or of the space if neither is given.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetIcon {
    /// User id or name
    user_id: Option<User>,
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    #[serde(skip_serializing)]
    format: Option<Format>,
    #[serde(skip_serializing)]
    max_bytes: Option<MaxBytes>,
    #[serde(skip_serializing)]
    text_offset: Option<TextOffset>,
    #[serde(skip_serializing)]
    text_length: Option<TextLength>,
}

impl Tool for GetIcon {
    const NAME: &'static str = "get_icon";
    const TITLE: &'static str = "Get icon";
    const EFFECT: Effect = Effect::of(Method::Get);
    // The icon of a user or of the space, unless its inputs name a project.
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::FILE;

    async fn run(self, backlog: &Backlog<'_>) -> Result<Outcome, ToolError> {
        let mut inputs = inputs(&self);
        inputs.retain(|_, value| !names_nothing(value));
        let call = if inputs.contains_key("userId") {
            inputs.retain(|name, _| name == "userId");
            OF_USER
        } else if inputs.is_empty() {
            OF_SPACE
        } else {
            OF_PROJECT
        };
        let view = View::new(
            self.format,
            self.max_bytes,
            self.text_offset,
            self.text_length,
        );
        file::show(backlog, call.fill(inputs)?, view).await
    }
}

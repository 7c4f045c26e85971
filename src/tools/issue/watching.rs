//! The issues that a user watches.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    attempt::Backlog,
    error::ToolError,
    inputs::{Count, IssueIdOrKey, Offset, User, WatchingId},
    outcome::Outcome,
    project_binding::{ProjectBinding, ProjectOf},
    rest::Rest,
    tool::{ApiTool, Effect, Tool, inputs},
};

/// Lists the issues that a user watches.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetWatchingListItems {
    /// User id or name
    user_id: User,
    offset: Option<Offset>,
    count: Option<Count>,
}

impl ApiTool for GetWatchingListItems {
    const NAME: &'static str = "get_watching_list_items";
    const TITLE: &'static str = "List watched issues";
    const CALL: Operation = Operation::get("users/{userId}/watchings");
    const PROJECTS: ProjectBinding = ProjectBinding::Filtered(ProjectOf::Id("/issue/projectId"));
    const REST: Rest = Rest::OWN;
    const FIELDS: &'static [&'static str] = &[
        "id",
        "resourceAlreadyRead",
        "note",
        "type",
        "issue",
        "lastContentUpdated",
        "created",
        "updated",
    ];
}

/// Counts the issues that a user watches.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetWatchingListCount {
    /// User id or name
    user_id: User,
}

impl ApiTool for GetWatchingListCount {
    const NAME: &'static str = "get_watching_list_count";
    const TITLE: &'static str = "Count watched issues";
    const CALL: Operation = Operation::get("users/{userId}/watchings/count");
    const PROJECTS: ProjectBinding = ProjectBinding::Refused("it counts over all projects");
    const REST: Rest = Rest::SHORT;
}

/// Watches an issue for the signed-in user.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct AddWatching {
    /// Numeric issue id, or issue key such as PROJ-12
    issue_id_or_key: IssueIdOrKey,
    /// Private note
    #[schemars(extend("default" = ""))]
    note: Option<String>,
}

impl ApiTool for AddWatching {
    const NAME: &'static str = "add_watching";
    const TITLE: &'static str = "Watch issue";
    const CALL: Operation = Operation::post("watchings").defaulting(&[("note", "")]);
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::ISSUE_INSIDE;
    const EFFECT: Effect = Effect::of(Self::CALL.method()).idempotent();
}

/// Changes the note of a watched issue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct UpdateWatching {
    /// Watching id (get_watching_list_items)
    watch_id: WatchingId,
    /// Private note
    note: String,
}

impl ApiTool for UpdateWatching {
    const NAME: &'static str = "update_watching";
    const TITLE: &'static str = "Update watched issue";
    const CALL: Operation = Operation::patch("watchings/{watchId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::ISSUE_INSIDE;
}

/// Stops watching an issue. The issue remains.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct DeleteWatching {
    /// Watching id (get_watching_list_items)
    watch_id: WatchingId,
}

impl ApiTool for DeleteWatching {
    const NAME: &'static str = "delete_watching";
    const TITLE: &'static str = "Stop watching issue";
    const CALL: Operation = Operation::delete("watchings/{watchId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::ISSUE_INSIDE;
}

/// Marks the updates of a watched issue as read.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct MarkWatchingAsRead {
    /// Watching id (get_watching_list_items)
    watch_id: WatchingId,
}

impl MarkWatchingAsRead {
    const CALL: Operation = Operation::post("watchings/{watchId}/markAsRead");
}

impl Tool for MarkWatchingAsRead {
    const NAME: &'static str = "mark_watching_as_read";
    const TITLE: &'static str = "Mark watched issue as read";
    const EFFECT: Effect = Effect::of(Self::CALL.method()).idempotent();
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;

    async fn run(self, backlog: &Backlog<'_>) -> Result<Outcome, ToolError> {
        backlog.carry_out(Self::CALL.fill(inputs(&self))?).await?;
        let message = format!("Watch {} marked as read", self.watch_id.get());
        Ok(Outcome::done(&message))
    }
}

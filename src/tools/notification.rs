//! The signed-in user's notifications.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    attempt::Backlog,
    error::ToolError,
    inputs::{Count, NotificationId, Order, PageBound, UserId},
    outcome::Outcome,
    project_binding::{ProjectBinding, ProjectOf},
    rest::Rest,
    tool::{ApiTool, Effect, Tool, inputs},
};

/// Lists the user's notifications, newest first.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetNotifications {
    /// Only higher ids
    min_id: Option<PageBound>,
    /// Only lower ids
    max_id: Option<PageBound>,
    count: Option<Count>,
    order: Option<Order>,
    /// Numeric id of the user who caused them
    sender_id: Option<UserId>,
}

impl ApiTool for GetNotifications {
    const NAME: &'static str = "get_notifications";
    const TITLE: &'static str = "List notifications";
    const CALL: Operation = Operation::get("notifications");
    const PROJECTS: ProjectBinding = ProjectBinding::Filtered(ProjectOf::Id("/project/id"));
    const REST: Rest = Rest::OWN;
    const FIELDS: &'static [&'static str] = &[
        "id",
        "alreadyRead",
        "reason",
        "resourceAlreadyRead",
        "project",
        "issue",
        "comment",
        "pullRequest",
        "pullRequestComment",
        "repository",
        "document",
        "documentComment",
        "documentCommentReply",
        "sender",
        "created",
    ];
}

/// Counts the user's notifications.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CountNotifications {
    /// true counts read ones, false unread ones
    already_read: bool,
    /// true counts those whose issue, pull request or document was opened, false the others
    resource_already_read: bool,
}

impl ApiTool for CountNotifications {
    const NAME: &'static str = "count_notifications";
    const TITLE: &'static str = "Count notifications";
    const CALL: Operation = Operation::get("notifications/count");
    const PROJECTS: ProjectBinding = ProjectBinding::Refused("it counts over all projects");
    const REST: Rest = Rest::SHORT;
}

/// Sets the user's number of unread notifications to zero and returns the previous one.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(super) struct ResetUnreadNotificationCount {}

impl ApiTool for ResetUnreadNotificationCount {
    const NAME: &'static str = "reset_unread_notification_count";
    const TITLE: &'static str = "Reset unread notifications";
    const CALL: Operation = Operation::post("notifications/markAsRead");
    const PROJECTS: ProjectBinding =
        ProjectBinding::Refused("it changes and counts over all projects");
    const REST: Rest = Rest::SHORT;
    // Backlog does not keep the number.
    const EFFECT: Effect = Effect::of(Self::CALL.method()).idempotent().destructive();
}

/// Marks one notification as read.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(super) struct MarkNotificationAsRead {
    /// Id (get_notifications)
    id: NotificationId,
}

impl MarkNotificationAsRead {
    const CALL: Operation = Operation::post("notifications/{id}/markAsRead");
}

impl Tool for MarkNotificationAsRead {
    const NAME: &'static str = "mark_notification_as_read";
    const TITLE: &'static str = "Mark notification as read";
    const EFFECT: Effect = Effect::of(Self::CALL.method()).idempotent();
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;

    async fn run(self, backlog: &Backlog<'_>) -> Result<Outcome, ToolError> {
        backlog.carry_out(Self::CALL.fill(inputs(&self))?).await?;
        let message = format!("Notification {} marked as read", self.id.get());
        Ok(Outcome::done(&message))
    }
}

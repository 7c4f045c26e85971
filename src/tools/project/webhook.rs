//! The webhooks of a project: URLs that Backlog posts its activity to. For administrators.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::{ActivityType, HookUrl, ProjectIdOrKey, WebhookId},
    project_binding::ProjectBinding,
    rest::Rest,
    tool::{ApiTool, Effect},
};

// At least one: an empty list is not sent, and Backlog may not accept it.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "Vec<ActivityType>")]
#[schemars(extend("minItems" = 1))]
struct ActivityTypes(Vec<ActivityType>);

impl TryFrom<Vec<ActivityType>> for ActivityTypes {
    type Error = &'static str;

    fn try_from(types: Vec<ActivityType>) -> Result<Self, Self::Error> {
        match types.is_empty() {
            true => Err("expected at least one kind of activity, or allEvent"),
            false => Ok(Self(types)),
        }
    }
}

/// Lists the webhooks of a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetWebhooks {
    project_id_or_key: ProjectIdOrKey,
}

impl ApiTool for GetWebhooks {
    const NAME: &'static str = "get_webhooks";
    const TITLE: &'static str = "List webhooks";
    const CALL: Operation = Operation::get("projects/{projectIdOrKey}/webhooks");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN.paged();
    const FIELDS: &'static [&'static str] = &[
        "id",
        "name",
        "description",
        "hookUrl",
        "allEvent",
        "activityTypeIds",
        "createdUser",
        "created",
        "updatedUser",
        "updated",
    ];
}

/// Adds a webhook: Backlog posts the activity of a project to a URL.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct AddWebhook {
    project_id_or_key: ProjectIdOrKey,
    /// Display name
    name: String,
    /// Free text
    description: Option<String>,
    /// URL that Backlog posts to
    hook_url: HookUrl,
    /// true posts every kind of activity
    all_event: Option<bool>,
    /// Kinds of activity to post, by name or number as in get_space_activities; or give allEvent
    activity_type_ids: Option<ActivityTypes>,
}

impl ApiTool for AddWebhook {
    const NAME: &'static str = "add_webhook";
    const TITLE: &'static str = "Add webhook";
    const CALL: Operation = Operation::post("projects/{projectIdOrKey}/webhooks");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::WEBHOOKS;
    const EFFECT: Effect = Effect::of(Self::CALL.method()).gives_access().open_world();
}

/// Changes a webhook.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct UpdateWebhook {
    project_id_or_key: ProjectIdOrKey,
    /// Id (get_webhooks)
    webhook_id: WebhookId,
    /// Display name
    name: Option<String>,
    /// Free text; empty to remove
    #[schemars(extend("x-clearable" = true))]
    description: Option<String>,
    /// URL that Backlog posts to
    hook_url: Option<HookUrl>,
    /// true posts every kind of activity
    all_event: Option<bool>,
    /// Kinds of activity to post, by name or number as in get_space_activities; or give allEvent
    activity_type_ids: Option<ActivityTypes>,
}

impl ApiTool for UpdateWebhook {
    const NAME: &'static str = "update_webhook";
    const TITLE: &'static str = "Update webhook";
    const CALL: Operation = Operation::patch("projects/{projectIdOrKey}/webhooks/{webhookId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::WEBHOOKS;
    const EFFECT: Effect = Effect::of(Self::CALL.method()).open_world();
}

/// Deletes a webhook.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct DeleteWebhook {
    project_id_or_key: ProjectIdOrKey,
    /// Id (get_webhooks)
    webhook_id: WebhookId,
}

impl ApiTool for DeleteWebhook {
    const NAME: &'static str = "delete_webhook";
    const TITLE: &'static str = "Delete webhook";
    const CALL: Operation = Operation::delete("projects/{projectIdOrKey}/webhooks/{webhookId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

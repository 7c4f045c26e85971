//! Storage, plan, notice and remaining rate limit of the space.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Operation,
    toolkit::{
        declaration::Declaration, inputs::ProjectIdOrKey, project_binding::ProjectBinding,
        rest::Rest, tool::Endpoint, toolset::Toolset,
    },
};

pub(super) fn tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<GetSpaceDiskUsage>(Toolset::Administration),
        Declaration::of::<GetProjectDiskUsage>(Toolset::Administration),
        Declaration::of::<GetLicence>(Toolset::Administration),
        Declaration::of::<GetSpaceNotification>(Toolset::Administration),
        Declaration::of::<UpdateSpaceNotification>(Toolset::Administration),
        Declaration::of::<GetRateLimit>(Toolset::Administration),
    ]
}

/// Returns the capacity and disk usage of the space in bytes, by project; for space administrators.
#[derive(Deserialize, Serialize, JsonSchema)]
struct GetSpaceDiskUsage {}

impl Endpoint for GetSpaceDiskUsage {
    const NAME: &'static str = "get_space_disk_usage";
    const TITLE: &'static str = "Get space disk usage";
    const CALL: Operation = Operation::get("space/diskUsage");
    const PROJECTS: ProjectBinding = ProjectBinding::Refused("it covers all projects");
    const REST: Rest = Rest::OWN;
}

/// Returns the disk usage of a project in bytes; for its administrators.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetProjectDiskUsage {
    project_id_or_key: ProjectIdOrKey,
}

impl Endpoint for GetProjectDiskUsage {
    const NAME: &'static str = "get_project_disk_usage";
    const TITLE: &'static str = "Get project disk usage";
    const CALL: Operation = Operation::get("projects/{projectIdOrKey}/diskUsage");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

/// Returns the plan of the space: its features and limits.
#[derive(Deserialize, Serialize, JsonSchema)]
struct GetLicence {}

impl Endpoint for GetLicence {
    const NAME: &'static str = "get_licence";
    const TITLE: &'static str = "Get license";
    const CALL: Operation = Operation::get("space/licence");
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::SHORT;
}

/// Returns the notice shown to all users of the space.
#[derive(Deserialize, Serialize, JsonSchema)]
struct GetSpaceNotification {}

impl Endpoint for GetSpaceNotification {
    const NAME: &'static str = "get_space_notification";
    const TITLE: &'static str = "Get space notice";
    const CALL: Operation = Operation::get("space/notification");
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::OWN;
}

/// Replaces the notice shown to all users of the space; for space administrators.
#[derive(Deserialize, Serialize, JsonSchema)]
struct UpdateSpaceNotification {
    /// Text of the notice
    content: String,
}

impl Endpoint for UpdateSpaceNotification {
    const NAME: &'static str = "update_space_notification";
    const TITLE: &'static str = "Update space notice";
    const CALL: Operation = Operation::put("space/notification");
    const PROJECTS: ProjectBinding =
        ProjectBinding::Refused("it is shown to the users of all projects");
    const REST: Rest = Rest::NOTICE;
}

/// Returns how many Backlog requests the user has left in this minute, by kind.
#[derive(Deserialize, Serialize, JsonSchema)]
struct GetRateLimit {}

impl Endpoint for GetRateLimit {
    const NAME: &'static str = "get_rate_limit";
    const TITLE: &'static str = "Get rate limit";
    const CALL: Operation = Operation::get("rateLimit");
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::SHORT;
}

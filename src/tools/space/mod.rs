//! The space itself: its key, time zone and storage.

pub(super) mod licence;
pub(super) mod notification;
pub(super) mod rate_limit;

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{project_binding::ProjectBinding, rest::Rest, tool::ApiTool};

/// Returns the Backlog space: its key, name, language and time zone.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(super) struct GetSpace {}

impl ApiTool for GetSpace {
    const NAME: &'static str = "get_space";
    const TITLE: &'static str = "Get space";
    const CALL: Operation = Operation::get("space");
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::SHORT;
}

/// Returns the capacity and disk usage of the space in bytes, by project; for space administrators.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(super) struct GetSpaceDiskUsage {}

impl ApiTool for GetSpaceDiskUsage {
    const NAME: &'static str = "get_space_disk_usage";
    const TITLE: &'static str = "Get space disk usage";
    const CALL: Operation = Operation::get("space/diskUsage");
    const PROJECTS: ProjectBinding = ProjectBinding::Refused("it covers all projects");
    const REST: Rest = Rest::OWN;
}

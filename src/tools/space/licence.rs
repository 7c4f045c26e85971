//! The plan of the space.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{project_binding::ProjectBinding, rest::Rest, tool::ApiTool};

/// Returns the plan of the space: its features and limits.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(in crate::tools) struct GetLicence {}

impl ApiTool for GetLicence {
    const NAME: &'static str = "get_licence";
    const TITLE: &'static str = "Get license";
    const CALL: Operation = Operation::get("space/licence");
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::SHORT;
}

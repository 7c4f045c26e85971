//! The resolutions of issues, which are the same in every project.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{project_binding::ProjectBinding, rest::Rest, tool::ApiTool};

/// Lists the resolutions that a closed issue can have.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(in crate::tools) struct GetResolutions {}

impl ApiTool for GetResolutions {
    const NAME: &'static str = "get_resolutions";
    const TITLE: &'static str = "List resolutions";
    const CALL: Operation = Operation::get("resolutions");
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::SHORT;
    const FIELDS: &'static [&'static str] = &["id", "name"];
}

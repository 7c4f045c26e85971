//! The priorities of issues, which are the same in every project.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{project_binding::ProjectBinding, rest::Rest, tool::ApiTool};

/// Lists the priorities that an issue can have.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(in crate::tools) struct GetPriorities {}

impl ApiTool for GetPriorities {
    const NAME: &'static str = "get_priorities";
    const TITLE: &'static str = "List priorities";
    const CALL: Operation = Operation::get("priorities");
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::SHORT;
    const FIELDS: &'static [&'static str] = &["id", "name"];
}

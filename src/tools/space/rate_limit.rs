//! The remaining rate limit of the signed-in user.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{project_binding::ProjectBinding, rest::Rest, tool::ApiTool};

/// Returns how many Backlog requests the user has left in this minute, by kind.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(in crate::tools) struct GetRateLimit {}

impl ApiTool for GetRateLimit {
    const NAME: &'static str = "get_rate_limit";
    const TITLE: &'static str = "Get rate limit";
    const CALL: Operation = Operation::get("rateLimit");
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::SHORT;
}

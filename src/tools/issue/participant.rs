//! The participants of an issue.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    toolkit::{
        inputs::{IssueId, IssueKey},
        project_binding::ProjectBinding,
        rest::Rest,
        tool::ApiTool,
    },
    tools::user::USER_FIELDS,
};

/// Lists the participants of an issue.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetIssueParticipants {
    issue_id: Option<IssueId>,
    issue_key: Option<IssueKey>,
}

impl ApiTool for GetIssueParticipants {
    const NAME: &'static str = "get_issue_participants";
    const TITLE: &'static str = "List issue participants";
    const CALL: Operation = Operation::get("issues/{issueId|issueKey}/participants");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT.paged();
    const FIELDS: &'static [&'static str] = USER_FIELDS;
}

//! The declarations of the tools for upload links, which only servers with a sign-in offer.

use std::sync::Arc;

use backlog_client::Method;
use rmcp::model;
use serde_json::{Value, json};

use crate::toolkit::{
    declaration::describe,
    project_binding::ProjectBinding,
    rest::{Paging, Rest},
    tool::{Effect, ToolMeta},
    toolset::Toolset,
    work::Needs,
};

/// Which of the tools.
#[derive(Clone, Copy, Debug)]
pub(crate) enum UploadTool {
    Create,
    Get,
}

impl UploadTool {
    pub(super) fn needs(self) -> Needs {
        match self {
            Self::Create => &[&[SAME_OPERATION]],
            Self::Get => &[],
        }
    }
}

/// The tool that does the same as a link. What limits it limits links, and an upload is recorded as
/// a call of it.
pub(crate) const SAME_OPERATION: &str = "upload_attachment";

const CREATE: ToolMeta = ToolMeta {
    name: "create_upload_link",
    title: "Create upload link",
    toolset: Toolset::Files,
    also_in: &[],
    effect: Effect::of(Method::Post),
    // An uploaded file belongs to no project until another tool attaches it.
    projects: ProjectBinding::SpaceWide,
    changes: &[],
    fields: &[],
    rest: Rest::SHORT,
    paging: Paging::None,
    usual_count: 0,
    takes_project: false,
};

const GET: ToolMeta = ToolMeta {
    name: "get_upload",
    title: "Get upload",
    effect: Effect::of(Method::Get),
    ..CREATE
};

const CREATE_DESCRIPTION: &str = "Returns a link that takes one file of the user's computer to \
    Backlog, of any kind and up to 100 MB, without base64: a curl command that you can run, and a \
    page with a file field for the user. It works once, for 10 minutes. Afterwards pass its id as \
    from in files of create_issues, change_issues or comment.";

const GET_DESCRIPTION: &str = "Returns whether the file of an upload link has arrived, and its \
    attachmentId for add_issue, update_issue, add_issue_comment, add_pull_request, \
    add_pull_request_comment or add_wiki_attachments.";

/// Each tool as it is listed.
pub(crate) fn all() -> [(ToolMeta, model::Tool, UploadTool); 2] {
    let create = json!({
        "type": "object",
        "properties": {
            "name": {
                "type": "string",
                "description": "Name of the file, such as report.pdf; needed for curl only",
            },
        },
    });
    let get = json!({
        "type": "object",
        "properties": {
            "id": {"type": "string", "description": "From create_upload_link"},
        },
        "required": ["id"],
    });
    let tool = |meta: ToolMeta, description: &str, schema, kind| {
        let Value::Object(schema) = schema else {
            unreachable!("the schema is an object");
        };
        let listed = describe(&meta, description.to_owned(), Arc::new(schema));
        (meta, listed, kind)
    };
    [
        tool(CREATE, CREATE_DESCRIPTION, create, UploadTool::Create),
        tool(GET, GET_DESCRIPTION, get, UploadTool::Get),
    ]
}

//! The comments on a document.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::DocumentId, project_binding::ProjectBinding, rest::Rest, tool::ApiTool,
};

/// Lists the comments on a document with their replies.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetDocumentComments {
    /// Id (get_documents)
    document_id: DocumentId,
}

impl ApiTool for GetDocumentComments {
    const NAME: &'static str = "get_document_comments";
    const TITLE: &'static str = "List document comments";
    const CALL: Operation = Operation::get("documents/{documentId}/comments");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN.paged();
}

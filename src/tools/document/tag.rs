//! The tags of a document.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::DocumentId,
    project_binding::ProjectBinding,
    rest::Rest,
    tool::{ApiTool, Effect},
};

/// Adds tags to a document.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct AddDocumentTags {
    /// Id (get_documents)
    document_id: DocumentId,
    /// Tags by name
    tag_names: Vec<String>,
}

impl ApiTool for AddDocumentTags {
    const NAME: &'static str = "add_document_tags";
    const TITLE: &'static str = "Tag document";
    const CALL: Operation = Operation::post("documents/{documentId}/tags");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
    const EFFECT: Effect = Effect::of(Self::CALL.method()).idempotent();
}

/// Removes tags from a document.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct RemoveDocumentTags {
    /// Id (get_documents)
    document_id: DocumentId,
    /// Tags by name
    tag_names: Vec<String>,
}

impl ApiTool for RemoveDocumentTags {
    const NAME: &'static str = "remove_document_tags";
    const TITLE: &'static str = "Untag document";
    const CALL: Operation = Operation::delete("documents/{documentId}/tags");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

//! Comments, tags and the number of documents.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Operation,
    toolkit::{
        inputs::{DocumentId, ProjectId, ProjectKey},
        project_binding::ProjectBinding,
        rest::Rest,
        tool::{Access, Endpoint},
    },
};

/// Counts the documents of a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CountDocuments {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
}

impl Endpoint for CountDocuments {
    const NAME: &'static str = "count_documents";
    const TITLE: &'static str = "Count documents";
    const CALL: Operation = Operation::get("documents/count?projectIdOrKey={projectId|projectKey}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

/// Lists the comments on a document with their replies.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetDocumentComments {
    /// Id (get_documents)
    document_id: DocumentId,
}

impl Endpoint for GetDocumentComments {
    const NAME: &'static str = "get_document_comments";
    const TITLE: &'static str = "List document comments";
    const CALL: Operation = Operation::get("documents/{documentId}/comments");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN.paged();
}

/// Adds tags to a document.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddDocumentTags {
    /// Id (get_documents)
    document_id: DocumentId,
    /// Tags by name
    tag_names: Vec<String>,
}

impl Endpoint for AddDocumentTags {
    const NAME: &'static str = "add_document_tags";
    const TITLE: &'static str = "Tag document";
    const CALL: Operation = Operation::post("documents/{documentId}/tags");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
    const ACCESS: Access = Access::of(Self::CALL.method()).idempotent();
}

/// Removes tags from a document.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RemoveDocumentTags {
    /// Id (get_documents)
    document_id: DocumentId,
    /// Tags by name
    tag_names: Vec<String>,
}

impl Endpoint for RemoveDocumentTags {
    const NAME: &'static str = "remove_document_tags";
    const TITLE: &'static str = "Untag document";
    const CALL: Operation = Operation::delete("documents/{documentId}/tags");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

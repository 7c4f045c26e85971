//! Documents and their tree.

pub(super) mod attachment;
pub(super) mod comment;
pub(super) mod tag;

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    inputs::{Count, DocumentId, Offset, Order, Project, ProjectId, ProjectIdOrKey, ProjectKey},
    project_binding::ProjectBinding,
    rest::Rest,
    tool::ApiTool,
};

/// Lists or searches the documents of projects, with their texts. For titles only, use
/// get_document_tree.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetDocuments {
    /// Projects by key, name or id
    #[serde(rename(serialize = "projectId"))]
    project_ids: Vec<Project>,
    offset: Option<Offset>,
    /// Text to find in titles and contents
    keyword: Option<String>,
    count: Option<Count>,
    /// Sort key; default updated
    sort: Option<Sort>,
    order: Option<Order>,
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Sort {
    Created,
    Updated,
}

impl ApiTool for GetDocuments {
    const NAME: &'static str = "get_documents";
    const TITLE: &'static str = "List documents";
    const CALL: Operation = Operation::get("documents").defaulting(&[("offset", "0")]);
    const PROJECTS: ProjectBinding = ProjectBinding::Narrowed;
    const REST: Rest = Rest::DOCUMENT.doubled();
    const FIELDS: &'static [&'static str] = &[
        "id",
        "projectId",
        "title",
        "plain",
        "json",
        "statusId",
        "emoji",
        "attachments",
        "tags",
        "createdUser",
        "created",
        "updatedUser",
        "updated",
        "childDocumentIds",
    ];
}

/// Counts the documents of a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CountDocuments {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
}

impl ApiTool for CountDocuments {
    const NAME: &'static str = "count_documents";
    const TITLE: &'static str = "Count documents";
    const CALL: Operation = Operation::get("documents/count?projectIdOrKey={projectId|projectKey}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

/// Returns the document tree of a project with titles, including the trash.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetDocumentTree {
    project_id_or_key: ProjectIdOrKey,
}

impl ApiTool for GetDocumentTree {
    const NAME: &'static str = "get_document_tree";
    const TITLE: &'static str = "Get document tree";
    const CALL: Operation = Operation::get("documents/tree?projectIdOrKey={projectIdOrKey}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN;
}

/// Returns one document with its text.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetDocument {
    /// Document id, 32 hexadecimal digits (get_documents, get_document_tree)
    document_id: DocumentId,
}

impl ApiTool for GetDocument {
    const NAME: &'static str = "get_document";
    const TITLE: &'static str = "Get document";
    const CALL: Operation = Operation::get("documents/{documentId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN.doubled();
}

/// Adds a document to a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddDocument {
    /// Project key, name or id
    project_id: Project,
    /// Plain text
    title: Option<String>,
    /// Markdown
    content: Option<String>,
    /// Emoji shown next to the title
    emoji: Option<String>,
    /// Id of the parent document; default: top level
    parent_id: Option<DocumentId>,
    /// true adds it after its siblings, not before
    add_last: Option<bool>,
}

impl ApiTool for AddDocument {
    const NAME: &'static str = "add_document";
    const TITLE: &'static str = "Add document";
    const CALL: Operation = Operation::post("documents");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::DOCUMENT;
}

//! Documents and their tree.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Operation,
    toolkit::{
        declaration::Declaration,
        inputs::{Count, DocumentId, Offset, Order, Project, ProjectIdOrKey},
        project_binding::ProjectBinding,
        rest::Rest,
        tool::Endpoint,
        toolset::Toolset,
    },
};

pub(super) fn tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<GetDocuments>(Toolset::Document),
        Declaration::of::<GetDocumentTree>(Toolset::Document),
        Declaration::of::<GetDocument>(Toolset::Document),
        Declaration::of::<AddDocument>(Toolset::Document),
    ]
}

/// Lists or searches the documents of projects, with their texts. For titles only, use
/// get_document_tree.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetDocuments {
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

impl Endpoint for GetDocuments {
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

/// Returns the document tree of a project with titles, including the trash.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetDocumentTree {
    project_id_or_key: ProjectIdOrKey,
}

impl Endpoint for GetDocumentTree {
    const NAME: &'static str = "get_document_tree";
    const TITLE: &'static str = "Get document tree";
    const CALL: Operation = Operation::get("documents/tree?projectIdOrKey={projectIdOrKey}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN;
}

/// Returns one document with its text.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GetDocument {
    /// Document id, 32 hexadecimal digits (get_documents, get_document_tree)
    document_id: DocumentId,
}

impl Endpoint for GetDocument {
    const NAME: &'static str = "get_document";
    const TITLE: &'static str = "Get document";
    const CALL: Operation = Operation::get("documents/{documentId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::OWN.doubled();
}

/// Adds a document to a project.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AddDocument {
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

impl Endpoint for AddDocument {
    const NAME: &'static str = "add_document";
    const TITLE: &'static str = "Add document";
    const CALL: Operation = Operation::post("documents");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::DOCUMENT;
}

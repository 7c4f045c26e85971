//! Reads an item of Backlog and what belongs to it.
//!
//! 1. The item must be in an allowed project; it is read.
//! 2. What belongs to it is read: its project, which says the notation of its texts, the versions
//!    of a project, the comments on an issue or a document, and the parent or children of an issue
//!    and the issues linked to it. What the caller may not read is left out.
//! 3. Anything of other projects is removed, and hidden characters.

use backlog_client::{Operation, Request, Segment};
use futures_util::future;
use serde_json::{Map, Value, json};

use super::uri::{ResourceKind, Target};
use crate::{
    mcp::reader::Reader,
    toolkit::{error::ToolError, hidden},
};

/// The maximum number of comments, and of child issues, on the page of an issue.
pub(super) const MAX_LISTED: usize = 100;

/// An item as it may be shown.
pub(super) struct Item {
    pub thing: Value,
    /// What belongs to it, by these names: `project`, `versions`, `comments`, `parent`, `children`,
    /// `links`.
    pub related: Value,
    /// Notes about what is left out.
    pub notes: Vec<String>,
}

impl Item {
    pub(super) async fn read(reader: &Reader<'_>, target: &Target) -> Result<Self, ToolError> {
        let (tool, input) = (target.kind.tool(), target.kind.variable());
        let authorized = reader.authorize(tool, input, target.id.as_str()).await;
        let filter = authorized?;
        let inputs = Map::from_iter([(input.to_owned(), Value::from(target.id.as_str()))]);
        let thing = reader.fetch(target.kind.call().fill(inputs)?).await?;
        let related = related(reader, target, &thing).await?;
        let (mut shown, note) = reader
            .filter(filter, json!({"thing": thing, "related": related}))
            .await;
        let removed = hidden::clean_value(&mut shown);
        Ok(Self {
            thing: shown["thing"].take(),
            related: shown["related"].take(),
            notes: note.into_iter().chain(hidden::note(removed)).collect(),
        })
    }
}

async fn related(reader: &Reader<'_>, target: &Target, thing: &Value) -> Result<Value, ToolError> {
    match target.kind {
        ResourceKind::Project => {
            let versions = part(reader, target, "get_version_milestone_list", "versions");
            Ok(json!({"versions": versions.await?}))
        }
        ResourceKind::Issue => {
            let comments = part(reader, target, "get_issue_comments", "comments");
            let links = part(reader, target, "get_related_issues", "relatedIssues");
            let project = project(reader, thing);
            let (comments, links, project) = future::join3(comments, links, project).await;
            let (parent, children) = family(reader, thing, &project).await?;
            Ok(json!({
                "comments": comments?, "project": project, "parent": parent, "children": children,
                // Backlog may not have links.
                "links": links.unwrap_or_default(),
            }))
        }
        ResourceKind::Wiki => Ok(json!({"project": project(reader, thing).await})),
        ResourceKind::Document => {
            let comments = part(reader, target, "get_document_comments", "comments");
            let (comments, project) = future::join(comments, project(reader, thing)).await;
            // Backlog may not have comments on documents.
            Ok(json!({"comments": comments.unwrap_or_default(), "project": project}))
        }
    }
}

/// A list below the item that another tool reads; `null` if the caller may not use that tool.
async fn part(
    reader: &Reader<'_>,
    target: &Target,
    tool: &str,
    name: &'static str,
) -> Result<Value, ToolError> {
    if !reader.may(tool) {
        return Ok(Value::Null);
    }
    let [kind, name] = [target.kind.path(), name].map(Segment::fixed);
    let mut request = Request::get([kind, target.id.clone(), name]);
    if tool == "get_issue_comments" {
        let count = ("count".to_owned(), MAX_LISTED.to_string());
        request.query.push(count);
    }
    reader.fetch(request).await
}

/// The project of an item; `null` if it cannot be read, because the page can do without.
async fn project(reader: &Reader<'_>, thing: &Value) -> Value {
    match thing["projectId"].as_u64() {
        Some(id) if reader.may("get_project") => {
            let call = Operation::get("projects/{projectId}");
            by_id(reader, call, "projectId", id)
                .await
                .unwrap_or_default()
        }
        _ => Value::Null,
    }
}

/// The parent of an issue, or else its children.
async fn family(
    reader: &Reader<'_>,
    issue: &Value,
    project: &Value,
) -> Result<(Value, Value), ToolError> {
    if let Some(parent) = issue["parentIssueId"].as_u64() {
        return Ok((
            parent_issue(reader, parent).await.unwrap_or_default(),
            Value::Null,
        ));
    }
    let may_have_children = project.is_object() && project["subtaskingEnabled"] != false;
    match issue["id"].as_u64() {
        Some(id) if may_have_children && reader.may("get_issues") => {
            let mut request = Request::get([Segment::fixed("issues")]);
            request.query = vec![
                ("parentIssueId[]".to_owned(), id.to_string()),
                ("count".to_owned(), MAX_LISTED.to_string()),
            ];
            Ok((Value::Null, reader.fetch(request).await?))
        }
        _ => Ok((Value::Null, Value::Null)),
    }
}

async fn parent_issue(reader: &Reader<'_>, id: u64) -> Result<Value, ToolError> {
    // It may be in a project that is not allowed.
    reader
        .authorize("get_issue", "issueId", &id.to_string())
        .await?;
    by_id(reader, Operation::get("issues/{issueId}"), "issueId", id).await
}

async fn by_id(
    reader: &Reader<'_>,
    call: Operation,
    input: &str,
    id: u64,
) -> Result<Value, ToolError> {
    let inputs = Map::from_iter([(input.to_owned(), Value::from(id))]);
    reader.fetch(call.fill(inputs)?).await
}

//! The content of an activity, by its subject. Names are in snake case here.

use serde_json::{Value, json};

use crate::model::{Change, Comment, Document, Issue, PullRequest, Repository, Version, Wiki};

pub(crate) fn issue(issue: &Issue) -> Value {
    json!({
        "id": issue.id,
        "key_id": issue.key_id,
        "summary": issue.summary,
        "description": issue.description,
    })
}

pub(crate) fn issue_with_comment(about: &Issue, comment: &Comment) -> Value {
    let mut content = issue(about);
    content["comment"] = json!({ "id": comment.id, "content": text(comment) });
    content["changes"] = changes(&comment.changes);
    content["attachments"] = json!([]);
    content["shared_files"] = json!([]);
    content["external_file_links"] = json!([]);
    content
}

pub(crate) fn wiki(wiki: &Wiki) -> Value {
    json!({
        "id": wiki.id,
        "name": wiki.name,
        "content": wiki.content,
        "diff": "",
        "version": wiki.history.len(),
        "attachments": [],
        "shared_files": [],
    })
}

pub(crate) fn document(document: &Document) -> Value {
    json!({ "id": document.id, "title": document.title })
}

pub(crate) fn pull_request(
    pull_request: &PullRequest,
    repository: &Repository,
    comment: Option<&Comment>,
) -> Value {
    json!({
        "id": pull_request.id,
        "number": pull_request.number,
        "summary": pull_request.summary,
        "description": pull_request.description,
        "comment": comment.map(|comment| json!({ "id": comment.id, "content": text(comment) })),
        "changes": comment.map_or_else(|| json!([]), |comment| changes(&comment.changes)),
        "repository": {
            "id": repository.id,
            "name": repository.name,
            "description": repository.description,
        },
        "issue": pull_request.issue.map(|id| json!({ "id": id })),
    })
}

pub(crate) fn version(version: &Version) -> Value {
    json!({
        "id": version.id,
        "name": version.name,
        "start_date": version.start_date,
        "reference_date": version.release_due_date,
        "description": version.description,
    })
}

fn text(comment: &Comment) -> &str {
    comment.content.as_deref().unwrap_or_default()
}

fn changes(changes: &[Change]) -> Value {
    let changes = changes.iter().map(|change| {
        json!({
            "field": change.field,
            "new_value": change.new_value.as_deref().unwrap_or_default(),
            "old_value": change.original_value.as_deref().unwrap_or_default(),
            "type": if change.attribute_info.is_some() { "custom" } else { "standard" },
        })
    });
    changes.collect()
}

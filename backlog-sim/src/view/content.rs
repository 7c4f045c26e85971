//! Wiki pages, documents, repositories and pull requests.

use serde_json::{Value, json};

use super::{file, issue::IssueView, notified::notified, star};
use crate::{
    model::{
        Comment, Document, DocumentComment, PullRequest, Repository, Starred, Wiki, WikiVersion,
    },
    state::State,
    wire::stamp,
};

/// A page as in lists, without its text.
pub(crate) fn wiki_item(state: &State, wiki: &Wiki) -> Value {
    json!({
        "id": wiki.id,
        "projectId": wiki.project_id,
        "name": wiki.name,
        "tags": wiki.tags,
        "createdUser": state.users.get(&wiki.created_user),
        "created": stamp(wiki.created),
        "updatedUser": state.users.get(&wiki.updated_user),
        "updated": stamp(wiki.updated),
    })
}

pub(crate) fn wiki(state: &State, wiki: &Wiki) -> Value {
    json!({
        "id": wiki.id,
        "projectId": wiki.project_id,
        "name": wiki.name,
        "content": wiki.content,
        "tags": wiki.tags,
        "attachments": file::attachments(state, &wiki.attachments),
        "sharedFiles": file::shared_files(state, &wiki.shared_files),
        "stars": star::stars(state, Starred::Wiki(wiki.id)),
        "createdUser": state.users.get(&wiki.created_user),
        "created": stamp(wiki.created),
        "updatedUser": state.users.get(&wiki.updated_user),
        "updated": stamp(wiki.updated),
    })
}

/// One entry of a page's history; versions count from 1.
pub(crate) fn wiki_version(state: &State, wiki: &Wiki, version: u64, entry: &WikiVersion) -> Value {
    json!({
        "pageId": wiki.id,
        "version": version,
        "name": entry.name,
        "content": entry.content,
        "createdUser": state.users.get(&entry.created_user),
        "created": stamp(entry.created),
    })
}

pub(crate) fn document(state: &State, document: &Document) -> Value {
    let children = state
        .documents
        .iter()
        .filter(|child| child.parent.as_ref() == Some(&document.id));
    let children: Vec<_> = children.map(|child| &child.id).collect();
    json!({
        "id": document.id,
        "projectId": document.project_id,
        "title": document.title,
        "plain": document.plain,
        "json": rich_text(&document.plain),
        "statusId": 1,
        "emoji": document.emoji,
        "attachments": file::attachments(state, &document.attachments),
        "tags": document.tags,
        "createdUser": state.users.get(&document.created_user),
        "created": stamp(document.created),
        "updatedUser": state.users.get(&document.updated_user),
        "updated": stamp(document.updated),
        "childDocumentIds": children,
    })
}

/// The response to adding or deleting a document, with users as ids.
pub(crate) fn slim_document(document: &Document) -> Value {
    json!({
        "id": document.id,
        "projectId": document.project_id,
        "title": document.title,
        "json": rich_text(&document.plain),
        "plain": document.plain,
        "statusId": 1,
        "emoji": document.emoji,
        "createdUserId": document.created_user,
        "created": stamp(document.created),
        "updatedUserId": document.updated_user,
        "updated": stamp(document.updated),
    })
}

/// The text in the editor's own JSON, as a string.
fn rich_text(plain: &str) -> String {
    let paragraphs: Vec<_> = plain
        .lines()
        .map(|line| json!({ "type": "paragraph", "content": [{ "type": "text", "text": line }] }))
        .collect();
    json!({ "type": "doc", "content": paragraphs }).to_string()
}

pub(crate) fn repository(state: &State, repository: &Repository) -> Value {
    let project = &state.projects[&repository.project_id].project.project_key;
    let (space, name) = (&state.space.space_key, &repository.name);
    json!({
        "id": repository.id,
        "projectId": repository.project_id,
        "name": name,
        "description": repository.description,
        "hookUrl": null,
        "httpUrl": format!("https://{space}.backlog.com/git/{project}/{name}.git"),
        "sshUrl": format!("{space}@{space}.git.backlog.com:/{project}/{name}.git"),
        "displayOrder": repository.display_order,
        "pushedAt": repository.pushed_at.map(stamp),
        "createdUser": state.users.get(&repository.created_user),
        "created": stamp(repository.created),
        "updatedUser": state.users.get(&repository.created_user),
        "updated": stamp(repository.created),
    })
}

pub(crate) fn pull_request(state: &State, pull_request: &PullRequest) -> Value {
    let status = match pull_request.status {
        2 => "Closed",
        3 => "Merged",
        _ => "Open",
    };
    let issue = pull_request.issue.and_then(|id| state.issues.get(&id));
    let merged = pull_request.closed.filter(|_| pull_request.status == 3);
    json!({
        "id": pull_request.id,
        "projectId": pull_request.project_id,
        "repositoryId": pull_request.repository_id,
        "number": pull_request.number,
        "summary": pull_request.summary,
        "description": pull_request.description,
        "base": pull_request.base,
        "branch": pull_request.branch,
        "status": { "id": pull_request.status, "name": status },
        "assignee": pull_request.assignee.and_then(|id| state.users.get(&id)),
        "issue": issue.map(|issue| IssueView::of(state, issue)),
        "baseCommit": null,
        "branchCommit": null,
        "mergeCommit": null,
        "closeAt": pull_request.closed.map(stamp),
        "mergeAt": merged.map(stamp),
        "createdUser": state.users.get(&pull_request.created_user),
        "created": stamp(pull_request.created),
        "updatedUser": state.users.get(&pull_request.updated_user),
        "updated": stamp(pull_request.updated),
        "attachments": file::attachments(state, &pull_request.attachments),
        "stars": star::stars(state, Starred::PullRequest(pull_request.id)),
    })
}

pub(crate) fn pull_request_comment(state: &State, comment: &Comment) -> Value {
    let changes = comment.changes.iter().map(|change| {
        json!({
            "field": change.field,
            "newValue": change.new_value,
            "originalValue": change.original_value,
        })
    });
    json!({
        "id": comment.id,
        "content": comment.content,
        "changeLog": changes.collect::<Vec<_>>(),
        "createdUser": state.users.get(&comment.created_user),
        "created": stamp(comment.created),
        "updated": stamp(comment.updated),
        "stars": star::stars(state, Starred::PullRequestComment(comment.id)),
        "notifications": notified(state, comment, 11),
    })
}

pub(crate) fn document_comment(
    state: &State,
    document: &Document,
    comment: &DocumentComment,
) -> Value {
    json!({
        "id": comment.id,
        "documentId": document.id,
        "statusId": "1",
        "content": rich_text(&comment.plain),
        "plain": comment.plain,
        "commentType": "inline",
        "createdUserId": comment.created_user,
        "created": stamp(comment.created),
        "updatedUserId": comment.created_user,
        "updated": stamp(comment.created),
        "createdUser": state.users.get(&comment.created_user),
        "replies": [],
    })
}

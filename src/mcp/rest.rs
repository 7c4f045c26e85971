//! How the rest of an answer that is too long is read, by tool.
//!
//! | a tool that returns | has |
//! |---|---|
//! | one thing with texts or lists in it | the inputs `textOffset`, `textLength` and `itemOffset` |
//! | a list of things that another tool reads one by one | the name of that tool |
//! | a list of things that no other tool reads | the same inputs, and a page of one |
//! | a list that Backlog never parts | the inputs `offset` and `count`, which the hub sees to |
//!
//! The lists without pages of ours have few and small entries: the priorities and resolutions of
//! Backlog, and the statuses of a project, which has at most twelve. What a tool that writes
//! returns is read by the tool that reads the same. A test over all tools keeps this table whole.

use std::sync::Arc;

use rmcp::model::JsonObject;
use serde_json::{Value, json};

use super::tool::Paging;

pub(super) const TEXT_OFFSET: &str = "textOffset";
pub(super) const TEXT_LENGTH: &str = "textLength";
pub(super) const ITEM_OFFSET: &str = "itemOffset";
pub(super) const INCLUDE_JSON: &str = "includeJson";
pub(super) const OFFSET: &str = "offset";
pub(super) const COUNT: &str = "count";

/// What a tool has for an answer that is too long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest {
    pub way: Way,
    pub pages: Pages,
    /// Whether the texts come a second time, as the JSON of Backlog's editor.
    pub doubled: bool,
}

/// How texts and lists inside of the answer are read to their ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    /// There is nothing long in it, or no tool reads it.
    None,
    /// By the same tool, with inputs for it.
    Own,
    /// By another one.
    By(Reading),
}

/// Which pages the hub makes of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pages {
    /// Backlog has pages, or the list is short.
    None,
    /// Of a list that Backlog gives whole.
    Whole,
    /// Of the newest hundred, which Backlog pages by ids that it does not show.
    Versions,
}

/// A call that reads one thing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub tool: &'static str,
    pub inputs: &'static [(&'static str, Source)],
}

/// Where the value of an input comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// A JSON pointer into the thing.
    Answer(&'static str),
    /// One more than the number there.
    After(&'static str),
    /// An argument of the call, if it was given.
    Argument(&'static str),
    Number(u64),
}

use Source::{After, Answer, Argument, Number};

const fn by(tool: &'static str, inputs: &'static [(&'static str, Source)]) -> Way {
    Way::By(Reading { tool, inputs })
}

const ISSUE: Way = by("get_issue", &[("issueKey", Answer("/issueKey"))]);
const ISSUE_INSIDE: Way = by("get_issue", &[("issueKey", Answer("/issue/issueKey"))]);
const WIKI: Way = by("get_wiki", &[("wikiId", Answer("/id"))]);
const DOCUMENT: Way = by("get_document", &[("documentId", Answer("/id"))]);
const PULL_REQUEST: Way = by(
    "get_pull_request",
    &[
        ("projectId", Answer("/projectId")),
        ("repoId", Answer("/repositoryId")),
        ("number", Answer("/number")),
    ],
);
const ISSUE_COMMENT: Way = by(
    "get_issue_comments",
    &[
        ("issueId", Answer("/issueId")),
        ("maxId", After("/id")),
        ("count", Number(1)),
    ],
);
const PULL_REQUEST_COMMENT: Way = by(
    "get_pull_request_comments",
    &[
        ("projectId", Argument("projectId")),
        ("projectKey", Argument("projectKey")),
        ("repoId", Argument("repoId")),
        ("repoName", Argument("repoName")),
        ("number", Argument("number")),
        ("maxId", After("/id")),
        ("count", Number(1)),
    ],
);
const VERSIONS: Way = by(
    "get_version_milestone_list",
    &[("projectId", Answer("/projectId"))],
);
const ISSUE_TYPES: Way = by("get_issue_types", &[("projectId", Answer("/projectId"))]);
const CUSTOM_FIELDS: Way = by("get_custom_fields", &[("projectId", Answer("/projectId"))]);
const WEBHOOKS: Way = by(
    "get_webhooks",
    &[("projectIdOrKey", Argument("projectIdOrKey"))],
);
const NOTICE: Way = by("get_space_notification", &[]);

impl Rest {
    pub fn of(tool: &str) -> Self {
        Self {
            way: way(tool),
            pages: pages(tool),
            doubled: matches!(tool, "get_document" | "get_documents"),
        }
    }

    /// How a tool pages whose inputs, without ours, are `paging`.
    pub fn paging(self, paging: Paging) -> Paging {
        match self.pages {
            Pages::None => paging,
            Pages::Whole => Paging::Whole,
            Pages::Versions => Paging::Versions,
        }
    }

    /// Adds the inputs that the hub sees to.
    pub fn offer(self, schema: &mut Arc<JsonObject>) {
        let mut inputs = Vec::new();
        let number = |text: &str, least: u8| json!({"type": "number", "minimum": least, "description": text});
        let skip = || {
            json!({
                "type": "number", "minimum": 0, "default": 0, "description": "How many to skip",
            })
        };
        match self.pages {
            Pages::None => {}
            Pages::Whole => inputs.extend([
                (OFFSET, skip()),
                (COUNT, number("How many at most, else all", 1)),
            ]),
            Pages::Versions => inputs.push((OFFSET, skip())),
        }
        if self.doubled {
            let text = "With the text once more as the editor's JSON";
            inputs.push((
                INCLUDE_JSON,
                json!({"type": "boolean", "description": text}),
            ));
        }
        if matches!(self.way, Way::Own) {
            inputs.extend([
                (TEXT_OFFSET, number("Characters of long texts to skip", 0)),
                (TEXT_LENGTH, number("Characters of a text at most", 1)),
                (ITEM_OFFSET, number("Entries of inner lists to skip", 0)),
            ]);
        }
        if inputs.is_empty() {
            return;
        }
        let schema = Arc::make_mut(schema);
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            let inputs = inputs.into_iter();
            properties.extend(inputs.map(|(name, input)| (name.to_owned(), input)));
        }
    }
}

fn pages(tool: &str) -> Pages {
    match tool {
        "get_users"
        | "get_project_list"
        | "get_project_users"
        | "get_related_issues"
        | "get_issue_types"
        | "get_categories"
        | "get_custom_fields"
        | "get_version_milestone_list"
        | "get_wiki_pages"
        | "get_git_repositories"
        | "get_issue_attachments"
        | "get_issue_shared_files"
        | "get_wiki_attachments"
        | "get_wiki_shared_files"
        | "get_pull_request_attachments"
        | "get_issue_comment_notifications"
        | "get_issue_participants"
        | "get_wiki_tags"
        | "get_document_comments"
        | "get_project_administrators"
        | "get_project_teams"
        | "get_webhooks" => Pages::Whole,
        "get_wiki_history" => Pages::Versions,
        _ => Pages::None,
    }
}

fn way(tool: &str) -> Way {
    match tool {
        // One thing.
        "get_issue"
        | "get_issue_comment"
        | "get_wiki"
        | "get_document"
        | "get_document_tree"
        | "get_pull_request"
        | "get_git_repository"
        | "get_activity"
        | "get_space_notification"
        | "get_space_disk_usage" => Way::Own,
        // Lists of what no other tool reads, or none of the usual sets.
        "get_issue_comments"
        | "get_pull_request_comments"
        | "get_document_comments"
        | "get_wiki_history"
        | "get_notifications"
        | "get_watching_list_items"
        | "get_space_activities"
        | "get_project_activities"
        | "get_user_recent_updates"
        | "get_user_stars"
        | "get_issue_types"
        | "get_custom_fields"
        | "get_version_milestone_list"
        | "get_git_repositories"
        | "get_webhooks"
        | "get_teams"
        | "get_project_teams" => Way::Own,
        "get_issues" | "get_related_issues" | "add_issue" | "update_issue"
        | "add_related_issue" => ISSUE,
        "get_recently_viewed_issues" | "add_watching" | "update_watching" | "delete_watching" => {
            ISSUE_INSIDE
        }
        "add_wiki" | "update_wiki" => WIKI,
        "get_documents" | "add_document" => DOCUMENT,
        "get_pull_requests" | "add_pull_request" | "update_pull_request" => PULL_REQUEST,
        "add_issue_comment" | "update_issue_comment" | "add_issue_comment_notifications" => {
            ISSUE_COMMENT
        }
        "add_pull_request_comment" | "update_pull_request_comment" => PULL_REQUEST_COMMENT,
        "add_version_milestone" | "update_version_milestone" => VERSIONS,
        "add_issue_type" | "update_issue_type" => ISSUE_TYPES,
        "add_custom_field"
        | "update_custom_field"
        | "add_custom_field_item"
        | "update_custom_field_item"
        | "delete_custom_field_item" => CUSTOM_FIELDS,
        "add_webhook" | "update_webhook" => WEBHOOKS,
        "update_space_notification" => NOTICE,
        // Numbers and names, files, and what is gone.
        _ => Way::None,
    }
}

#[cfg(test)]
mod tests;

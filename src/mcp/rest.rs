//! How to read the rest of a result that is too long, by tool.
//!
//! | a tool that returns | has |
//! |---|---|
//! | one item with texts or lists in it | the inputs `textOffset`, `textLength` and `itemOffset` |
//! | a list of items that another tool reads one by one | the name of that tool |
//! | a list of items that no other tool reads | the same inputs, and a page of one |
//! | a list that Backlog does not page | the inputs `offset` and `count`, which the hub handles |
//!
//! Lists that the hub does not page have few and small entries: the priorities and resolutions of
//! Backlog, and the statuses of a project, at most twelve. The result of a tool that writes is read
//! with the tool that reads the same item. A test over all tools keeps this table complete.

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

/// How a tool handles a result that is too long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest {
    pub way: Way,
    pub pages: Pages,
    /// Whether Backlog returns texts a second time, as the JSON of its editor.
    pub doubled: bool,
}

/// How the rest of texts and lists inside a result is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    /// It has nothing long, or no tool reads it.
    None,
    /// With inputs of the same tool.
    Own,
    /// With another tool.
    By(Reading),
}

/// How the hub pages a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pages {
    /// Backlog has pages, or the list is short.
    None,
    /// The hub pages a list that Backlog returns whole.
    Whole,
    /// The hub pages the newest hundred, which Backlog pages by ids that it does not return.
    Versions,
}

/// A call that reads one item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub tool: &'static str,
    pub inputs: &'static [(&'static str, Source)],
}

/// Where the value of an input comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// A JSON pointer into the item.
    Output(&'static str),
    /// One more than the number at this JSON pointer.
    After(&'static str),
    /// An argument of the call, if it was given.
    Argument(&'static str),
    Number(u64),
}

use Source::{After, Argument, Number, Output};

const fn by(tool: &'static str, inputs: &'static [(&'static str, Source)]) -> Way {
    Way::By(Reading { tool, inputs })
}

const ISSUE: Way = by("get_issue", &[("issueKey", Output("/issueKey"))]);
const ISSUE_INSIDE: Way = by("get_issue", &[("issueKey", Output("/issue/issueKey"))]);
const WIKI: Way = by("get_wiki", &[("wikiId", Output("/id"))]);
const DOCUMENT: Way = by("get_document", &[("documentId", Output("/id"))]);
const PULL_REQUEST: Way = by(
    "get_pull_request",
    &[
        ("projectId", Output("/projectId")),
        ("repoId", Output("/repositoryId")),
        ("number", Output("/number")),
    ],
);
const ISSUE_COMMENT: Way = by(
    "get_issue_comments",
    &[
        ("issueId", Output("/issueId")),
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
    &[("projectId", Output("/projectId"))],
);
const ISSUE_TYPES: Way = by("get_issue_types", &[("projectId", Output("/projectId"))]);
const CUSTOM_FIELDS: Way = by("get_custom_fields", &[("projectId", Output("/projectId"))]);
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

    /// Returns how a tool pages. `paging` follows from its inputs without the hub's.
    pub fn paging(self, paging: Paging) -> Paging {
        match self.pages {
            Pages::None => paging,
            Pages::Whole => Paging::Whole,
            Pages::Versions => Paging::Versions,
        }
    }

    /// Adds the inputs that the hub handles.
    pub fn offer(self, schema: &mut Arc<JsonObject>) {
        let mut inputs = Vec::new();
        let number = |text: &str, least: u8| json!({"type": "number", "minimum": least, "description": text});
        let skip = || {
            json!({
                "type": "number", "minimum": 0, "default": 0, "description": "Entries to skip",
            })
        };
        match self.pages {
            Pages::None => {}
            Pages::Whole => inputs.extend([
                (OFFSET, skip()),
                (COUNT, number("Maximum entries; default: all", 1)),
            ]),
            Pages::Versions => inputs.push((OFFSET, skip())),
        }
        if self.doubled {
            let text = "Whether to add the text as the editor's JSON";
            inputs.push((
                INCLUDE_JSON,
                json!({"type": "boolean", "description": text}),
            ));
        }
        if matches!(self.way, Way::Own) {
            inputs.extend([
                (TEXT_OFFSET, number("Characters of long texts to skip", 0)),
                (TEXT_LENGTH, number("Maximum characters of a text", 1)),
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
        // One item.
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
        // Lists of items that no other tool, or none of the default toolsets, reads.
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
        // Numbers and names, files, and deleted items.
        _ => Way::None,
    }
}

#[cfg(test)]
mod tests;

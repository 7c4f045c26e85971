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
        let number = |text: &str| json!({"type": "number", "description": text});
        match self.pages {
            Pages::None => {}
            Pages::Whole => inputs.extend([
                (OFFSET, number("How many to skip")),
                (COUNT, number("How many at most")),
            ]),
            Pages::Versions => inputs.push((OFFSET, number("How many to skip"))),
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
                (TEXT_OFFSET, number("Characters of long texts to skip")),
                (TEXT_LENGTH, number("Characters of a text at most")),
                (ITEM_OFFSET, number("Entries of inner lists to skip")),
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
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::mcp::{router::Entry, tools};

    /// Tools with nothing longer than a name in what they return, with nothing of it left to
    /// read, or with a file.
    const NOTHING_LONG: &[&str] = &[
        // Numbers, and one name or address.
        "count_documents",
        "count_issue_comments",
        "count_issues",
        "count_notifications",
        "count_pull_request_comments",
        "get_licence",
        "get_myself",
        "get_project",
        "get_project_disk_usage",
        "get_pull_requests_count",
        "get_rate_limit",
        "get_space",
        "get_user",
        "get_user_stars_count",
        "get_watching_list_count",
        "get_wikis_count",
        "reset_unread_notification_count",
        // Lists of names.
        "get_categories",
        "get_issue_attachments",
        "get_issue_comment_notifications",
        "get_issue_participants",
        "get_issue_shared_files",
        "get_priorities",
        "get_project_administrators",
        "get_project_list",
        "get_project_users",
        "get_pull_request_attachments",
        "get_recently_viewed_projects",
        "get_recently_viewed_wikis",
        "get_resolutions",
        "get_shared_files",
        "get_statuses",
        "get_users",
        "get_wiki_attachments",
        "get_wiki_pages",
        "get_wiki_shared_files",
        "get_wiki_tags",
        // Files.
        "get_document_attachment",
        "get_icon",
        "get_issue_attachment",
        "get_pull_request_attachment",
        "get_shared_file",
        "get_wiki_attachment",
        // Names of what was written.
        "add_category",
        "add_document_tags",
        "add_issue_shared_files",
        "add_project",
        "add_project_administrator",
        "add_project_team",
        "add_project_user",
        "add_star",
        "add_status",
        "add_wiki_attachments",
        "add_wiki_shared_files",
        "mark_notification_as_read",
        "mark_watching_as_read",
        "remove_document_tags",
        "remove_star",
        "reorder_statuses",
        "update_category",
        "update_project",
        "update_status",
        "upload_attachment",
        // What is gone, or only a link of it.
        "delete_category",
        "delete_custom_field",
        "delete_issue",
        "delete_issue_attachment",
        "delete_issue_comment",
        "delete_issue_type",
        "delete_pull_request_attachment",
        "delete_status",
        "delete_version",
        "delete_webhook",
        "delete_wiki",
        "delete_wiki_attachment",
        "remove_issue_shared_file",
        "remove_project_administrator",
        "remove_project_team",
        "remove_project_user",
        "remove_related_issue",
        "remove_wiki_shared_file",
    ];

    fn inputs(entry: &Entry) -> BTreeSet<String> {
        let schema = entry.route.attr.schema_as_json_value();
        let inputs = schema["properties"].as_object().cloned();
        inputs
            .unwrap_or_default()
            .into_iter()
            .map(|it| it.0)
            .collect()
    }

    #[test]
    fn every_tool_is_in_the_table_or_has_nothing_long() {
        for entry in tools::all() {
            let name = entry.spec.name;
            let listed = NOTHING_LONG.contains(&name);
            let has_way = !matches!(way(name), Way::None);
            assert!(
                listed != has_way,
                "{name}: say how its texts are read on, or that it has none"
            );
        }
        let names: BTreeSet<_> = tools::all().iter().map(|entry| entry.spec.name).collect();
        let unknown = NOTHING_LONG.iter().find(|name| !names.contains(*name));
        assert_eq!(unknown, None);
    }

    #[test]
    fn what_reads_on_takes_the_inputs() {
        let tools = tools::all();
        let find = |name: &str| tools.iter().find(|entry| entry.spec.name == name);
        for entry in &tools {
            let name = entry.spec.name;
            let own = inputs(entry);
            let has = [TEXT_OFFSET, TEXT_LENGTH, ITEM_OFFSET].map(|input| own.contains(input));
            let Way::By(reading) = way(name) else {
                assert_eq!(has, [matches!(way(name), Way::Own); 3], "{name}");
                continue;
            };
            assert_eq!(has, [false; 3], "{name}");
            let reader = find(reading.tool).unwrap_or_else(|| panic!("{}", reading.tool));
            assert!(
                matches!(way(reading.tool), Way::Own),
                "{name}: {}",
                reading.tool
            );
            assert!(reader.spec.access.read_only, "{name}");
            let taken = inputs(reader);
            for (input, source) in reading.inputs {
                assert!(
                    taken.contains(*input),
                    "{name}: {} has no {input}",
                    reading.tool
                );
                if let Argument(argument) = source {
                    assert!(own.contains(*argument), "{name} has no {argument}");
                }
            }
        }
    }

    #[test]
    fn every_list_has_pages_or_is_short() {
        const SHORT: [&str; 3] = ["get_priorities", "get_resolutions", "get_statuses"];
        for entry in tools::all()
            .iter()
            .filter(|entry| entry.spec.access.read_only)
        {
            let (name, takes) = (entry.spec.name, inputs(entry));
            let title = entry.spec.title;
            let is_list = title.starts_with("List ") || !entry.spec.fields.is_empty();
            if is_list && !SHORT.contains(&name) {
                assert!(takes.contains(COUNT), "{name} has no pages");
                let paged = takes.contains(OFFSET) || takes.contains("maxId");
                assert!(paged, "{name} has no pages");
                assert_ne!(entry.spec.paging, Paging::None, "{name}");
            }
            if pages(name) == Pages::Whole {
                assert!(is_list, "{name} is no list");
                assert_eq!(entry.spec.paging, Paging::Whole, "{name}");
            }
        }
    }
}

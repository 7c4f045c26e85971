//! The four hints of every tool, by which hosts decide whether to ask the user first.

use std::collections::BTreeSet;

use crate::calls::{options::ToolOptions, registry::Registry};

/// Backlog keeps no copy of the content that these tools delete or replace, or they give access
/// ([`GIVING_ACCESS`]). The work tools that change what is there are marked as well: one call may
/// change much.
const DESTRUCTIVE: &[&str] = &[
    "add_project_administrator",
    "add_project_team",
    "add_project_user",
    "add_webhook",
    "change_issues",
    "delete_category",
    "delete_custom_field",
    "delete_custom_field_item",
    "delete_issue",
    "delete_issue_attachment",
    "delete_issue_comment",
    "delete_issue_type",
    "delete_pull_request_attachment",
    "delete_status",
    "delete_version",
    "delete_watching",
    "delete_webhook",
    "delete_wiki",
    "delete_wiki_attachment",
    "edit_page",
    "remove_document_tags",
    "remove_issue_shared_file",
    "remove_project_administrator",
    "remove_project_team",
    "remove_project_user",
    "remove_related_issue",
    "remove_star",
    "remove_wiki_shared_file",
    "reset_unread_notification_count",
    "run_tool",
    "update_category",
    "update_custom_field",
    "update_custom_field_item",
    "update_issue_comment",
    "update_issue_type",
    "update_project",
    "update_pull_request_comment",
    "update_space_notification",
    "update_status",
    "update_version_milestone",
    "update_watching",
    "update_webhook",
];

/// The access that these tools give outlives the grant.
const GIVING_ACCESS: &[&str] = &[
    "add_project_administrator",
    "add_project_team",
    "add_project_user",
    "add_webhook",
];

/// These tools replace a mark, an order, or content that Backlog keeps in a change log or a
/// history.
const RECOVERABLE: &[&str] = &[
    "mark_notification_as_read",
    "mark_watching_as_read",
    "reorder_statuses",
    "update_issue",
    "update_pull_request",
    "update_wiki",
];

/// A second call with the same arguments adds something more.
const NOT_IDEMPOTENT: &[&str] = &[
    "add_category",
    "add_custom_field",
    "add_custom_field_item",
    "add_document",
    "add_issue",
    "add_issue_comment",
    "add_issue_comment_notifications",
    "add_issue_type",
    "add_project",
    "add_pull_request",
    "add_pull_request_comment",
    "add_star",
    "add_status",
    "add_version_milestone",
    "add_webhook",
    "add_wiki",
    "add_wiki_attachments",
    "change_issues",
    "comment",
    "create_issues",
    "edit_page",
    "run_tool",
    "update_issue",
    "update_pull_request",
    "upload_attachment",
];

/// These tools make Backlog send the events of a project to any URL; `run_tool` can run them.
const OPEN_WORLD: &[&str] = &["add_webhook", "run_tool", "update_webhook"];

/// The work tools that only read.
const READING: &[&str] = &[
    "fetch",
    "find_issues",
    "find_tools",
    "inbox",
    "project_info",
    "pull_requests",
    "report",
    "search",
];

#[test]
fn every_tool_has_all_four_hints_and_they_are_correct() {
    let options = ToolOptions::default();
    let registry = Registry::new(&options).with_organizations(&options);
    let tools = registry.tools().iter();
    let mut names = BTreeSet::new();
    for tool in tools {
        let name = tool.meta.name;
        names.insert(name);
        let hints = tool.listed.annotations.as_ref().expect("annotations");
        let reads = ["get_", "count_", "list_"]
            .iter()
            .any(|verb| name.starts_with(verb));
        let expected = [
            reads || READING.contains(&name),
            DESTRUCTIVE.contains(&name),
            !NOT_IDEMPOTENT.contains(&name),
            OPEN_WORLD.contains(&name),
        ];
        let said = [
            hints.read_only_hint,
            hints.destructive_hint,
            hints.idempotent_hint,
            hints.open_world_hint,
        ];
        assert_eq!(said, expected.map(Some), "{name}");
    }
    // The lists above name only existing tools.
    for name in [
        DESTRUCTIVE,
        RECOVERABLE,
        NOT_IDEMPOTENT,
        OPEN_WORLD,
        READING,
    ]
    .concat()
    {
        assert!(names.contains(name), "{name}");
    }
    assert!(names.len() >= 142, "{} tools", names.len());
}

/// An addition loses nothing: hosts need to ask only if it gives access.
#[test]
fn an_addition_is_destructive_only_if_it_gives_access() {
    let registry = Registry::new(&ToolOptions::default());
    let added = registry.tools().iter().map(|tool| &tool.meta);
    let added = added.filter(|meta| meta.name.starts_with("add_"));
    let destructive: BTreeSet<_> = added
        .filter(|meta| meta.effect.destructive)
        .map(|meta| meta.name)
        .collect();
    assert_eq!(destructive, GIVING_ACCESS.iter().copied().collect());
}

/// A change is destructive unless the tool is listed with a reason.
#[test]
fn every_recoverable_change_is_listed_with_a_reason() {
    let registry = Registry::new(&ToolOptions::default());
    let changes = ["update_", "reorder_", "mark_", "reset_"];
    for tool in registry.tools() {
        let name = tool.meta.name;
        if changes.iter().any(|verb| name.starts_with(verb)) {
            let kept = RECOVERABLE.contains(&name);
            assert_ne!(kept, DESTRUCTIVE.contains(&name), "{name}");
            assert_eq!(tool.meta.effect.destructive, !kept, "{name}");
        }
    }
}

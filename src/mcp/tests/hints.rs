//! The four hints of every tool, by which hosts decide whether to ask the user first.

use std::collections::BTreeSet;

use crate::calls::{options::ToolOptions, registry::Table};

/// Backlog keeps no copy of the content that these tools delete or replace, or they give access
/// ([`GIVING_ACCESS`]).
const DESTRUCTIVE: &[&str] = &[
    "add_project_administrator",
    "add_project_team",
    "add_project_user",
    "add_webhook",
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
    "remove_document_tags",
    "remove_issue_shared_file",
    "remove_project_administrator",
    "remove_project_team",
    "remove_project_user",
    "remove_related_issue",
    "remove_star",
    "remove_wiki_shared_file",
    "reset_unread_notification_count",
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
    "update_issue",
    "update_pull_request",
    "upload_attachment",
];

/// These tools make Backlog send the events of a project to any URL.
const OPEN_WORLD: &[&str] = &["add_webhook", "update_webhook"];

#[test]
fn every_tool_has_all_four_hints_and_they_are_correct() {
    let options = ToolOptions::default();
    let table = Table::new(&options).with_organizations(&options);
    let entries = table.entries().iter();
    let mut names = BTreeSet::new();
    for entry in entries {
        let name = entry.spec.name;
        names.insert(name);
        let hints = entry.tool.annotations.as_ref().expect("annotations");
        let reads = ["get_", "count_", "list_"]
            .iter()
            .any(|verb| name.starts_with(verb));
        let expected = [
            reads,
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
    for name in [DESTRUCTIVE, RECOVERABLE, NOT_IDEMPOTENT, OPEN_WORLD].concat() {
        assert!(names.contains(name), "{name}");
    }
    assert_eq!(names.len(), 142);
}

/// An addition loses nothing: hosts need to ask only if it gives access.
#[test]
fn an_addition_is_destructive_only_if_it_gives_access() {
    let table = Table::new(&ToolOptions::default());
    let added = table.entries().iter().map(|entry| &entry.spec);
    let added = added.filter(|spec| spec.name.starts_with("add_"));
    let destructive: BTreeSet<_> = added
        .filter(|spec| spec.access.destructive)
        .map(|spec| spec.name)
        .collect();
    assert_eq!(destructive, GIVING_ACCESS.iter().copied().collect());
}

/// A change is destructive unless the tool is listed with a reason.
#[test]
fn every_recoverable_change_is_listed_with_a_reason() {
    let table = Table::new(&ToolOptions::default());
    let changes = ["update_", "reorder_", "mark_", "reset_"];
    for entry in table.entries() {
        let name = entry.spec.name;
        if changes.iter().any(|verb| name.starts_with(verb)) {
            let kept = RECOVERABLE.contains(&name);
            assert_ne!(kept, DESTRUCTIVE.contains(&name), "{name}");
            assert_eq!(entry.spec.access.destructive, !kept, "{name}");
        }
    }
}

use std::collections::BTreeSet;

use super::*;
use crate::mcp::{router::Entry, tools};

/// Tools that return a file, and have inputs of their own to read the rest.
const FILES: &[&str] = &[
    "get_document_attachment",
    "get_icon",
    "get_issue_attachment",
    "get_pull_request_attachment",
    "get_shared_file",
    "get_wiki_attachment",
];

/// Tools that return nothing longer than a name, nothing that can be read again, or a file.
const NOTHING_LONG: &[&str] = &[
    // Numbers, and one name or URL.
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
    // Names of created or updated items.
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
    // Deleted items, or deleted links.
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
        let listed = NOTHING_LONG.contains(&name) || FILES.contains(&name);
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
            let expected = match FILES.contains(&name) {
                true => [true, true, false],
                false => [matches!(way(name), Way::Own); 3],
            };
            assert_eq!(has, expected, "{name}");
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

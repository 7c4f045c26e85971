//! Values in any JSON type, numbers within their range, and several values in one text.

use serde_json::json;

use super::{meant, refused};
use crate::calls::{options::ToolOptions, registry::Registry};

#[test]
fn values_in_any_json_are_taken() {
    for (tool, given, expected) in [
        (
            "get_issues",
            json!({"projectId": 2}),
            json!({"projectId": [2]}),
        ),
        (
            "get_issues",
            json!({"projectId": "[2, 3]"}),
            json!({"projectId": [2, 3]}),
        ),
        (
            "get_issues",
            json!({"statusId": "1,2"}),
            json!({"statusId": ["1", "2"]}),
        ),
        (
            "get_issues",
            json!({"statusId": [{"id": 1, "name": "Open"}]}),
            json!({"statusId": [1]}),
        ),
        (
            "get_issues",
            json!({"attachment": "True"}),
            json!({"attachment": true}),
        ),
        (
            "get_issues",
            json!({"order": "DESC"}),
            json!({"order": "desc"}),
        ),
        (
            "get_issues",
            json!({"sort": "due_date"}),
            json!({"sort": "dueDate"}),
        ),
        ("get_issues", json!({"keyword": 5}), json!({"keyword": "5"})),
        ("get_issues", json!({"count": "５"}), json!({"count": 5})),
        ("get_issues", json!({"count": [5]}), json!({"count": 5})),
        (
            "get_issues",
            json!({"dueDateSince": 20_261_020}),
            json!({"dueDateSince": "2026-10-20"}),
        ),
        ("get_wiki", json!({"wikiId": "7"}), json!({"wikiId": 7})),
        (
            "get_space_activities",
            json!({"activityTypeId": ["issueCreated", 3, "4", "wiki updated"]}),
            json!({"activityTypeId": [1, 3, 4, 6]}),
        ),
        (
            "add_document_tags",
            json!({"documentId": "0A9F", "tagNames": "[\"a\", \"b\"]"}),
            json!({"documentId": "0A9F", "tagNames": ["a", "b"]}),
        ),
        (
            "add_custom_field",
            json!({"projectKey": "A", "name": "n", "settings": "{\"type\":\"text\"}"}),
            json!({"projectIdOrKey": "A", "name": "n", "settings": {"type": "text"}}),
        ),
        (
            "add_status",
            json!({"projectIdOrKey": "A", "name": "n", "color": "#EA2C00"}),
            json!({"projectIdOrKey": "A", "name": "n", "color": "#ea2c00"}),
        ),
    ] {
        let shown = given.to_string();
        let mut meant = meant(tool, given);
        let mut expected = expected;
        // The order is irrelevant.
        meant.sort_all_objects();
        expected.sort_all_objects();
        assert_eq!(meant, expected, "{shown}");
    }
}

#[test]
fn numbers_are_within_the_published_bounds() {
    for (tool, arguments, expected) in [
        (
            "get_issues",
            json!({"count": 500}),
            "count: expected 1 to 100, received 500",
        ),
        (
            "get_issues",
            json!({"count": "101"}),
            "count: expected 1 to 100, received 101",
        ),
        (
            "get_issues",
            json!({"offset": -5}),
            "offset: expected 0 or more, received -5",
        ),
        (
            "get_issues",
            json!({"parentChild": [9]}),
            "parentChild: expected 1 to 4, received 9",
        ),
        (
            "get_issues",
            json!({"count": 1.5}),
            "count: expected an integer, received number 1.5",
        ),
        (
            "get_users",
            json!({"count": -1}),
            "count: expected 1 or more, received -1",
        ),
        (
            "get_users",
            json!({"offset": 0.5}),
            "offset: expected an integer, received number 0.5",
        ),
        (
            "get_issue",
            json!({"textOffset": -1}),
            "textOffset: expected 0 or more, received -1",
        ),
    ] {
        assert_eq!(refused(tool, arguments.clone()), expected, "{arguments}");
    }
    // Clients that fill in every input send these.
    let zeros = json!({"projectId": [1], "count": 0, "offset": 0, "parentChild": "0"});
    let meant = meant("get_issues", zeros);
    assert_eq!(meant, json!({"projectId": [1], "offset": 0}));
}

/// This includes the inputs of other parts of the server.
#[test]
fn no_tool_takes_a_number_beyond_its_bounds() {
    let registry = Registry::new(&ToolOptions::default());
    let mut cases = 0;
    for tool in registry.tools() {
        let inputs = &tool.listed.input_schema["properties"];
        for (name, schema) in inputs.as_object().unwrap() {
            for (keyword, step) in [("minimum", -1), ("maximum", 1)] {
                let Some(bound) = schema[keyword].as_i64().filter(|bound| *bound != 1) else {
                    continue;
                };
                let error = refused(tool.meta.name, json!({ name.as_str(): bound + step }));
                let start = format!("{name}: expected ");
                assert!(error.contains(&start), "{}: {error}", tool.meta.name);
                cases += 1;
            }
        }
    }
    assert!(cases > 100, "{cases}");
}

#[test]
fn values_without_commas_are_split_at_commas() {
    for (tool, given, expected) in [
        (
            "get_issues",
            json!({"parentIssueId": "harbor-12, HARBOR-13、14"}),
            json!({"parentIssueId": ["HARBOR-12", "HARBOR-13", 14]}),
        ),
        (
            "get_space_activities",
            json!({"activityTypeId": "issueCreated, wikiUpdated"}),
            json!({"activityTypeId": [1, 6]}),
        ),
        (
            "get_issues",
            json!({"statusId": "id:1, 2"}),
            json!({"statusId": [1, "2"]}),
        ),
        (
            "get_issues",
            json!({"statusId": "Open, Closed"}),
            json!({"statusId": ["Open, Closed"]}),
        ),
    ] {
        assert_eq!(meant(tool, given.clone()), expected, "{given}");
    }
}

#[test]
fn an_id_can_be_written_so_that_it_is_no_name() {
    for (tool, given, expected) in [
        (
            "update_issue",
            json!({"statusId": "id:5", "issueKey": "A-1"}),
            ("statusId", json!(5)),
        ),
        (
            "get_issue",
            json!({"issueKey": "id:5"}),
            ("issueId", json!(5)),
        ),
        (
            "get_project",
            json!({"projectId": "ＩＤ：5"}),
            ("projectId", json!(5)),
        ),
        (
            "get_webhooks",
            json!({"project": "id:5"}),
            ("projectIdOrKey", json!(5)),
        ),
        ("get_wiki", json!({"wikiId": "id: 5"}), ("wikiId", json!(5))),
        (
            "update_issue",
            json!({"summary": "id:5", "issueKey": "A-1"}),
            ("summary", json!("id:5")),
        ),
    ] {
        assert_eq!(
            meant(tool, given.clone())[expected.0],
            expected.1,
            "{given}"
        );
    }
}

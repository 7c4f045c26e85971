use serde_json::json;

use super::*;
use crate::calls::{options::ToolOptions, registry::Registry};

fn settled(tool: &str, arguments: Value) -> Result<Value, String> {
    let registry = Registry::new(&ToolOptions::default());
    let schema = &registry.get(tool).expect(tool).listed.input_schema;
    let known = Known {
        published: schema["properties"].as_object().expect("inputs"),
        fields_are_off: true,
    };
    let Value::Object(mut arguments) = arguments else {
        panic!("an object");
    };
    unwrap(&mut arguments, known);
    settle(&mut arguments, known)?;
    Ok(Value::Object(arguments))
}

#[test]
fn a_name_with_one_meaning_is_taken() {
    for (tool, given, meant) in [
        ("get_issues", "project", "projectId"),
        ("get_issues", "projectKey", "projectId"),
        ("get_issues", "projectIdOrKey", "projectId"),
        ("get_issues", "project_id", "projectId"),
        ("get_issues", "assignee", "assigneeId"),
        ("get_issues", "assigneeIds", "assigneeId"),
        ("get_issues", "status", "statusId"),
        ("get_issues", "statuses", "statusId"),
        ("get_issues", "statusID", "statusId"),
        ("get_issues", "priorities", "priorityId"),
        ("get_issues", "issueType", "issueTypeId"),
        ("get_issues", "type", "issueTypeId"),
        ("get_issues", "limit", "count"),
        ("get_issues", "query", "keyword"),
        ("get_issues", "due_date_since", "dueDateSince"),
        ("get_documents", "project", "projectIds"),
        ("get_documents", "projectId", "projectIds"),
        ("get_webhooks", "project", "projectIdOrKey"),
        ("get_issue", "issue", "issueKey"),
        ("get_issue", "issueIdOrKey", "issueKey"),
        ("get_issue", "key", "issueKey"),
        ("add_watching", "issueKey", "issueIdOrKey"),
        ("get_project", "key", "projectKey"),
        ("get_project", "project", "projectId"),
        ("update_issue", "status", "statusId"),
        ("update_issue", "milestones", "milestoneId"),
        ("update_issue", "notify", "notifiedUserId"),
        ("update_issue", "title", "summary"),
        ("add_issue_comment", "comment", "content"),
        ("add_issue_comment", "notifiedUserIds", "notifiedUserId"),
        ("get_wiki", "pageId", "wikiId"),
        ("get_pull_request", "repository", "repoName"),
        ("get_pull_request", "pullRequestNumber", "number"),
        ("get_user", "user", "userId"),
        ("get_space_activities", "activityTypes", "activityTypeId"),
    ] {
        let found = settled(tool, json!({ given: "x" }));
        assert_eq!(found, Ok(json!({ meant: "x" })), "{tool} {given}");
    }
    let by_id = settled("get_issue", json!({"issueIdOrKey": 5}));
    assert_eq!(by_id, Ok(json!({"issueId": 5})));
    let field = settled("update_issue", json!({"customField_12": "x"}));
    let expected = json!({"customFields": [{"id": "12", "value": "x"}]});
    assert_eq!(field, Ok(expected));
}

#[test]
fn wrapped_arguments_are_taken_out() {
    for wrapped in [
        json!({"arguments": {"issueKey": "A-1"}}),
        json!({"input": {"issueKey": "A-1"}}),
        json!({"params": "{\"issueKey\":\"A-1\"}"}),
    ] {
        assert_eq!(
            settled("get_issue", wrapped),
            Ok(json!({"issueKey": "A-1"}))
        );
    }
    let beside = json!({"arguments": {"issueKey": "A-1"}, "count": 1});
    let error = settled("get_issue_comments", beside).unwrap_err();
    assert!(
        error.contains("arguments: unknown input; give its content"),
        "{error}"
    );
}

#[test]
fn an_unknown_name_is_reported_with_the_nearest() {
    for (tool, arguments, expected) in [
        (
            "update_issue",
            json!({"asignee": "me"}),
            "asignee: unknown input; the nearest is assigneeId",
        ),
        (
            "get_issues",
            json!({"fields": "{id}"}),
            "fields: field selection is disabled",
        ),
        (
            "get_space",
            json!({"x": 1}),
            "x: unknown input\nthis tool has no inputs",
        ),
        (
            "get_issues",
            json!({"labels": ["a"]}),
            "labels: unknown input\navailable inputs: projectId, issueTypeId, ",
        ),
        (
            "get_priorities",
            json!({"page": 10}),
            "page: unknown input\nthis tool has no inputs",
        ),
        (
            "get_issues",
            json!({"project": "A", "projectId": ["B"]}),
            "project: means projectId, which is also given",
        ),
        (
            "get_issues",
            json!({"customField_12": "x"}),
            "customField_12: unknown input",
        ),
        ("get_issues", json!({"": 1}), "\"\": unknown input"),
        (
            "get_pull_request",
            json!({"key": "A"}),
            "key: unknown input",
        ),
    ] {
        let error = settled(tool, arguments.clone()).expect_err("refused");
        assert!(error.contains(expected), "{arguments}: {error}");
    }
    let many: JsonObject = (0..1000).map(|n| (format!("{n}x"), json!(1))).collect();
    let error = settled("get_issues", Value::Object(many)).unwrap_err();
    assert!(
        error.contains("\nand 995 more unknown inputs\navailable inputs: "),
        "{error}"
    );
    let long = settled("get_issues", json!({ "a".repeat(100_000): 1 })).unwrap_err();
    assert!(long.len() < 1500, "{}", long.len());
}

#[test]
fn only_what_is_near_is_called_so() {
    let words = || ["assigneeId", "dueDate", "id", "keyword", "startDateSince"].into_iter();
    for (word, expected) in [
        ("asignee", &["assigneeId"][..]),
        ("key_words", &["keyword"]),
        ("startDate", &["startDateSince"]),
        ("due", &["dueDate"]),
        ("dueDtae", &["dueDate"]),
        ("ids", &["id"]),
        ("labels", &[]),
        ("colour", &[]),
        ("x", &[]),
        ("", &[]),
    ] {
        assert_eq!(near(word, words(), 3), expected, "{word}");
    }
}

#[test]
fn one_that_is_empty_gives_way() {
    for arguments in [
        json!({"project": "A", "projectId": []}),
        json!({"projectId": "A", "project": ""}),
        json!({"projectId": "A", "project": "A"}),
    ] {
        let found = settled("get_issues", arguments.clone());
        assert_eq!(found, Ok(json!({"projectId": "A"})), "{arguments}");
    }
}

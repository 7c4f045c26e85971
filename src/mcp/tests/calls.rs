//! Calls that succeed, and calls that send no request.

use backlog_client::fake::FakeBacklog;

use super::{call, caller_of, result};
use crate::{arguments::reading::Mode, calls::registry};
use actix_web::HttpResponse;
use serde_json::{Value, json};

#[actix_web::test]
async fn a_result_is_backlogs_own_json() {
    let backlog = FakeBacklog::responding(200, r#"{"id":1,"b":{"z":[1,2],"a":"あ"},"a":null}"#);
    let caller = caller_of(&backlog);
    let (failed, text) = call(&caller, "get_issue", json!({"issueKey": "ABC-1"})).await;
    assert!(!failed, "{text}");
    assert_eq!(text, r#"{"id":1,"b":{"z":[1,2],"a":"あ"},"a":null}"#);
    assert_eq!(backlog.only().line, "GET /api/v2/issues/ABC-1");
    assert_eq!(backlog.only().credentials, "Bearer t0");
    assert_eq!(caller.challenge.get(), None);
}

#[actix_web::test]
async fn every_tool_sends_its_request() {
    for (tool, arguments, line, form) in [
        ("get_space", json!({}), "GET /api/v2/space", None),
        ("get_users", json!({}), "GET /api/v2/users", None),
        ("get_myself", json!({}), "GET /api/v2/users/myself", None),
        (
            "get_project_list",
            json!({"archived": false, "all": true}),
            "GET /api/v2/projects?archived=false&all=true",
            None,
        ),
        (
            "get_project",
            json!({"projectId": 5, "projectKey": "ABC"}),
            "GET /api/v2/projects/5",
            None,
        ),
        (
            "get_issues",
            json!({
                "projectId": [1, 2.0], "resolutionId": [], "dueDateUntil": "2026-02-28",
                "sort": "dueDate", "order": "asc", "count": 100, "keyword": null,
                "customFields": [{"type": "list", "id": 9, "value": 3}],
            }),
            "GET /api/v2/issues?projectId%5B%5D=1&projectId%5B%5D=2&dueDateUntil=2026-02-28\
             &customField_9%5B0%5D=3&sort=dueDate&order=asc&count=100",
            None,
        ),
        (
            "count_issues",
            json!({"statusId": [1]}),
            "GET /api/v2/issues/count?statusId%5B%5D=1",
            None,
        ),
        (
            "add_issue",
            json!({
                "projectId": 1, "summary": "s", "issueTypeId": 2, "priorityId": 3,
                "estimatedHours": 1.5, "customFields": [{"id": 9, "value": [1, 2]}],
            }),
            "POST /api/v2/issues",
            Some(
                "projectId=1&summary=s&issueTypeId=2&priorityId=3&estimatedHours=1.5\
                 &customField_9%5B0%5D=1&customField_9%5B1%5D=2",
            ),
        ),
        (
            "update_issue",
            json!({
                "issueKey": "A-1", "categoryId": [], "versionId": [7], "notifiedUserId": [],
                "resolutionId": 0, "dueDate": "",
            }),
            "PATCH /api/v2/issues/A-1",
            Some("dueDate=&categoryId%5B%5D=&versionId%5B%5D=7&resolutionId=0"),
        ),
        (
            "get_issue_comments",
            json!({"issueId": 4, "minId": 10, "order": "desc"}),
            "GET /api/v2/issues/4/comments?minId=10&order=desc",
            None,
        ),
        (
            "add_issue_comment",
            json!({"issueKey": "A-1", "content": "hi", "notifiedUserId": [1]}),
            "POST /api/v2/issues/A-1/comments",
            Some("content=hi&notifiedUserId%5B%5D=1"),
        ),
        ("get_priorities", json!({}), "GET /api/v2/priorities", None),
        (
            "get_issue_types",
            json!({"projectKey": "ABC"}),
            "GET /api/v2/projects/ABC/issueTypes",
            None,
        ),
        (
            "get_resolutions",
            json!({}),
            "GET /api/v2/resolutions",
            None,
        ),
    ] {
        let backlog = FakeBacklog::responding(200, "{}");
        let (failed, text) = call(&caller_of(&backlog), tool, arguments).await;
        assert!(!failed, "{tool}: {text}");
        let received = backlog.only();
        assert_eq!(received.line, line);
        assert_eq!(
            received.body.map(|(_, body)| body).as_deref(),
            form,
            "{tool}"
        );
    }
}

/// An argument that fits a schema.
pub(super) fn sample(schema: &Value) -> Value {
    if let Some(first) = schema["oneOf"].get(0).or(schema["anyOf"].get(0)) {
        return sample(first);
    }
    if let Some(value) = schema["enum"].get(0).or(schema.get("const")) {
        return value.clone();
    }
    let dated = schema["description"].as_str().unwrap_or_default();
    // If several types are accepted, a number is one of them.
    match schema["type"].as_str().unwrap_or("number") {
        "number" | "integer" => json!(most(schema).min(7)),
        "boolean" => json!(true),
        "string" if dated.contains("yyyy-MM-dd") => json!("2026-01-31"),
        "string" => json!("text"),
        "array" => json!([sample(&schema["items"])]),
        _ => {
            let properties = schema["properties"].as_object().unwrap();
            let sampled = properties
                .iter()
                // They are alternatives to `value` and to a key.
                .filter(|(name, _)| *name != "values" && !has_key_too(name, properties))
                .map(|(name, schema)| (name.clone(), sample_of(name, schema)));
            Value::Object(sampled.collect())
        }
    }
}

/// The largest number that a schema accepts.
pub(super) fn most(schema: &Value) -> i64 {
    schema["maximum"].as_i64().unwrap_or(i64::MAX)
}

/// Whether another input gives the key for this id: a change accepts only one of them.
pub(super) fn has_key_too(name: &str, inputs: &serde_json::Map<String, Value>) -> bool {
    let pairs = [
        ("issueId", "issueKey"),
        ("projectId", "projectKey"),
        ("repoId", "repoName"),
    ];
    let pair = pairs.iter().find(|(id, _)| *id == name);
    pair.is_some_and(|(_, key)| inputs.contains_key(*key))
}

/// The same for an input, with a value that may depend on its name.
pub(super) fn sample_of(name: &str, schema: &Value) -> Value {
    match name {
        "issueKey" => json!("A-1"),
        "projectKey" => json!("AB"),
        // Backlog accepts nothing else.
        "hasDueDate" => json!(false),
        _ => sample(schema),
    }
}

/// A placeholder that no input fills would make a tool that always fails; one
/// of its own that is not required, a tool that fails by surprise.
#[actix_web::test]
async fn every_tool_can_be_called_according_to_its_schema() {
    let backlog = FakeBacklog::responding(200, "{}");
    let caller = caller_of(&backlog);
    for tool in registry::all() {
        let name = tool.meta.name;
        let schema = tool.listed.schema_as_json_value();
        let mut arguments = sample(&schema);
        if name == "upload_attachment" {
            // The tool has two inputs for the same content.
            arguments.as_object_mut().unwrap().remove("content");
        }
        let (failed, text) = call(&caller, name, arguments.clone()).await;
        assert!(!failed, "{name}: {text}");

        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let given = arguments.as_object_mut().unwrap();
        given.retain(|argument, _| required.contains(&json!(argument)));
        let (failed, text) = call(&caller, name, arguments).await;
        let is_said = text.contains(" or ") || text.contains("nothing to change");
        assert!(!failed || is_said, "{name}: {text}");
    }
}

#[actix_web::test]
async fn null_is_as_good_as_absent() {
    let backlog = FakeBacklog::responding(200, "{}");
    let caller = caller_of(&backlog);
    for tool in registry::all() {
        let schema = tool.listed.schema_as_json_value();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let mut arguments = sample(&schema);
        let given = arguments.as_object_mut().unwrap();
        // The inputs that identify the item are required.
        let change = tool.inputs.own().iter().find(|input| {
            tool.inputs.mode() == Mode::Changing && tool.inputs.is_change(&input.name)
        });
        let is_change = |name: &str| change.is_some_and(|input| input.name == name);
        let kept = |name: &str| {
            required.contains(&json!(name)) || name.ends_with("Key") || is_change(name)
        };
        given.retain(|name, _| kept(name) || name == "repoName" || name == "text");
        call(&caller, tool.meta.name, arguments.clone()).await;

        for name in schema["properties"].as_object().unwrap().keys() {
            let given = arguments.as_object_mut().unwrap();
            given.entry(name.clone()).or_insert(Value::Null);
        }
        let (failed, text) = call(&caller, tool.meta.name, arguments).await;
        assert!(!failed, "{}: {text}", tool.meta.name);
        let received = backlog.received();
        let [.., absent, null] = received.as_slice() else {
            panic!("{received:?}");
        };
        assert_eq!(absent, null);
    }
}

#[actix_web::test]
async fn bad_arguments_never_reach_backlog() {
    let backlog = FakeBacklog::responding(200, "{}");
    let caller = caller_of(&backlog);
    for (tool, arguments, expected) in [
        (
            "get_issues",
            json!({"count": "many"}),
            r#"Invalid arguments for tool get_issues: count: expected an integer, received string "many""#,
        ),
        (
            "get_issue",
            json!({"issueId": 0}),
            "Issue ID or key is required: give issueId or issueKey",
        ),
        (
            "get_git_repository",
            json!({"projectKey": "A", "repoName": ".."}),
            "Invalid arguments for tool get_git_repository: repoName: cannot be empty, `.` or \
             `..`, or contain control characters",
        ),
        (
            "add_issue_type",
            json!({"projectKey": "A", "name": "n", "color": "#3b9dbd"}),
            "Invalid arguments for tool add_issue_type: color: expected one of #e30000, #990000, \
             #934981, #814fbc, #2779ca, #007e9a, #7ea800, #ff9200, #ff3265, #666665, received \
             string \"#3b9dbd\"",
        ),
        (
            "add_custom_field",
            json!({"projectKey": "A", "name": "n", "settings": {"type": "text"}, "items": ["i"]}),
            "Invalid arguments for tool add_custom_field: items: only list types have items",
        ),
        (
            "update_custom_field",
            json!({"projectKey": "A", "id": 1, "settings": {"type": "numeric", "min": 2, "max": 1}}),
            "Invalid arguments for tool update_custom_field: settings: max is less than min",
        ),
        (
            "update_custom_field",
            json!({"projectKey": "A", "id": 1, "applicableIssueTypes": []}),
            "Invalid arguments for tool update_custom_field: nothing to change: give at least one \
             of name, settings, description, required, applicableIssueTypes; applicableIssueTypes \
             is empty, which changes nothing",
        ),
        (
            "update_webhook",
            json!({"projectKey": "A", "webhookId": 1, "name": "n", "activityTypeIds": ["none"]}),
            "Invalid arguments for tool update_webhook: activityTypeIds: cannot be removed",
        ),
        (
            "update_issue",
            json!({"issueKey": "A-1", "summary": "s", "customFields": [{"id": 5}]}),
            "Invalid arguments for tool update_issue: customFields[0].value: is required; give \
             \"\" to remove what is there",
        ),
        (
            "add_status",
            json!({"name": "n", "color": "#3b9dbd"}),
            "Invalid arguments for tool add_status: projectIdOrKey: is required",
        ),
        (
            "get_wiki",
            json!({"wikiId": "302abc"}),
            "Invalid arguments for tool get_wiki: wikiId: expected a numeric id, received string \
             \"302abc\" (get_wiki_pages returns its id)",
        ),
        (
            "update_issue",
            json!({"issueKey": "A-1", "estimatedHours": "1,200"}),
            "Invalid arguments for tool update_issue: estimatedHours: expected a number such as \
             2.5, received \"1,200\"",
        ),
        (
            "get_issues",
            json!({"keyword": "あ".repeat(30_000)}),
            "Invalid arguments for tool get_issues: keyword: is too long for a request to \
             Backlog; shorten it",
        ),
        (
            "get_issues",
            json!({"id": (1_000_000..1_004_000).collect::<Vec<_>>(), "keyword": "a"}),
            "Invalid arguments for tool get_issues: id: is too long for a request to Backlog; \
             shorten it",
        ),
        (
            "get_shared_files",
            json!({"projectKey": "A", "path": "a/".repeat(10_000)}),
            "Invalid arguments for tool get_shared_files: path: is too long for a request to \
             Backlog; shorten it",
        ),
    ] {
        let outcome = call(&caller, tool, arguments).await;
        assert_eq!(outcome, (true, expected.to_owned()));
    }
    assert_eq!(backlog.received(), []);
    assert_eq!(caller.challenge.get(), None);
}

#[actix_web::test]
async fn an_icon_is_that_of_what_is_given() {
    for (arguments, path) in [
        (json!({"userId": 7}), "users/7/icon"),
        (json!({"userId": 7, "projectKey": "AB"}), "users/7/icon"),
        (
            json!({"userId": 0, "projectKey": "AB"}),
            "projects/AB/image",
        ),
        (
            json!({"projectId": 0, "projectKey": "AB"}),
            "projects/AB/image",
        ),
        (json!({"projectKey": ""}), "space/image"),
        (json!({"userId": null, "projectId": 0}), "space/image"),
        (json!({}), "space/image"),
    ] {
        let backlog = FakeBacklog::responding(200, "a picture");
        let (failed, text) = call(&caller_of(&backlog), "get_icon", arguments.clone()).await;
        assert!(!failed, "{arguments}: {text}");
        assert_eq!(
            backlog.only().line,
            format!("GET /api/v2/{path}"),
            "{arguments}"
        );
    }
}

#[actix_web::test]
async fn a_complete_list_requests_no_more() {
    let files = |count: u64| {
        let files: Vec<_> = (0..count).map(|id| json!({"id": id})).collect();
        let files = json!(files).to_string();
        FakeBacklog::start(move |_| HttpResponse::Ok().body(files.clone()))
    };
    for (count, arguments, note) in [
        (20, json!({"projectKey": "A"}), Value::Null),
        (999, json!({"projectKey": "A"}), Value::Null),
        (
            1000,
            json!({"projectKey": "A"}),
            json!("There may be more: call again with offset 1000."),
        ),
        (
            20,
            json!({"projectKey": "A", "count": 20}),
            json!("There may be more: call again with offset 20."),
        ),
    ] {
        let backlog = files(count);
        let result = result(&caller_of(&backlog), "get_shared_files", arguments).await;
        assert_eq!(result["content"][1]["text"], note, "{count}");
    }
}

#[actix_web::test]
async fn half_of_a_surrogate_pair_from_backlog_is_tolerated() {
    for (tool, arguments, body) in [
        (
            "get_issue",
            json!({"issueKey": "A-1"}),
            r#"{"id":1,"summary":"a\ud83d"}"#,
        ),
        ("get_issues", json!({}), r#"[{"id":1,"summary":"a\ud83d"}]"#),
    ] {
        let backlog = FakeBacklog::responding(200, body);
        let output = result(&caller_of(&backlog), tool, arguments).await;
        assert_ne!(output["isError"], true, "{output}");
        let text = output["content"][0]["text"].as_str().expect("a text");
        let json: Value = serde_json::from_str(text).expect("valid JSON");
        assert!(json.to_string().contains("a\u{fffd}"), "{text}");
    }
}

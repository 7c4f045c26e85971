//! Calls that work, and calls that never leave the house.

use actix_web::HttpResponse;
use serde_json::{Value, json};

use super::{call, caller_of, result};
use crate::{backlog::fake::FakeBacklog, mcp::tools};

#[actix_web::test]
async fn a_result_is_backlogs_own_json() {
    let backlog = FakeBacklog::answering(200, r#"{"id":1,"b":{"z":[1,2],"a":"あ"},"a":null}"#);
    let caller = caller_of(&backlog);
    let (failed, text) = call(&caller, "get_issue", json!({"issueKey": "ABC-1"})).await;
    assert!(!failed, "{text}");
    assert_eq!(text, r#"{"id":1,"b":{"z":[1,2],"a":"あ"},"a":null}"#);
    assert_eq!(backlog.only().line, "GET /api/v2/issues/ABC-1");
    assert_eq!(backlog.only().credentials, "Bearer t0");
    assert_eq!(caller.verdict.refusal(), None);
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
        let backlog = FakeBacklog::answering(200, "{}");
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
    // Where several types will do, a number is among them.
    match schema["type"].as_str().unwrap_or("number") {
        "number" | "integer" => json!(7),
        "boolean" => json!(true),
        "string" if dated.contains("yyyy-MM-dd") => json!("2026-01-31"),
        "string" => json!("text"),
        "array" => json!([sample(&schema["items"])]),
        _ => {
            let properties = schema["properties"].as_object().unwrap();
            let sampled = properties
                .iter()
                // Instead of `value`.
                .filter(|(name, _)| *name != "values")
                .map(|(name, schema)| (name.clone(), sample(schema)));
            Value::Object(sampled.collect())
        }
    }
}

/// A placeholder that no input fills would make a tool that always fails; one
/// of its own that is not required, a tool that fails by surprise.
#[actix_web::test]
async fn every_tool_can_be_called_as_its_schema_says() {
    let backlog = FakeBacklog::answering(200, "{}");
    let caller = caller_of(&backlog);
    for entry in tools::all() {
        let name = entry.spec.name;
        let schema = entry.route.attr.schema_as_json_value();
        let mut arguments = sample(&schema);
        if name == "upload_attachment" {
            // Two ways to give one thing.
            arguments.as_object_mut().unwrap().remove("content");
        }
        let (failed, text) = call(&caller, name, arguments.clone()).await;
        assert!(!failed, "{name}: {text}");

        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let given = arguments.as_object_mut().unwrap();
        given.retain(|argument, _| required.contains(&json!(argument)));
        let (failed, text) = call(&caller, name, arguments).await;
        assert!(!failed || text.contains(" or "), "{name}: {text}");
    }
}

#[actix_web::test]
async fn null_is_as_good_as_absent() {
    let backlog = FakeBacklog::answering(200, "{}");
    let caller = caller_of(&backlog);
    for entry in tools::all() {
        let schema = entry.route.attr.schema_as_json_value();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let mut arguments = sample(&schema);
        let given = arguments.as_object_mut().unwrap();
        // What an id or key names has to be named.
        let kept = |name: &str| required.contains(&json!(name)) || name.ends_with("Key");
        given.retain(|name, _| kept(name) || name == "repoName" || name == "text");
        call(&caller, entry.spec.name, arguments.clone()).await;

        for name in schema["properties"].as_object().unwrap().keys() {
            let given = arguments.as_object_mut().unwrap();
            given.entry(name.clone()).or_insert(Value::Null);
        }
        let (failed, text) = call(&caller, entry.spec.name, arguments).await;
        assert!(!failed, "{}: {text}", entry.spec.name);
        let received = backlog.received();
        let [.., absent, null] = received.as_slice() else {
            panic!("{received:?}");
        };
        assert_eq!(absent, null);
    }
}

#[actix_web::test]
async fn bad_arguments_never_reach_backlog() {
    let backlog = FakeBacklog::answering(200, "{}");
    let caller = caller_of(&backlog);
    for (tool, arguments, expected) in [
        (
            "get_issues",
            json!({"count": "20"}),
            r#"Invalid arguments for tool get_issues: count: expected an integer, received string "20""#,
        ),
        (
            "get_issue",
            json!({"issueId": 0}),
            "Issue ID or key is required: give issueId or issueKey",
        ),
        (
            "get_project",
            json!({"projectKey": ".."}),
            "Invalid arguments for tool get_project: projectKey: cannot be `.` or `..`",
        ),
        (
            "add_issue_type",
            json!({"projectKey": "A", "name": "n", "color": "#3b9dbd"}),
            "Invalid arguments for tool add_issue_type: color: expected one of #e30000, #990000, \
             #934981, #814fbc, #2779ca, #007e9a, #7ea800, #ff9200, #ff3265, #666665, received \
             \"#3b9dbd\"",
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
            json!({"projectKey": "A", "id": 1, "name": "n", "applicableIssueTypes": []}),
            "Invalid arguments for tool update_custom_field: applicableIssueTypes: an empty list \
             changes nothing",
        ),
        (
            "update_webhook",
            json!({"projectKey": "A", "webhookId": 1, "name": "n", "activityTypeIds": []}),
            "Invalid arguments for tool update_webhook: activityTypeIds: expected at least one \
             kind of activity, or allEvent",
        ),
        (
            "update_issue",
            json!({"issueKey": "A-1", "summary": "s", "customFields": [{"id": 5, "value": []}]}),
            "Invalid arguments for tool update_issue: customFields: one of them has an empty \
             list, which would change nothing",
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
             \"302abc\"",
        ),
        (
            "update_issue",
            json!({"issueKey": "A-1", "estimatedHours": "4"}),
            "Invalid arguments for tool update_issue: estimatedHours: expected a JSON number, \
             received string \"4\"",
        ),
    ] {
        let outcome = call(&caller, tool, arguments).await;
        assert_eq!(outcome, (true, expected.to_owned()));
    }
    assert_eq!(backlog.received(), []);
    assert_eq!(caller.verdict.refusal(), None);
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
        let backlog = attachment("image/gif", b"GIF89a");
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
async fn a_list_that_comes_whole_does_not_ask_for_more() {
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

const ATTACHMENT: &str = "get_issue_attachment";

fn attachment(content_type: &'static str, bytes: &'static [u8]) -> FakeBacklog {
    FakeBacklog::start(move |_| {
        HttpResponse::Ok()
            .content_type(content_type)
            .insert_header(("Content-Disposition", "attachment;filename*=UTF-8''a%20b"))
            .body(bytes)
    })
}

#[actix_web::test]
async fn a_file_is_content() {
    let backlog = attachment("application/pdf", b"%PDF-1.4");
    let caller = caller_of(&backlog);
    let arguments = json!({"issueKey": "A-1", "attachmentId": 5});
    let answer = result(&caller, ATTACHMENT, arguments).await;
    assert_eq!(
        backlog.only().line,
        "GET /api/v2/issues/A-1/attachments/5",
        "how to read the file is none of Backlog's business"
    );
    let what = answer["content"][0]["text"].as_str().unwrap();
    let what: Value = serde_json::from_str(what).unwrap();
    let expected = json!({
        "filename": "a b", "contentType": "application/pdf", "size": 8,
        "attachmentId": 5, "issueIdOrKey": "A-1",
    });
    assert_eq!(what, expected);
    let resource = &answer["content"][1]["resource"];
    assert_eq!(resource["blob"], "JVBERi0xLjQ=");
    let uri = resource["uri"].as_str().unwrap();
    assert!(uri.ends_with("/issues/A-1/attachments/5/a%20b"), "{uri}");

    let arguments = json!({"issueId": 7, "attachmentId": 5, "format": "base64"});
    let (failed, text) = call(&caller, ATTACHMENT, arguments).await;
    let file: Value = serde_json::from_str(&text).unwrap();
    assert!(!failed);
    assert_eq!(file["content"], "JVBERi0xLjQ=");
}

/// As the upstream server puts it: an id is a number.
#[actix_web::test]
async fn a_files_issue_is_named_as_it_was_given() {
    for (given, expected) in [
        (json!({"issueId": 7}), json!(7)),
        (json!({"issueKey": "A-1"}), json!("A-1")),
        (json!({"issueId": 7, "issueKey": "A-1"}), json!(7)),
        (json!({"issueId": 0, "issueKey": "A-1"}), json!("A-1")),
    ] {
        let backlog = attachment("application/pdf", b"%PDF-1.4");
        let mut arguments = given;
        arguments["attachmentId"] = json!(5);
        let (_, facts) = call(&caller_of(&backlog), ATTACHMENT, arguments).await;
        let facts: Value = serde_json::from_str(&facts).unwrap();
        assert_eq!(facts["issueIdOrKey"], expected);
    }
}

#[actix_web::test]
async fn a_file_that_is_too_large_is_not_read() {
    let backlog = attachment("text/plain", b"123456789");
    let caller = caller_of(&backlog);
    let arguments = |max| json!({"issueKey": "A-1", "attachmentId": 5, "maxBytes": max});
    let (failed, text) = call(&caller, ATTACHMENT, arguments(9)).await;
    assert!(!failed, "{text}");
    let (failed, text) = call(&caller, ATTACHMENT, arguments(8)).await;
    let expected = "The file is larger than 8 bytes. Raise maxBytes, up to 7340032, to get it.";
    assert_eq!((failed, text.as_str()), (true, expected));
    let (failed, text) = call(&caller, ATTACHMENT, arguments(7_340_033)).await;
    assert!(
        failed && text.contains("maxBytes: expected an integer from 1"),
        "{text}"
    );

    let body = r#"{"errors":[{"message":"No attachment.","code":6,"moreInfo":""}]}"#;
    let backlog = FakeBacklog::answering(404, body);
    let (failed, text) = call(&caller_of(&backlog), ATTACHMENT, arguments(1)).await;
    assert!(failed && text.contains("No attachment."), "{text}");
}

#[actix_web::test]
async fn half_of_a_surrogate_pair_from_backlog_spoils_no_answer() {
    for (tool, arguments, body) in [
        (
            "get_issue",
            json!({"issueKey": "A-1"}),
            r#"{"id":1,"summary":"a\ud83d"}"#,
        ),
        ("get_issues", json!({}), r#"[{"id":1,"summary":"a\ud83d"}]"#),
    ] {
        let backlog = FakeBacklog::answering(200, body);
        let answer = result(&caller_of(&backlog), tool, arguments).await;
        assert_ne!(answer["isError"], true, "{answer}");
        let text = answer["content"][0]["text"].as_str().expect("a text");
        let json: Value = serde_json::from_str(text).expect("JSON for anybody");
        assert!(json.to_string().contains("a\u{fffd}"), "{text}");
    }
}

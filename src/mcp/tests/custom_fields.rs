//! Custom fields: values by the types of their fields, and hints for those that Backlog rejects.

use actix_web::HttpResponse;
use backlog_client::fake::{FakeBacklog, Received, json as respond};
use serde_json::{Value, json};

use super::{caller_of, names::mistakable, result};

#[actix_web::test]
async fn a_value_is_read_by_the_type_of_a_field_that_is_given_by_its_number() {
    let backlog = mistakable();
    let caller = caller_of(&backlog);
    for (field, form) in [
        (json!({"id": 93, "value": "１２"}), "customField_93=12"),
        (
            json!({"id": 94, "value": "2026-10-20T00:00:00Z"}),
            "customField_94=2026-10-20",
        ),
        (json!({"id": 92, "value": "S2"}), "customField_92=2"),
        (json!({"id": 92, "value": "2"}), "customField_92=2"),
        (json!({"id": "id:92", "value": "id:2"}), "customField_92=2"),
        (json!({"id": 92, "value": "none"}), "customField_92="),
        (json!({"id": 95, "value": "none"}), "customField_95=none"),
        (
            json!({"id": 95, "value": "1,200"}),
            "customField_95=1%2C200",
        ),
        // It is not in the list, but Backlog may have it.
        (json!({"id": 99, "value": "x"}), "customField_99=x"),
    ] {
        let arguments = json!({"issueKey": "AB-1", "customFields": [field]});
        let result = result(&caller, "update_issue", arguments).await;
        assert_ne!(result["isError"], true, "{field}: {result}");
        let sent = backlog.take().pop().and_then(|sent| sent.body);
        let sent = sent.map(|(_, form)| form);
        assert_eq!(sent.as_deref(), Some(form), "{field}");
    }
    for (field, expected) in [
        (
            json!({"id": 93, "value": "1,200"}),
            "customFields[0].value: Users: expected a number such as 2.5, received \"1,200\"",
        ),
        (
            json!({"id": 94, "value": "2026-02-31"}),
            "customFields[0].value: Found: there is no 31 February",
        ),
        (
            json!({"id": 92, "value": "S9"}),
            "customFields[0].value: Severity: unknown item \"S9\"; available: S1 (1), S2 (2)",
        ),
    ] {
        for (tool, mut arguments) in [
            ("update_issue", json!({"issueKey": "AB-1"})),
            (
                "add_issue",
                json!({"projectId": 1, "summary": "s", "issueTypeId": 2, "priorityId": 3}),
            ),
        ] {
            arguments["customFields"] = json!([field]);
            let result = result(&caller, tool, arguments).await;
            let text = result["content"][0]["text"].as_str().expect("a text");
            assert!(text.contains(expected), "{tool} {field}: {text}");
            let sent = backlog.take();
            assert!(sent.iter().all(|it| it.line.starts_with("GET")), "{sent:?}");
        }
    }
}

#[actix_web::test]
async fn values_that_need_no_type_cause_no_lookup() {
    let backlog = mistakable();
    let arguments = json!({
        "projectId": 1, "summary": "s", "issueTypeId": 2, "priorityId": 3,
        "customFields": [{"id": 92, "value": [1, 2]}, {"id": 93, "value": 5}],
    });
    let result = result(&caller_of(&backlog), "add_issue", arguments).await;
    assert_ne!(result["isError"], true, "{result}");
    assert_eq!(backlog.only().line, "POST /api/v2/issues");
}

/// A project with fields that Backlog rejects with its real messages.
fn refusing(message: &'static str) -> FakeBacklog {
    FakeBacklog::start(move |request: &Received| {
        let (method, path) = request.line.split_once(' ').expect("a line");
        match (method, path.trim_start_matches("/api/v2/")) {
            ("GET", "projects/1/customFields" | "projects/AB/customFields") => HttpResponse::Ok()
                .json(json!([
                    {"id": 92, "typeId": 6, "name": "Browsers", "required": true,
                     "applicableIssueTypes": [2],
                     "items": [{"id": 1, "name": "Firefox"}, {"id": 2, "name": "Safari"}]},
                    {"id": 93, "typeId": 3, "name": "Users", "required": false},
                ])),
            ("GET", _) => respond(404, r#"{"errors":[{"message":"No.","code":6}]}"#),
            _ => HttpResponse::BadRequest()
                .json(json!({"errors": [{"message": message, "code": 7, "moreInfo": ""}]})),
        }
    })
}

#[actix_web::test]
async fn a_rejection_of_custom_fields_describes_them() {
    const REQUIRED: &str = "customFields: \"Browsers\" (92) is required; expected a list of items; \
         available: Firefox (1), Safari (2)\n";
    const USERS: &str =
        "customFields: customField_93 is \"Users\"; expected a number such as 2.5\n";
    let new = |issue_type: i64, fields: Value| {
        json!({
            "projectId": 1, "summary": "s", "issueTypeId": issue_type, "priorityId": 3,
            "customFields": fields,
        })
    };
    let none = || json!([]);
    let browsers = json!([{"id": 92, "value": 1}]);
    for (tool, arguments, message, hint) in [
        (
            "add_issue",
            new(2, none()),
            "Required items are missing.",
            Some(REQUIRED),
        ),
        (
            "add_issue",
            new(3, none()),
            "The summary is too long.",
            None,
        ),
        (
            "add_issue",
            new(2, browsers),
            "The summary is too long.",
            None,
        ),
        (
            "update_issue",
            json!({"issueKey": "AB-1", "summary": "s"}),
            "Invalid value for customField_93: x",
            Some(USERS),
        ),
        (
            "update_issue",
            json!({"issueKey": "AB-1", "summary": "s"}),
            "Invalid value for customField_9: x",
            None,
        ),
        // The fields are not visible.
        (
            "update_issue",
            json!({"issueKey": "CD-1", "summary": "s"}),
            "Invalid value for customField_93: x",
            None,
        ),
    ] {
        let backlog = refusing(message);
        let result = result(&caller_of(&backlog), tool, arguments.clone()).await;
        let text = result["content"][0]["text"].as_str().expect("a text");
        assert_eq!(result["isError"], true, "{arguments}: {text}");
        assert!(text.contains(&format!("Backlog said: {message}")), "{text}");
        let start = hint.unwrap_or("Correct the arguments according to Backlog's message.");
        assert!(text.starts_with(start), "{arguments}: {text}");
        let sent = backlog.take().into_iter();
        let changes = sent.filter(|it| !it.line.starts_with("GET")).count();
        assert_eq!(changes, 1, "{arguments}: nothing is sent twice");
    }
}

/// The list of fields, which has one more at the second request.
fn growing() -> FakeBacklog {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    FakeBacklog::start(move |request: &Received| {
        let field = |id: i64, name: &str| json!({"id": id, "typeId": 1, "name": name});
        if !request.line.ends_with("/customFields") {
            return respond(200, "{}");
        }
        HttpResponse::Ok().json(
            match asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                0 => json!([field(1, "severity")]),
                _ => json!([field(1, "severity"), field(2, "Severity")]),
            },
        )
    })
}

#[actix_web::test]
async fn a_remembered_list_does_not_hide_a_new_name_in_another_case() {
    let backlog = growing();
    let caller = caller_of(&backlog);
    for (name, lookups, form) in [
        ("severity", 1, "customField_1=x"),
        ("severity", 0, "customField_1=x"),
        ("Severity", 1, "customField_2=x"),
        ("Severity", 0, "customField_2=x"),
    ] {
        let arguments = json!({"issueKey": "AB-1", "customFields": {name: "x"}});
        let result = result(&caller, "update_issue", arguments).await;
        assert_ne!(result["isError"], true, "{name}: {result}");
        let mut sent = backlog.take();
        let change = sent.pop().and_then(|sent| sent.body).map(|(_, form)| form);
        assert_eq!(change.as_deref(), Some(form), "{name}");
        assert_eq!(sent.len(), lookups, "{name}");
    }
}

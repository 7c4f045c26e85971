//! Texts, parts, fields and notes.

use serde_json::{Value, json};

use super::{concise, full, read};
use crate::{
    calls::{options::ToolOptions, response_format::ResponseFormat},
    mcp::tests::{caller_of, exchange, post, reading_on::responding, server, work::World},
};

#[actix_web::test]
async fn times_are_those_of_the_space_and_the_note_says_so() {
    let world = World::start().await;
    let (issue, notes) = concise(&world, "get_issue", json!({"issueKey": "HARBOR-1"})).await;
    assert!(notes.contains("Times are in Asia/Tokyo."), "{notes}");
    let created = issue["created"].as_str().unwrap();
    let form = "0000-00-00 00:00";
    let same = |(one, other): (char, char)| one == other || one.is_ascii_digit() && other == '0';
    assert!(created.chars().zip(form.chars()).all(same), "{created}");
    let (issues, notes) = concise(&world, "get_issues", json!({"projectId": ["HARBOR"]})).await;
    assert!(issues[0]["issueKey"].is_string() && issues[0].get("url").is_none());
    assert!(notes.contains("/view/ and its key."), "{notes}");
}

/// All requests get the same response.
async fn call(body: &Value, tool: &str, arguments: Value, selects: bool) -> (Value, String) {
    let backlog = responding(body);
    let caller = caller_of(&backlog);
    let options = ToolOptions {
        response_format: ResponseFormat::Concise,
        field_selection: selects,
        max_tokens: 6_000,
        ..ToolOptions::default()
    };
    let params = json!({"name": tool, "arguments": arguments});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    let server = server().with_options(options);
    let (_, body) = exchange(server, Some(&caller), post("2025-06-18", &message)).await;
    read(&body["result"])
}

#[actix_web::test]
async fn a_text_that_a_list_cuts_says_how_it_is_read_whole() {
    let text = "潮".repeat(1_500);
    let issue = json!({"id": 1, "issueKey": "AB-1", "description": text});
    let (issues, notes) = call(&json!([issue]), "get_issues", json!({}), false).await;
    let start = format!("{}… (1,500 characters in all)", "潮".repeat(200));
    assert_eq!(issues[0]["description"], start);
    assert!(
        notes.contains("Texts are cut at 200 characters; get_issue returns them whole."),
        "{notes}"
    );
    let (alone, notes) = call(&issue, "get_issue", json!({"issueKey": "AB-1"}), false).await;
    assert_eq!(alone["description"], text, "{notes}");

    // Nothing else reads comments, so the call itself returns more of them.
    let comments = json!([{"id": 1, "content": text}]);
    let arguments = json!({"issueKey": "AB-1"});
    let (_, notes) = call(&comments, "get_issue_comments", arguments, false).await;
    assert!(
        notes.contains("Texts are cut at 1000 characters; add textLength to get more of them."),
        "{notes}"
    );
    let arguments = json!({"issueKey": "AB-1", "textLength": 1_400});
    let (comments, notes) = call(&comments, "get_issue_comments", arguments, false).await;
    assert_eq!(
        comments[0]["content"].as_str().unwrap().chars().count(),
        1_400
    );
    assert!(
        notes.contains("To read on, call get_issue_comments"),
        "{notes}"
    );
}

#[actix_web::test]
async fn a_long_text_is_read_to_its_end() {
    let text: String = (0..4_000)
        .map(|number| format!("{number:04} 潮位\n"))
        .collect();
    let issue =
        json!({"id": 1, "issueKey": "AB-1", "summary": "S", "assignee": null, "description": text});
    let mut shown = String::new();
    for parts in 0.. {
        let offset = shown.chars().count();
        let arguments = json!({"issueKey": "AB-1", "textOffset": offset});
        let (part, notes) = call(&issue, "get_issue", arguments, false).await;
        shown.push_str(part["description"].as_str().unwrap());
        if !notes.contains("To read on") {
            assert!(parts > 2, "{parts}");
            break;
        }
        assert!(parts < 60, "no end");
    }
    assert_eq!(shown, text);
}

#[actix_web::test]
async fn chosen_fields_are_kept_even_if_the_form_would_leave_them_out() {
    let issues = json!([{
        "id": 1, "issueKey": "AB-1", "keyId": 1, "status": {"id": 1, "name": "Open"}, "dueDate": null,
    }]);
    for (fields, expected) in [
        (
            json!(["id", "issueKey", "status"]),
            json!([{"id": 1, "issueKey": "AB-1", "status": "Open"}]),
        ),
        (json!(["dueDate"]), json!([{}])),
    ] {
        let (chosen, _) = call(&issues, "get_issues", json!({"fields": fields}), true).await;
        assert_eq!(chosen, expected);
    }
}

#[actix_web::test]
async fn the_editors_json_of_a_document_is_unchanged() {
    let world = World::start().await;
    let arguments = json!({"documentId": "0199c5d07a1e7f0b9d3f5a6b7c8d9e01"});
    let (document, _) = concise(&world, "get_document", arguments.clone()).await;
    assert_eq!(document.get("json"), None);
    let mut with_json = arguments;
    with_json["includeJson"] = json!(true);
    let expected = full(&world, "get_document", with_json.clone()).await;
    let (document, _) = concise(&world, "get_document", with_json).await;
    assert!(!expected["json"].is_null(), "{expected}");
    assert_eq!(document["json"], expected["json"]);
}

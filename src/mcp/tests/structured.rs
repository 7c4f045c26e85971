//! The result of a tool as JSON for programs, in addition to the text.

use backlog_client::fake::FakeBacklog;
use serde_json::{Value, json};

use super::{caller_of, exchange, post, server};
use crate::calls::options::ToolOptions;

const ISSUES: &str = r#"[{"id":3,"summary":"a b c"},{"id":2,"summary":"d"}]"#;

fn on() -> ToolOptions {
    ToolOptions {
        structured_content: true,
        ..ToolOptions::default()
    }
}

async fn call(options: ToolOptions, version: &str, body: &'static str, call: Value) -> Value {
    let backlog = FakeBacklog::responding(200, body);
    let mut message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call});
    let mut request = post(version, &message);
    if version == "2026-07-28" {
        message["params"]["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        request = post(version, &message)
            .insert_header(("Mcp-Method", "tools/call"))
            .insert_header(("Mcp-Name", call["name"].as_str().unwrap()));
    }
    let server = server().with_options(options);
    let (status, body) = exchange(server, Some(&caller_of(&backlog)), request).await;
    assert_eq!(status, 200, "{body}");
    body["result"].clone()
}

fn text(result: &Value) -> Value {
    serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap()
}

#[actix_web::test]
async fn objects_stand_as_they_are_and_lists_as_items_in_every_revision() {
    let options = on;
    for version in ["2025-06-18", "2025-11-25", "2026-07-28"] {
        let space = json!({"name": "get_space", "arguments": {}});
        let result = call(options(), version, r#"{"spaceKey":"a"}"#, space).await;
        assert_eq!(result["structuredContent"], json!({"spaceKey": "a"}));
        assert_eq!(text(&result), result["structuredContent"]);

        let issues = json!({"name": "get_issues", "arguments": {}});
        let result = call(options(), version, ISSUES, issues).await;
        assert_eq!(result["structuredContent"], json!({"items": text(&result)}));

        let nothing = json!({"name": "mark_watching_as_read", "arguments": {"watchId": 1}});
        let result = call(options(), version, "", nothing).await;
        let marked = json!({"success": true, "message": "Watch 1 marked as read"});
        assert_eq!(result["structuredContent"], marked);
    }
    let space = json!({"name": "get_space", "arguments": {}});
    let result = call(options(), "2025-03-26", "{}", space).await;
    assert_eq!(result.get("structuredContent"), None, "it does not know it");
}

#[actix_web::test]
async fn it_is_selected_and_cut_as_the_text_is() {
    let options = ToolOptions {
        field_selection: true,
        max_tokens: 20,
        ..on()
    };
    let issues = json!({"name": "get_issues", "arguments": {"fields": ["summary", "id"]}});
    let result = call(options, "2025-06-18", ISSUES, issues).await;
    let note = &result["content"][1]["text"];
    assert!(note.as_str().unwrap().contains("call again"), "{result}");
    assert_eq!(
        result["structuredContent"],
        json!({"items": [{"summary": "a b c", "id": 3}], "note": note})
    );
}

#[actix_web::test]
async fn an_object_has_the_notes_too() {
    let options = ToolOptions {
        max_tokens: 200,
        ..on()
    };
    let issue = r#"{"id":1,"issueKey":"A-1","description":"WORDS"}"#;
    let issue = issue.replace("WORDS", &"word ".repeat(300));
    let arguments = json!({"name": "get_issue", "arguments": {"issueKey": "A-1"}});
    let result = call(options, "2025-06-18", issue.leak(), arguments).await;
    let note = &result["content"][1]["text"];
    assert!(note.as_str().unwrap().contains("To read on"), "{result}");
    let mut expected = text(&result);
    expected["_note"] = note.clone();
    assert_eq!(result["structuredContent"], expected);
}

#[actix_web::test]
async fn a_failure_has_none_and_only_an_operator_switches_it_on() {
    let failing = json!({"name": "get_issue", "arguments": {}});
    let result = call(on(), "2025-06-18", "{}", failing).await;
    assert_eq!(result["isError"], true);
    assert_eq!(result.get("structuredContent"), None);

    let space = json!({"name": "get_space", "arguments": {}});
    let result = call(ToolOptions::default(), "2025-06-18", "{}", space).await;
    assert_eq!(result["content"][0]["text"], "{}");
    assert_eq!(result.get("structuredContent"), None);
}

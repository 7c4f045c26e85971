//! Calls that change something, whatever becomes of the answer.

use actix_web::HttpResponse;
use serde_json::json;

use super::{call, caller_of, result};
use crate::{backlog::fake::FakeBacklog, mcp::DONE};

#[actix_web::test]
async fn a_change_whose_answer_is_lost_is_done() {
    // More than is read.
    let backlog = FakeBacklog::start(|_| HttpResponse::Ok().body(vec![b'1'; 17 << 20]));
    let caller = caller_of(&backlog);
    let arguments = json!({"issueKey": "A-1", "content": "hi"});
    let result = result(&caller, "add_issue_comment", arguments).await;
    assert_ne!(result["isError"], true, "{result}");
    assert_eq!(result["content"][0]["text"], r#"{"success":true}"#);
    assert_eq!(result["content"][1]["text"], DONE);
    assert_eq!(result.get("structuredContent"), None);

    let (failed, text) = call(&caller, "get_issue", json!({"issueKey": "A-1"})).await;
    assert!(failed && text.contains("Ask for less"), "{text}");
}

#[actix_web::test]
async fn the_http_layer_hears_of_changes() {
    for (tool, status, changed) in [
        ("add_issue_comment", 200, true),
        ("add_issue_comment", 400, false),
        ("get_issue", 200, false),
    ] {
        let backlog = FakeBacklog::answering(status, "{}");
        let caller = caller_of(&backlog);
        let arguments = json!({"issueKey": "A-1", "content": "hi"});
        result(&caller, tool, arguments).await;
        assert_eq!(caller.verdict.has_changed(), changed, "{tool} {status}");
    }
}

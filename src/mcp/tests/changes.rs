//! Calls that change something, with every possible fate of the response.

use actix_web::HttpResponse;
use backlog_client::fake::FakeBacklog;
use serde_json::{Value, json};

use super::{call, caller_of, result};
use crate::calls::failure::DONE;

#[actix_web::test]
async fn a_change_with_a_lost_response_is_reported_as_made() {
    // The body is larger than the limit.
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
async fn the_http_layer_is_notified_of_changes() {
    for (tool, status, changed) in [
        ("add_issue_comment", 200, true),
        ("add_issue_comment", 400, false),
        ("get_issue", 200, false),
    ] {
        let backlog = FakeBacklog::responding(status, "{}");
        let caller = caller_of(&backlog);
        let arguments = json!({"issueKey": "A-1", "content": "hi"});
        result(&caller, tool, arguments).await;
        assert_eq!(caller.challenge.has_changed(), changed, "{tool} {status}");
    }
}

/// The wording is exactly that of the upstream server.
#[actix_web::test]
async fn marking_as_read_is_reported() {
    for (status, body) in [
        (204, ""),
        (200, ""),
        (200, "null"),
        (200, "{}"),
        (200, "{\"a\":"),
    ] {
        let backlog = FakeBacklog::responding(status, body);
        for (tool, arguments, message) in [
            (
                "mark_notification_as_read",
                json!({"id": 7}),
                "Notification 7 marked as read",
            ),
            (
                "mark_watching_as_read",
                json!({"watchId": 8}),
                "Watch 8 marked as read",
            ),
        ] {
            let (failed, text) = call(&caller_of(&backlog), tool, arguments).await;
            let result: Value = serde_json::from_str(&text).unwrap();
            let expected = json!({"success": true, "message": message});
            assert_eq!((failed, result), (false, expected), "{status} {body}");
        }
    }
}

#[actix_web::test]
async fn nothing_is_success_for_a_change_and_null_for_a_reader() {
    for (status, body) in [(204, ""), (200, ""), (200, " \n"), (200, "null")] {
        let backlog = FakeBacklog::responding(status, body);
        let caller = caller_of(&backlog);
        let star = json!({"starId": 1});
        let (failed, text) = call(&caller, "remove_star", star).await;
        assert_eq!((failed, text.as_str()), (false, r#"{"success":true}"#));

        for tool in ["get_space", "get_issues", "get_users"] {
            let result = result(&caller, tool, json!({})).await;
            assert_ne!(result["isError"], true, "{result}");
            assert_eq!(result["content"][0]["text"], "null", "{tool}");
            let note = result["content"][1]["text"].as_str().unwrap();
            assert!(
                note.starts_with("Backlog returned an empty response"),
                "{note}"
            );
        }
    }
    let backlog = FakeBacklog::responding(200, "[]");
    let result = result(&caller_of(&backlog), "get_issues", json!({})).await;
    assert_eq!(result["content"], json!([{"type": "text", "text": "[]"}]));
}

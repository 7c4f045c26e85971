//! A list in which nothing is left out: its text is Backlog's JSON byte by byte, and the JSON for
//! programs has the same value.

use actix_web::HttpResponse;
use backlog_client::fake::FakeBacklog;
use rmcp::model::ProtocolVersion;
use serde_json::{Value, json};

use super::{caller_of, exchange, post, server};
use crate::{
    calls::options::ToolOptions,
    mcp::{plain::PlainCall, server::HubServer},
};

fn hub(structured_content: bool) -> HubServer {
    server().with_options(ToolOptions {
        max_tokens: 50_000,
        structured_content,
        ..ToolOptions::default()
    })
}

/// A Backlog that responds to every request with this body.
fn responding(body: &str) -> FakeBacklog {
    let body = body.to_owned();
    FakeBacklog::start(move |_| {
        let kind = "application/json;charset=utf-8";
        HttpResponse::Ok().content_type(kind).body(body.clone())
    })
}

/// The results of the same call without and with the protocol's library.
async fn both(server: &HubServer, body: &str, arguments: &Value) -> [Value; 2] {
    let version = ProtocolVersion::V_2025_11_25;
    let backlog = responding(body);
    let caller = caller_of(&backlog);
    let inputs = arguments.as_object().unwrap().clone();
    let call = PlainCall::new("get_issues", inputs);
    let plain = server.call_as_json(&caller, Some(&version), call).await;
    let plain = serde_json::from_slice(&plain.unwrap()).unwrap();

    let params = json!({"name": "get_issues", "arguments": arguments});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    let request = post(version.as_str(), &message);
    let (status, mut response) = exchange(server.clone(), Some(&caller), request).await;
    assert_eq!(status, 200, "{response}");
    [plain, response["result"].take()]
}

#[actix_web::test]
async fn the_text_is_backlogs_and_the_value_is_the_same() {
    let issue = json!({
        "id": 1, "issueKey": "HARBOR-1", "summary": "潮位を確認する",
        "description": "The pump is \"louder\" than before; see C:\\logs.\n".repeat(60),
    });
    let issue = issue.to_string();
    let page = format!("[{}]", vec![issue.as_str(); 20].join(","));
    assert!(page.len() > 60_000, "{}", page.len());
    let spaced = format!("[\n  {}\n]", vec![issue.as_str(); 20].join(",\n  "));
    let next = "There may be more: call again with offset 20.";
    for (body, arguments, note) in [
        ("[]", json!({}), None),
        (page.as_str(), json!({}), Some(next)),
        (page.as_str(), json!({"count": 100}), None),
        (spaced.as_str(), json!({}), Some(next)),
        (
            r#"[{"id":1,"url":"https:\/\/a.example\/","s":"\u6f6e\ud83d\udea2"}]"#,
            json!({}),
            None,
        ),
        (
            r#"[{"id":1,"id":2,"hours":1.50,"more":1e2,"none":-0.0}]"#,
            json!({}),
            None,
        ),
    ] {
        for structured in [false, true] {
            for result in both(&hub(structured), body, &arguments).await {
                let content = result["content"].as_array().unwrap();
                let texts: Vec<_> = content.iter().map(|block| &block["text"]).collect();
                let expected: Vec<_> = [body].into_iter().chain(note).collect();
                assert_eq!(texts, expected);
                let mut value = json!({"items": serde_json::from_str::<Value>(body).unwrap()});
                if let Some(note) = note {
                    value["note"] = Value::from(note);
                }
                let expected = structured.then_some(&value);
                assert_eq!(result.get("structuredContent"), expected);
            }
        }
    }
}

/// A half of a pair of surrogates is in no Unicode text.
#[actix_web::test]
async fn only_an_unpaired_surrogate_is_replaced() {
    let body = r#"[{"id":1,"summary":"a\ud83d"}]"#;
    for result in both(&hub(true), body, &json!({})).await {
        let text = r#"[{"id":1,"summary":"a\ufffd"}]"#;
        assert_eq!(result["content"][0]["text"], text);
        let items = json!([{"id": 1, "summary": "a\u{fffd}"}]);
        assert_eq!(result["structuredContent"]["items"], items);
    }
}

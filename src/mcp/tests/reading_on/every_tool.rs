//! Rules that hold for every tool.

use backlog_client::fake::FakeBacklog;

use super::{advised, as_json, japanese, responding, shown};
use crate::{
    calls::{options::ToolOptions, registry},
    mcp::tests::{caller_of, calls::sample, exchange, post, result, server},
    toolkit::rest::Way,
};
use serde_json::{Value, json};

/// An item with all the fields that identify it, and a long text.
#[expect(
    clippy::needless_pass_by_value,
    reason = "a caller writes it with `json!`"
)]
fn thing(id: Value, text: &str) -> Value {
    json!({
        "id": id, "projectId": 3, "issueId": 4, "issueKey": "A-1", "repositoryId": 6, "number": 7,
        "issue": {"issueKey": "A-1"}, "content": text, "updated": "2026-10-01T08:12:30Z",
    })
}

/// Tools that do not return JSON.
const FILES: [&str; 6] = [
    "get_document_attachment",
    "get_icon",
    "get_issue_attachment",
    "get_pull_request_attachment",
    "get_shared_file",
    "get_wiki_attachment",
];

/// Tools that return nothing of Backlog's response.
const MARKS: [&str; 2] = ["mark_notification_as_read", "mark_watching_as_read"];

#[actix_web::test]
async fn no_tool_loses_a_text_without_a_way_on() {
    let text: String = japanese(true).chars().take(24_000).collect();
    let tools = registry::all();
    for in_list in [false, true] {
        let [numbered, named] = [json!(5), json!("0a")].map(|id| match in_list {
            false => responding(&thing(id, &text)),
            true => responding(&json!([thing(id, &text)])),
        });
        for tool in &tools {
            let name = tool.meta.name;
            let is_document = name.ends_with("_document") || name == "get_documents";
            let caller = caller_of(if is_document { &named } else { &numbered });
            let schema = tool.listed.schema_as_json_value();
            let mut arguments = sample(&schema);
            let given = arguments.as_object_mut().unwrap();
            for ours in ["textOffset", "textLength", "itemOffset", "offset", "count"] {
                given.remove(ours);
            }
            if name == "upload_attachment" {
                // The tool has two inputs for the same content.
                given.remove("content");
            }
            let made = result(&caller, name, arguments.clone()).await;
            if FILES.contains(&name) {
                continue;
            }
            assert_ne!(made["isError"], true, "{name}: {made}");
            if MARKS.contains(&name) {
                continue;
            }
            let note = made["content"][1]["text"]
                .as_str()
                .unwrap_or_else(|| panic!("{name} says nothing"));
            if matches!(tool.meta.rest.way, Way::None) {
                assert!(note.contains("No tool reads on"), "{name}: {note}");
                continue;
            }
            let (tool, inputs) = advised(&made).unwrap_or_else(|| panic!("{name}: {note}"));
            let reader = tools.iter().find(|it| it.meta.name == tool).expect(&tool);
            let takes = reader.listed.schema_as_json_value();
            let inputs = inputs.as_object().unwrap();
            for input in inputs.keys() {
                assert!(
                    takes["properties"].get(input).is_some(),
                    "{name}: {tool} has no {input}"
                );
            }
            let next = shown(&result(&caller, &tool, Value::Object(inputs.clone())).await);
            let from = usize::try_from(inputs["textOffset"].as_u64().unwrap()).unwrap();
            let next = next.get(0).unwrap_or(&next)["content"]
                .as_str()
                .unwrap()
                .to_owned();
            let rest: String = text.chars().skip(from).collect();
            assert!(
                rest.starts_with(&next) && !next.is_empty(),
                "{name}: {tool}"
            );
        }
    }
}

#[actix_web::test]
async fn half_a_surrogate_pair_of_backlog_reaches_no_client() {
    let thing = r#"{"id":1,"summary":"a\ud83d","description":"\ud83d\ude00 \\ud83d"}"#;
    let expected = json!({"id": 1, "summary": "a\u{fffd}", "description": "😀 \\ud83d"});
    for (tool, arguments, body) in [
        ("get_issue", json!({"issueKey": "A-1"}), thing.to_owned()),
        ("get_issues", json!({}), format!("[{thing}]")),
    ] {
        let backlog = FakeBacklog::start(move |_| as_json(body.clone()));
        let options = ToolOptions {
            structured_content: true,
            ..ToolOptions::default()
        };
        let params = json!({"name": tool, "arguments": arguments});
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let server = server().with_options(options);
        let caller = caller_of(&backlog);
        // The response was already parsed strictly.
        let (_, body) = exchange(server, Some(&caller), post("2025-06-18", &message)).await;
        let result = &body["result"];
        let shown = shown(result);
        assert_eq!(shown.get(0).unwrap_or(&shown), &expected);
        let structured = &result["structuredContent"];
        assert_eq!(
            structured.pointer("/items/0").unwrap_or(structured),
            &expected
        );
    }
}

#[actix_web::test]
async fn an_advice_repeats_the_call_with_its_organization_and_prefix() {
    let backlog = responding(&thing(json!(5), &japanese(false)));
    let options = ToolOptions {
        prefix: "acme_".parse().unwrap(),
        ..ToolOptions::default()
    };
    for (name, tool, arguments) in [
        (
            "acme_get_issue",
            "acme_get_issue",
            json!({"issueKey": "A-1"}),
        ),
        (
            "acme_update_issue",
            "acme_get_issue",
            json!({"issueKey": "A-1", "summary": "A"}),
        ),
    ] {
        let params = json!({"name": name, "arguments": arguments});
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let server = server().with_options(options.clone());
        let (_, body) = exchange(
            server,
            Some(&caller_of(&backlog)),
            post("2025-06-18", &message),
        )
        .await;
        let (advised, inputs) = advised(&body["result"]).expect("an advice");
        assert_eq!(advised, tool);
        assert_eq!(inputs["issueKey"], "A-1");
    }
}

//! Who chooses the form: the call, then the connection, then the server.

use backlog_client::fake::FakeBacklog;
use serde_json::{Value, json};

use crate::{
    calls::{
        options::ToolOptions,
        registry::{self, Registry},
        response_format::ResponseFormat::{self, Concise, Full},
    },
    mcp::tests::{caller_of, exchange, post, server},
    toolkit::toolset::Toolset,
};
use tiktoken_rs::o200k_base_singleton;

const ISSUE: &str = r#"{"id":1,"issueKey":"AB-1","status":{"id":1,"name":"Open"},"assignee":null}"#;

fn choosing(response_format: ResponseFormat) -> ToolOptions {
    ToolOptions {
        response_format,
        ..ToolOptions::default()
    }
}

async fn rpc(
    options: ToolOptions,
    connection: Option<ResponseFormat>,
    method: &str,
    params: Value,
) -> Value {
    let backlog = FakeBacklog::responding(200, ISSUE);
    let mut caller = caller_of(&backlog);
    caller.policy.format = connection;
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let server = server().with_options(options);
    let mut body = exchange(server, Some(&caller), post("2025-06-18", &message))
        .await
        .1;
    body["result"].take()
}

async fn call(
    server: ResponseFormat,
    connection: Option<ResponseFormat>,
    format: Value,
) -> (bool, String) {
    let arguments = json!({"issueKey": "AB-1", "format": format});
    let params = json!({"name": "get_issue", "arguments": arguments});
    let result = rpc(choosing(server), connection, "tools/call", params).await;
    let text = result["content"][0]["text"].as_str().unwrap().to_owned();
    (result["isError"] == true, text)
}

#[actix_web::test]
async fn the_call_goes_before_the_connection_and_the_connection_before_the_server() {
    for (server, connection, input, expected) in [
        (Full, None, json!(null), Full),
        (Concise, None, json!(null), Concise),
        (Full, Some(Concise), json!(null), Concise),
        (Concise, Some(Full), json!(null), Full),
        (Full, None, json!("concise"), Concise),
        (Concise, Some(Concise), json!("full"), Full),
        (Full, Some(Full), json!("Concise"), Concise),
        (Full, Some(Concise), json!(""), Concise),
    ] {
        let (failed, text) = call(server, connection, input.clone()).await;
        assert!(!failed, "{text}");
        match expected {
            Full => assert_eq!(text, ISSUE, "{server:?} {connection:?} {input}"),
            Concise => assert!(text.contains(r#""status":"Open""#), "{text}"),
        }
    }
}

#[actix_web::test]
async fn another_value_is_an_error_that_names_both() {
    for input in [json!("short"), json!(true), json!(["concise"])] {
        let (failed, text) = call(Full, None, input).await;
        assert!(failed, "{text}");
        let expected = "Invalid arguments for tool get_issue: format: expected concise or full";
        assert!(text.starts_with(expected), "{text}");
    }
}

#[actix_web::test]
async fn the_input_is_listed_where_results_are_concise() {
    for (server, connection, expected) in [
        (Full, None, false),
        (Full, Some(Full), false),
        (Full, Some(Concise), true),
        (Concise, None, true),
        (Concise, Some(Full), false),
    ] {
        let listed = rpc(choosing(server), connection, "tools/list", json!({})).await;
        let tools = listed["tools"].as_array().unwrap();
        assert_eq!(tools.len(), registry::all().len());
        for tool in tools {
            let format = &tool["inputSchema"]["properties"]["format"];
            // Tools that return files have an input of this name of their own.
            let is_own = format["enum"][0] == "auto";
            assert!(is_own || format.is_null() != expected, "{tool}");
        }
    }
}

/// The limit is that of the list with options that make it longer.
#[actix_web::test]
async fn the_list_with_the_input_stays_small() {
    let registry = Registry::new(&choosing(Concise));
    let mut caller = caller_of(&FakeBacklog::responding(200, "{}"));
    caller.policy.chosen = Some(Toolset::DEFAULT.into());
    let listed = json!(registry.listed_for(&caller)).to_string();
    assert!(listed.len() < 75_000, "{} bytes", listed.len());
    let tokens = o200k_base_singleton().encode_ordinary(&listed).len();
    assert!(tokens < 16_000, "{tokens} tokens");
}

#[actix_web::test]
async fn a_file_has_its_own_input_of_that_name() {
    let backlog = FakeBacklog::responding(200, "{}");
    let mut caller = caller_of(&backlog);
    caller.policy.format = Some(Concise);
    let arguments = json!({"issueKey": "AB-1", "attachmentId": 5, "format": "base64"});
    let result = crate::mcp::tests::result(&caller, "get_issue_attachment", arguments).await;
    assert_ne!(result["isError"], true, "{result}");
    assert!(result.to_string().contains("e30="), "{result}");
}

#[actix_web::test]
async fn structured_content_has_the_same_form() {
    let options = ToolOptions {
        structured_content: true,
        ..choosing(Concise)
    };
    let params = json!({"name": "get_issue", "arguments": {"issueKey": "AB-1"}});
    let result = rpc(options, None, "tools/call", params).await;
    assert_eq!(result["structuredContent"]["status"], "Open", "{result}");
}

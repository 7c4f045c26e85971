//! Options that an operator sets for all callers: names, field selection, size.

use backlog_client::fake::FakeBacklog;
use oauth_values::Scopes;

use super::{caller_of, exchange, post, server};
use crate::calls::{options::ToolOptions, registry};
use rmcp::ServerHandler;
use serde_json::{Value, json};

const ISSUES: &str = r#"[{"id":3,"summary":"a","status":{"id":1,"name":"Open"}},{"id":2,"summary":"b","status":null}]"#;

async fn rpc(options: ToolOptions, backlog: &FakeBacklog, method: &str, params: Value) -> Value {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let caller = caller_of(backlog);
    let server = server().with_options(options);
    exchange(server, Some(&caller), post("2025-06-18", &message))
        .await
        .1
}

async fn call(options: ToolOptions, backlog: &FakeBacklog, tool: &str, arguments: Value) -> Value {
    let params = json!({"name": tool, "arguments": arguments});
    rpc(options, backlog, "tools/call", params).await["result"].take()
}

async fn list(options: ToolOptions) -> Vec<Value> {
    let backlog = FakeBacklog::responding(200, "{}");
    let body = rpc(options, &backlog, "tools/list", json!({})).await;
    body["result"]["tools"].as_array().unwrap().clone()
}

fn selecting() -> ToolOptions {
    ToolOptions {
        field_selection: true,
        ..ToolOptions::default()
    }
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}

#[actix_web::test]
async fn a_prefix_precedes_every_name() {
    let options = ToolOptions {
        prefix: "acme_".parse().unwrap(),
        ..ToolOptions::default()
    };
    let listed = list(options.clone()).await;
    assert_eq!(listed.len(), registry::all().len());
    for (tool, registered) in listed.iter().zip(registry::all()) {
        assert_eq!(tool["name"], format!("acme_{}", registered.meta.name));
    }
    let backlog = FakeBacklog::responding(200, "{}");
    let result = call(options.clone(), &backlog, "acme_get_space", json!({})).await;
    assert_eq!(text(&result), "{}");
    let params = json!({"name": "get_space", "arguments": {}});
    let body = rpc(options, &backlog, "tools/call", params).await;
    assert_eq!(body["error"]["code"], -32602);
}

#[actix_web::test]
async fn every_text_names_the_tools_that_are_offered() {
    let options = ToolOptions {
        prefix: "acme_".parse().unwrap(),
        ..ToolOptions::default()
    };
    let names: Vec<_> = registry::all().iter().map(|tool| tool.meta.name).collect();
    // Without the prefix, the name is not that of a tool.
    let without_prefix = |text: &str| {
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.find(|word| names.contains(word)).map(str::to_owned)
    };
    let listed = json!(list(options.clone()).await).to_string();
    assert!(
        listed.contains("(acme_get_wiki_pages, acme_") || listed.contains("(acme_get_wiki_pages)")
    );
    assert_eq!(without_prefix(&listed), None);

    let body = r#"{"errors":[{"message":"No issue.","code":6,"moreInfo":""}]}"#;
    let backlog = FakeBacklog::responding(404, body);
    for (tool, arguments, expected) in [
        (
            "get_issue",
            json!({"issueKey": "A-1"}),
            "issueId or issueKey (see acme_get_issues)",
        ),
        (
            "get_issue",
            json!({"issueKey": ".."}),
            "Invalid arguments for tool acme_get_issue: ",
        ),
        (
            "add_wiki",
            json!({}),
            "Invalid arguments for tool acme_add_wiki: ",
        ),
    ] {
        let tool = format!("acme_{tool}");
        let result = call(options.clone(), &backlog, &tool, arguments).await;
        assert!(text(&result).contains(expected), "{result}");
        assert_eq!(without_prefix(text(&result)), None);
    }

    let host = backlog.url.as_str().trim_start_matches("http://");
    let params = json!({"uri": format!("backlog://{host}/issues/A-1")});
    let body = rpc(options.clone(), &backlog, "resources/read", params).await;
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.contains("(see acme_get_issues)"), "{message}");
    assert_eq!(without_prefix(message), None);

    let mut caller = caller_of(&backlog);
    caller.scopes = Scopes::default();
    let params = json!({"name": "acme_get_space", "arguments": {}});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    let server = server().with_options(options);
    let request = post("2025-06-18", &message);
    let (_, body) = exchange(server.clone(), Some(&caller), request).await;
    let refusal = text(&body["result"]);
    assert!(
        refusal.starts_with("acme_get_space needs the scope "),
        "{refusal}"
    );

    let instructions = server.get_info().instructions.unwrap();
    assert_eq!(without_prefix(&instructions), None);
}

#[actix_web::test]
async fn a_full_page_says_how_to_continue_with_any_selected_fields() {
    let backlog =
        FakeBacklog::responding(200, r#"[{"id":9,"created":"a"},{"id":7,"created":"b"}]"#);
    for (tool, arguments, expected) in [
        ("get_issues", json!({"count": 2, "offset": 4}), "offset 6"),
        ("get_notifications", json!({"count": 2}), "maxId 7"),
        (
            "get_notifications",
            json!({"count": 2, "order": "asc"}),
            "minId 7",
        ),
        (
            "get_watching_list_items",
            json!({"userId": 1, "count": 2}),
            "offset 2",
        ),
    ] {
        let mut arguments = arguments;
        arguments["fields"] = json!("{ created }");
        let result = call(selecting(), &backlog, tool, arguments).await;
        assert_eq!(text(&result), r#"[{"created":"a"},{"created":"b"}]"#);
        let note = format!("There may be more: call again with {expected}.");
        assert_eq!(result["content"][1]["text"], note);
    }
}

#[actix_web::test]
async fn lists_offer_their_fields_where_selection_is_on() {
    for tool in registry::all() {
        let schema = tool.listed.schema_as_json_value();
        let name = tool.meta.name;
        assert_eq!(schema["properties"].get("fields"), None, "{name}");
    }
    let listed = list(selecting()).await;
    for (tool, registered) in listed.iter().zip(registry::all()) {
        let offered = &tool["inputSchema"]["properties"]["fields"]["items"]["enum"];
        let (name, usual) = (registered.meta.name, registered.meta.is_usual());
        match registered.meta.fields {
            [] => assert_eq!(
                tool["inputSchema"]["properties"].get("fields"),
                None,
                "{name}"
            ),
            names if usual => assert_eq!(*offered, json!(names), "{name}"),
            // A list with every toolset would be too long.
            _ => {
                let fields = &tool["inputSchema"]["properties"]["fields"];
                assert_eq!(
                    *fields,
                    json!({"type": "array", "items": {"type": "string"}})
                );
            }
        }
    }
    let by_default = listed.iter().zip(registry::all());
    let by_default: Vec<_> = by_default
        .filter(|(_, registered)| registered.meta.is_usual())
        .map(|(tool, _)| tool)
        .collect();
    let size = json!(by_default).to_string().len();
    assert!(size <= 95_000, "{size} bytes");
}

#[actix_web::test]
async fn chosen_fields_are_returned() {
    let backlog = FakeBacklog::responding(200, ISSUES);
    for (fields, expected) in [
        (
            json!(["summary", "id"]),
            json!([{"summary": "a", "id": 3}, {"summary": "b", "id": 2}]),
        ),
        (
            json!("{ status { name } }"),
            json!([{"status": {"name": "Open"}}, {"status": null}]),
        ),
        (json!([]), serde_json::from_str(ISSUES).unwrap()),
    ] {
        let arguments = json!({"fields": fields});
        let result = call(selecting(), &backlog, "get_issues", arguments).await;
        let chosen: Value = serde_json::from_str(text(&result)).unwrap();
        assert_eq!(chosen, expected);
    }
    let lines = backlog.received().into_iter().map(|request| request.line);
    assert!(lines.into_iter().all(|line| line == "GET /api/v2/issues"));

    // If field selection is disabled, the call rejects it.
    let arguments = json!({"fields": ["no"]});
    let result = call(ToolOptions::default(), &backlog, "get_issues", arguments).await;
    assert_eq!(
        text(&result),
        "Invalid arguments for tool get_issues: fields: field selection is disabled on this \
         server; omit it"
    );
}

#[actix_web::test]
async fn a_wrong_selection_changes_nothing() {
    let backlog = FakeBacklog::responding(200, "{}");
    for (tool, arguments, expected) in [
        (
            "reorder_statuses",
            json!({"projectKey": "A", "statusId": [1], "fields": "{ id"}),
            "Invalid arguments for tool reorder_statuses: fields: expected a name or `}`, found \
             the end",
        ),
        (
            "get_priorities",
            json!({"fields": ["colour"]}),
            "Invalid arguments for tool get_priorities: fields: unknown field `colour`; available: \
             id, name",
        ),
        // The schema does not have these fields.
        (
            "get_webhooks",
            json!({"projectKey": "A", "fields": ["colour"]}),
            "Invalid arguments for tool get_webhooks: fields: unknown field `colour`; available: \
             id, name, description, hookUrl, allEvent, activityTypeIds, createdUser, created, \
             updatedUser, updated",
        ),
    ] {
        let result = call(selecting(), &backlog, tool, arguments).await;
        assert_eq!(result["isError"], true);
        assert_eq!(text(&result), expected);
    }
    assert_eq!(backlog.received(), []);
}

#[actix_web::test]
async fn a_long_result_is_cut_between_elements() {
    let backlog = FakeBacklog::responding(200, ISSUES);
    let options = ToolOptions {
        max_tokens: 40,
        ..ToolOptions::default()
    };
    let result = call(options, &backlog, "get_issues", json!({"offset": 20})).await;
    let kept: Value = serde_json::from_str(text(&result)).unwrap();
    assert_eq!(kept.as_array().unwrap().len(), 1);
    assert_eq!(
        result["content"][1]["text"],
        "This is the first of 2. For the rest, call again with offset 21 and count 1."
    );
    assert_ne!(result["isError"], true);
}

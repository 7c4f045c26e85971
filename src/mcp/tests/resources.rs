//! Resources, prompts and completion: who may read what, and what failures become.

use serde_json::{Value, json};

use super::{caller_of, exchange, post, rpc, server};
use crate::{
    backlog::fake::{FakeBacklog, Received, json as answer},
    mcp::{Caller, Refusal, ToolOptions, Toolset},
    oauth::Scopes,
};

const PROJECTS: &str = r#"[{"id":1,"projectKey":"AB","name":"Harbour"},
    {"id":2,"projectKey":"CD","name":"Abbey"}]"#;

fn backlog() -> FakeBacklog {
    FakeBacklog::start(|request: &Received| {
        let path = request.line.split(['?', ' ']).nth(1).unwrap_or_default();
        match path.trim_start_matches("/api/v2/") {
            "projects" => answer(200, PROJECTS),
            "projects/AB/versions" => answer(
                200,
                r#"[{"id":7,"name":"Spring"},{"id":8,"name":"Autumn","archived":true}]"#,
            ),
            "issues" => answer(
                200,
                r#"[{"issueKey":"AB-12"},{"issueKey":"AB-1"},{"issueKey":"AB-2"}]"#,
            ),
            "issues/AB-404" => answer(404, r#"{"errors":[{"message":"No issue.","code":6}]}"#),
            "issues/AB-429" => answer(429, ""),
            "issues/AB-401" => answer(401, ""),
            _ => answer(200, "{}"),
        }
    })
}

fn uri(backlog: &FakeBacklog, path: &str) -> String {
    let host = backlog.url.as_str().trim_start_matches("http://");
    format!("backlog://{host}/{path}")
}

async fn read(caller: &Caller, uri: &str) -> Value {
    rpc(caller, "resources/read", json!({"uri": uri})).await
}

async fn names(caller: &Caller, method: &str, list: &str, name: &str) -> Vec<String> {
    let body = rpc(caller, method, json!({})).await;
    let items = body["result"][list]
        .as_array()
        .unwrap_or_else(|| panic!("{body}"));
    let names = items
        .iter()
        .map(|item| item[name].as_str().unwrap().to_owned());
    names.collect()
}

async fn templates(caller: &Caller) -> Vec<String> {
    names(
        caller,
        "resources/templates/list",
        "resourceTemplates",
        "name",
    )
    .await
}

async fn prompts(caller: &Caller) -> Vec<String> {
    names(caller, "prompts/list", "prompts", "name").await
}

const EVERY_PROMPT: [&str; 4] = [
    "triage",
    "daily_summary",
    "issue_from_report",
    "release_notes",
];

#[actix_web::test]
async fn a_resource_is_bound_as_the_tool_that_reads_the_same() {
    let backlog = backlog();
    let everything = caller_of(&backlog);
    assert_eq!(
        templates(&everything).await,
        ["projects", "issues", "wikis", "documents"]
    );
    for (path, kind, toolset) in [
        ("projects/AB", "projects", Toolset::Project),
        ("issues/AB-1", "issues", Toolset::Issue),
        ("wikis/12", "wikis", Toolset::Wiki),
        ("documents/0a", "documents", Toolset::Document),
    ] {
        let others = Toolset::ALL.into_iter().filter(|it| *it != toolset);
        let mut without = caller_of(&backlog);
        without.policy.toolsets = Some(others.collect());
        assert!(!templates(&without).await.contains(&kind.to_owned()));
        let before = backlog.received().len();
        let body = read(&without, &uri(&backlog, path)).await;
        let message = body["error"]["message"].as_str().unwrap();
        assert!(message.contains("is not enabled here"), "{message}");
        assert_eq!(without.verdict.refusal(), None);
        assert_eq!(backlog.received().len(), before, "Backlog was asked");

        let mut only = caller_of(&backlog);
        only.policy.toolsets = Some([toolset].into());
        only.policy.read_only = true;
        let body = read(&only, &uri(&backlog, path)).await;
        assert_eq!(
            body["result"]["contents"][0]["mimeType"], "text/markdown",
            "{body}"
        );
    }
}

#[actix_web::test]
async fn without_the_scope_nothing_is_listed_and_reading_is_refused() {
    let backlog = backlog();
    let mut nobody = caller_of(&backlog);
    nobody.scopes = Scopes::default();
    assert_eq!(templates(&nobody).await, [""; 0]);
    assert_eq!(prompts(&nobody).await, [""; 0]);
    assert_eq!(
        names(&nobody, "resources/list", "resources", "uri").await,
        [""; 0]
    );
    assert_eq!(
        nobody.verdict.refusal(),
        None,
        "a host that lists is not sent to sign in"
    );
    read(&nobody, &uri(&backlog, "issues/AB-1")).await;
    assert!(matches!(
        nobody.verdict.refusal(),
        Some(Refusal::InsufficientScope(_))
    ));
    assert_eq!(backlog.received(), []);
}

#[actix_web::test]
async fn what_is_no_resource_here_is_not_asked_for() {
    let backlog = backlog();
    let reader = caller_of(&backlog);
    for uri in [
        "backlog://other.backlog.com/issues/AB-1".to_owned(),
        uri(&backlog, "issues/.."),
        uri(&backlog, "users/1"),
        "file:///etc/passwd".to_owned(),
    ] {
        let body = read(&reader, &uri).await;
        assert_eq!(body["error"]["code"], -32002, "{uri}: {body}");
        assert_eq!(body["error"]["data"]["uri"], uri);
    }
    assert_eq!(backlog.received(), []);
}

#[actix_web::test]
async fn failures_of_backlog_become_errors() {
    let backlog = backlog();
    for (path, code, says) in [
        ("issues/AB-404", -32002, "No issue."),
        ("issues/AB-429", -32603, "rate limit"),
    ] {
        let reader = caller_of(&backlog);
        let body = read(&reader, &uri(&backlog, path)).await;
        assert_eq!(body["error"]["code"], code, "{body}");
        assert!(
            body["error"]["message"].as_str().unwrap().contains(says),
            "{body}"
        );
        assert_eq!(reader.verdict.refusal(), None);
    }
    let gone = caller_of(&backlog);
    read(&gone, &uri(&backlog, "issues/AB-401")).await;
    assert_eq!(gone.verdict.refusal(), Some(Refusal::SignInAgain));
}

#[actix_web::test]
async fn a_long_list_of_projects_comes_in_pages() {
    let many: Vec<_> = (0..230)
        .map(|id| json!({"id": id, "projectKey": format!("P{id}"), "name": "A project"}))
        .collect();
    let many = json!(many).to_string();
    let backlog = FakeBacklog::start(move |_| {
        actix_web::HttpResponse::Ok()
            .content_type("application/json")
            .body(many.clone())
    });
    let reader = caller_of(&backlog);
    let (mut cursor, mut sizes) = (Value::Null, Vec::new());
    let last = loop {
        let params = match &cursor {
            Value::Null => json!({}),
            cursor => json!({"cursor": cursor}),
        };
        let body = rpc(&reader, "resources/list", params).await;
        let page = body["result"]["resources"].as_array().unwrap();
        sizes.push(page.len());
        cursor = body["result"]["nextCursor"].clone();
        if cursor.is_null() {
            break page.last().unwrap()["name"].clone();
        }
    };
    assert_eq!((sizes, last), (vec![100, 100, 30], json!("P229")));
    for cursor in ["x", "-1"] {
        let body = rpc(&reader, "resources/list", json!({"cursor": cursor})).await;
        assert_eq!(body["error"]["code"], -32602, "{body}");
    }
}

#[actix_web::test]
async fn prompts_are_offered_with_their_tools() {
    let backlog = backlog();
    let mut caller = caller_of(&backlog);
    assert_eq!(prompts(&caller).await, EVERY_PROMPT);
    caller.policy.read_only = true;
    assert_eq!(prompts(&caller).await, ["daily_summary", "release_notes"]);
    let arguments = json!({"name": "triage", "arguments": {"project": "AB"}});
    let body = rpc(&caller, "prompts/get", arguments).await;
    assert_eq!(body["error"]["code"], -32602);
    caller.policy.toolsets = Some([Toolset::Wiki].into());
    assert_eq!(prompts(&caller).await, [""; 0]);
    assert_eq!(backlog.received(), []);
}

/// Every call that a text names is of a tool, with inputs that the tool has.
#[actix_web::test]
async fn the_texts_name_tools_as_they_are() {
    let backlog = backlog();
    let caller = caller_of(&backlog);
    let options = ToolOptions {
        prefix: "acme_".parse().unwrap(),
        ..ToolOptions::default()
    };
    let call = async |method: &str, params: Value| {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let server = server().with_options(options.clone());
        let request = post("2025-06-18", &message);
        exchange(server, Some(&caller), request).await.1["result"].take()
    };
    let tools = call("tools/list", json!({})).await["tools"].take();
    let pattern = regex::Regex::new(r"`([a-z_]+)\(([A-Za-z, ]*)\)`").unwrap();
    let given = json!({"project": "AB", "report": "It broke", "milestone": "Spring"});
    for name in EVERY_PROMPT {
        let prompt = call("prompts/get", json!({"name": name, "arguments": given})).await;
        let text = prompt["messages"][0]["content"]["text"].as_str().unwrap();
        let mut calls = 0;
        for found in pattern.captures_iter(text) {
            calls += 1;
            let tool = tools
                .as_array()
                .unwrap()
                .iter()
                .find(|tool| tool["name"] == found[1]);
            let tool = tool.unwrap_or_else(|| panic!("{name}: there is no {}", &found[1]));
            let inputs = &tool["inputSchema"]["properties"];
            for input in found[2].split(", ").filter(|input| !input.is_empty()) {
                assert!(
                    inputs.get(input).is_some(),
                    "{name}: {} has no {input}",
                    &found[1]
                );
            }
        }
        assert!(calls >= 4, "{name}: {text}");
        assert_eq!(text.matches('`').count(), 2 * calls, "{name}: {text}");
        assert!(!text.contains("{{") && !text.contains("{%"), "{text}");
    }
}

#[actix_web::test]
async fn arguments_stand_in_the_text_and_are_checked() {
    let caller = caller_of(&backlog());
    let get = async |name: &str, arguments: Value| {
        rpc(
            &caller,
            "prompts/get",
            json!({"name": name, "arguments": arguments}),
        )
        .await
    };
    let text = async |name: &str, arguments: Value| {
        let body = get(name, arguments).await;
        let text = body["result"]["messages"][0]["content"]["text"].as_str();
        text.unwrap_or_else(|| panic!("{body}")).to_owned()
    };
    let report = "<b>500</b> & \"more\"";
    let arguments = json!({"project": "AB", "report": report, "language": "日本語"});
    let with = text("issue_from_report", arguments).await;
    assert!(
        with.contains(report) && with.contains("Write to me in 日本語."),
        "{with}"
    );
    let anywhere = text("daily_summary", json!({})).await;
    assert!(anywhere.contains("since yesterday") && !anywhere.contains("in the project"));
    let somewhere = json!({"project": "AB", "since": "2026-01-02", "language": ""});
    let somewhere = text("daily_summary", somewhere).await;
    assert!(
        somewhere.contains("in the project AB since 2026-01-02"),
        "{somewhere}"
    );
    assert!(
        somewhere.contains("in the language that I use"),
        "{somewhere}"
    );

    for (name, arguments, says) in [
        ("triage", json!({}), "project is required"),
        ("triage", json!({"project": " "}), "project is required"),
        ("triage", json!({"project": 7}), "project wants a text"),
        (
            "release_notes",
            json!({"project": "AB"}),
            "milestone is required",
        ),
        (
            "triage",
            json!({"project": "A".repeat(70_000)}),
            "longer than",
        ),
        ("nonsense", json!({}), "there is no prompt nonsense"),
    ] {
        let body = get(name, arguments).await;
        assert_eq!(body["error"]["code"], -32602, "{body}");
        assert!(
            body["error"]["message"].as_str().unwrap().contains(says),
            "{body}"
        );
    }
}

#[actix_web::test]
async fn what_can_be_typed_next_is_suggested() {
    let backlog = backlog();
    let caller = caller_of(&backlog);
    let template = |path: &str| json!({"type": "ref/resource", "uri": uri(&backlog, path)});
    let prompt = |name: &str| json!({"type": "ref/prompt", "name": name});
    let project = json!({"arguments": {"project": "AB"}});
    for (reference, argument, typed, context, expected) in [
        (
            template("projects/{projectKey}"),
            "projectKey",
            "",
            json!({}),
            json!(["AB", "CD"]),
        ),
        (
            template("projects/{projectKey}"),
            "projectKey",
            "ab",
            json!({}),
            json!(["AB", "CD"]),
        ),
        (
            template("projects/{projectKey}"),
            "projectKey",
            "c",
            json!({}),
            json!(["CD"]),
        ),
        (
            template("issues/{issueKey}"),
            "issueKey",
            "a",
            json!({}),
            json!(["AB-"]),
        ),
        (
            template("issues/{issueKey}"),
            "issueKey",
            "ab-1",
            json!({}),
            json!(["AB-12", "AB-1"]),
        ),
        (
            template("issues/{issueKey}"),
            "issueKey",
            "EF-1",
            json!({}),
            json!([]),
        ),
        (
            template("wikis/{wikiId}"),
            "wikiId",
            "1",
            json!({}),
            json!([]),
        ),
        (
            prompt("triage"),
            "project",
            "A",
            json!({}),
            json!(["AB", "CD"]),
        ),
        (
            prompt("triage"),
            "language",
            "E",
            json!({}),
            json!(["English"]),
        ),
        (
            prompt("release_notes"),
            "milestone",
            "s",
            project,
            json!(["Spring"]),
        ),
        (
            prompt("release_notes"),
            "milestone",
            "s",
            json!({}),
            json!([]),
        ),
        (
            prompt("issue_from_report"),
            "report",
            "x",
            json!({}),
            json!([]),
        ),
    ] {
        let argument = json!({"name": argument, "value": typed});
        let params = json!({"ref": reference, "argument": argument, "context": context});
        let body = rpc(&caller, "completion/complete", params).await;
        let completion = &body["result"]["completion"];
        assert_eq!(
            completion["values"], expected,
            "{reference} {argument}: {body}"
        );
        assert_eq!(completion["hasMore"], false);
    }
    for (reference, argument) in [
        (template("users/{userId}"), "userId"),
        (template("projects/{projectKey}"), "issueKey"),
        (prompt("nonsense"), "project"),
        (prompt("triage"), "colour"),
    ] {
        let params = json!({"ref": reference, "argument": {"name": argument, "value": ""}});
        let body = rpc(&caller, "completion/complete", params).await;
        assert_eq!(body["error"]["code"], -32602, "{reference}: {body}");
    }
    let before = backlog.received().len();
    let mut nobody = caller_of(&backlog);
    nobody.policy.toolsets = Some([Toolset::Git].into());
    let params = json!({
        "ref": template("projects/{projectKey}"),
        "argument": {"name": "projectKey", "value": ""},
    });
    let body = rpc(&nobody, "completion/complete", params).await;
    assert_eq!(body["error"]["code"], -32602);
    assert_eq!(backlog.received().len(), before);
}

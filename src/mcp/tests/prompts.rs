//! Prompts and completion: their texts, and who is offered them.

use backlog_client::fake::FakeBacklog;
use serde_json::{Value, json};

use super::{
    caller_of, exchange, post,
    resources::{backlog, prompts, uri},
    rpc, server,
};
use crate::{
    calls::{
        caller::Caller,
        options::ToolOptions,
        policy::{Policy, UsualList},
    },
    toolkit::toolset::Toolset,
};

const EVERY_PROMPT: [&str; 4] = [
    "triage",
    "daily_summary",
    "issue_from_report",
    "release_notes",
];

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

/// Every call in a text names an existing tool and its inputs.
#[actix_web::test]
async fn the_texts_name_tools_as_they_are() {
    let classic = caller_of(&backlog());
    texts_name_tools_of(&classic, &EVERY_PROMPT).await;
    texts_name_tools_of(&signed_in(&backlog()), &EVERY_PROMPT).await;
}

/// A caller who signed in, with the usual tools.
fn signed_in(backlog: &FakeBacklog) -> Caller {
    let mut caller = caller_of(backlog);
    caller.policy = Policy {
        usual: Some(UsualList::Work),
        ..Policy::default()
    };
    caller
}

async fn texts_name_tools_of(caller: &Caller, prompts: &[&str]) {
    let options = ToolOptions {
        prefix: "acme_".parse().unwrap(),
        ..ToolOptions::default()
    };
    let call = async |method: &str, params: Value| {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let server = server().with_options(options.clone());
        let request = post("2025-06-18", &message);
        exchange(server, Some(caller), request).await.1["result"].take()
    };
    let tools = call("tools/list", json!({})).await["tools"].take();
    let pattern = regex::Regex::new(r"`([a-z_]+)\((\{[^`]*\}|[A-Za-z, ]*)\)`").unwrap();
    let given = json!({"project": "AB", "report": "It broke", "milestone": "Spring"});
    for name in prompts {
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
            let known = &tool["inputSchema"]["properties"];
            let inputs = match serde_json::from_str::<Value>(&found[2]) {
                Ok(Value::Object(arguments)) => arguments.keys().cloned().collect::<Vec<_>>(),
                _ => found[2].split(", ").map(str::to_owned).collect(),
            };
            for input in inputs.iter().filter(|input| !input.is_empty()) {
                let tool = &found[1];
                assert!(known.get(input).is_some(), "{name}: {tool} has no {input}");
            }
        }
        assert!(calls >= 4, "{name}: {text}");
        assert_eq!(text.matches('`').count(), 2 * calls, "{name}: {text}");
        assert!(!text.contains("{{") && !text.contains("{%"), "{text}");
    }
}

#[actix_web::test]
async fn the_guide_is_for_callers_of_the_work_tools() {
    let mut caller = signed_in(&backlog());
    assert_eq!(
        prompts(&caller).await,
        [&EVERY_PROMPT[..], &["backlog_guide"]].concat()
    );
    let options = ToolOptions {
        prefix: "acme_".parse().unwrap(),
        ..ToolOptions::default()
    };
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "prompts/get",
        "params": {"name": "backlog_guide"}});
    let server = server().with_options(options);
    let request = post("2025-06-18", &message);
    let body = exchange(server, Some(&caller), request).await.1;
    let text = body["result"]["messages"][0]["content"]["text"].as_str();
    let text = text.unwrap_or_else(|| panic!("{body}"));
    assert!(text.starts_with("# Working in Backlog"), "{text}");
    assert!(text.contains("`acme_fetch` with it") && text.contains("`acme_find_issues`"));
    let read = json!({"uri": "skill://backlog/SKILL.md"});
    let skill = rpc(&caller, "resources/read", read.clone()).await;
    let skill = skill["result"]["contents"][0]["text"]
        .as_str()
        .expect("a text");
    assert!(
        skill.starts_with("---\nname: backlog\ndescription: "),
        "{skill}"
    );

    caller.policy.toolsets = Some([Toolset::Work, Toolset::Wiki].into());
    assert!(!prompts(&caller).await.contains(&"backlog_guide".to_owned()));
    let refused = rpc(&caller, "resources/read", read).await;
    assert_eq!(refused["error"]["code"], -32002, "{refused}");
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
    let odd = json!({"project": "A\"B", "milestone": "Spring"});
    let odd = text("release_notes", odd).await;
    assert!(odd.contains(r#""projectId": ["A\"B"]"#), "{odd}");
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
        ("triage", json!({"project": 7}), "project must be a string"),
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
        (
            "nonsense",
            json!({}),
            "unknown prompt nonsense; prompts/list returns the available ones",
        ),
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
async fn completions_are_suggested() {
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
    let mut restricted = caller_of(&backlog);
    restricted.policy.toolsets = Some([Toolset::Git].into());
    let params = json!({
        "ref": template("projects/{projectKey}"),
        "argument": {"name": "projectKey", "value": ""},
    });
    let body = rpc(&restricted, "completion/complete", params).await;
    assert_eq!(body["error"]["code"], -32602);
    assert_eq!(backlog.received().len(), before);
}

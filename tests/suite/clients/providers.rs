//! The lists of tools as clients of model providers convert and send them, and a call by one.
//!
//! No provider is asked: a local server keeps what the clients send, and it is judged by what the
//! provider documents.

use std::{
    path::PathBuf,
    process::{Output, Stdio},
};

use backlog_sim::{BacklogSim, seed};
use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
    time::timeout,
};

use crate::support::{
    gemini,
    hub::sim,
    mcp::{message, request},
    process::{DEADLINE, Port, healthy, program},
    tool,
};

/// A local server with the key of a user.
struct Local {
    _sim: BacklogSim,
    port: Port,
    _process: Child,
}

impl Local {
    async fn start(settings: &[(&str, &str)]) -> Self {
        let sim = sim().await;
        let port = Port::reserve();
        let mut command = program(&["serve"]);
        command
            .env("BACKLOG_DOMAIN", sim.url().as_str())
            .env("BACKLOG_API_KEY", sim.control().issue_api_key(seed::DANIEL))
            .env("MCP_HTTP_PORT", port.number.to_string())
            .env("MCP_HTTP_AUTH", "none")
            .envs(settings.iter().copied());
        let process = command.spawn().expect("the program starts");
        healthy(&port).await;
        Self {
            _sim: sim,
            port,
            _process: process,
        }
    }

    fn url(&self) -> String {
        format!("{}/mcp", self.port.url())
    }

    async fn tools(&self) -> Value {
        let listed = request(&self.url(), None).json(&message("tools/list", json!({})));
        let answer = listed.send().await.expect("an answer");
        let mut answer: Value = answer.json().await.expect("JSON");
        answer["result"]["tools"].take()
    }
}

/// Runs a program that reads JSON and writes JSON.
async fn run(program: PathBuf, script: &str, arguments: &[&str], input: &Value) -> Value {
    let mut process = Command::new(program)
        .arg(tool::installed(script))
        .args(arguments)
        .env("NO_PROXY", "*")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts");
    let mut pipe = process.stdin.take().expect("a pipe");
    pipe.write_all(input.to_string().as_bytes())
        .await
        .expect("it reads");
    drop(pipe);
    let ended = timeout(DEADLINE, process.wait_with_output()).await;
    let Output {
        status,
        stdout,
        stderr,
    } = ended.expect("it ends in time").expect("it ran");
    let said = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{script}: {said}");
    serde_json::from_slice(&stdout).unwrap_or_else(|error| panic!("{script}: {error}: {said}"))
}

fn agents_python() -> PathBuf {
    tool::installed("clients/python-agents/.venv/bin/python")
}

const LISTS: [(&str, usize); 3] = [("work", 13), ("classic", 64), ("everything", 141)];

#[tokio::test(flavor = "multi_thread")]
async fn the_javascript_clients_send_gemini_nothing_that_it_refuses() {
    for (toolsets, least) in LISTS {
        let local = Local::start(&[("ENABLE_TOOLSETS", toolsets)]).await;
        let tools = local.tools().await;
        let count = tools.as_array().expect("tools").len();
        assert!(count >= least, "{count} tools");
        let script = "clients/converters/requests.mjs";
        let sent = run(tool::program("NODE"), script, &[], &tools).await;
        let clients = sent.as_object().expect("what each client sent");
        assert_eq!(clients.len(), 4, "{:?}", clients.keys());
        for (client, sent) in clients {
            assert_eq!(sent.get("error"), None, "{client}");
            let declared = gemini::declarations(&sent["tools"]);
            assert_eq!(declared.len(), count, "{client}");
            let problems: Vec<_> = declared.into_iter().flat_map(gemini::problems).collect();
            assert_eq!(problems, Vec::<String>::new(), "{client}");
        }
    }
}

/// What the test above would find in the inputs with all their types.
#[tokio::test(flavor = "multi_thread")]
async fn the_unions_are_what_gemini_refuses() {
    let local = Local::start(&[("SCHEMA_UNIONS", "true")]).await;
    let tools = local.tools().await;
    let script = "clients/converters/requests.mjs";
    let sent = run(tool::program("NODE"), script, &[], &tools).await;
    let declared = gemini::declarations(&sent["langchain"]["tools"]);
    let refused = declared
        .iter()
        .filter(|one| !gemini::problems(one).is_empty());
    assert!(refused.count() > 30, "{sent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tool_converts_to_the_strict_mode_of_openai() {
    for (toolsets, least) in LISTS {
        let local = Local::start(&[("ENABLE_TOOLSETS", toolsets)]).await;
        let script = "clients/python-agents/strict.py";
        let url = local.url();
        let converted = run(agents_python(), script, &["--url", &url], &Value::Null).await;
        let tools = converted.as_array().expect("tools");
        assert!(tools.len() >= least, "{} tools", tools.len());
        for tool in tools {
            // Of a tool without inputs it leaves the schema as it is unless that forbids all others
            // (`additionalProperties`), which Gemini's `parameters` do not know.
            let has_inputs = tool["parameters"]["properties"] != json!({});
            assert_eq!(tool["strict"], has_inputs, "{tool}");
            if !has_inputs {
                continue;
            }
            let name = tool["name"].as_str().expect("a name");
            assert_eq!(not_strict(name, &tool["parameters"]), Vec::<String>::new());
        }
    }
}

/// What OpenAI's strict mode does not document in a schema.
fn not_strict(place: &str, schema: &Value) -> Vec<String> {
    const KNOWN: &[&str] = &[
        "type",
        "description",
        "enum",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "minItems",
        "minimum",
        "maximum",
        "anyOf",
        // Not documented, but taken (openai/openai-agents-python#4390).
        "default",
    ];
    let object = schema.as_object().into_iter().flatten();
    let unknown = object.filter(|(key, _)| !KNOWN.contains(&key.as_str()));
    let mut problems: Vec<_> = unknown
        .map(|(key, _)| format!("{place} has {key}"))
        .collect();
    if schema["type"] == "object" {
        let named = |names: Vec<&str>| {
            let mut names: Vec<_> = names.into_iter().map(str::to_owned).collect();
            names.sort_unstable();
            names
        };
        let properties = schema["properties"].as_object().into_iter().flatten();
        let has = named(properties.map(|(name, _)| name.as_str()).collect());
        let required = schema["required"].as_array().into_iter().flatten();
        let requires = named(required.filter_map(Value::as_str).collect());
        if has != requires || schema["additionalProperties"] != false {
            problems.push(format!("{place} is an open object: {schema}"));
        }
    }
    if !schema["type"].is_string() {
        problems.push(format!("{place} has no single type"));
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        problems.extend(not_strict(&format!("{place}.{name}"), property));
    }
    if let Some(items) = schema.get("items") {
        problems.extend(not_strict(&format!("{place}[]"), items));
    }
    problems
}

/// The text that a call of ADK returned, as JSON.
fn result(response: &Value) -> Value {
    let text = response["content"][0]["text"].as_str();
    let text = text.unwrap_or_else(|| panic!("no text in {response}"));
    assert_ne!(response["isError"], true, "{text}");
    serde_json::from_str(text).unwrap_or_else(|_| panic!("no JSON: {text}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_of_google_adk_takes_the_list_and_calls_with_names_and_hours() {
    let local = Local::start(&[("ENABLE_TOOLSETS", "everything,work")]).await;
    let calls = json!([
        {"name": "add_issue", "args": {
            "projectId": "HARBOR", "summary": "By an agent", "issueTypeId": "Task",
            "priorityId": "High", "assigneeId": "me", "estimatedHours": 4,
        }},
        {"name": "update_issue", "args": {"issueKey": "HARBOR-3", "estimatedHours": "2"}},
        {"name": "get_issues", "args": {
            "projectId": ["HARBOR"], "assigneeId": ["me"], "count": 3, "order": "desc",
        }},
    ]);
    let url = local.url();
    let script = "clients/python-agents/adk.py";
    let made = run(agents_python(), script, &["--url", &url], &calls).await;

    let declared = gemini::declarations(&made["tools"]);
    assert!(declared.len() >= 154, "{} tools", declared.len());
    let problems: Vec<_> = declared.into_iter().flat_map(gemini::problems).collect();
    assert_eq!(problems, Vec::<String>::new());

    let results = made["results"].as_array().expect("results");
    assert_eq!(results.len(), 3, "{made}");
    let added = result(&results[0]);
    assert_eq!(added["assignee"]["id"], seed::DANIEL);
    assert_eq!(added["priority"]["name"], "High");
    assert_eq!(result(&results[1])["estimatedHours"].as_f64(), Some(2.0));
    let found = result(&results[2]);
    assert_eq!(found[0]["issueKey"], added["issueKey"], "{found}");
}

//! Every tool against the simulated Backlog: the exact request that it sends and the result that it
//! returns. Each row has a simulated Backlog of its own, so that rows do not affect each other.

mod activity;
mod administration;
mod document;
mod files;
mod git;
mod issue;
mod issue_details;
mod members;
mod name_lookup;
mod notifications;
mod project;
mod project_restriction;
mod recent;
mod settings;
mod shown_files;
mod space;
mod toolsets;
mod webhooks;
mod wiki;

use std::collections::BTreeSet;

use backlog_mcp_hub::{calls::policy::Policy, mcp::server::HubServer, toolkit::toolset::Toolset};
use backlog_sim::{BacklogSim, Id, SimOptions, seed};
use serde_json::{Value, json};

use crate::support::agent::{Agent, server};

/// One call of a tool.
#[derive(Clone)]
struct Row {
    user: Id,
    tool: &'static str,
    arguments: Value,
    /// Method and path below `/api/v2/`, percent-encoded.
    request: &'static str,
    /// Decoded: the query of a GET, the form of any other method.
    parameters: &'static str,
    /// What the answer has, among other things; see [`has`].
    answer: Value,
}

impl Row {
    /// Acts as another user than Daniel.
    fn by(mut self, user: Id) -> Self {
        self.user = user;
        self
    }
}

fn row(
    tool: &'static str,
    arguments: Value,
    request: &'static str,
    parameters: &'static str,
    answer: Value,
) -> Row {
    Row {
        user: seed::DANIEL,
        tool,
        arguments,
        request,
        parameters,
        answer,
    }
}

fn rows() -> Vec<Row> {
    [
        space::rows(),
        project::rows(),
        issue::rows(),
        issue_details::rows(),
        wiki::rows(),
        git::rows(),
        document::rows(),
        notifications::rows(),
        files::rows(),
        activity::rows(),
        recent::rows(),
        settings::rows(),
        members::rows(),
        webhooks::rows(),
        administration::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Sends one JSON-RPC request as a user of a Backlog and returns the result.
async fn rpc(server: &HubServer, sim: &BacklogSim, user: Id, method: &str, params: Value) -> Value {
    rpc_within(Policy::default(), server, sim, user, method, params).await
}

/// The same for a user whom the operator bounds.
async fn rpc_within(
    policy: Policy,
    server: &HubServer,
    sim: &BacklogSim,
    user: Id,
    method: &str,
    params: Value,
) -> Value {
    let policy = Policy {
        chosen: Some(Toolset::ALL.into()),
        ..policy
    };
    let agent = Agent::new(server, sim, user).within(policy);
    agent.rpc(method, params).await
}

async fn sim() -> BacklogSim {
    BacklogSim::start(SimOptions::default())
        .await
        .expect("the simulated Backlog")
}

#[actix_web::test]
async fn every_tool_sends_its_request_and_returns_the_response() {
    let server = server();
    let reading = reading_tools(&server).await;
    for row in rows() {
        let tool = row.tool;
        let sim = sim().await;
        let params = json!({"name": tool, "arguments": row.arguments});
        let result = rpc(&server, &sim, row.user, "tools/call", params).await;
        let text = result["content"][0]["text"].as_str().expect("a text");
        assert_ne!(result["isError"], true, "{tool}: {text}");

        let journal = sim.control().journal();
        let (request, before) = journal.split_last().expect(tool);
        // What kind a custom field is that is given by its number.
        let is_lookup = |path: &str| path.ends_with("/customFields");
        assert!(
            before.iter().all(|entry| is_lookup(&entry.path)),
            "{tool}: {journal:?}"
        );
        assert_eq!(request.method == "GET", reading.contains(tool), "{tool}");
        let path = request.path.strip_prefix("/api/v2/").expect("the API");
        assert_eq!(format!("{} {path}", request.method), row.request, "{tool}");
        let (sent, unused) = match row.request.starts_with("GET ") {
            true => (&request.query, &request.form),
            false => (&request.form, &request.query),
        };
        assert_eq!(pairs(sent), row.parameters, "{tool}");
        assert_eq!(pairs(unused), "", "{tool}");

        let answer: Value = serde_json::from_str(text).expect("JSON");
        assert!(
            has(&answer, &row.answer),
            "{tool}: {answer:#} has not {:#}",
            row.answer
        );
        sim.stop().await;
    }
}

/// The tools that say that they change nothing; the scope to read and reading only allow these.
async fn reading_tools(server: &HubServer) -> BTreeSet<String> {
    let sim = sim().await;
    let listed = rpc(server, &sim, seed::DANIEL, "tools/list", json!({})).await;
    sim.stop().await;
    let tools = listed["tools"].as_array().expect("tools").iter();
    tools
        .filter(|tool| tool["annotations"]["readOnlyHint"] == true)
        .filter_map(|tool| Some(tool["name"].as_str()?.to_owned()))
        .collect()
}

#[actix_web::test]
async fn no_tool_is_without_a_row() {
    let sim = sim().await;
    let listed = rpc(&server(), &sim, seed::DANIEL, "tools/list", json!({})).await;
    let tools = listed["tools"].as_array().expect("tools");
    let tools: BTreeSet<_> = tools
        .iter()
        .filter_map(|tool| tool["name"].as_str())
        .collect();
    let rows = rows();
    let tested: BTreeSet<_> = rows.iter().map(|row| row.tool).collect();
    assert_eq!(tested, tools);
    sim.stop().await;
}

fn pairs(parameters: &[(String, String)]) -> String {
    let pairs = parameters
        .iter()
        .map(|(key, value)| format!("{key}={value}"));
    pairs.collect::<Vec<_>>().join("&")
}

/// Whether `expected` is part of `actual`: of objects the entries, of lists the first elements;
/// an empty list is an empty list.
fn has(actual: &Value, expected: &Value) -> bool {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => expected
            .iter()
            .all(|(key, value)| actual.get(key).is_some_and(|found| has(found, value))),
        (Value::Array(actual), Value::Array(expected)) if !expected.is_empty() => {
            actual.len() >= expected.len() && actual.iter().zip(expected).all(|(a, e)| has(a, e))
        }
        (actual, expected) => actual == expected,
    }
}

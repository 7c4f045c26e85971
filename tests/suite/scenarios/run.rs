//! One way through a task, with what it cost.

use std::cell::Cell;

use backlog_mcp_hub::{calls::policy::Policy, toolkit::toolset::Toolset};
use backlog_sim::{BacklogSim, Id, SimOptions};
use serde_json::{Map, Value};

use crate::support::agent::{Agent, server};

/// The tools and inputs of upstream's server.
const UPSTREAM: &str = include_str!("../../fixtures/upstream_tools.json");

/// What a way through a task cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// Calls of tools: each is a turn of the assistant.
    pub calls: usize,
    /// Bytes of the answers, all of which the assistant reads.
    pub bytes: usize,
    /// Requests that Backlog got, lookups of names included.
    pub requests: usize,
}

/// An assistant at its task, on a Backlog of its own.
pub struct Run {
    agent: Agent,
    sim: BacklogSim,
    /// Only what upstream's tools take, and answers as upstream writes them.
    upstream: Option<Map<String, Value>>,
    calls: Cell<usize>,
    bytes: Cell<usize>,
}

impl Run {
    /// With what this server offers everyone.
    pub async fn here(user: Id) -> Self {
        Self::new(user, None, Policy::default()).await
    }

    /// With every tool that this server has.
    pub async fn beyond(user: Id) -> Self {
        let policy = Policy {
            chosen: Some(Toolset::ALL.iter().copied().collect()),
            ..Policy::default()
        };
        Self::new(user, None, policy).await
    }

    /// With what upstream's server offers.
    pub async fn upstream(user: Id) -> Self {
        let mut fixture: Value = serde_json::from_str(UPSTREAM).expect("JSON");
        let tools = fixture["tools"].as_object_mut().expect("tools");
        Self::new(user, Some(std::mem::take(tools)), Policy::default()).await
    }

    async fn new(user: Id, upstream: Option<Map<String, Value>>, policy: Policy) -> Self {
        let sim = BacklogSim::start(SimOptions::default())
            .await
            .expect("the simulated Backlog");
        Self {
            agent: Agent::new(&server(), &sim, user).within(policy),
            sim,
            upstream,
            calls: Cell::new(0),
            bytes: Cell::new(0),
        }
    }

    /// Calls a tool and returns its result.
    pub async fn call(&self, tool: &str, mut arguments: Value) -> Value {
        if let Some(tools) = &self.upstream {
            let inputs = &tools.get(tool).expect(tool)["schema"]["properties"];
            for (name, value) in arguments.as_object().expect("arguments") {
                assert!(takes(&inputs[name], value), "{tool}: {name} {value}");
            }
            if matches!(tool, "get_document" | "get_documents") {
                // Upstream returns it always.
                arguments["includeJson"] = true.into();
            }
        }
        let answer = self.agent.call(tool, arguments).await;
        let result = answer.json();
        let bytes = match self.upstream {
            Some(_) => format!("{:#}", as_in_script(result.clone())).len(),
            None => answer.texts.iter().map(String::len).sum(),
        };
        self.calls.set(self.calls.get() + 1);
        self.bytes.set(self.bytes.get() + bytes);
        result
    }

    /// Ends the run.
    pub async fn cost(self) -> Cost {
        let requests = self.sim.control().journal().len();
        self.sim.stop().await;
        Cost {
            calls: self.calls.get(),
            bytes: self.bytes.get(),
            requests,
        }
    }
}

/// Whether an input takes a value, as far as JSON types go.
fn takes(schema: &Value, value: &Value) -> bool {
    let kind = match value {
        Value::String(_) => "string",
        Value::Number(_) => "number",
        Value::Bool(_) => "boolean",
        Value::Array(items) => {
            return schema["type"] == "array"
                && items.iter().all(|item| takes(&schema["items"], item));
        }
        _ => return false,
    };
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().any(|one| one == kind),
        one => one == kind,
    }
}

/// Numbers as JavaScript writes them: `4`, not `4.0`.
fn as_in_script(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(as_in_script).collect(),
        Value::Object(entries) => entries
            .into_iter()
            .map(|(key, value)| (key, as_in_script(value)))
            .collect(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 => {
                let text = format!("{float:.0}");
                text.parse::<i64>()
                    .map_or(Value::Number(number), Value::from)
            }
            _ => Value::Number(number),
        },
        other => other,
    }
}

/// The id of the element of a list in which a field has this value.
pub fn id_where(list: &Value, field: &str, value: &str) -> Value {
    let items = list.as_array().expect("a list");
    let found = items.iter().find(|item| item[field] == value);
    found.unwrap_or_else(|| panic!("no {field} is {value:?}"))["id"].clone()
}

#[test]
fn a_name_is_nothing_that_upstream_takes() {
    use serde_json::json;
    let (number, list) = (
        json!({"type": "number"}),
        json!({"type": "array", "items": {"type": "number"}}),
    );
    assert!(takes(&number, &json!(1)) && takes(&list, &json!([1, 2])));
    for (schema, value) in [
        (&number, json!("HARBOR")),
        (&list, json!([1, "me"])),
        (&list, json!(1)),
        (&Value::Null, json!(1)),
    ] {
        assert!(!takes(schema, &value), "{value}");
    }
    let written = format!("{:#}", as_in_script(json!({"a": [4.0, 1.5, []]})));
    assert_eq!(written, "{\n  \"a\": [\n    4,\n    1.5,\n    []\n  ]\n}");
}

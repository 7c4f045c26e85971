//! An assistant at its task: it calls tools, and every call is counted.

use std::fmt::Write;

use anyhow::{bail, ensure};
use backlog_sim::{Control, Entry};
use serde_json::{Value, json};

use super::{
    connection::Connection,
    cost::{Cost, Length},
};

/// The host that replaces that of the simulated Backlog, so that a port does not count.
const ORIGIN: &str = "https://harbor-works.backlog.com/";

/// The hub's notes on a list that goes on.
const MORE: [&str; 2] = ["For the rest", "There may be more"];

/// An assistant with the tools of one server.
pub(super) struct Agent {
    connection: Connection,
    control: Control,
    /// The URL of the simulated Backlog.
    origin: String,
    cost: Cost,
    /// The calls with their results and requests, to be read.
    calls: Vec<String>,
}

/// The result of a call.
#[derive(Debug)]
pub(super) struct Reply {
    /// The first text, which is the result.
    pub(super) text: String,
    /// Further texts of the hub, such as on the next part of a list.
    notes: Vec<String>,
}

impl Reply {
    /// Whether a note of the hub says that the list may go on.
    pub(super) fn goes_on(&self) -> bool {
        let says = |note: &String| MORE.iter().any(|start| note.contains(start));
        self.notes.iter().any(says)
    }

    /// The result of a classic tool.
    pub(super) fn json(&self) -> anyhow::Result<Value> {
        match serde_json::from_str(&self.text) {
            Ok(value) => Ok(value),
            Err(error) => {
                let end = self
                    .text
                    .char_indices()
                    .rev()
                    .nth(80)
                    .map_or(0, |(at, _)| at);
                bail!("{error}: …{}", &self.text[end..])
            }
        }
    }
}

impl Agent {
    pub(super) fn new(connection: Connection, control: Control, origin: &str) -> Self {
        Self {
            connection,
            control,
            origin: origin.to_owned(),
            cost: Cost::default(),
            calls: Vec::new(),
        }
    }

    /// Calls a tool, which has to succeed.
    pub(super) async fn call(&mut self, tool: &str, arguments: Value) -> anyhow::Result<Reply> {
        let params = json!({"name": tool, "arguments": arguments});
        self.control.clear_journal();
        let result = self.connection.request("tools/call", &params).await?;
        self.cost.calls += 1;
        self.cost.written += Length::of(&params.to_string());
        let requests = self.control.journal();
        self.cost.add_requests(&requests);
        let mut texts = Vec::new();
        for block in result["content"].as_array().into_iter().flatten() {
            let Some(text) = block["text"].as_str() else {
                bail!("{tool}: not a text: {block}");
            };
            let text = text.replace(&self.origin, ORIGIN);
            self.cost.read += Length::of(&text);
            texts.push(text);
        }
        self.calls.push(written(&params, &texts, &requests));
        let structured = &result["structuredContent"];
        if !structured.is_null() {
            let structured = structured.to_string().replace(&self.origin, ORIGIN);
            self.cost.structured += Length::of(&structured);
        }
        ensure!(result["isError"] != true, "{tool}: {}", texts.join("\n"));
        ensure!(!texts.is_empty(), "{tool}: no text");
        Ok(Reply {
            text: texts.remove(0),
            notes: texts,
        })
    }

    /// Calls a classic tool and returns its result.
    pub(super) async fn json(&mut self, tool: &str, arguments: Value) -> anyhow::Result<Value> {
        self.call(tool, arguments).await?.json()
    }

    /// The cost of all calls, and the calls.
    pub(super) fn finish(self) -> (Cost, Vec<String>) {
        (self.cost, self.calls)
    }
}

fn written(params: &Value, texts: &[String], requests: &[Entry]) -> String {
    let mut text = format!("> {params}\n{}\n", texts.join("\n"));
    for request in requests {
        let _ = write!(text, "  {} {}", request.method, request.path);
        for (name, value) in request.query.iter().chain(&request.form) {
            let _ = write!(text, " {name}={value}");
        }
        text.push('\n');
    }
    text
}

//! The work tools against a simulated Backlog, through the whole server.

mod change_issues;
mod comment;
mod confirmation;
mod create_issues;
mod days;
mod edit_page;
mod fetch;
mod files;
mod find_issues;
mod inbox;
mod more_tools;
mod names;
mod project_info;
mod pull_requests;
mod rate_limit;
mod report;
mod requests;
mod search;
mod values;

use std::sync::Arc;

use backlog_client::{BacklogClient, BacklogUrl, ClientOptions, Credentials};
use backlog_sim::{BacklogSim, Id, SimOptions};
use chrono::{DateTime, Utc};
use foundation::clock::Clock;
use oauth_values::Scopes;
use serde_json::{Value, json};

use super::{exchange, post};
use crate::{
    accounts::access::FixedAccess,
    calls::{
        caller::{Caller, ChallengeSlot},
        policy::Policy,
    },
    mcp::server::HubServer,
    toolkit::toolset::Toolset,
};

/// A simulated space, and a server that takes calls for it at a fixed time.
pub(super) struct World {
    pub sim: BacklogSim,
    server: HubServer,
}

impl World {
    /// At 10:00 in Tokyo on a Wednesday.
    pub(super) async fn start() -> Self {
        Self::at("2026-12-02T01:00:00Z").await
    }

    pub(super) async fn at(now: &str) -> Self {
        let now: DateTime<Utc> = now.parse().unwrap();
        let clock = Clock::from_fn(move || now);
        let client = BacklogClient::observed(ClientOptions::default(), clock.clone(), None);
        let sim = BacklogSim::start(SimOptions::default()).await.unwrap();
        sim.control().stop_clock_at(now);
        Self {
            sim,
            server: HubServer::new(client.unwrap(), clock),
        }
    }

    /// A user of the space, with every scope and only the toolset `work`.
    pub(super) fn caller(&self, user: Id) -> Caller {
        let key = self.sim.control().issue_api_key(user);
        let url = BacklogUrl::parse(self.sim.url().as_str()).unwrap();
        let access = FixedAccess::new(url, Credentials::ApiKey(key.into()));
        Caller {
            scopes: Scopes::all(),
            policy: Policy {
                chosen: Some([Toolset::Work].into()),
                ..Policy::default()
            },
            access: Arc::new(access),
            challenge: ChallengeSlot::default(),
            account_url: None,
            subscriber: None,
        }
    }

    /// Calls a tool; the text of its result, or of its error.
    pub(super) async fn call(
        &self,
        caller: &Caller,
        tool: &str,
        arguments: Value,
    ) -> Result<String, String> {
        let result = self.result(caller, tool, arguments).await;
        let text = result["content"][0]["text"].as_str();
        let text = text.unwrap_or_else(|| panic!("no text in {result}"));
        match result["isError"] == true {
            true => Err(text.to_owned()),
            false => Ok(text.to_owned()),
        }
    }

    /// Calls a tool whose text is one JSON document and nothing more.
    pub(super) async fn json(&self, caller: &Caller, tool: &str, arguments: Value) -> Value {
        let result = self.result(caller, tool, arguments).await;
        assert_ne!(result["isError"], true, "{result}");
        assert_eq!(
            result["content"].as_array().map(Vec::len),
            Some(1),
            "{result}"
        );
        let text = result["content"][0]["text"].as_str().unwrap();
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(value.to_string(), text, "it is compact");
        value
    }

    /// Adds a wiki page to HARBOR; its id.
    pub(super) async fn add_page(&self, caller: &Caller, name: &str, content: &str) -> i64 {
        let arguments = json!({"projectId": "HARBOR", "name": name, "content": content});
        let added = self.call(caller, "add_wiki", arguments).await.unwrap();
        let added: Value = serde_json::from_str(&added).unwrap();
        added["id"].as_i64().unwrap()
    }

    /// Calls a tool and returns its result.
    pub(super) async fn result(&self, caller: &Caller, tool: &str, arguments: Value) -> Value {
        let params = json!({"name": tool, "arguments": arguments});
        self.rpc(caller, "tools/call", params).await
    }

    pub(super) async fn rpc(&self, caller: &Caller, method: &str, params: Value) -> Value {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let request = post("2025-06-18", &message);
        let (_, mut body) = exchange(self.server.clone(), Some(caller), request).await;
        body["result"].take()
    }

    /// The number of requests that Backlog received since the last count.
    pub(super) fn requests(&self) -> usize {
        let count = self.sim.control().journal().len();
        self.sim.control().clear_journal();
        count
    }
}

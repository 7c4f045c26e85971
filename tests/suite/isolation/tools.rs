//! Every tool × an access token of another space, and × arguments that name what only another
//! space has.
//!
//! The tools and their inputs are those of `tools/list`, so a new tool needs nothing here.

use backlog_mcp_hub::toolkit::toolset::Toolset;
use backlog_sim::Matcher;
use reqwest::StatusCode;
use serde_json::{Map, Value, json};

use super::{Tenant, pairs, two_more};
use crate::support::{hub::TestHub, mcp, person::result, reply::Reply};

/// A tool as it is listed.
struct Tool {
    name: String,
    properties: Map<String, Value>,
    required: Vec<String>,
}

impl Tool {
    async fn all(tenant: &Tenant<'_>) -> Vec<Self> {
        let token = &tenant.own.access_token;
        let listed = tenant.issuer.rpc(token, "tools/list", json!({})).await;
        let all = Self::listed(&listed);
        let mut of_sets = Vec::new();
        for toolset in Toolset::ALL {
            let listed = tenant
                .issuer
                .rpc_within(toolset.as_str(), token, "tools/list", json!({}))
                .await;
            let of_set = Self::listed(&listed);
            assert!(!of_set.is_empty(), "{} has no tool", toolset.as_str());
            of_sets.extend(of_set.into_iter().map(|tool| tool.name));
        }
        let mut names: Vec<_> = all.iter().map(|tool| tool.name.clone()).collect();
        names.sort();
        of_sets.sort();
        // A tool may be in several sets.
        of_sets.dedup();
        assert_eq!(names, of_sets, "each tool of each set, once");
        all
    }

    fn listed(reply: &Reply) -> Vec<Self> {
        let body = reply.json();
        let tools = body["result"]["tools"].as_array().expect("tools");
        tools.iter().map(Self::read).collect()
    }

    fn read(tool: &Value) -> Self {
        let schema = &tool["inputSchema"];
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        Self {
            name: tool["name"].as_str().expect("a name").to_owned(),
            properties: schema["properties"]
                .as_object()
                .cloned()
                .unwrap_or_default(),
            required: required
                .iter()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect(),
        }
    }

    /// Arguments that name a thing in each place where one could be named: only the inputs
    /// that must be given, these and one more, and all of them.
    fn arguments(&self, thing: &Thing) -> Vec<Value> {
        let with = |named: &dyn Fn(&str) -> bool| {
            let named = self.properties.iter().filter(|(name, _)| named(name));
            let filled = named.map(|(name, schema)| (name.clone(), thing.fitting(schema)));
            Value::Object(filled.collect())
        };
        let is_required = |name: &str| self.required.iter().any(|required| required == name);
        let mut all = vec![with(&is_required), with(&|_| true)];
        for (one, schema) in &self.properties {
            if !is_required(one) && thing.fitting(schema) != Thing::nothing().fitting(schema) {
                all.push(with(&|name| is_required(name) || name == one));
            }
        }
        all
    }
}

/// Something of a space, by its id and by its key or name.
struct Thing {
    id: u64,
    key: String,
}

impl Thing {
    fn nothing() -> Self {
        Self {
            id: 0,
            key: String::new(),
        }
    }

    fn read(json: &Value, key: &str) -> Self {
        let key = &json[key];
        Self {
            // A document's is a text, and its key.
            id: json["id"].as_u64().unwrap_or(1),
            key: key.as_str().map_or_else(|| key.to_string(), str::to_owned),
        }
    }

    /// Its name, where a schema takes one; else something that the schema takes.
    fn fitting(&self, schema: &Value) -> Value {
        if let Some(first) = schema["oneOf"].get(0).or(schema["anyOf"].get(0)) {
            return self.fitting(first);
        }
        if let Some(value) = schema["enum"].get(0).or(schema.get("const")) {
            return value.clone();
        }
        let dated = schema["description"].as_str().unwrap_or_default();
        // Where several types will do, a number is among them.
        match schema["type"].as_str().unwrap_or("number") {
            "number" | "integer" => json!(self.id),
            "boolean" => json!(true),
            "string" if dated.contains("yyyy-MM-dd") => json!("2026-11-02"),
            "string" => json!(self.key),
            "array" => json!([self.fitting(&schema["items"])]),
            _ => {
                let properties = schema["properties"].as_object().cloned();
                let filled = properties.unwrap_or_default();
                let filled = filled
                    .iter()
                    .map(|(name, schema)| (name.clone(), self.fitting(schema)));
                Value::Object(filled.collect())
            }
        }
    }
}

/// What a space has and no other does. All of it bears the mark.
struct Possessions {
    mark: String,
    things: Vec<Thing>,
}

impl Possessions {
    async fn make(tenant: &Tenant<'_>, number: usize) -> Self {
        let mark = format!("only-in-space-{number}");
        let add = async |tool: &str, arguments: Value| {
            let token = &tenant.own.access_token;
            let reply = tenant.issuer.call_tool(token, tool, arguments).await;
            result(&reply.json())
        };
        let key = format!("ONLY{number}");
        let project = add("add_project", json!({ "name": mark, "key": key })).await;
        let types = add("get_issue_types", json!({ "projectKey": key })).await;
        let issue = json!({
            "projectId": project["id"], "summary": mark, "priorityId": 3,
            "issueTypeId": types[0]["id"],
        });
        let issue = add("add_issue", issue).await;
        let page = json!({ "projectId": project["id"], "name": mark, "content": mark });
        let page = add("add_wiki", page).await;
        let document = json!({ "projectId": project["id"], "title": mark, "content": mark });
        let document = add("add_document", document).await;
        for thing in [&project, &issue, &page, &document] {
            assert!(thing.to_string().contains(&mark), "{thing}");
        }
        Self {
            mark,
            things: vec![
                Thing::read(&project, "projectKey"),
                Thing::read(&issue, "issueKey"),
                Thing::read(&page, "id"),
                Thing::read(&document, "id"),
            ],
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_space_calls_no_tool() {
    let hub = TestHub::start().await;
    let others = two_more().await;
    let tenants = Tenant::three(&hub, &others).await;
    let tools = Tool::all(&tenants[0]).await;
    for tenant in &tenants {
        tenant.sim.control().clear_journal();
    }
    let before = hub.state().await;
    for (here, from) in pairs(&tenants) {
        for tool in &tools {
            let arguments = tool.arguments(&Thing::nothing());
            let reply = here
                .issuer
                .call_tool(&from.own.access_token, &tool.name, arguments[0].clone())
                .await;
            let shown = format!(
                "{} of {} at {}",
                tool.name, from.issuer.url, here.issuer.url
            );
            assert_eq!(
                reply.status,
                StatusCode::UNAUTHORIZED,
                "{shown}: {}",
                reply.body
            );
            assert_eq!(mcp::challenge(&reply)["error"], "invalid_token", "{shown}");
        }
    }
    for tenant in &tenants {
        assert_eq!(tenant.sim.control().count(&Matcher::any()), 0);
    }
    assert_eq!(hub.state().await, before);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_arguments_lead_into_another_space() {
    let hub = TestHub::start().await;
    let others = two_more().await;
    let tenants = Tenant::three(&hub, &others).await;
    let tools = Tool::all(&tenants[0]).await;
    let mut possessions = Vec::new();
    for (number, tenant) in tenants.iter().enumerate() {
        possessions.push(Possessions::make(tenant, number).await);
    }
    // Each in turn asks for what the next one has.
    for (at, here) in tenants.iter().enumerate() {
        let theirs = &possessions[(at + 1) % tenants.len()];
        for tenant in &tenants {
            tenant.sim.control().clear_journal();
        }
        for tool in &tools {
            let asked = || here.sim.control().count(&Matcher::any());
            let before = asked();
            for arguments in theirs.things.iter().flat_map(|thing| tool.arguments(thing)) {
                let shown = format!("{} {arguments}", tool.name);
                let reply = here
                    .issuer
                    .call_tool(&here.own.access_token, &tool.name, arguments)
                    .await;
                assert_eq!(reply.status, StatusCode::OK, "{shown}: {}", reply.body);
                assert!(
                    !reply.body.contains(&theirs.mark),
                    "{shown}: {}",
                    reply.body
                );
            }
            // The calls were good enough to be put to the own Backlog. Upload links need no request.
            let is_local = ["create_upload_link", "get_upload"].contains(&tool.name.as_str());
            assert!(is_local || asked() > before, "{} asked nobody", tool.name);
            for tenant in tenants
                .iter()
                .filter(|other| other.issuer.url != here.issuer.url)
            {
                let strays = tenant.sim.control().journal();
                assert!(strays.is_empty(), "{}: {strays:?}", tool.name);
            }
        }
    }
    hub.stop().await;
}

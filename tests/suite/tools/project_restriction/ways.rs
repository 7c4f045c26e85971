//! The ways in which a caller is restricted below the space: by the header and the query of a
//! connection, by the endpoint of a project, by the choice of the user, by the setting of a hub and of
//! the local modes. The tests of every tool run for each of them.

use std::{future::Future, pin::Pin};

use backlog_mcp_hub::calls::policy::Policy;
use backlog_sim::{BacklogSim, seed};
use serde_json::{Map, Value, json};
use tokio::process::{Child, Command};

use super::{call, check_calls_without_a_project, check_named_items, within};
use crate::{
    support::{
        hub::TestHub,
        mcp::{message, request},
        person::{Person, authorize_url, exchange, tokens},
        process::{Port, healthy, program},
        reply::Reply,
        stdio::StdioClient,
    },
    tools::sim,
};

const TOOLSETS: &str = "toolsets=everything,work";
const LOCAL_TOKEN: &str = "a-token-of-the-operator";
/// The only setting that narrows a local server in these tests.
const SETTING: &str = "BACKLOG_PROJECTS";

/// Where and how Daniel calls.
pub(super) enum Door {
    /// Without HTTP between.
    Policy(Policy),
    Http {
        url: String,
        token: String,
        header: Option<&'static str>,
    },
}

impl Door {
    /// Calls a tool: whether it failed, and all its texts.
    pub(super) async fn call(
        &self,
        sim: &BacklogSim,
        tool: &str,
        arguments: Map<String, Value>,
    ) -> (bool, String) {
        if let Self::Policy(policy) = self {
            return call(sim, policy.clone(), tool, arguments).await;
        }
        let params = json!({"name": tool, "arguments": arguments});
        let result = self.rpc("tools/call", params).await;
        let texts = result["content"].as_array().expect("content").iter();
        let texts: Vec<_> = texts.filter_map(|part| part["text"].as_str()).collect();
        (result["isError"] == true, texts.join("\n"))
    }

    /// The result of one JSON-RPC request.
    async fn rpc(&self, method: &str, params: Value) -> Value {
        let mut body = self.send(method, params).await.json();
        assert_eq!(body.get("error"), None, "{method}");
        body["result"].take()
    }

    async fn send(&self, method: &str, params: Value) -> Reply {
        let Self::Http { url, token, header } = self else {
            panic!("not over HTTP");
        };
        let mut request = request(url, Some(token));
        if let Some(keys) = header {
            request = request.header("X-MCP-Projects", *keys);
        }
        let reply = Reply::to(request.json(&message(method, params))).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply
    }
}

/// One caller in two roles: restricted to HARBOR, and not restricted.
pub(super) struct Way {
    pub harbor: Door,
    pub everywhere: Door,
}

impl Way {
    pub(super) fn of_policy() -> Self {
        Self {
            harbor: Door::Policy(within(&["HARBOR"])),
            everywhere: Door::Policy(Policy::default()),
        }
    }
}

/// Below the space, at a hub.
#[derive(Clone, Copy, Debug)]
enum Below {
    Header,
    Query,
    Path,
    PathOfSpace,
    Grant,
}

/// The access token of a new client, for which Daniel chose these projects on the consent page.
async fn token_for(hub: &TestHub, projects: &str) -> String {
    let (person, client) = (Person::default(), hub.register().await);
    let page = person.get(&authorize_url(hub, &client)).await;
    let forward = person
        .post_consent(hub, &page, &[("projects", projects)])
        .await;
    let answer = person
        .return_from_backlog(&forward.refresh(), seed::DANIEL)
        .await;
    let (_, body) = exchange(&hub.base_url, &client, answer.get("code")).await;
    tokens(&client, &body).access_token
}

impl Below {
    async fn way(self, hub: &TestHub) -> Way {
        let (token, narrow) = match self {
            Self::Grant => (
                token_for(hub, "").await,
                Some(token_for(hub, "harbor").await),
            ),
            Self::PathOfSpace => (of_space(hub).await, None),
            Self::Header | Self::Query | Self::Path => (token_for(hub, "").await, None),
        };
        let space = hub
            .value("SELECT slug FROM hub.spaces")
            .await
            .expect("a space");
        let (endpoint, path) = match self {
            Self::Path => ("/mcp".to_owned(), "/projects/harbor/mcp".to_owned()),
            Self::PathOfSpace => (
                format!("/spaces/{space}/mcp"),
                format!("/spaces/{space}/projects/HARBOR/mcp"),
            ),
            Self::Header | Self::Query | Self::Grant => ("/mcp".to_owned(), "/mcp".to_owned()),
        };
        let query = match self {
            Self::Query => "&projects=Harbor",
            _ => "",
        };
        let door = |path: &str, query: &str, token: &str, header| Door::Http {
            url: hub.url(&format!("{path}?{TOOLSETS}{query}")),
            token: token.to_owned(),
            header,
        };
        let header = matches!(self, Self::Header).then_some("HARBOR");
        Way {
            harbor: door(&path, query, narrow.as_ref().unwrap_or(&token), header),
            everywhere: door(&endpoint, "", &token, None),
        }
    }
}

/// A token for the endpoint of the space.
async fn of_space(hub: &TestHub) -> String {
    let slug = hub
        .value("SELECT slug FROM hub.spaces")
        .await
        .expect("a space");
    let resource = hub.url(&format!("/spaces/{slug}/mcp"));
    let (person, client) = (Person::default(), hub.register().await);
    let url =
        crate::support::person::authorize_url_with(hub, &client, &[("resource", Some(&resource))]);
    let page = person.get(&url).await;
    let forward = person.decide(hub, &page, "approve").await;
    let answer = person
        .return_from_backlog(&forward.refresh(), seed::DANIEL)
        .await;
    let (_, body) = exchange(&hub.base_url, &client, answer.get("code")).await;
    tokens(&client, &body).access_token
}

type Checked<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Runs a test of every tool for a way below the space.
async fn run(below: Below, test: for<'a> fn(&'a BacklogSim, &'a Way) -> Checked<'a>) {
    let hub = TestHub::start().await;
    let way = below.way(&hub).await;
    test(&hub.sim, &way).await;
    hub.stop().await;
}

fn named_items<'a>(sim: &'a BacklogSim, way: &'a Way) -> Checked<'a> {
    Box::pin(check_named_items(sim, way))
}

fn without_a_project<'a>(sim: &'a BacklogSim, way: &'a Way) -> Checked<'a> {
    Box::pin(check_calls_without_a_project(sim, way))
}

#[actix_web::test]
async fn a_header_restricts_what_calls_name() {
    run(Below::Header, named_items).await;
}

#[actix_web::test]
async fn a_header_restricts_what_calls_return() {
    run(Below::Header, without_a_project).await;
}

#[actix_web::test]
async fn a_query_restricts_what_calls_name() {
    run(Below::Query, named_items).await;
}

#[actix_web::test]
async fn a_query_restricts_what_calls_return() {
    run(Below::Query, without_a_project).await;
}

#[actix_web::test]
async fn the_endpoint_of_a_project_restricts_what_calls_name() {
    run(Below::Path, named_items).await;
}

#[actix_web::test]
async fn the_endpoint_of_a_project_restricts_what_calls_return() {
    run(Below::Path, without_a_project).await;
}

#[actix_web::test]
async fn the_endpoint_of_a_project_of_a_space_restricts_what_calls_name() {
    run(Below::PathOfSpace, named_items).await;
}

#[actix_web::test]
async fn the_endpoint_of_a_project_of_a_space_restricts_what_calls_return() {
    run(Below::PathOfSpace, without_a_project).await;
}

#[actix_web::test]
async fn the_choice_of_the_user_restricts_what_calls_name() {
    run(Below::Grant, named_items).await;
}

#[actix_web::test]
async fn the_choice_of_the_user_restricts_what_calls_return() {
    run(Below::Grant, without_a_project).await;
}

/// A local server for Daniel, and its end.
async fn local(sim: &BacklogSim, projects: Option<&str>) -> (Child, Door) {
    let port = Port::reserve();
    let mut command: Command = program(&["serve"]);
    command
        .env("BACKLOG_DOMAIN", sim.url().as_str())
        .env("BACKLOG_API_KEY", sim.control().issue_api_key(seed::DANIEL))
        .env("ENABLE_TOOLSETS", "everything,work")
        .env("MCP_HTTP_TOKEN", LOCAL_TOKEN)
        .env("MCP_HTTP_PORT", port.number.to_string());
    if let Some(keys) = projects {
        command.env(SETTING, keys);
    }
    let process = command.spawn().expect("the program starts");
    healthy(&port).await;
    let door = Door::Http {
        url: format!("{}/mcp", port.url()),
        token: LOCAL_TOKEN.to_owned(),
        header: None,
    };
    (process, door)
}

#[actix_web::test]
async fn the_setting_of_a_local_server_restricts_every_tool() {
    let sim = sim().await;
    let (_restricted, harbor) = local(&sim, Some("harbor")).await;
    let (_other, everywhere) = local(&sim, None).await;
    let way = Way { harbor, everywhere };
    check_named_items(&sim, &way).await;
    check_calls_without_a_project(&sim, &way).await;
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_setting_restricts_a_client_on_standard_input() {
    let sim = sim().await;
    let mut command = program(&["stdio"]);
    command
        .env("BACKLOG_DOMAIN", sim.url().as_str())
        .env("BACKLOG_API_KEY", sim.control().issue_api_key(seed::DANIEL))
        .env(SETTING, "HARBOR,OPS");
    let mut client = StdioClient::start(command).await;
    let params = json!({"name": "get_issue", "arguments": {"issueKey": "KURA-1"}});
    let refused = client.request("tools/call", params).await;
    let text = refused["content"][0]["text"].as_str().expect("a text");
    assert!(text.contains("(allowed: HARBOR, OPS)"), "{text}");
    let issue = client.json("get_issue", json!({"issueKey": "OPS-1"})).await;
    assert_eq!(issue["issueKey"], "OPS-1");
    client.hang_up().await;
    sim.stop().await;
}

/// The restriction of a hub by its setting is that of every space, and narrows the others.
#[tokio::test(flavor = "multi_thread")]
async fn every_level_narrows_the_others() {
    let hub = TestHub::start_with(|settings| {
        let keys = ["HARBOR", "KURA", "OPS"].map(str::to_owned);
        settings.tools.policy.projects = Some(keys.into());
    })
    .await;
    let token = token_for(&hub, "").await;
    let of_grant = token_for(&hub, "HARBOR,KURA").await;
    hub.sql("UPDATE hub.spaces SET allowed_projects = '{HARBOR,OPS,SECRET}'")
        .await;
    let allowed = async |token: &str, path: &str, header: Option<&'static str>| {
        let door = Door::Http {
            url: hub.url(path),
            token: token.to_owned(),
            header,
        };
        let arguments = json!({"issueKey": "NOSUCH-1"});
        let arguments = arguments.as_object().expect("an object").clone();
        let (failed, text) = door.call(&hub.sim, "get_issue", arguments).await;
        assert!(failed, "{text}");
        let (_, keys) = text.split_once("(allowed: ").expect(&text);
        keys.split(')').next().expect("keys").to_owned()
    };
    crate::support::hub::eventually("the space is restricted", async || {
        allowed(&token, "/mcp", None).await == "HARBOR, OPS"
    })
    .await;
    for (of_whom, path, header, expected) in [
        (&token, "/mcp", Some("ops,KURA"), "OPS"),
        (&token, "/mcp?projects=OPS", Some("HARBOR"), "none"),
        (&token, "/mcp?projects=OPS&projects=OPS,HARBOR", None, "OPS"),
        (&token, "/projects/OPS/mcp", None, "OPS"),
        (&token, "/projects/OPS/mcp?projects=HARBOR", None, "none"),
        (&token, "/projects/KURA/mcp", None, "none"),
        (&token, "/projects/SECRET/mcp", None, "none"),
        (&of_grant, "/mcp", None, "HARBOR"),
        (&of_grant, "/mcp", Some("OPS"), "none"),
        (&of_grant, "/projects/HARBOR/mcp", None, "HARBOR"),
        (&of_grant, "/projects/KURA/mcp", None, "none"),
        // What one connection asked for is not that of the next.
        (&token, "/mcp", None, "HARBOR, OPS"),
    ] {
        assert_eq!(
            allowed(of_whom, path, header).await,
            expected,
            "{path} {header:?}"
        );
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_no_project_can_have_are_refused() {
    let hub = TestHub::start().await;
    let token = token_for(&hub, "").await;
    let list = || message("tools/list", json!({}));
    for (query, header, reason) in [
        ("?projects=AC-ME", None, "`AC-ME` is not a project key"),
        ("?projects=", None, "no project key is given"),
        ("", Some(""), "no project key is given"),
        (
            "",
            Some("HARBOR;KURA"),
            "`HARBOR;KURA` is not a project key",
        ),
        ("?projects=HARBOR", Some(","), "no project key is given"),
    ] {
        let url = format!("{}{query}", hub.mcp_url());
        let mut request = request(&url, Some(&token));
        if let Some(keys) = header {
            request = request.header("X-MCP-Projects", keys);
        }
        let reply = Reply::to(request.json(&list())).await;
        assert_eq!(reply.status, 400, "{query} {header:?}: {}", reply.body);
        assert!(
            reply.body.contains("projects or X-MCP-Projects: "),
            "{}",
            reply.body
        );
        assert!(reply.body.contains(reason), "{}", reply.body);
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn resources_completions_and_indirect_calls_are_restricted_as_well() {
    for below in [Below::Header, Below::Query, Below::Path, Below::Grant] {
        let hub = TestHub::start().await;
        let Way { harbor, .. } = below.way(&hub).await;
        let listed = harbor.rpc("resources/list", json!({})).await;
        let listed = listed["resources"].as_array().expect("a list").iter();
        let names: Vec<_> = listed
            .filter(|it| it["uri"] != "skill://backlog/SKILL.md")
            .map(|it| &it["name"])
            .collect();
        assert_eq!(names, ["HARBOR"], "{below:?}");
        let uri = |path: &str| crate::mcp::resources::uri(&hub, path);
        let read = harbor
            .send("resources/read", json!({"uri": uri("projects/KURA")}))
            .await;
        assert!(
            read.body.contains("(allowed: HARBOR)"),
            "{below:?}: {}",
            read.body
        );
        let params = json!({
            "ref": {"type": "ref/resource", "uri": uri("projects/{projectKey}")},
            "argument": {"name": "projectKey", "value": ""},
        });
        let completed = harbor.rpc("completion/complete", params).await;
        assert_eq!(
            completed["completion"]["values"],
            json!(["HARBOR"]),
            "{below:?}"
        );
        let call = async |tool: &str, arguments: Value| {
            let arguments = arguments.as_object().expect("an object").clone();
            harbor.call(&hub.sim, tool, arguments).await.1
        };
        let named = json!({"name": "get_issue", "arguments": "{\"issueKey\": \"KURA-1\"}"});
        let text = call("run_tool", named).await;
        assert!(text.contains("(allowed: HARBOR)"), "{below:?}: {text}");
        let text = call("find_tools", json!({"query": "add a project"})).await;
        assert!(!text.contains("\"add_project\""), "{below:?}: {text}");
        hub.stop().await;
    }
}

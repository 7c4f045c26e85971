//! A plain request of 2026-07-28 is served without the protocol's library, and its response is the
//! same in every byte.

use backlog_sim::seed;
use serde_json::{Map, Value, json};

use crate::support::{
    hub::{TestHub, http},
    person::Person,
    reply::Reply,
};

const VERSION: &str = "2026-07-28";
const PROTOCOL: &str = "io.modelcontextprotocol";

/// A request, as a client of this protocol version sends it.
#[derive(Clone)]
struct Sent {
    body: Value,
    headers: Vec<(&'static str, String)>,
}

impl Sent {
    fn new(method: &'static str, params: &Value) -> Self {
        let mut headers = vec![
            ("mcp-protocol-version", VERSION.to_owned()),
            ("mcp-method", method.to_owned()),
        ];
        if let Some(name) = params["name"].as_str() {
            headers.push(("mcp-name", name.to_owned()));
        }
        let mut all: Map<String, Value> = params.as_object().cloned().expect("an object");
        all.insert("_meta".to_owned(), metadata(&json!({})));
        Self {
            body: json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": all}),
            headers,
        }
    }

    fn call(name: &str, arguments: &Value) -> Self {
        Self::new("tools/call", &json!({"name": name, "arguments": arguments}))
    }

    /// Adds members to the metadata; null removes one.
    fn with(mut self, members: &Value) -> Self {
        let kept = &mut self.body["params"]["_meta"];
        for (key, value) in members.as_object().expect("an object") {
            match value {
                Value::Null => drop(kept.as_object_mut().expect("an object").remove(key)),
                value => kept[key] = value.clone(),
            }
        }
        self
    }

    fn param(mut self, name: &str, value: Value) -> Self {
        self.body["params"][name] = value;
        self
    }

    fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn without_header(mut self, name: &str) -> Self {
        self.headers.retain(|(it, _)| *it != name);
        self
    }

    async fn send(&self, hub: &TestHub, token: &str, content_type: &str) -> Reply {
        let mut request = http()
            .post(hub.mcp_url())
            .bearer_auth(token)
            .header("content-type", content_type)
            .header("accept", "application/json, text/event-stream")
            .body(self.body.to_string());
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        Reply::to(request).await
    }

    /// Sends it as a plain request and as another; whether the first one was served as such.
    async fn compare(&self, hub: &TestHub, token: &str) -> bool {
        let ours = self.send(hub, token, "application/json").await;
        // With a parameter, a request is not taken for a plain one.
        let theirs = self
            .send(hub, token, "application/json; charset=utf-8")
            .await;
        let what = format!("{:?} {}", self.headers, self.body);
        assert_eq!(ours.status, theirs.status, "{what}");
        assert_eq!(ours.body, theirs.body, "{what}");
        let names = |reply: &Reply| {
            let names = reply.headers.keys().map(|name| name.as_str().to_owned());
            let mut names: Vec<_> = names
                .filter(|name| !["content-length", "transfer-encoding"].contains(&name.as_str()))
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(&ours), names(&theirs), "{what}");
        let header = |reply: &Reply, name: &str| reply.headers.get(name).cloned();
        for name in ["content-type", "www-authenticate"] {
            assert_eq!(header(&ours, name), header(&theirs, name), "{what}");
        }
        // One body at a time says its length; what is written as it comes does not.
        let whole = |reply: &Reply| reply.headers.contains_key("content-length");
        whole(&ours) && !whole(&theirs)
    }
}

fn metadata(capabilities: &Value) -> Value {
    json!({
        format!("{PROTOCOL}/protocolVersion"): VERSION,
        format!("{PROTOCOL}/clientInfo"): {"name": "suite", "version": "1"},
        format!("{PROTOCOL}/clientCapabilities"): capabilities,
    })
}

/// Adds the capability of asking the user.
fn asking() -> Value {
    json!({format!("{PROTOCOL}/clientCapabilities"): {"elicitation": {"form": {}}}})
}

fn issue() -> Sent {
    Sent::call("get_issue", &json!({"issueKey": "HARBOR-1"}))
}

fn plain() -> Vec<Sent> {
    let lists = || Sent::new("tools/list", &json!({}));
    vec![
        lists(),
        lists().with(&json!({"progressToken": "a"})),
        lists().with(
            &json!({"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}),
        ),
        lists().with(&asking()),
        Sent::new("prompts/list", &json!({})),
        Sent::new("server/discover", &json!({})),
        issue(),
        issue().with(&asking()),
        issue().with(&json!({"traceparent": 7, "claudecode/toolUseId": "x"})),
        issue().with(&json!({format!("{PROTOCOL}/clientInfo"): null})),
        Sent::call("get_issue", &json!({"issueKey": "NOSUCH-1"})),
        Sent::call("get_issue", &json!({"issueKey": 17})),
        Sent::call("get_issue", &json!({})),
        Sent::call("get_issues", &json!({"projectId": ["HARBOR"], "count": 3})),
        Sent::call("get_myself", &json!({})),
        Sent::call("count_issues", &json!({"projectId": ["HARBOR"]})),
        Sent::call("fetch", &json!({"id": "HARBOR-1"})),
        Sent::call("find_issues", &json!({"project": "HARBOR"})),
        Sent::call("find_tools", &json!({"query": "webhook"})),
        // The client cannot ask, so nothing is asked.
        Sent::call(
            "run_tool",
            &json!({"name": "get_priorities", "arguments": {}}),
        ),
    ]
}

fn not_plain() -> Vec<Sent> {
    let version = format!("{PROTOCOL}/protocolVersion");
    let capabilities = format!("{PROTOCOL}/clientCapabilities");
    let run = || {
        Sent::call(
            "run_tool",
            &json!({"name": "get_priorities", "arguments": {}}),
        )
    };
    vec![
        issue().with(&json!({&version: "2025-11-25"})),
        issue().with(&json!({&version: null})),
        issue().with(&json!({&version: 7})),
        issue().with(&json!({&capabilities: null})),
        issue().with(&json!({&capabilities: "all"})),
        issue().with(&json!({&capabilities: {"elicitation": 7}})),
        issue().with(&json!({format!("{PROTOCOL}/logLevel"): "debug"})),
        issue().with(&json!({"progressToken": 1})),
        issue().param("requestState", json!("x")),
        issue().param("inputResponses", json!({})),
        issue().param("_meta", json!(null)),
        issue().without_header("mcp-method"),
        issue().without_header("mcp-name"),
        issue().header("mcp-method", "tools/call"),
        issue().header("mcp-name", "get_issue"),
        issue().header("mcp-param-key", "HARBOR-1"),
        issue()
            .without_header("mcp-name")
            .header("mcp-name", "get_wiki"),
        issue()
            .without_header("mcp-name")
            .header("mcp-name", "=?base64?Z2V0X2lzc3Vl?="),
        issue()
            .without_header("mcp-method")
            .header("mcp-method", "tools/list"),
        issue().without_header("mcp-protocol-version"),
        Sent::call("no_such_tool", &json!({})),
        run().with(&asking()),
        Sent::new("tools/list", &json!({"cursor": "x"})),
        Sent::new("tools/list", &json!({})).header("mcp-name", "get_issue"),
        Sent::new("tools/list", &json!({})).without_header("mcp-method"),
        Sent::new("server/discover", &json!({})).param("_meta", json!({})),
        Sent::new("resources/list", &json!({})),
        Sent::new("ping", &json!({})),
        Sent::new("initialize", &json!({})),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_request_gets_the_same_bytes_as_any_other() {
    let hub =
        TestHub::start_with(|settings| settings.tools.options.structured_content = true).await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    for sent in plain() {
        let what = format!("{:?} {}", sent.headers, sent.body);
        assert!(sent.compare(&hub, &tokens.access_token).await, "{what}");
    }
    for sent in not_plain() {
        let what = format!("{:?} {}", sent.headers, sent.body);
        assert!(!sent.compare(&hub, &tokens.access_token).await, "{what}");
    }
    hub.stop().await;
}

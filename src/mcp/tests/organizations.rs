//! Several spaces behind one server.

use super::{caller, exchange, post, server};
use crate::{
    accounts::access::FixedAccess,
    calls::{
        caller::Caller,
        descriptions::Descriptions,
        options::ToolOptions,
        organizations::{Organization, Organizations},
        policy::Policy,
        registry,
    },
    mcp::{listing::Listing, server::HubServer},
    toolkit::toolset::Toolset,
};
use std::sync::Arc;

use actix_web::HttpResponse;
use backlog_client::{
    Credentials,
    fake::{FakeBacklog, Received},
};
use serde_json::{Value, json};

const UPSTREAM: &str = include_str!("../../../tests/fixtures/upstream_tools.json");

fn organization(name: &str, backlog: &FakeBacklog) -> Organization {
    let key = Credentials::ApiKey(format!("key-of-{name}").into());
    Organization {
        name: name.to_owned(),
        domain: format!("{}.backlog.com", name.to_ascii_lowercase()),
        access: Arc::new(FixedAccess::new(backlog.url.clone(), key)),
    }
}

/// A server with `COMPANY_A` and `Company_B`; the latter is the default.
struct Two {
    a: FakeBacklog,
    b: FakeBacklog,
    server: HubServer,
    policy: Policy,
}

impl Two {
    fn new(options: ToolOptions) -> Self {
        let a = FakeBacklog::responding(200, r#"{"spaceKey":"a"}"#);
        let b = FakeBacklog::responding(200, r#"{"spaceKey":"b"}"#);
        Self::of(a, b, options)
    }

    fn of(a: FakeBacklog, b: FakeBacklog, options: ToolOptions) -> Self {
        let all = vec![organization("COMPANY_A", &a), organization("Company_B", &b)];
        let server = server()
            .with_options(options)
            .with_organizations(Organizations::new(all, 1));
        let policy = Policy {
            chosen: Some(Toolset::ALL.into()),
            ..Policy::default()
        };
        Self {
            a,
            b,
            server,
            policy,
        }
    }

    fn caller(&self) -> Caller {
        let key = Credentials::ApiKey("key-of-Company_B".into());
        let mut caller = caller(FixedAccess::new(self.b.url.clone(), key));
        caller.policy = self.policy.clone();
        caller
    }

    async fn rpc(&self, method: &str, params: Value) -> Value {
        let caller = self.caller();
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let request = post("2025-06-18", &message);
        exchange(self.server.clone(), Some(&caller), request)
            .await
            .1
    }

    async fn call(&self, tool: &str, arguments: Value) -> (bool, String) {
        let params = json!({"name": tool, "arguments": arguments});
        let result = self.rpc("tools/call", params).await["result"].take();
        let text = result["content"][0]["text"].as_str().unwrap().to_owned();
        (result["isError"] == true, text)
    }

    async fn listed(&self) -> Vec<Value> {
        let body = self.rpc("tools/list", json!({})).await;
        body["result"]["tools"].as_array().unwrap().clone()
    }
}

#[actix_web::test]
async fn the_tools_are_upstreams() {
    let upstream: Value = serde_json::from_str(UPSTREAM).unwrap();
    let theirs = &upstream["organizations"];
    let listed = Two::new(ToolOptions::default()).listed().await;
    assert_eq!(listed.len(), registry::all().len() + 1);
    for tool in &listed {
        let name = &tool["name"];
        let mut schema = tool["inputSchema"].clone();
        if *name == "list_organizations" {
            assert_eq!(schema, theirs["list_organizations"]["schema"]);
            assert_eq!(tool["annotations"]["readOnlyHint"], true);
            continue;
        }
        // It has no description, because the instructions describe it.
        let input = schema["properties"]["organization"].take();
        assert_eq!(input, theirs["input"]["organization"], "{name}");
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        assert!(!required.contains(&json!("organization")), "{name}");
    }
    let size = |tools: &[Value]| json!(tools).to_string().len();
    assert!(size(&listed) <= 120_000, "{} bytes", size(&listed));
    let mut usual = Two::new(ToolOptions::default());
    usual.policy = Policy::default();
    let usual = usual.listed().await;
    assert!(size(&usual) <= 69_000, "{} bytes", size(&usual));

    // With one space there is nothing to choose.
    for tool in registry::all() {
        assert_ne!(tool.meta.name, "list_organizations");
        let schema = tool.listed.schema_as_json_value();
        assert_eq!(schema["properties"].get("organization"), None);
    }
}

#[actix_web::test]
async fn a_call_goes_to_the_organization_that_it_names() {
    let two = Two::new(ToolOptions::default());
    for (arguments, expected) in [
        (json!({}), "b"),
        (json!({"organization": null}), "b"),
        (json!({"organization": "Company_B"}), "b"),
        (json!({"organization": "COMPANY_A"}), "a"),
    ] {
        let (failed, text) = two.call("get_space", arguments).await;
        assert!(!failed, "{text}");
        let space: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(space["spaceKey"], expected);
    }
    let request = two.a.only();
    assert_eq!(
        request.line, "GET /api/v2/space",
        "it is no input of Backlog's"
    );
    assert!(
        request.credentials.contains("key-of-COMPANY_A"),
        "{}",
        request.credentials
    );
    assert_eq!(two.b.received().len(), 3);
}

#[actix_web::test]
async fn an_unknown_organization_is_an_error_with_the_available_ones() {
    let two = Two::new(ToolOptions {
        prefix: "x_".parse().unwrap(),
        ..ToolOptions::default()
    });
    for name in ["company_a", "", "default"] {
        let (failed, text) = two
            .call(
                "x_delete_issue",
                json!({"issueKey": "A-1", "organization": name}),
            )
            .await;
        assert!(failed);
        assert_eq!(
            text,
            format!(
                "Unknown organization `{name}`. Available: COMPANY_A, Company_B (default). \
                 Call x_list_organizations for details."
            )
        );
    }
    let (failed, text) = two.call("x_get_space", json!({"organization": 1})).await;
    assert!(failed);
    assert_eq!(text, "organization: expected a string, received 1");
    assert_eq!((two.a.received().len(), two.b.received().len()), (0, 0));
}

#[actix_web::test]
async fn they_are_listed_without_a_key_and_whatever_is_enabled() {
    let options = ToolOptions {
        prefix: "x_".parse().unwrap(),
        descriptions: Descriptions::new([(
            "TOOL_LIST_ORGANIZATIONS_DESCRIPTION".to_owned(),
            "Our customers.".to_owned(),
        )]),
        ..ToolOptions::default()
    };
    let mut two = Two::new(options);
    two.policy.toolsets = Some([Toolset::Wiki].into());
    two.policy.read_only = true;
    let listed = two.listed().await;
    assert!(listed.iter().all(|tool| tool["name"] != "x_get_space"));
    let last = listed.last().unwrap();
    assert_eq!(last["name"], "x_list_organizations");
    assert_eq!(last["description"], "Our customers.");

    let (failed, text) = two.call("x_list_organizations", json!({})).await;
    assert!(!failed);
    let expected = json!([
        {"name": "COMPANY_A", "domain": "company_a.backlog.com", "isDefault": false},
        {"name": "Company_B", "domain": "company_b.backlog.com", "isDefault": true},
    ]);
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
    assert_eq!((two.a.received().len(), two.b.received().len()), (0, 0));

    // It exists only if there are several spaces.
    let two = Two {
        server: server(),
        ..two
    };
    let params = json!({"name": "list_organizations", "arguments": {}});
    assert_eq!(two.rpc("tools/call", params).await["error"]["code"], -32602);
}

#[actix_web::test]
async fn a_name_means_what_it_means_in_its_organization() {
    let of = |id: &'static str| {
        FakeBacklog::start(move |request: &Received| match &request.line {
            line if line.contains("/priorities") => {
                let other = if id == "7" { "Only in A" } else { "Only in B" };
                let all = json!([{"id": id.parse::<i64>().unwrap(), "name": "High"},
                    {"id": 9, "name": other}]);
                HttpResponse::Ok().json(all)
            }
            _ => HttpResponse::Ok().json(json!([])),
        })
    };
    let (a, b) = (of("7"), of("2"));
    let two = Two::of(a, b, ToolOptions::default());
    // Each is called twice: the second time from the cache.
    for (organization, expected) in [("COMPANY_A", "7"), ("Company_B", "2")].repeat(2) {
        let arguments = json!({"organization": organization, "priorityId": ["High"]});
        let (failed, text) = two.call("get_issues", arguments).await;
        assert!(!failed, "{text}");
        let space = if expected == "7" { &two.a } else { &two.b };
        let sent = space.received().pop().unwrap().line;
        assert_eq!(
            sent,
            format!("GET /api/v2/issues?priorityId%5B%5D={expected}")
        );
    }
    let lists = |backlog: &FakeBacklog| {
        let received = backlog.received().into_iter();
        received
            .filter(|it| it.line.contains("/priorities"))
            .count()
    };
    assert_eq!((lists(&two.a), lists(&two.b)), (1, 1));
    let arguments = json!({"organization": "COMPANY_A", "priorityId": ["Only in B"]});
    let (failed, text) = two.call("get_issues", arguments).await;
    assert!(failed && text.contains("Only in A (9)"), "{text}");
    assert!(!text.contains("Only in B ("), "{text}");
}

#[actix_web::test]
async fn a_list_that_was_prepared_before_is_not_of_another_server() {
    let plain = server();
    let text = ("TOOL_GET_SPACE_DESCRIPTION".to_owned(), "Ours.".to_owned());
    let two = Two::new(ToolOptions {
        descriptions: Descriptions::new([text]),
        ..ToolOptions::default()
    });
    let tools = |server: &HubServer| {
        let list = server
            .list_as_json(Listing::Tools, &two.caller(), None)
            .unwrap();
        serde_json::from_slice::<Value>(&list).unwrap()["tools"].take()
    };
    let before = tools(&plain);
    let listed = json!(two.listed().await);
    assert_ne!(before, listed);
    assert_eq!(tools(&two.server), listed);
    assert_eq!(tools(&plain), before);
    let server = plain
        .with_options(two.server.services().options().clone())
        .with_organizations(two.server.services().organizations().unwrap().clone());
    assert_eq!(tools(&server), listed, "built again with the options");
}

#[actix_web::test]
async fn resources_are_of_each_by_its_host() {
    let projects = |key: &'static str| {
        FakeBacklog::start(move |request: &Received| {
            let path = request.line.split(['?', ' ']).nth(1).unwrap_or_default();
            let project = json!({"id": 1, "projectKey": key, "name": "Harbour"});
            HttpResponse::Ok().json(match path {
                "/api/v2/projects" => json!([project]),
                _ => project,
            })
        })
    };
    let two = Two::of(projects("OF_A"), projects("OF_B"), ToolOptions::default());
    let host = |backlog: &FakeBacklog| backlog.url.as_str().replace("http://", "backlog://");
    let (of_a, of_b) = (host(&two.a), host(&two.b));

    let listed = two.rpc("resources/list", json!({})).await;
    let listed = listed["result"]["resources"].as_array().unwrap().iter();
    let listed: Vec<_> = listed.map(|it| it["uri"].as_str().unwrap()).collect();
    let expected = [
        format!("{of_b}/projects/OF_B"),
        format!("{of_a}/projects/OF_A"),
    ];
    assert_eq!(listed, expected, "the default one first");
    let templates = two.rpc("resources/templates/list", json!({})).await;
    let templates = templates["result"]["resourceTemplates"].to_string();
    for host in [&of_a, &of_b] {
        assert!(templates.contains(&format!("{host}/issues/{{issueKey}}")));
    }

    for (backlog, host, key) in [(&two.a, &of_a, "OF_A"), (&two.b, &of_b, "OF_B")] {
        let uri = format!("{host}/projects/{key}");
        let read = two.rpc("resources/read", json!({"uri": uri})).await;
        let text = read["result"]["contents"][0]["text"].as_str().unwrap();
        assert!(text.contains("Harbour"), "{text}");
        let received = backlog.received();
        assert!(
            received.iter().any(|it| it.line.contains(key)),
            "{received:?}"
        );

        let params = json!({
            "ref": {"type": "ref/resource", "uri": format!("{host}/projects/{{projectKey}}")},
            "argument": {"name": "projectKey", "value": "OF"},
        });
        let found = two.rpc("completion/complete", params).await;
        assert_eq!(found["result"]["completion"]["values"], json!([key]));
    }
    let elsewhere = json!({"uri": "backlog://elsewhere.test/projects/OF_A"});
    let refused = two.rpc("resources/read", elsewhere).await;
    assert_eq!(refused["error"]["code"], -32002, "{refused}");
}

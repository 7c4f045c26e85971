//! The HTTP forms of backlog-mcp-server's configurations work with this program's name.

use backlog_sim::seed;
use serde_json::json;

use crate::support::{
    configuration::{Space, configured_for, organizations, theirs},
    mcp::{call_at, message, request},
    person::Person,
    process::{Deployment, Port, Process, healthy, program},
    reply::Reply,
    site::http,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_http_transport_works() {
    let space = Space::of(seed::DANIEL).await;
    let port = Port::reserve();
    let number = port.number.to_string();
    let url = format!("{}/mcp", port.url());
    for (args, env) in [
        (
            &[
                "build/index.js",
                "--transport",
                "http",
                "--http-port",
                &number,
                "--http-path",
                "mcp",
            ][..],
            vec![],
        ),
        (
            &[],
            vec![("MCP_TRANSPORT", "http"), ("MCP_HTTP_PORT", &number)],
        ),
        (
            &[
                "--transport=http",
                "--http-host",
                "localhost",
                "--http-json-response",
            ],
            vec![("MCP_HTTP_PORT", &number), ("MCP_HTTP_JSON_RESPONSE", "0")],
        ),
        (
            &[
                "--transport=http",
                "--http-allowed-origins",
                "app.example.com",
            ],
            vec![
                ("MCP_HTTP_PORT", &number),
                ("MCP_HTTP_JSON_RESPONSE", "false"),
            ],
        ),
    ] {
        let mut command = configured_for(&theirs(args, &env), &space);
        // Theirs asks for no token; ours does unless it is told not to.
        command.env("MCP_HTTP_AUTH", "none");
        let mut process = command.spawn().expect("the program starts");
        healthy(&port).await;

        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "get_myself", "arguments": {}}});
        let ask = |origin: Option<&str>| {
            let request = http()
                .post(&url)
                .header("content-type", "application/json")
                .header("accept", "application/json, text/event-stream")
                .body(message.to_string());
            match origin {
                Some(origin) => request.header("origin", origin),
                None => request,
            }
        };
        let answer = ask(None).send().await.expect("an answer");
        let kind = answer.headers()["content-type"]
            .to_str()
            .expect("text")
            .to_owned();
        let stream = env.contains(&("MCP_HTTP_JSON_RESPONSE", "false"));
        let expected = if stream {
            "text/event-stream"
        } else {
            "application/json"
        };
        assert!(kind.starts_with(expected), "{kind}");
        let body = answer.text().await.expect("a body");
        assert!(body.contains(&seed::DANIEL.to_string()), "{body}");

        let own = format!("http://localhost:{number}");
        let own_origin = args.contains(&"app.example.com");
        for (origin, allowed) in [
            ("https://evil.example", false),
            ("https://app.example.com", own_origin),
            ("http://app.example.com:8080", own_origin),
            ("http://localhost:6274", false),
            (own.as_str(), !own_origin),
        ] {
            let status = ask(Some(origin)).send().await.expect("an answer").status();
            assert_eq!(status.is_success(), allowed, "{origin}: {status}");
        }
        process.kill().await.expect("ended");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_organizations_share_one_endpoint() {
    let a = Space::of(seed::DANIEL).await;
    let b = Space::of(seed::MAJA).await;
    let port = Port::reserve();
    let url = format!("{}/mcp", port.url());
    let mut command = organizations(&a, &b);
    command.env("MCP_TRANSPORT", "http");
    command.env("MCP_HTTP_PORT", port.number.to_string());
    command.env("MCP_HTTP_TOKEN", "a-token-of-the-operator");
    let _process = command.spawn().expect("the program starts");
    healthy(&port).await;
    for (arguments, user) in [
        (json!({}), seed::DANIEL),
        (json!({"organization": "COMPANY_B"}), seed::MAJA),
    ] {
        let token = Some("a-token-of-the-operator");
        let reply = call_at(&url, token, "get_myself", arguments).await;
        assert!(reply.body.contains(&user.to_string()), "{}", reply.body);
    }
}

/// Theirs keeps its state in memory; here a database is added, or one is started.
#[tokio::test(flavor = "multi_thread")]
async fn with_oauth_settings_users_sign_in() {
    let deployment = Deployment::new().await;
    let settings = deployment.command();
    let settings = settings.as_std().get_envs();
    let mut command = program(&[
        "build/index.js",
        "--transport",
        "http",
        "--http-host",
        "0.0.0.0",
        "--http-allowed-hosts",
        "mcp.example.com",
    ]);
    command.envs(settings.filter_map(|(name, value)| Some((name, value?))));
    command.env("BACKLOG_MCP_TOOL_GET_ISSUE_DESCRIPTION", "Ours.");
    command.env("BACKLOG_API_KEY", "not-used");
    let hub = Process::start(command, deployment.site.base_url.clone()).await;
    let url = deployment.site.mcp_url();
    assert_eq!(
        call_at(&url, None, "get_myself", json!({})).await.status,
        401
    );

    let tokens = Person::default()
        .sign_in(&deployment.site, seed::DANIEL)
        .await;
    let token = Some(tokens.access_token.as_str());
    let me = call_at(&url, token, "get_myself", json!({})).await;
    assert!(me.body.contains(&seed::DANIEL.to_string()), "{}", me.body);
    let classic = format!("{url}?toolsets=classic");
    let list = request(&classic, token).json(&message("tools/list", json!({})));
    let list = Reply::to(list).await.json();
    let tools = list["result"]["tools"].as_array().expect("tools");
    let issue = tools.iter().find(|tool| tool["name"] == "get_issue");
    assert_eq!(issue.expect("the tool")["description"], "Ours.");
    assert!(
        tools
            .iter()
            .all(|tool| tool["name"] != "list_organizations")
    );
    hub.kill().await;
}

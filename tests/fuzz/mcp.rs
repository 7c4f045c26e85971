//! What MCP clients send: messages of every protocol version, arguments of tools, names of files.

use std::{sync::Arc, time::Duration};

use actix_web::{
    App,
    body::to_bytes,
    http::{StatusCode, header},
    rt::System,
    test::{TestRequest, call_service, init_service},
    web::Bytes,
};
use backlog_client::{BacklogClient, BacklogUrl, ClientOptions, Credentials};
use backlog_mcp_hub::{
    accounts::access::FixedAccess,
    calls::{
        caller::{Caller, ChallengeSlot},
        known_tools::KnownTools,
        options::ToolOptions,
        policy::Policy,
    },
    mcp::{accept::Accepted, parsers, server::HubServer, service::local_service, stdio::Stdio},
};
use backlog_sim::{BacklogSim, SimOptions, seed};
use foundation::clock::Clock;
use oauth_values::Scopes;
use rmcp::ServiceExt;
use serde_json::{Map, Value};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    time::timeout,
};

use crate::inputs::Inputs;

/// Far more than any message takes.
const DEADLINE: Duration = Duration::from_secs(30);

/// A server for one user of a simulated Backlog, who changes nothing: what is tried is how calls
/// are read.
fn server(sim: &BacklogSim) -> HubServer {
    let client = BacklogClient::new(ClientOptions::default()).expect("a client");
    let key = sim.control().issue_api_key(seed::DANIEL);
    let url = BacklogUrl::parse(sim.url().as_str()).expect("a URL");
    HubServer::new(client, Clock::system()).for_caller(Caller {
        scopes: Scopes::all(),
        policy: Policy {
            read_only: true,
            ..Policy::default()
        },
        access: Arc::new(FixedAccess::new(url, Credentials::ApiKey(key.into()))),
        challenge: ChallengeSlot::default(),
        account_url: None,
        subscriber: None,
    })
}

fn sim(system: &actix_web::rt::SystemRunner) -> BacklogSim {
    let options = SimOptions {
        journal_capacity: 0,
        ..SimOptions::default()
    };
    system
        .block_on(BacklogSim::start(options))
        .expect("a simulated Backlog")
}

/// The first line, and the rest.
fn headed(input: &[u8]) -> (&[u8], &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n');
    end.map_or((input, &[]), |end| (&input[..end], &input[end + 1..]))
}

/// The first line is the protocol version of the header, which an empty one leaves out.
#[test]
fn messages() {
    let system = System::new();
    let sim = sim(&system);
    let hosts = vec!["localhost".to_owned()];
    let service = local_service(server(&sim), hosts, Vec::new(), true, 1 << 20);
    let app = system.block_on(init_service(App::new().service(service.scope("/mcp"))));
    Inputs::of("messages").try_all(|input| {
        let (version, body) = headed(input);
        let mut request = TestRequest::post()
            .uri("/mcp")
            .insert_header((header::HOST, "localhost"))
            .insert_header((header::CONTENT_TYPE, "application/json"))
            .insert_header((header::ACCEPT, "application/json, text/event-stream"));
        if let Ok(version) = header::HeaderValue::from_bytes(version)
            && !version.is_empty()
        {
            request = request.insert_header(("mcp-protocol-version", version));
        }
        let request = request.set_payload(body.to_vec()).to_request();
        let (status, content_type, body) = system.block_on(async {
            let response = call_service(&app, request).await;
            let status = response.status();
            let content_type = response.headers().get(header::CONTENT_TYPE).cloned();
            // A stream of notifications would not end.
            if content_type
                .as_ref()
                .is_some_and(|it| it == "text/event-stream")
            {
                return (status, content_type, Bytes::default());
            }
            let body = timeout(DEADLINE, to_bytes(response.into_body())).await;
            let body = body.expect("a response in time");
            (
                status,
                content_type,
                body.unwrap_or_else(|_| panic!("a body")),
            )
        });
        assert!(!status.is_server_error(), "{status}: {body:?}");
        if content_type.is_some_and(|it| it == "application/json") {
            let json: Value = serde_json::from_slice(&body).expect("JSON");
            assert!(json.is_object() || json.is_array(), "{json}");
            let internal = json["error"]["code"] == -32603;
            assert!(!internal, "{json}");
        } else if status == StatusCode::ACCEPTED {
            assert!(body.is_empty());
        }
    });
}

/// Whatever lines come, each line that is written is a message, and the end of the input is the end.
#[test]
fn lines() {
    let system = System::new();
    let sim = sim(&system);
    let server = server(&sim);
    Inputs::of("lines").try_all(|input| {
        let written = system.block_on(async {
            let (mut to_server, input_of_server) = duplex(1 << 20);
            let (output_of_server, mut from_server) = duplex(1 << 20);
            let serving = server
                .clone()
                .serve(Stdio::new(input_of_server, output_of_server));
            to_server.write_all(input).await.expect("it fits");
            drop(to_server);
            let mut written = Vec::new();
            let talk = async {
                if let Ok(running) = serving.await {
                    drop(running.waiting().await);
                }
            };
            let both = futures_util::future::join(talk, from_server.read_to_end(&mut written));
            let ((), read) = timeout(DEADLINE, Box::pin(both)).await.expect("it ends");
            read.expect("the output");
            written
        });
        for line in written.split(|byte| *byte == b'\n') {
            if !line.is_empty() {
                let json: Value = serde_json::from_slice(line).expect("JSON");
                assert!(json.is_object() || json.is_array(), "{json}");
            }
        }
    });
}

/// The first line is the tool. What was read is read again as it is.
#[test]
fn arguments() {
    let client = BacklogClient::new(ClientOptions::default()).expect("a client");
    let server = HubServer::new(client, Clock::system());
    let space = BacklogUrl::parse("acme.backlog.com").expect("a URL");
    Inputs::of("arguments").try_all(|input| {
        let (tool, arguments) = headed(input);
        let tool = String::from_utf8_lossy(tool);
        let Ok(mut arguments) = serde_json::from_slice::<Map<String, Value>>(arguments) else {
            return;
        };
        let read = server.read_arguments(&tool, &mut arguments, &space);
        if let Some(Ok(_)) = read {
            let mut again = arguments.clone();
            let read = server.read_arguments(&tool, &mut again, &space);
            assert!(matches!(read, Some(Ok(_))), "{arguments:?}: {read:?}");
            assert_eq!(again, arguments);
        }
    });
}

#[test]
fn dates() {
    let now = Clock::system().now();
    Inputs::of("dates").try_all(|input| {
        let text = &*String::from_utf8_lossy(input);
        if let Ok(date) = parsers::date(text, &now) {
            assert_eq!(date.len(), 10, "{date}");
            assert_eq!(parsers::date(&date, &now), Ok(date));
        }
    });
}

/// A name can be shown and saved: no path, nothing that cannot be seen.
#[test]
fn file_names() {
    Inputs::of("file_names").try_all(|input| {
        if let Some(name) = parsers::file_name(input) {
            assert!(
                !name.trim().is_empty() && name != "." && name != "..",
                "{name:?}"
            );
            let unsafe_in_names = |c: char| c.is_control() || "/\\\u{202e}".contains(c);
            assert!(!name.contains(unsafe_in_names), "{name:?}");
        }
    });
}

/// The first line is a query, the others are values of headers.
#[test]
fn headers() {
    let tools = KnownTools::new(&ToolOptions::default().prefix);
    Inputs::of("headers").try_all(|input| {
        let (query, values) = headed(input);
        let values: Vec<_> = values.split(|byte| *byte == b'\n').collect();
        Accepted::of(values.iter().copied());
        let query = &*String::from_utf8_lossy(query);
        let named = [
            "x-mcp-toolsets",
            "x-mcp-readonly",
            "x-mcp-format",
            "x-mcp-tools",
            "x-mcp-exclude-tools",
            "x-mcp-projects",
        ];
        let given = || named.into_iter().cycle().zip(values.iter().copied());
        if let Ok(asked) = Policy::asked_for(given(), query, tools.names()) {
            // A request only ever narrows.
            let all = Policy::default();
            assert_eq!(all.narrowed_by(&asked), asked);
            let twice = asked.narrowed_by(&asked);
            assert_eq!(twice, asked);
        }
    });
}

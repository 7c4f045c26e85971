//! The calls whose instructions `scripts/instructions` counts with callgrind, so that a change that
//! makes calls more expensive is noticed without a measurement of time.
//!
//! 1. A simulated Backlog responds to each request once. Its responses are kept, and it ends
//!    ([`Recorded`]).
//! 2. Each call is made a few times, and its response is checked. Caches are warm then, and callgrind
//!    is turned on ([`wait_for_counter`]).
//! 3. It is made [`COUNTED`] times between two marks, and twice as often between two others. The
//!    difference is the cost of the calls, without that of the marks.
//!
//! A call begins where the endpoint has authenticated a request and read its body. Everything runs
//! on one thread, and the kept responses arrive through a loopback connection.

use std::{
    cell::RefCell, collections::HashMap, env, fs, hint, io, mem, net::Ipv4Addr, path::PathBuf,
    rc::Rc, sync::Arc, thread, time::Duration,
};

use actix_web::{
    HttpMessage, HttpResponse,
    body::to_bytes,
    dev::ServiceRequest,
    http::header,
    rt::{System, SystemRunner},
    test::TestRequest,
    web::{Bytes, Data},
};
use backlog_client::{BacklogClient, BacklogUrl, ClientOptions, Credentials};
use backlog_sim::{BacklogSim, SimOptions, seed::DANIEL};
use chrono::{DateTime, Utc};
use foundation::{clock::Clock, tls_config};
use oauth_values::Scopes;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use url::Url;

use super::fast_path;
use crate::{
    accounts::access::FixedAccess,
    calls::{
        caller::{Caller, ChallengeSlot},
        options::ToolOptions,
        policy::Policy,
    },
    mcp::{server::HubServer, service::WholeBody},
    toolkit::toolset::Toolset,
};

/// The calls between the first two marks.
const COUNTED: usize = 5;
/// The calls before the first mark.
const WARM_UP: usize = 3;
const HANDSHAKE: &str = "2025-11-25";
const NEWEST: &str = "2026-07-28";
/// The end of a request without a body.
const END: &[u8] = b"\r\n\r\n";

/// One kind of call.
struct Kind {
    version: &'static str,
    method: &'static str,
    /// The tool and its arguments.
    tool: Option<(&'static str, Value)>,
    /// A text that only the correct response contains.
    proof: &'static str,
    /// The bytes that the response has at least.
    at_least: usize,
}

fn kinds() -> [Kind; 6] {
    let get_issue = |version| Kind {
        version,
        method: "tools/call",
        tool: Some(("get_issue", json!({"issueKey": "HARBOR-1"}))),
        proof: "HARBOR-1",
        at_least: 500,
    };
    let tools_list = |version| Kind {
        version,
        method: "tools/list",
        tool: None,
        proof: "get_issue",
        at_least: 10_000,
    };
    [
        get_issue(HANDSHAKE),
        get_issue(NEWEST),
        tools_list(HANDSHAKE),
        tools_list(NEWEST),
        Kind {
            tool: Some(("get_issues", json!({"count": 20}))),
            proof: "call again with offset 20",
            at_least: 20_000,
            ..get_issue(HANDSHAKE)
        },
        // A work tool with many requests, whose result does not depend on the date.
        Kind {
            tool: Some(("project_info", json!({"project": "HARBOR"}))),
            proof: "Harbor booking portal",
            ..get_issue(NEWEST)
        },
    ]
}

impl Kind {
    fn name(&self) -> String {
        let what = self.tool.as_ref().map_or(self.method, |(tool, _)| *tool);
        format!("{what} {}", self.version)
    }

    fn request(&self, server: &HubServer) -> ServiceRequest {
        let mut params = match &self.tool {
            Some((tool, arguments)) => json!({"name": tool, "arguments": arguments}),
            None => json!({}),
        };
        let mut headers = vec![("mcp-protocol-version", self.version)];
        if self.version == NEWEST {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": NEWEST,
                "io.modelcontextprotocol/clientInfo": {"name": "instructions", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            });
            headers.push(("mcp-method", self.method));
            headers.extend(self.tool.as_ref().map(|(tool, _)| ("mcp-name", *tool)));
        }
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": self.method, "params": params});
        let body = body.to_string();
        let mut request = TestRequest::post()
            .uri("/")
            .insert_header((header::CONTENT_TYPE, "application/json"))
            .insert_header((header::ACCEPT, "application/json, text/event-stream"))
            .insert_header((header::CONTENT_LENGTH, body.len()))
            .app_data(Data::new(server.clone()));
        for header in headers {
            request = request.insert_header(header);
        }
        let request = request.to_srv_request();
        request
            .extensions_mut()
            .insert(WholeBody(Bytes::from(body)));
        request
    }

    async fn check(&self, response: HttpResponse) {
        let body = to_bytes(response.into_body()).await;
        let body = body.unwrap_or_else(|_| panic!("{}: no body", self.name()));
        let text = std::str::from_utf8(&body).unwrap();
        let is_correct = text.contains(self.proof)
            && text.len() >= self.at_least
            && !text.contains("\"isError\":true");
        assert!(is_correct, "{}: {text}", self.name());
    }
}

/// Backlog's responses by the paths of their requests.
struct Recorded {
    responses: RefCell<HashMap<String, Rc<[u8]>>>,
    client: reqwest::Client,
    backlog: Url,
    key: String,
}

impl Recorded {
    /// Starts to serve; the URL.
    async fn start(sim: &BacklogSim, key: &str) -> BacklogUrl {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls_config().unwrap())
            .no_proxy();
        let recorded = Rc::new(Self {
            responses: RefCell::default(),
            client: client.build().unwrap(),
            backlog: sim.url(),
            key: key.to_owned(),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        actix_web::rt::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                actix_web::rt::spawn(connection(stream, recorded.clone()));
            }
        });
        BacklogUrl::parse(&url).unwrap()
    }

    async fn response(&self, path: &str) -> Rc<[u8]> {
        if let Some(known) = self.responses.borrow().get(path) {
            return known.clone();
        }
        let url = self.backlog.join(path).unwrap();
        let request = self.client.get(url).header("Backlog-API-Key", &self.key);
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let body = response.bytes().await.unwrap();
        let head = format!(
            "HTTP/1.1 {status} \r\ncontent-type: application/json;charset=utf-8\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        let whole: Rc<[u8]> = [head.as_bytes(), &body].concat().into();
        let mut responses = self.responses.borrow_mut();
        responses.insert(path.to_owned(), whole.clone());
        whole
    }
}

/// Responds to the requests of a connection, which have no body.
async fn connection(mut stream: TcpStream, recorded: Rc<Recorded>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut received = Vec::new();
    while stream.read_buf(&mut received).await? > 0 {
        if !received.ends_with(END) {
            continue;
        }
        let head = String::from_utf8(mem::take(&mut received)).unwrap();
        let mut line = head.split(' ');
        assert_eq!(line.next(), Some("GET"), "{head}");
        let response = recorded.response(line.next().unwrap()).await;
        stream.write_all(&response).await?;
    }
    Ok(())
}

/// Responds, and leaves the connection to Backlog ready for the next call.
async fn respond(request: &ServiceRequest, caller: &Caller) -> Option<HttpResponse> {
    let response = fast_path::respond(request, caller).await;
    for _ in 0..4 {
        tokio::task::yield_now().await;
    }
    response
}

/// The first mark, and the calls. It has no closure, whose name would begin as its own does.
#[inline(never)]
fn counted_calls(system: &SystemRunner, requests: &[ServiceRequest], caller: &Caller) {
    for request in requests {
        let response = system.block_on(respond(request, caller));
        assert!(response.is_some(), "not a plain request");
    }
}

/// The second mark.
#[inline(never)]
fn counting_ended(calls: usize) {
    let _ = hint::black_box(calls);
}

/// Waits until the program that counts is ready, if there is one.
fn wait_for_counter() {
    let Some(directory) = env::var_os("INSTRUCTIONS_DIRECTORY").map(PathBuf::from) else {
        return;
    };
    fs::write(directory.join("warm"), "").unwrap();
    while !directory.join("counting").exists() {
        thread::sleep(Duration::from_millis(20));
    }
}

/// The server, its caller, and the simulated Backlog that it records.
async fn start() -> (HubServer, Caller, BacklogSim) {
    let now: DateTime<Utc> = "2026-12-02T01:00:00Z".parse().unwrap();
    let clock = Clock::from_fn(move || now);
    let client = BacklogClient::observed(ClientOptions::default(), clock.clone(), None);
    let server = HubServer::new(client.unwrap(), clock).with_options(ToolOptions {
        max_tokens: 50_000,
        ..ToolOptions::default()
    });
    let sim = BacklogSim::start(SimOptions::default()).await.unwrap();
    sim.control().stop_clock_at(now);
    let key = sim.control().issue_api_key(DANIEL);
    let url = Recorded::start(&sim, &key).await;
    let caller = Caller {
        scopes: Scopes::all(),
        policy: Policy {
            chosen: Some(Toolset::NAMED.into()),
            ..Policy::default()
        },
        access: Arc::new(FixedAccess::new(url, Credentials::ApiKey(key.into()))),
        challenge: ChallengeSlot::default(),
        account_url: None,
        subscriber: None,
    };
    (server, caller, sim)
}

/// Every kind of call is plain and correct. Under callgrind, `scripts/instructions` reads the names
/// of the calls from its output, and the counts from what is dumped at the marks.
#[test]
fn calls_to_count_are_plain_and_correct() {
    let system = System::new();
    let (server, caller, sim) = system.block_on(start());
    for kind in kinds() {
        for _ in 0..WARM_UP {
            let request = kind.request(&server);
            let response = system.block_on(respond(&request, &caller));
            let response = response.unwrap_or_else(|| panic!("{} is not plain", kind.name()));
            system.block_on(kind.check(response));
        }
    }
    // Only what it has said is left, so nothing of it is counted.
    system.block_on(sim.stop());
    wait_for_counter();
    for kind in kinds() {
        println!("counted: {COUNTED} {}", kind.name());
        for times in [COUNTED, 2 * COUNTED] {
            let requests: Vec<_> = (0..times).map(|_| kind.request(&server)).collect();
            counted_calls(&system, &requests, &caller);
            counting_ended(times);
        }
    }
}

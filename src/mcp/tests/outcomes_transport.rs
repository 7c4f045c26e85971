//! Connections to Backlog that fail at each point, for every tool: the text for each, and no
//! request is sent twice.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::HttpResponse;
use backlog_client::{BacklogClient, BacklogUrl, ClientOptions, Credentials, fake::FakeBacklog};
use chrono::DateTime;
use foundation::clock::Clock;
use rmcp::model::ProtocolVersion;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{
    caller,
    outcomes::{Tool, texts},
};
use crate::{
    accounts::access::FixedAccess,
    calls::failure::DONE,
    mcp::{plain::PlainCall, server::HubServer},
};

/// How Backlog handles a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The connection is closed without a response.
    Closed,
    /// The connection is reset before the whole request is read.
    Reset,
    /// No response is sent.
    Silent,
    /// These bytes are sent, and then the connection ends.
    Cut(&'static str),
}

const CUT_HEAD: Fault = Fault::Cut("HTTP/1.1 200 OK\r\nContent-Ty");
const CUT_JSON: Fault = Fault::Cut(
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{\"id\":",
);
const CUT_UNTYPED_PAGE: Fault = Fault::Cut("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<html>");
const CUT_PAGE: Fault =
    Fault::Cut("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99\r\n\r\n");
const CUT_FAILURE: Fault =
    Fault::Cut("HTTP/1.1 500 Oh\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{");
const CUT_REFUSAL: Fault =
    Fault::Cut("HTTP/1.1 404 No\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{");

/// Listens, and counts the requests.
struct Faulty {
    url: BacklogUrl,
    requests: Arc<AtomicUsize>,
}

impl Faulty {
    async fn start(fault: Fault) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        actix_web::rt::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let counted = Arc::clone(&counted);
                actix_web::rt::spawn(async move {
                    let _ = serve(stream, fault, &counted).await;
                });
            }
        });
        Self {
            url: BacklogUrl::parse(&url).unwrap(),
            requests,
        }
    }
}

async fn serve(mut stream: TcpStream, fault: Fault, requests: &AtomicUsize) -> std::io::Result<()> {
    // The client has sent something.
    stream.readable().await?;
    requests.fetch_add(1, Ordering::SeqCst);
    if fault == Fault::Reset {
        // Unread bytes turn the close into a reset.
        stream.read_u8().await?;
        return Ok(());
    }
    read_request(&mut stream).await?;
    match fault {
        Fault::Silent => std::future::pending().await,
        Fault::Cut(bytes) => stream.write_all(bytes.as_bytes()).await,
        Fault::Closed | Fault::Reset => Ok(()),
    }
}

async fn read_request(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let lower = head.to_ascii_lowercase();
            let length = lower
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Ok(());
            }
        }
        if stream.read_buf(&mut read).await? == 0 {
            return Ok(());
        }
    }
}

/// A hub with this timeout for Backlog.
fn hub(timeout: Duration) -> HubServer {
    let options = ClientOptions {
        timeout,
        ..ClientOptions::default()
    };
    let client = BacklogClient::new(options).unwrap();
    let clock = Clock::from_fn(|| DateTime::from_timestamp(1_000, 0).unwrap());
    HubServer::new(client, clock)
}

async fn call(hub: &HubServer, url: &BacklogUrl, tool: &Tool) -> Value {
    let token = Credentials::Bearer("t".into());
    let caller = caller(FixedAccess::new(url.clone(), token));
    let arguments = tool.arguments.as_object().unwrap().clone();
    let version = Some(&ProtocolVersion::V_2025_06_18);
    let called = hub.call_as_json(&caller, version, PlainCall::new(tool.name, arguments));
    serde_json::from_slice(&called.await.unwrap()).unwrap()
}

const TIMEOUT: Duration = Duration::from_secs(30);
const CHECK: &str = "The change may have been made: check before you try again.";
const LATER: &str = "Try again in a moment.";

#[actix_web::test]
async fn a_connection_that_fails_after_sending_leaves_a_change_unknown() {
    let hub = hub(TIMEOUT);
    for (fault, to_write, to_read) in [
        (Fault::Closed, CHECK, LATER),
        (Fault::Reset, CHECK, LATER),
        (CUT_HEAD, CHECK, LATER),
        (CUT_JSON, r#"{"success":true"#, LATER),
        (CUT_UNTYPED_PAGE, CHECK, LATER),
        (CUT_PAGE, CHECK, LATER),
        (CUT_FAILURE, CHECK, "Try again later"),
        (CUT_REFUSAL, "Check ", "Check "),
    ] {
        let backlog = Faulty::start(fault).await;
        for tool in Tool::all() {
            let before = backlog.requests.load(Ordering::SeqCst);
            let result = call(&hub, &backlog.url, &tool).await;
            let text = texts(&result);
            let case = format!("{fault:?} {}: {text}", tool.name);
            let expected = if tool.is_read { to_read } else { to_write };
            assert!(text.starts_with(expected), "{case}");
            let done = fault == CUT_JSON && !tool.is_read;
            assert_eq!(result["isError"] == true, !done, "{case}");
            let known = text.contains("marked as read");
            assert_eq!(text.contains(DONE), done && !known, "{case}");
            let sent = backlog.requests.load(Ordering::SeqCst) - before;
            // A read is sent once more if its connection was lost before a response.
            let is_lost = matches!(fault, Fault::Closed | Fault::Reset) || fault == CUT_HEAD;
            let expected = if tool.is_read && is_lost { 2 } else { 1 };
            assert_eq!(sent, expected, "{case}");
        }
    }
}

#[actix_web::test]
async fn a_response_that_does_not_come_leaves_a_change_unknown() {
    let backlog = Faulty::start(Fault::Silent).await;
    let (hub, tools) = (hub(Duration::from_millis(500)), Tool::all());
    let calls = tools.iter().map(|tool| async {
        let result = call(&hub, &backlog.url, tool).await;
        let text = texts(&result);
        let expected = if tool.is_read { LATER } else { CHECK };
        assert!(text.starts_with(expected), "{}: {text}", tool.name);
    });
    futures_util::future::join_all(calls).await;
}

#[actix_web::test]
async fn without_a_connection_nothing_was_sent() {
    // The port of the discard service, on which nothing listens.
    let url = BacklogUrl::parse("http://127.0.0.1:9").unwrap();
    let hub = hub(TIMEOUT);
    for tool in Tool::all() {
        let result = call(&hub, &url, &tool).await;
        let text = texts(&result);
        let expected = "Nothing was sent: try again in a moment.\nBacklog could not be reached (";
        assert!(text.starts_with(expected), "{}: {text}", tool.name);
        assert_eq!(result["isError"], true);
    }
}

#[actix_web::test]
async fn a_response_of_too_many_values_is_an_error_with_advice() {
    let backlog = FakeBacklog::start(|_| {
        let body = format!("[{}0]", "0,".repeat(200_000));
        HttpResponse::Ok()
            .content_type("application/json")
            .body(body)
    });
    let hub = hub(TIMEOUT);
    for tool in Tool::all() {
        let result = call(&hub, &backlog.url, &tool).await;
        let text = texts(&result);
        let case = format!("{}: {text}", tool.name);
        let is_file = ["attachment", "icon", "shared_file"]
            .iter()
            .any(|part| tool.name.ends_with(part));
        if is_file {
            // Its bytes are not read as JSON.
            assert!(!text.contains("200000 values"), "{case}");
        } else if tool.is_read {
            assert!(
                text.starts_with("Ask for less: fewer rows (`count`)"),
                "{case}"
            );
            assert!(text.contains("has more than 200000 values (GET "), "{case}");
            assert_eq!(result["isError"], true, "{case}");
        } else {
            // The change was made; only the response is missing.
            assert_ne!(result["isError"], true, "{case}");
        }
    }
}

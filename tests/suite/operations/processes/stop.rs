//! SIGTERM stops a process, and no request is lost.

use std::{io, sync::Arc};

use backlog_sim::{Matcher, seed};
use reqwest::StatusCode;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    sync::Barrier,
    task::JoinSet,
};

use crate::support::{
    person::{Person, call, result},
    process::{Deployment, Process, until},
    site::http,
};

/// An issue of the simulated Backlog.
const ISSUE: &str = "HARBOR-1";
const CALLERS: usize = 16;
const REQUEST: &[u8] = b"GET /health HTTP/1.1\r\nHost: hub\r\n\r\n";

fn address(hub: &Process) -> String {
    hub.url.trim_start_matches("http://").to_owned()
}

/// Sends one request over a connection and reads its response: the head, in lower case.
async fn ask(connection: &mut BufReader<TcpStream>) -> io::Result<String> {
    connection.write_all(REQUEST).await?;
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if connection.read_line(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let head = head.to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .and_then(|length| length.parse().ok())
        .expect("a length");
    connection.read_exact(&mut vec![0; length]).await?;
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    Ok(head)
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_in_progress_finish_after_sigterm() {
    let deployment = Deployment::new().await;
    let mut hub = deployment.start().await;
    let tokens = Person::default()
        .sign_in(&deployment.site, seed::DANIEL)
        .await;

    let backlog = deployment.sim.control();
    backlog.hold(Matcher::path("/api/v2/issues/"));
    let arguments = json!({ "issueKey": ISSUE });
    let under_way = tokio::spawn({
        let (url, token) = (hub.url.clone(), tokens.access_token.clone());
        async move { call(&url, &token, "get_issue", arguments).await }
    });
    backlog.wait_for_held(1).await;
    hub.terminate();
    until("new connections are refused", async || {
        let answer = http().get(format!("{}/health", hub.url)).send().await;
        answer.is_err_and(|error| error.is_connect())
    })
    .await;
    assert!(!under_way.is_finished());
    backlog.release();

    let (status, answer) = under_way.await.unwrap();
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(result(&answer)["issueKey"], ISSUE);
    assert_eq!(hub.ended().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_lets_kept_connections_receive_a_last_response() {
    let deployment = Deployment::new().await;
    let mut hub = deployment.start().await;
    // As that of a load balancer that has not noticed yet. A pool of connections would not do:
    // it opens a second one when the first comes back late.
    let connection = TcpStream::connect(address(&hub)).await.unwrap();
    let mut kept = BufReader::new(connection);
    let is_last = |head: &str| head.contains("\r\nconnection: close\r\n");
    assert!(!is_last(&ask(&mut kept).await.unwrap()));

    hub.terminate();
    until("a last answer", async || {
        is_last(&ask(&mut kept).await.unwrap())
    })
    .await;
    // It is the last one: the connection ends, and there is no other.
    assert_eq!(kept.read(&mut [0]).await.unwrap(), 0);
    let refused = TcpStream::connect(address(&hub)).await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    assert_eq!(hub.ended().await.code(), Some(0));
}

/// Opens connections for one request each until one is refused. `busy` is passed when the
/// first one has its response.
async fn connect_until_refused(address: String, busy: Arc<Barrier>) {
    let mut is_first = true;
    loop {
        match TcpStream::connect(&address).await {
            Ok(connection) => {
                let answer = ask(&mut BufReader::new(connection)).await;
                answer.expect("a connection that was opened gets its answer");
            }
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
                return;
            }
        }
        if is_first {
            busy.wait().await;
            is_first = false;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_resets_no_connection_that_was_opened() {
    let deployment = Deployment::new().await;
    let mut hub = deployment.start().await;
    let busy = Arc::new(Barrier::new(CALLERS + 1));
    let callers: JoinSet<_> = (0..CALLERS)
        .map(|_| connect_until_refused(address(&hub), Arc::clone(&busy)))
        .collect();
    busy.wait().await;
    hub.terminate();
    callers.join_all().await;
    assert_eq!(hub.ended().await.code(), Some(0));
}

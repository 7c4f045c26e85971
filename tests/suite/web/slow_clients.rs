//! Clients that send too slowly.

use std::time::Duration;

use backlog_mcp_hub::config::HttpTimeouts;
use backlog_sim::seed;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

use crate::support::{
    hub::{REDIRECT_URI, TestHub},
    person::Person,
    process::DEADLINE,
};

/// A hub with short timeouts for slow clients.
async fn impatient(timeouts: HttpTimeouts) -> TestHub {
    TestHub::start_with(|settings| settings.http_timeouts = timeouts).await
}

const LONG: Duration = Duration::from_mins(1);
const SHORT: Duration = Duration::from_millis(1_500);

/// Sends `start` at once, then a byte now and then, until the hub has answered or ended
/// the connection; what it answered, and how long it bore it.
async fn trickle(hub: &TestHub, start: &str) -> (String, Duration) {
    let began = Instant::now();
    let stream = TcpStream::connect(hub.address())
        .await
        .expect("a connection");
    let (mut reading, mut writing) = stream.into_split();
    let start = start.to_owned();
    let writer = tokio::spawn(async move {
        let mut sent = writing.write_all(start.as_bytes()).await;
        while sent.is_ok() {
            sleep(Duration::from_millis(100)).await;
            sent = writing.write_all(b"a").await;
        }
    });
    let mut answer = [0; 1024];
    let read = timeout(DEADLINE, reading.read(&mut answer))
        .await
        .expect("the hub times out")
        // A reset is an end as well.
        .unwrap_or(0);
    let took = began.elapsed();
    writer.abort();
    (String::from_utf8_lossy(&answer[..read]).into_owned(), took)
}

fn assert_cut_in_time(took: Duration) {
    // Neither at once, nor as late as it would be if every byte gave a new term.
    assert!(took >= SHORT / 2 && took < LONG / 2, "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_never_end_are_cut_off() {
    let hub = impatient(HttpTimeouts {
        headers: SHORT,
        body: LONG,
    })
    .await;
    let start = format!(
        "POST /token HTTP/1.1\r\nHost: {}\r\nX-Slow: ",
        hub.address()
    );
    let (answer, took) = trickle(&hub, &start).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 408 "),
        "{answer}"
    );
    assert_cut_in_time(took);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_trickles_in_is_cut_off() {
    let hub = impatient(HttpTimeouts {
        headers: LONG,
        body: SHORT,
    })
    .await;
    for (path, length) in [
        ("/token", "Content-Length: 16000"),
        ("/register", "Content-Length: 16000"),
        ("/register", "Transfer-Encoding: chunked"),
        ("/revoke", "Content-Length: 16000"),
        ("/consent", "Content-Length: 16000"),
    ] {
        // Of a chunk, so that every byte that follows belongs to the body.
        let chunk = match length.starts_with("Transfer") {
            true => "ea60\r\n",
            false => "",
        };
        let start = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\n{length}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{chunk}",
            hub.address()
        );
        let (answer, took) = trickle(&hub, &start).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{path}: {answer}");
        assert_cut_in_time(took);
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_trickles_in_is_cut_off() {
    let hub = impatient(HttpTimeouts {
        headers: LONG,
        body: SHORT,
    })
    .await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let start = format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Length: 60000\r\n\
         Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\r\n",
        hub.address(),
        tokens.access_token
    );
    let (answer, took) = trickle(&hub, &start).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("the body could not be read"), "{answer}");
    assert_cut_in_time(took);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_slow_but_not_too_slow_gets_its_response() {
    let hub = impatient(HttpTimeouts {
        headers: LONG,
        body: LONG,
    })
    .await;
    let metadata = json!({ "redirect_uris": [REDIRECT_URI] }).to_string();
    let (first, rest) = metadata.split_at(metadata.len() / 2);
    let head = format!(
        "POST /register HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{first}",
        hub.address(),
        metadata.len()
    );
    let mut stream = TcpStream::connect(hub.address())
        .await
        .expect("a connection");
    stream
        .write_all(head.as_bytes())
        .await
        .expect("half of it is sent");
    sleep(SHORT / 10).await;
    stream
        .write_all(rest.as_bytes())
        .await
        .expect("the rest is sent");
    let mut answer = [0; 1024];
    let read = timeout(DEADLINE, stream.read(&mut answer))
        .await
        .expect("an answer in time");
    let answer = String::from_utf8_lossy(&answer[..read.expect("an answer")]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    hub.stop().await;
}

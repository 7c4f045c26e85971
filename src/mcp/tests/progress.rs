//! Progress notifications of a long call.

use std::{pin::pin, sync::Arc};

use actix_web::{
    App, HttpMessage, HttpResponse,
    body::MessageBody,
    dev::Service,
    http::header::{self, ContentType},
    test,
};
use backlog_client::fake::FakeBacklog;
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{HOST, caller_of, post, server};
use crate::mcp::service;

/// An image of one pixel.
const PNG: &[u8] = include_bytes!("../../../tests/fixtures/pixel.png");
const FIRST: usize = 8;

/// A Backlog that sends a file in two parts, the second one on request.
fn backlog(second: &Arc<Notify>) -> FakeBacklog {
    let second = Arc::clone(second);
    FakeBacklog::start(move |_| {
        let second = Arc::clone(&second);
        let parts = stream::unfold(0, move |part| {
            let second = Arc::clone(&second);
            async move {
                let bytes = match part {
                    0 => &PNG[..FIRST],
                    1 => {
                        second.notified().await;
                        &PNG[FIRST..]
                    }
                    _ => return None,
                };
                Some((Ok::<_, std::io::Error>(Bytes::from_static(bytes)), part + 1))
            }
        });
        HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "image/png"))
            .no_chunking(PNG.len() as u64)
            .streaming(parts)
    })
}

/// Requests the file, and returns the content type of the response and its messages. A progress
/// notification triggers the second part.
async fn call(meta: Value, second: &Arc<Notify>) -> (String, Vec<Value>) {
    call_accepting("application/json, text/event-stream", meta, second).await
}

async fn call_accepting(accept: &str, meta: Value, second: &Arc<Notify>) -> (String, Vec<Value>) {
    let backlog = backlog(second);
    let caller = caller_of(&backlog);
    let mcp = service(server(), vec![HOST.to_owned()], 4 << 20).scope("/mcp");
    let app = App::new().service(mcp).wrap_fn(move |request, next| {
        request.extensions_mut().insert(caller.clone());
        next.call(request)
    });
    let app = test::init_service(app).await;
    let params = json!({
        "name": "get_issue_attachment",
        "arguments": {"issueKey": "A-1", "attachmentId": 1},
        "_meta": meta,
    });
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    let request = post("2025-11-25", &message).insert_header((header::ACCEPT, accept));
    let response = test::call_service(&app, request.to_request()).await;
    let kind = response.headers().get(header::CONTENT_TYPE).unwrap();
    let kind = kind.to_str().unwrap().to_owned();

    let mut body = pin!(response.into_body());
    let mut text = String::new();
    while let Some(chunk) = std::future::poll_fn(|cx| body.as_mut().poll_next(cx)).await {
        text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        if text.contains("notifications/progress") {
            second.notify_one();
        }
    }
    let read = |line: &str| serde_json::from_str(line).unwrap();
    let messages = if kind == ContentType::json().to_string() {
        vec![read(&text)]
    } else {
        text.lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .map(read)
            .collect()
    };
    (kind, messages)
}

#[actix_web::test]
async fn a_download_reports_progress_on_request() {
    let (kind, messages) = call(json!({"progressToken": "t"}), &Arc::default()).await;
    assert_eq!(kind, "text/event-stream");
    let (result, progress) = messages.split_last().unwrap();
    assert_eq!(result["result"]["content"][1]["type"], "image", "{result}");
    let size = f64::from(u32::try_from(PNG.len()).unwrap());
    let mut before = 0.0;
    for message in progress {
        assert_eq!(message["method"], "notifications/progress", "{message}");
        assert_eq!(message["params"]["progressToken"], "t");
        assert_eq!(message["params"]["total"], size);
        let done = message["params"]["progress"].as_f64().unwrap();
        assert!(done > before && done <= size, "{message}");
        before = done;
    }
    assert_eq!(progress[0]["params"]["progress"], 8.0);
}

#[actix_web::test]
async fn a_client_without_event_streams_receives_only_the_response() {
    let second = Arc::new(Notify::new());
    // No notification is sent for the first part.
    second.notify_one();
    let meta = json!({"progressToken": "t"});
    let (kind, messages) = call_accepting("application/json", meta, &second).await;
    assert_eq!(kind, "application/json");
    assert_eq!(messages.len(), 1);
    let content = &messages[0]["result"]["content"];
    assert_eq!(content[1]["type"], "image", "{messages:?}");
}

#[actix_web::test]
async fn without_a_progress_token_there_is_one_body() {
    let second = Arc::new(Notify::new());
    second.notify_one();
    let (kind, messages) = call(json!({}), &second).await;
    assert_eq!(kind, "application/json");
    let [response] = messages.as_slice() else {
        panic!("{messages:?}");
    };
    assert_eq!(
        response["result"]["content"][1]["type"], "image",
        "{response}"
    );
}

//! A call is recorded however it ends.

use actix_web::HttpResponse;
use async_trait::async_trait;
use backlog_client::{BacklogUrl, Credentials, fake::FakeBacklog};
use futures_util::FutureExt;
use rmcp::{
    ServerHandler,
    model::{CallToolRequestParams, RequestId},
    service::{RequestContext, serve_directly},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{caller, caller_of, server};
use crate::{
    accounts::access::{AccessError, BacklogAccess},
    audit::{Journal, JournalOptions, Recorder},
    domain::{
        ClientKey, GrantId, SpaceId,
        audit_event::{Actor, AuditEventKind, ToolOutcome},
    },
    mcp::plain::PlainCall,
    metrics::Metrics,
};

/// An access to Backlog that never gives credentials.
struct Closed(BacklogUrl);

#[async_trait]
impl BacklogAccess for Closed {
    fn url(&self) -> &BacklogUrl {
        &self.0
    }

    fn actor(&self) -> Option<Actor> {
        Some(Actor {
            grant: GrantId(Uuid::nil()),
            client: ClientKey(Uuid::nil()),
            space: SpaceId(Uuid::nil()),
        })
    }

    async fn credentials(&self) -> Result<Credentials, AccessError> {
        std::future::pending().await
    }

    async fn renew(&self, _rejected: &Credentials) -> Result<Credentials, AccessError> {
        std::future::pending().await
    }
}

#[actix_web::test]
async fn a_call_that_is_dropped_is_recorded_as_cancelled() {
    let recorder = Recorder {
        metrics: Metrics::new(),
        journal: Some(Journal::new(JournalOptions::default())),
        ..Recorder::default()
    };
    let journal = recorder.journal.clone().unwrap();
    let url = BacklogUrl::parse("https://backlog.example.com").unwrap();
    let server = server()
        .with_recorder(recorder.clone())
        .for_caller(caller(Closed(url)));
    let (transport, _client) = tokio::io::duplex(64);
    let running = serve_directly(server.clone(), transport, None);
    let context = RequestContext::new(RequestId::Number(1), running.peer().clone());

    let params = CallToolRequestParams::new("get_myself");
    let mut call = Box::pin(server.call_tool(params, context));
    assert!(call.as_mut().now_or_never().is_none(), "it waits");
    assert_eq!(journal.load().waiting, 0, "nothing is known of it yet");
    drop(call);

    let recorded = journal.take_batch();
    let [event] = recorded.as_slice() else {
        panic!("one event, not {recorded:?}");
    };
    let AuditEventKind::ToolCalled { tool, outcome, .. } = event.kind else {
        panic!("a call, not {event:?}");
    };
    assert_eq!((tool, outcome), ("get_myself", ToolOutcome::Cancelled));
    let series = r#"bmh_tool_calls_total{tool="get_myself",outcome="cancelled"} 1"#;
    let numbers = recorder.metrics.render().unwrap();
    assert!(numbers.contains(series), "{numbers}");
}

#[actix_web::test]
async fn a_change_is_recorded_by_what_is_known_of_it() {
    for (status, kind, body, outcome) in [
        (200, "application/json", "{}", "ok"),
        (200, "application/json", r#"{"id":"#, "ok"),
        (204, "application/json", "", "ok"),
        (200, "text/html", "<html>", "unconfirmed"),
        (302, "text/html", "", "unconfirmed"),
        (
            500,
            "application/json",
            r#"{"errors":[{"code":1}]}"#,
            "unconfirmed",
        ),
        (404, "text/html", "<html>", "refused"),
        (
            404,
            "application/json",
            r#"{"errors":[{"code":6}]}"#,
            "refused",
        ),
        (429, "text/html", "", "rate_limited"),
        (401, "text/html", "", "sign_in_again"),
    ] {
        let backlog = FakeBacklog::start(move |_| {
            let mut response = HttpResponse::build(status.try_into().unwrap());
            response.content_type(kind).body(body)
        });
        let recorder = Recorder {
            metrics: Metrics::new(),
            ..Recorder::default()
        };
        let server = server().with_recorder(recorder.clone());
        let Value::Object(arguments) = json!({"starId": 1}) else {
            unreachable!("an object is written above")
        };
        let caller = caller_of(&backlog);
        let called = server.call_as_json(&caller, None, PlainCall::new("remove_star", arguments));
        assert!(called.await.is_some());
        let series = format!(r#"bmh_tool_calls_total{{tool="remove_star",outcome="{outcome}"}} 1"#);
        let numbers = recorder.metrics.render().unwrap();
        assert!(numbers.contains(&series), "{status} {body}: {numbers}");
    }
}

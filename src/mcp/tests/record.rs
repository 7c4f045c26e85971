//! A call is recorded however it ends.

use async_trait::async_trait;
use futures_util::FutureExt;
use rmcp::{
    ServerHandler,
    model::{CallToolRequestParams, RequestId},
    service::{RequestContext, serve_directly},
};
use uuid::Uuid;

use super::{caller, server};
use crate::{
    backlog::{BacklogUrl, Credentials},
    domain::{
        ClientKey, GrantId, SpaceId,
        activity::{Actor, Deed, ToolOutcome},
    },
    mcp::{AccessError, BacklogAccess},
    observe::{Journal, JournalOptions, Metrics, Recorder},
};

/// A way to Backlog that never opens.
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
    let Deed::ToolCalled { tool, outcome, .. } = event.deed else {
        panic!("a call, not {event:?}");
    };
    assert_eq!((tool, outcome), ("get_myself", ToolOutcome::Cancelled));
    let series = r#"bmh_tool_calls_total{tool="get_myself",outcome="cancelled"} 1"#;
    let numbers = recorder.metrics.render().unwrap();
    assert!(numbers.contains(series), "{numbers}");
}

//! An answer that is a stream of events, read as it comes.

use std::{collections::VecDeque, time::Duration};

use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tokio::time::timeout;

/// The revision that has subscriptions.
const REVISION: &str = "2026-07-28";
/// Longer than anything takes to be heard of.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct Events {
    answer: Response,
    pending: String,
    messages: VecDeque<Value>,
}

impl Events {
    /// Sends a request that is answered with a stream.
    pub(crate) async fn open(request: RequestBuilder) -> Self {
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self {
            answer,
            pending: String::new(),
            messages: VecDeque::new(),
        }
    }

    /// The next message; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        // Of all together: what only keeps the connection alive is no message.
        let message = timeout(PATIENCE, self.awaited()).await;
        message.expect("a message in time")
    }

    async fn awaited(&mut self) -> Option<Value> {
        while self.messages.is_empty() {
            let chunk = self.answer.chunk().await;
            let chunk = chunk.expect("a whole stream")?;
            self.pending
                .push_str(std::str::from_utf8(&chunk).expect("text"));
            while let Some((line, rest)) = self.pending.split_once('\n') {
                if let Some(data) = line
                    .strip_prefix("data:")
                    .filter(|data| !data.trim().is_empty())
                {
                    self.messages
                        .push_back(serde_json::from_str(data).expect("JSON"));
                }
                self.pending = rest.to_owned();
            }
        }
        self.messages.pop_front()
    }

    /// All that comes until the end.
    pub(crate) async fn rest(mut self) -> Vec<Value> {
        let mut messages = Vec::new();
        while let Some(message) = self.next().await {
            messages.push(message);
        }
        messages
    }
}

/// What makes a request one of revision 2026-07-28.
pub(crate) fn modern(request: RequestBuilder, method: &str, mut params: Value) -> RequestBuilder {
    params["_meta"] = serde_json::json!({
        "io.modelcontextprotocol/protocolVersion": REVISION,
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    request
        .header("MCP-Protocol-Version", REVISION)
        .header("Mcp-Method", method)
        .json(&super::mcp::message(method, params))
}

//! The requests of the loads.

use std::collections::VecDeque;

use anyhow::Context;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, StatusCode, header};
use oauth_values::token::{AccessToken, RefreshToken};
use serde_json::{Value, json};

use crate::{load::Requests, store::CLIENT_ID, world::World};

/// The protocol version before the stateless one, which most clients use.
const PROTOCOL_VERSION: &str = "2025-11-25";

pub(super) fn get_issue() -> Bytes {
    method(
        "tools/call",
        &json!({"name": "get_issue", "arguments": {"issueKey": "HARBOR-1"}}),
    )
}

pub(super) fn tools_list() -> Bytes {
    method("tools/list", &json!({}))
}

fn method(name: &str, parameters: &Value) -> Bytes {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": name, "params": parameters});
    message.to_string().into()
}

fn mcp(host: &str, token: &str, body: Bytes) -> Request<Full<Bytes>> {
    Request::post("/mcp")
        .header(header::HOST, host)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream")
        .header("mcp-protocol-version", PROTOCOL_VERSION)
        .body(Full::new(body))
        .unwrap_or_else(|error| unreachable!("the parts are fixed: {error}"))
}

/// Repeats one message, with its tokens in turn.
pub(super) struct Calls {
    host: String,
    tokens: VecDeque<String>,
    body: Bytes,
    /// Whether a token is used only once.
    once: bool,
    /// A text that every correct response contains.
    proof: &'static str,
}

impl Calls {
    pub(super) fn again_and_again(
        world: &World,
        token: &AccessToken,
        body: Bytes,
        proof: &'static str,
    ) -> Self {
        Self::with(world, [token], body, false, proof)
    }

    pub(super) fn once_each<'a>(
        world: &World,
        tokens: impl IntoIterator<Item = &'a AccessToken>,
        body: Bytes,
        proof: &'static str,
    ) -> Self {
        Self::with(world, tokens, body, true, proof)
    }

    fn with<'a>(
        world: &World,
        tokens: impl IntoIterator<Item = &'a AccessToken>,
        body: Bytes,
        once: bool,
        proof: &'static str,
    ) -> Self {
        Self {
            host: world.address.to_string(),
            tokens: tokens
                .into_iter()
                .map(|token| token.reveal().to_owned())
                .collect(),
            body,
            once,
            proof,
        }
    }

    /// Calls of the pass-through, with Backlog's own token.
    pub(super) fn to_pass_through(
        host: String,
        token: &str,
        body: Bytes,
        proof: &'static str,
    ) -> Self {
        Self {
            host,
            tokens: [token.to_owned()].into(),
            body,
            once: false,
            proof,
        }
    }
}

impl Requests for Calls {
    fn next(&mut self) -> Option<Request<Full<Bytes>>> {
        let token = self.tokens.pop_front()?;
        let request = mcp(&self.host, &token, self.body.clone());
        if !self.once {
            self.tokens.push_back(token);
        }
        Some(request)
    }

    fn check(&mut self, status: StatusCode, body: &Bytes) -> anyhow::Result<()> {
        let text = std::str::from_utf8(body)?;
        let is_error = text.contains("\"isError\":true");
        anyhow::ensure!(
            status.is_success() && text.contains(self.proof) && !is_error,
            "{status}: {}",
            text.chars().take(300).collect::<String>()
        );
        Ok(())
    }
}

/// Refreshes, with a token each, or each with the token from the previous response.
pub(super) struct Refreshes {
    host: String,
    /// The tokens of sessions that are not refreshed yet.
    tokens: VecDeque<String>,
    /// Whether one session is refreshed repeatedly.
    chained: bool,
}

impl Refreshes {
    pub(super) fn chained(world: &World, token: &RefreshToken) -> Self {
        Self::with(world, [token], true)
    }

    pub(super) fn once_each<'a>(
        world: &World,
        tokens: impl IntoIterator<Item = &'a RefreshToken>,
    ) -> Self {
        Self::with(world, tokens, false)
    }

    fn with<'a>(
        world: &World,
        tokens: impl IntoIterator<Item = &'a RefreshToken>,
        chained: bool,
    ) -> Self {
        Self {
            host: world.address.to_string(),
            tokens: tokens
                .into_iter()
                .map(|token| token.reveal().to_owned())
                .collect(),
            chained,
        }
    }
}

impl Requests for Refreshes {
    fn next(&mut self) -> Option<Request<Full<Bytes>>> {
        let token = self.tokens.pop_front()?;
        let form = format!("grant_type=refresh_token&client_id={CLIENT_ID}&refresh_token={token}");
        let request = Request::post("/token")
            .header(header::HOST, &self.host)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(form.into()));
        Some(request.unwrap_or_else(|error| unreachable!("the parts are fixed: {error}")))
    }

    fn check(&mut self, status: StatusCode, body: &Bytes) -> anyhow::Result<()> {
        anyhow::ensure!(
            status.is_success(),
            "{status}: {}",
            String::from_utf8_lossy(body)
        );
        if self.chained {
            let response: Value = serde_json::from_slice(body)?;
            let token = response["refresh_token"]
                .as_str()
                .context("no refresh token")?;
            self.tokens.push_back(token.to_owned());
        }
        Ok(())
    }
}

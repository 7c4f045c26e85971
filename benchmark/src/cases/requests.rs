//! The requests of the loads.

use std::{collections::VecDeque, str::FromStr};

use anyhow::Context;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, StatusCode, header};
use oauth_values::token::{AccessToken, RefreshToken};
use serde_json::{Value, json};

use crate::{load::Requests, store::CLIENT_ID, world::World};

/// A protocol version that the hub serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version(&'static str);

impl Version {
    pub(crate) const ALL: [Self; 5] = [
        Self("2024-11-05"),
        Self("2025-03-26"),
        Self("2025-06-18"),
        Self::HANDSHAKE,
        Self::NEWEST,
    ];
    /// The last one with a handshake.
    pub(crate) const HANDSHAKE: Self = Self("2025-11-25");
    /// The one in which each request describes its client.
    pub(crate) const NEWEST: Self = Self("2026-07-28");

    pub(crate) fn name(self) -> &'static str {
        self.0
    }

    /// The message with these parameters, and the headers that name its `tool`.
    pub(crate) fn message(
        self,
        method: &'static str,
        tool: Option<&'static str>,
        parameters: &Value,
    ) -> Message {
        let mut parameters = parameters.clone();
        let mut headers = vec![("mcp-protocol-version", self.name())];
        if self == Self::NEWEST {
            parameters["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": self.name(),
                "io.modelcontextprotocol/clientInfo": {"name": "benchmark", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            });
            headers.push(("mcp-method", method));
            headers.extend(tool.map(|tool| ("mcp-name", tool)));
        }
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters});
        Message {
            body: body.to_string().into(),
            headers,
        }
    }

    pub(crate) fn call(self, tool: &'static str, arguments: &Value) -> Message {
        let parameters = json!({"name": tool, "arguments": arguments});
        self.message("tools/call", Some(tool), &parameters)
    }

    pub(super) fn get_issue(self) -> Message {
        self.call("get_issue", &json!({"issueKey": "HARBOR-1"}))
    }

    pub(crate) fn tools_list(self) -> Message {
        self.message("tools/list", None, &json!({}))
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut versions = Self::ALL.into_iter();
        versions.find(|version| version.0 == text).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            format!("unknown protocol version; available: {known}")
        })
    }
}

/// A message, and the headers that its protocol version requires.
#[derive(Clone)]
pub(crate) struct Message {
    body: Bytes,
    headers: Vec<(&'static str, &'static str)>,
}

impl Message {
    pub(crate) fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

pub(super) fn get_issue() -> Message {
    Version::HANDSHAKE.get_issue()
}

pub(super) fn tools_list() -> Message {
    Version::HANDSHAKE.tools_list()
}

fn mcp(host: &str, token: &str, message: &Message) -> Request<Full<Bytes>> {
    let mut request = Request::post("/mcp")
        .header(header::HOST, host)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream");
    for (name, value) in &message.headers {
        request = request.header(*name, *value);
    }
    request
        .body(Full::new(message.body.clone()))
        .unwrap_or_else(|error| unreachable!("the parts are fixed: {error}"))
}

/// Repeats one message, with its tokens in turn.
pub(crate) struct Calls {
    host: String,
    tokens: VecDeque<String>,
    message: Message,
    /// Whether a token is used only once.
    once: bool,
    /// A text that every correct response contains.
    proof: &'static str,
}

impl Calls {
    pub(super) fn again_and_again(
        world: &World,
        token: &AccessToken,
        message: Message,
        proof: &'static str,
    ) -> Self {
        Self::with(world, [token], message, false, proof)
    }

    pub(super) fn once_each<'a>(
        world: &World,
        tokens: impl IntoIterator<Item = &'a AccessToken>,
        message: Message,
        proof: &'static str,
    ) -> Self {
        Self::with(world, tokens, message, true, proof)
    }

    fn with<'a>(
        world: &World,
        tokens: impl IntoIterator<Item = &'a AccessToken>,
        message: Message,
        once: bool,
        proof: &'static str,
    ) -> Self {
        Self {
            host: world.address.to_string(),
            tokens: tokens
                .into_iter()
                .map(|token| token.reveal().to_owned())
                .collect(),
            message,
            once,
            proof,
        }
    }

    /// Calls of any server with one of its tokens.
    pub(crate) fn to(host: String, token: &str, message: Message, proof: &'static str) -> Self {
        Self {
            host,
            tokens: [token.to_owned()].into(),
            message,
            once: false,
            proof,
        }
    }
}

impl Requests for Calls {
    fn next(&mut self) -> Option<Request<Full<Bytes>>> {
        let token = self.tokens.pop_front()?;
        let request = mcp(&self.host, &token, &self.message);
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
pub(crate) struct Refreshes {
    host: String,
    client_id: String,
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
            client_id: CLIENT_ID.to_owned(),
            tokens: tokens
                .into_iter()
                .map(|token| token.reveal().to_owned())
                .collect(),
            chained,
        }
    }

    /// Refreshes of one grant at any server.
    pub(crate) fn at(host: String, client_id: String, token: String) -> Self {
        Self {
            host,
            client_id,
            tokens: [token].into(),
            chained: true,
        }
    }
}

impl Requests for Refreshes {
    fn next(&mut self) -> Option<Request<Full<Bytes>>> {
        let token = self.tokens.pop_front()?;
        let client = &self.client_id;
        let form = format!("grant_type=refresh_token&client_id={client}&refresh_token={token}");
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

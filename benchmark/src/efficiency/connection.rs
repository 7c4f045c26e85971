//! A connection to an MCP server: JSON-RPC, one message on each line.

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};

/// The protocol version that both servers speak.
const VERSION: &str = "2025-06-18";

/// A connection to a server, which has been initialized.
pub(super) struct Connection {
    input: BufReader<Box<dyn AsyncRead + Unpin>>,
    output: Box<dyn AsyncWrite + Unpin>,
    last_id: u64,
}

impl Connection {
    /// Begins the session with a server that reads from `output` and writes to `input`.
    pub(super) async fn open(
        input: impl AsyncRead + Unpin + 'static,
        output: impl AsyncWrite + Unpin + 'static,
    ) -> anyhow::Result<Self> {
        let mut connection = Self {
            input: BufReader::new(Box::new(input)),
            output: Box::new(output),
            last_id: 0,
        };
        let client = json!({"name": "benchmark", "version": env!("CARGO_PKG_VERSION")});
        let params = json!({"protocolVersion": VERSION, "capabilities": {}, "clientInfo": client});
        connection.request("initialize", &params).await?;
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        connection.send(&initialized).await?;
        Ok(connection)
    }

    /// Sends a request and returns its result. Notifications of the server are ignored.
    pub(super) async fn request(&mut self, method: &str, params: &Value) -> anyhow::Result<Value> {
        self.last_id += 1;
        let id = self.last_id;
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.send(&message).await?;
        loop {
            let mut line = String::new();
            if self.input.read_line(&mut line).await? == 0 {
                bail!("the server closed the connection during {method}");
            }
            let mut message: Value =
                serde_json::from_str(&line).with_context(|| format!("not JSON: {line}"))?;
            if message["id"] != id {
                continue;
            }
            if !message["error"].is_null() {
                bail!("{method}: {}", message["error"]);
            }
            return Ok(message["result"].take());
        }
    }

    async fn send(&mut self, message: &Value) -> anyhow::Result<()> {
        self.output
            .write_all(format!("{message}\n").as_bytes())
            .await?;
        Ok(self.output.flush().await?)
    }
}

//! An MCP client that starts the program and talks to it on standard input and output.

use std::process::{ExitStatus, Stdio};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::process::DEADLINE;

/// A running program.
pub(crate) struct StdioClient {
    /// What the handshake said of the server.
    pub server: Value,
    process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    log: ChildStderr,
    last_id: u64,
}

impl StdioClient {
    /// Starts the program and shakes hands.
    pub(crate) async fn start(command: Command) -> Self {
        let mut client = Self::spawn(command);
        let hello = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        });
        client.server = client.request("initialize", hello).await;
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        client.send(&initialized).await;
        client
    }

    /// Starts the program for a protocol version without a handshake.
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let output = process.stdout.take().expect("its output");
        Self {
            server: Value::Null,
            input: process.stdin.take().expect("its input"),
            output: BufReader::new(output).lines(),
            log: process.stderr.take().expect("its log"),
            process,
            last_id: 0,
        }
    }

    async fn send(&mut self, message: &Value) {
        let line = format!("{message}\n");
        self.input
            .write_all(line.as_bytes())
            .await
            .expect("the program reads");
    }

    /// The result of a request.
    pub(crate) async fn request(&mut self, method: &str, params: Value) -> Value {
        let mut answer = self.response(method, params).await;
        assert_eq!(answer.get("error"), None);
        answer["result"].take()
    }

    /// The response to a request: its result or its error.
    pub(crate) async fn response(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.send(&message).await;
        loop {
            let line = timeout(DEADLINE, self.output.next_line()).await;
            let Some(line) = line.expect("in time").expect("readable") else {
                let mut said = String::new();
                let _ = self.log.read_to_string(&mut said).await;
                panic!("the program ended; it said: {said}");
            };
            let answer: Value = serde_json::from_str(&line).expect("nothing but JSON-RPC");
            if answer["id"] == id {
                return answer;
            }
        }
    }

    /// The tools by their names.
    pub(crate) async fn tools(&mut self) -> Vec<Value> {
        let mut result = self.request("tools/list", json!({})).await;
        match result["tools"].take() {
            Value::Array(tools) => tools,
            other => panic!("no tools: {other}"),
        }
    }

    /// Calls a tool: whether it failed, and the text.
    pub(crate) async fn call(&mut self, tool: &str, arguments: Value) -> (bool, String) {
        let params = json!({"name": tool, "arguments": arguments});
        let result = self.request("tools/call", params).await;
        let text = result["content"][0]["text"].as_str();
        let text = text.unwrap_or_else(|| panic!("no text in {result}"));
        (result["isError"] == true, text.to_owned())
    }

    /// Calls a tool that succeeds, and reads its JSON.
    pub(crate) async fn json(&mut self, tool: &str, arguments: Value) -> Value {
        let (failed, text) = self.call(tool, arguments).await;
        assert!(!failed, "{text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Hangs up. How the program ended, and its log.
    pub(crate) async fn hang_up(self) -> (ExitStatus, String) {
        let Self {
            mut process,
            input,
            mut log,
            ..
        } = self;
        drop(input);
        let mut said = String::new();
        let ended = async {
            log.read_to_string(&mut said).await.expect("a log");
            process.wait().await.expect("a status")
        };
        let status = timeout(DEADLINE, ended).await.expect("in time");
        (status, said)
    }
}

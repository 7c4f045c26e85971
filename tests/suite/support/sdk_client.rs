//! A program around an official MCP SDK, as `tests/clients/README.md` describes it.

use std::{path::Path, process::Stdio};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::{process::DEADLINE, tool};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Sdk {
    /// As of April 2025.
    NodeV1_10,
    NodeV1,
    NodeV2,
    /// As of May 2025; the state holds its access token.
    PythonV1_8,
    Python,
    Rust,
}

impl Sdk {
    fn command(self) -> Command {
        let (program, script) = match self {
            Self::NodeV1_10 => ("NODE", "clients/node-1.10/sdk-v1.10.mjs"),
            Self::NodeV1 => ("NODE", "clients/node/sdk-v1.mjs"),
            Self::NodeV2 => ("NODE", "clients/node/sdk-v2.mjs"),
            Self::Python => ("PYTHON", "clients/python/client.py"),
            Self::PythonV1_8 => {
                let python = "clients/python-1.8/.venv/bin/python";
                let mut command = Command::new(tool::installed(python));
                command.arg(tool::installed("clients/python-1.8/client.py"));
                return command;
            }
            Self::Rust => {
                return Command::new(tool::installed("clients/rust/target/debug/rmcp-client"));
            }
        };
        let mut command = Command::new(tool::program(program));
        command.arg(tool::installed(script));
        command
    }
}

/// A running client; killed when dropped.
pub(crate) struct SdkClient {
    process: Child,
    commands: ChildStdin,
    events: Lines<BufReader<ChildStdout>>,
}

impl SdkClient {
    /// Starts a client for an MCP endpoint, with its registration and tokens in `state`.
    pub(crate) fn start(sdk: Sdk, url: &str, state: &Path) -> Self {
        let mut process = sdk
            .command()
            .args(["--url", url, "--state"])
            .arg(state)
            .env("NO_PROXY", "*")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the client starts");
        Self {
            commands: process.stdin.take().expect("a pipe"),
            events: BufReader::new(process.stdout.take().expect("a pipe")).lines(),
            process,
        }
    }

    /// The next event, which must be of this kind.
    pub(crate) async fn expect(&mut self, kind: &str) -> Value {
        let line = timeout(DEADLINE, self.events.next_line())
            .await
            .unwrap_or_else(|_| {
                panic!("no event within {} s instead of {kind}", DEADLINE.as_secs())
            })
            .expect("text")
            .unwrap_or_else(|| panic!("the client has ended instead of {kind}"));
        let event: Value = serde_json::from_str(&line).expect("an event");
        assert_eq!(event["event"], kind, "{line}");
        event
    }

    /// Sends a command; the next event must be of the kind that answers it.
    pub(crate) async fn ask(&mut self, command: &Value, kind: &str) -> Value {
        let line = format!("{command}\n");
        let sent = self.commands.write_all(line.as_bytes()).await;
        sent.expect("the client reads");
        self.expect(kind).await
    }

    /// Calls a tool and returns the text of its result, as JSON.
    pub(crate) async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let command = serde_json::json!({ "call": tool, "arguments": arguments });
        let event = self.ask(&command, "result").await;
        super::person::result(&event)
    }

    pub(crate) async fn close(mut self) {
        self.ask(&serde_json::json!({ "close": true }), "closed")
            .await;
        let ended = timeout(DEADLINE, self.process.wait()).await;
        let status = ended.expect("an end in time").expect("an exit status");
        assert!(status.success(), "{status}");
    }
}

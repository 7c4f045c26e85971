//! Lines on standard input: each that asks for something has its response, whatever is in it.

use std::process::Stdio;

use backlog_sim::{BacklogSim, seed};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout},
    time::timeout,
};

use crate::support::{
    hub::sim,
    process::{DEADLINE, program},
};

/// The program, and the ends of its pipes.
struct Pipes {
    sim: BacklogSim,
    process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Pipes {
    async fn open() -> Self {
        let sim = sim().await;
        let key = sim.control().issue_api_key(seed::DANIEL);
        let mut process = program(&["stdio"])
            .env("BACKLOG_DOMAIN", sim.url().as_str())
            .env("BACKLOG_API_KEY", &key)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        Self {
            sim,
            input: process.stdin.take().expect("its input"),
            output: BufReader::new(process.stdout.take().expect("its output")).lines(),
            process,
        }
    }

    /// Behind the handshake of a client of that version.
    async fn of_version(version: &str) -> Self {
        let mut pipes = Self::open().await;
        let answer = pipes.ask(hello(version).to_string().as_bytes()).await;
        assert_eq!(answer["result"]["protocolVersion"], version, "{answer}");
        pipes
            .send(br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
            .await;
        pipes
    }

    async fn send(&mut self, line: &[u8]) {
        self.input.write_all(line).await.expect("read");
        self.input.write_all(b"\n").await.expect("read");
    }

    async fn next(&mut self) -> Value {
        let line = timeout(DEADLINE, self.output.next_line()).await;
        let line = line.expect("in time").expect("readable").expect("a line");
        serde_json::from_str(&line).expect("JSON")
    }

    async fn ask(&mut self, line: &[u8]) -> Value {
        self.send(line).await;
        self.next().await
    }
}

fn hello(version: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": version, "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" },
    }})
}

/// With the code and the id of the error.
const WRONG: [(&[u8], i64, &str); 20] = [
    (b"nonsense", -32700, "null"),
    (b"{", -32700, "null"),
    (b"\xff\xfe", -32700, "null"),
    (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xc3(\"}", -32700, "null"),
    (b"Content-Length: 42", -32700, "null"),
    (br#"{"jsonrpc":"2.0","id":1,"method":"ping"} x"#, -32700, "null"),
    (b"null", -32600, "null"),
    (b"7", -32600, "null"),
    (b"{}", -32600, "null"),
    (br#"{"id":3,"method":"ping"}"#, -32600, "3"),
    (br#"{"jsonrpc":"2.0","id":4}"#, -32600, "4"),
    (br#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600, "null"),
    (br#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600, "null"),
    (br#"{"jsonrpc":"2.0","id":5,"method":7}"#, -32600, "5"),
    (br#"[{"jsonrpc":"2.0","id":6,"method":"ping"}]"#, -32600, "null"),
    (br#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{}}"#, -32602, "7"),
    (
        br#"{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"get_space","arguments":[]}}"#,
        -32602,
        "8",
    ),
    (br#"{"jsonrpc":"2.0","id":"r","method":"resources/read"}"#, -32602, r#""r""#),
    (br#"{"jsonrpc":"2.0","id":9,"method":"prompts/get","params":[]}"#, -32602, "9"),
    (br#"{"jsonrpc":"2.0","id":10,"method":"tools/drop"}"#, -32601, "10"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_no_message_has_its_error() {
    let mut pipes = Pipes::of_version("2025-11-25").await;
    for (line, code, id) in WRONG {
        let answer = pipes.ask(line).await;
        let what = format!("{}: {answer}", String::from_utf8_lossy(line));
        assert_eq!(answer["error"]["code"], code, "{what}");
        assert_eq!(answer["id"].to_string(), id, "{what}");
    }
    let deep = ["[".repeat(5_000), "]".repeat(5_000)].concat();
    let deep = format!(r#"{{"jsonrpc":"2.0","id":11,"method":"ping","params":{{"a":{deep}}}}}"#);
    let answer = pipes.ask(deep.as_bytes()).await;
    assert_eq!(answer["error"]["code"], -32600, "{answer}");
    assert_eq!(answer["id"], 11);
    assert!(
        pipes.sim.control().journal().is_empty(),
        "Backlog was spared"
    );
    let answer = pipes
        .ask(br#"{"jsonrpc":"2.0","id":12,"method":"ping"}"#)
        .await;
    assert!(answer["result"].is_object(), "{answer}");
}

/// A response in return could be answered with an error again, and so for ever.
#[tokio::test(flavor = "multi_thread")]
async fn lines_that_request_nothing_have_no_response() {
    let mut pipes = Pipes::of_version("2025-11-25").await;
    for line in [
        &b""[..],
        b"  \r",
        br#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}"#,
        br#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
        br#"{"id":1,"result":{}}"#,
        br#"{"jsonrpc":"2.0","id":true,"error":{}}"#,
        br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        br#"{"jsonrpc":"2.0","method":"notifications/of/nobody","params":{"x":1}}"#,
        br#"{"jsonrpc":"2.0","method":"$/setTrace","params":[1]}"#,
    ] {
        pipes.send(line).await;
    }
    let answer = pipes
        .ask(br#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#)
        .await;
    assert_eq!(answer["id"], 2, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn half_of_a_surrogate_pair_is_the_replacement_character() {
    let mut pipes = Pipes::of_version("2025-06-18").await;
    let answer = pipes
        .ask(
            br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add_issue_comment","arguments":{"issueKey":"HARBOR-1","content":"a\ud83d"}}}"#,
        )
        .await;
    assert!(answer["result"]["isError"] != true, "{answer}");
    let journal = pipes.sim.control().journal();
    let sent = journal.last().expect("a request to Backlog");
    assert_eq!(sent.param("content"), Some("a\u{fffd}"));
}

/// The errors come before the handshake, too, and it works all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_survives_what_comes_before_it() {
    let mut pipes = Pipes::open().await;
    for (line, code) in [
        (&b"nonsense"[..], -32700),
        (br#"{"jsonrpc":"2.0","id":1,"method":"initialize"}"#, -32602),
        (
            br#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#,
            -32602,
        ),
        (br#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
    ] {
        let answer = pipes.ask(line).await;
        assert_eq!(answer["error"]["code"], code, "{answer}");
    }
    pipes
        .send(br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
        .await;
    pipes.send(br#"{"jsonrpc":"2.0","id":1,"result":{}}"#).await;
    let marked = [b"\xef\xbb\xbf", hello("2024-11-05").to_string().as_bytes()].concat();
    let answer = pipes.ask(&marked).await;
    assert_eq!(
        answer["result"]["protocolVersion"], "2024-11-05",
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_gets_a_response_of_one_line() {
    for version in ["2024-11-05", "2025-03-26"] {
        let mut pipes = Pipes::of_version(version).await;
        let batch = json!([
            { "jsonrpc": "2.0", "id": 1, "method": "ping" },
            { "jsonrpc": "2.0", "method": "notifications/initialized" },
            { "jsonrpc": "2.0", "id": "c", "method": "tools/call",
              "params": { "name": "get_myself", "arguments": {} } },
            { "jsonrpc": "2.0", "id": 1, "method": "ping" },
            7,
        ]);
        let answers = pipes.ask(batch.to_string().as_bytes()).await;
        let answers = answers.as_array().expect("a list");
        assert_eq!(answers.len(), 4, "{answers:?}");
        let of = |id: Value, right: bool| {
            let found = answers.iter().filter(|answer| answer["id"] == id);
            found
                .filter(|answer| answer.get("result").is_some() == right)
                .count()
        };
        assert_eq!(of(json!(1), true), 1, "{answers:?}");
        assert_eq!(of(json!(1), false), 1, "{answers:?}");
        assert_eq!(of(json!("c"), true), 1, "{answers:?}");
        assert_eq!(of(Value::Null, false), 1, "{answers:?}");
        // Nothing for notifications, one error for an empty batch, and it goes on.
        pipes
            .send(br#"[{"jsonrpc":"2.0","method":"notifications/initialized"}]"#)
            .await;
        let answer = pipes.ask(b"[]").await;
        assert_eq!(answer["error"]["code"], -32600, "{answer}");
        let answer = pipes
            .ask(br#"{"jsonrpc":"2.0","id":3,"method":"ping"}"#)
            .await;
        assert_eq!(answer["id"], 3);
    }
}

/// What was asked for is written before the program ends, the last line without its end included.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_line_gets_its_response_before_the_end() {
    let mut pipes = Pipes::of_version("2025-11-25").await;
    pipes.input.write_all(b"nonsense").await.expect("read");
    let Pipes {
        input,
        mut output,
        mut process,
        ..
    } = pipes;
    drop(input);
    let line = timeout(DEADLINE, output.next_line())
        .await
        .expect("in time");
    let line = line.expect("readable").expect("a line");
    assert!(line.contains("-32700"), "{line}");
    assert_eq!(output.next_line().await.expect("readable"), None);
    let status = timeout(DEADLINE, process.wait()).await.expect("in time");
    assert!(status.expect("a status").success());
}

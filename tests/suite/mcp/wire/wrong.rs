//! Invalid messages and invalid requests: the response is a JSON-RPC error that names the problem,
//! with the id of the request where it can be read. Each message is sent to the hub and to the
//! local server.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Endpoint, Local, VERSIONS, message_at, of_hub};
use crate::support::{hub::TestHub, reply::Reply};

const PARSE: i64 = -32700;
const INVALID: i64 = -32600;
const NO_METHOD: i64 = -32601;
const PARAMS: i64 = -32602;

/// Bodies that are no message; the code and the id of the error, as JSON.
const NO_MESSAGES: [(&str, i64, &str); 62] = [
    ("", PARSE, "null"),
    (" \n", PARSE, "null"),
    ("{", PARSE, "null"),
    ("{}}", PARSE, "null"),
    ("}", PARSE, "null"),
    ("]", PARSE, "null"),
    ("[", PARSE, "null"),
    ("[1,]", PARSE, "null"),
    ("nonsense", PARSE, "null"),
    ("undefined", PARSE, "null"),
    ("NaN", PARSE, "null"),
    ("'x'", PARSE, "null"),
    ("<html></html>", PARSE, "null"),
    ("\u{0}", PARSE, "null"),
    ("\u{feff}", PARSE, "null"),
    ("\u{feff}\u{feff}{}", PARSE, "null"),
    (r#"{"jsonrpc":"2.0","id":1,"method":"ping""#, PARSE, "null"),
    (
        r#"{"jsonrpc":"2.0","id":1,"method":"ping"} x"#,
        PARSE,
        "null",
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"method":"ping"}{}"#,
        PARSE,
        "null",
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"method":"ping",}"#,
        PARSE,
        "null",
    ),
    (r#"{"jsonrpc":"2.0","id":1,"method":ping}"#, PARSE, "null"),
    (
        r#"{"jsonrpc":"2.0","id":01,"method":"ping"}"#,
        PARSE,
        "null",
    ),
    (r#"{jsonrpc:"2.0",id:1,method:"ping"}"#, PARSE, "null"),
    (
        r#"{"jsonrpc":"2.0","id":1,"method":"pi	ng"}"#,
        PARSE,
        "null",
    ),
    (r#"{"jsonrpc":"2.0","id":1,"method":"\x"}"#, PARSE, "null"),
    (
        r#"{"jsonrpc":"2.0","id":1,"method":"\ud83"}"#,
        PARSE,
        "null",
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":}}"#,
        PARSE,
        "null",
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"method":"ping"} // the end"#,
        PARSE,
        "null",
    ),
    ("null", INVALID, "null"),
    ("true", INVALID, "null"),
    ("1", INVALID, "null"),
    ("1.5e3", INVALID, "null"),
    (r#""text""#, INVALID, "null"),
    ("{}", INVALID, "null"),
    ("[]", INVALID, "null"),
    (r#"{"id":1}"#, INVALID, "1"),
    (r#"{"jsonrpc":"2.0"}"#, INVALID, "null"),
    (r#"{"jsonrpc":"2.0","id":1}"#, INVALID, "1"),
    (
        r#"{"jsonrpc":"2.0","id":"x","params":{}}"#,
        INVALID,
        r#""x""#,
    ),
    (r#"{"id":1,"method":"ping"}"#, INVALID, "1"),
    (r#"{"id":"x","method":"ping"}"#, INVALID, r#""x""#),
    (r#"{"method":"ping"}"#, INVALID, "null"),
    (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, INVALID, "1"),
    (r#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#, INVALID, "1"),
    (r#"{"jsonrpc":2,"id":1,"method":"ping"}"#, INVALID, "1"),
    (r#"{"jsonrpc":null,"id":1,"method":"ping"}"#, INVALID, "1"),
    (r#"{"jsonrpc":"2.0","id":1,"method":5}"#, INVALID, "1"),
    (r#"{"jsonrpc":"2.0","id":1,"method":null}"#, INVALID, "1"),
    (
        r#"{"jsonrpc":"2.0","id":1,"method":["ping"]}"#,
        INVALID,
        "1",
    ),
    (r#"{"jsonrpc":"2.0","method":{}}"#, INVALID, "null"),
    (
        r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
        INVALID,
        "null",
    ),
    (
        r#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#,
        INVALID,
        "null",
    ),
    (
        r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
        INVALID,
        "null",
    ),
    (
        r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#,
        INVALID,
        "null",
    ),
    (
        r#"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#,
        INVALID,
        "null",
    ),
    (
        r#"{"jsonrpc":"2.0","id":1e40,"method":"ping"}"#,
        INVALID,
        "null",
    ),
    (
        r#"{"jsonrpc":"2.0","id":18446744073709551615,"method":"ping"}"#,
        INVALID,
        "null",
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#,
        INVALID,
        "null",
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}"#,
        INVALID,
        "null",
    ),
    (
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#,
        INVALID,
        "1",
    ),
    (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, INVALID, "any"),
    (
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}"#,
        INVALID,
        "any",
    ),
];

/// Requests with a known method and wrong `params`, and with unknown methods: the code, and what
/// is said.
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn wrong_requests() -> Vec<(&'static str, Option<Value>, i64, &'static str)> {
    let call = "tools/call";
    let complete = "completion/complete";
    let prompt = json!({ "type": "ref/prompt", "name": "x" });
    vec![
        (call, None, PARAMS, "name is required"),
        (call, Some(json!(null)), PARAMS, "name is required"),
        (call, Some(json!({})), PARAMS, "name is required"),
        (call, Some(json!([])), PARAMS, "an object, received a list"),
        (
            call,
            Some(json!("x")),
            PARAMS,
            "an object, received a string",
        ),
        (call, Some(json!(5)), PARAMS, "an object, received a number"),
        (
            call,
            Some(json!(true)),
            PARAMS,
            "an object, received a boolean",
        ),
        (
            call,
            Some(json!({"arguments": {}})),
            PARAMS,
            "name is required",
        ),
        (call, Some(json!({"name": 5})), PARAMS, "name: "),
        (call, Some(json!({"name": null})), PARAMS, "name: "),
        (call, Some(json!({"name": ["get_space"]})), PARAMS, "name: "),
        (
            call,
            Some(json!({"name": "get_space", "arguments": []})),
            PARAMS,
            "arguments: ",
        ),
        (
            call,
            Some(json!({"name": "get_space", "arguments": "x"})),
            PARAMS,
            "arguments: ",
        ),
        (
            call,
            Some(json!({"name": "get_space", "arguments": "{}"})),
            PARAMS,
            "arguments: ",
        ),
        (
            call,
            Some(json!({"name": "get_space", "arguments": 5})),
            PARAMS,
            "arguments: ",
        ),
        (
            call,
            Some(json!({"name": "get_space", "arguments": true})),
            PARAMS,
            "arguments: ",
        ),
        (
            call,
            Some(json!({"name": "get_space", "_meta": 5})),
            PARAMS,
            "_meta: ",
        ),
        (
            call,
            Some(json!({"name": "get_spaces"})),
            PARAMS,
            "get_space",
        ),
        (
            "tools/list",
            Some(json!([])),
            PARAMS,
            "an object, received a list",
        ),
        ("tools/list", Some(json!({"cursor": 5})), PARAMS, "cursor: "),
        (
            "resources/list",
            Some(json!({"cursor": []})),
            PARAMS,
            "cursor: ",
        ),
        (
            "resources/templates/list",
            Some(json!({"cursor": {}})),
            PARAMS,
            "cursor: ",
        ),
        (
            "prompts/list",
            Some(json!("x")),
            PARAMS,
            "an object, received a string",
        ),
        ("resources/read", None, PARAMS, "uri is required"),
        ("resources/read", Some(json!({})), PARAMS, "uri is required"),
        ("resources/read", Some(json!({"uri": 5})), PARAMS, "uri: "),
        (
            "resources/read",
            Some(json!([])),
            PARAMS,
            "an object, received a list",
        ),
        ("prompts/get", None, PARAMS, "name is required"),
        ("prompts/get", Some(json!({})), PARAMS, "name is required"),
        ("prompts/get", Some(json!({"name": {}})), PARAMS, "name: "),
        (
            "prompts/get",
            Some(json!({"name": "x", "arguments": []})),
            PARAMS,
            "arguments: ",
        ),
        (complete, None, PARAMS, "ref is required"),
        (complete, Some(json!({})), PARAMS, "ref is required"),
        (
            complete,
            Some(json!({"ref": prompt})),
            PARAMS,
            "argument is required",
        ),
        (
            complete,
            Some(json!({"ref": {}})),
            PARAMS,
            "ref.type is required",
        ),
        (
            complete,
            Some(json!({"ref": {"type": "ref/prompt"}})),
            PARAMS,
            "ref.name is required",
        ),
        (
            complete,
            Some(json!({"ref": prompt, "argument": {"name": "x"}})),
            PARAMS,
            "argument.value is required",
        ),
        (
            complete,
            Some(json!({"ref": prompt, "argument": "x"})),
            PARAMS,
            "argument: ",
        ),
        ("initialize", None, PARAMS, "protocolVersion is required"),
        (
            "initialize",
            Some(json!({})),
            PARAMS,
            "protocolVersion is required",
        ),
        (
            "initialize",
            Some(json!({"protocolVersion": 1})),
            PARAMS,
            "protocolVersion: ",
        ),
        (
            "initialize",
            Some(json!({"protocolVersion": "2025-06-18"})),
            PARAMS,
            "capabilities is required",
        ),
        (
            "initialize",
            Some(json!({"protocolVersion": "2025-06-18", "capabilities": {}})),
            PARAMS,
            "clientInfo is required",
        ),
        (
            "initialize",
            Some(json!({"protocolVersion": "2025-06-18", "capabilities": {},
                        "clientInfo": {"name": "x"}})),
            PARAMS,
            "clientInfo.version is required",
        ),
        ("nonsense", None, NO_METHOD, "Method not found: nonsense"),
        ("", None, NO_METHOD, "Method not found: "),
        (
            "tools/Call",
            Some(json!({})),
            NO_METHOD,
            "Method not found: tools/Call",
        ),
        (
            "tools/drop",
            Some(json!([])),
            NO_METHOD,
            "Method not found: tools/drop",
        ),
    ]
}

async fn refused(endpoint: &Endpoint, version: Option<&str>, body: &[u8]) -> (StatusCode, Value) {
    let reply = Reply::to(endpoint.post_at(version).body(body.to_vec())).await;
    // In the stream of a local server that has already begun to answer.
    let streamed = reply
        .body
        .lines()
        .find_map(|line| line.strip_prefix("data: "));
    let text = streamed.unwrap_or(&reply.body);
    let answer: Value =
        serde_json::from_str(text).unwrap_or_else(|_| panic!("{}: {}", reply.status, reply.body));
    assert_eq!(answer["jsonrpc"], "2.0", "{answer}");
    assert!(answer.get("result").is_none(), "{answer}");
    let message = answer["error"]["message"].as_str();
    assert!(message.is_some_and(|text| !text.is_empty()), "{answer}");
    (reply.status, answer)
}

async fn check(endpoint: &Endpoint) {
    for version in [None, Some("2025-11-25"), Some("2026-07-28")] {
        for (body, code, id) in NO_MESSAGES {
            let (status, answer) = refused(endpoint, version, body.as_bytes()).await;
            let what = format!("{} {version:?} {body}: {answer}", endpoint.name);
            assert_eq!(status, StatusCode::BAD_REQUEST, "{what}");
            assert_eq!(answer["error"]["code"], code, "{what}");
            if id != "any" {
                assert_eq!(answer["id"].to_string(), id, "{what}");
            }
        }
        for bytes in [
            &b"\xff"[..],
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xc3(\"}",
        ] {
            let (status, answer) = refused(endpoint, version, bytes).await;
            assert_eq!(status, StatusCode::BAD_REQUEST);
            assert_eq!(answer["error"]["code"], PARSE, "{answer}");
        }
        // JSON all the same, and more than is read of it.
        let deep = ["[".repeat(5_000), "]".repeat(5_000)].concat();
        let deep = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"get_space","arguments":{{"a":{deep}}}}}}}"#
        );
        let (status, answer) = refused(endpoint, version, deep.as_bytes()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
        assert_eq!(answer["error"]["code"], INVALID, "{answer}");
        assert_eq!(answer["id"], 1, "{answer}");
    }
    for version in [
        None,
        Some("2024-11-05"),
        Some("2025-06-18"),
        Some("2025-11-25"),
    ] {
        for (method, params, code, said) in wrong_requests() {
            let mut message = json!({ "jsonrpc": "2.0", "id": "the id", "method": method });
            if let Some(params) = params {
                message["params"] = params;
            }
            let body = message.to_string();
            let (status, answer) = refused(endpoint, version, body.as_bytes()).await;
            let what = format!("{} {version:?} {body}: {answer}", endpoint.name);
            assert_eq!(status, StatusCode::OK, "{what}");
            assert_eq!(answer["id"], "the id", "{what}");
            assert_eq!(answer["error"]["code"], code, "{what}");
            let message = answer["error"]["message"].as_str().expect("a message");
            assert!(message.contains(said), "{what}");
        }
        let twice = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call",
                       "params":{"name":"get_space","name":"get_myself"}}"#;
        let (_, answer) = refused(endpoint, version, twice.as_bytes()).await;
        assert_eq!(answer["error"]["code"], PARAMS, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hub_explains_an_invalid_message() {
    let hub = TestHub::start().await;
    let endpoint = of_hub(&hub).await;
    hub.sim.control().clear_journal();
    check(&endpoint).await;
    assert!(hub.sim.control().journal().is_empty(), "Backlog was spared");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_server_explains_an_invalid_message() {
    for streams in [false, true] {
        let local = Local::start(streams).await;
        check(&local.endpoint).await;
        let journal = local.sim.control().journal();
        assert!(journal.is_empty(), "Backlog was spared");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_does_not_exist_is_named_with_those_that_do() {
    let hub = TestHub::start().await;
    let endpoint = of_hub(&hub).await;
    let local = Local::start(false).await;
    for endpoint in [&endpoint, &local.endpoint] {
        for version in ["2099-01-01", "1999-01-01", "latest"] {
            let body = message_at(None, "tools/list", json!({})).to_string();
            let (status, answer) = refused(endpoint, Some(version), body.as_bytes()).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
            assert_eq!(answer["id"], 1, "{answer}");
            assert_eq!(answer["error"]["code"], -32022, "{answer}");
            assert_eq!(answer["error"]["data"]["requested"], version, "{answer}");
            let supported = &answer["error"]["data"]["supported"];
            let newest = VERSIONS[5].expect("a version");
            let supported = supported.as_array().expect("a list");
            assert!(supported.contains(&json!(newest)), "{answer}");
        }
    }
    hub.stop().await;
}

/// A byte order mark is skipped, half of a surrogate pair is the replacement character, and what
/// JSON-RPC has nothing to say of is let be.
#[tokio::test(flavor = "multi_thread")]
async fn unusual_but_readable_bodies_are_served() {
    let hub = TestHub::start().await;
    let endpoint = of_hub(&hub).await;
    let local = Local::start(false).await;
    for (endpoint, sim) in [(&endpoint, &hub.sim), (&local.endpoint, &local.sim)] {
        for version in &VERSIONS[..5] {
            for body in [
                "\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
                " \r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n\n",
                r#"{"jsonrpc":"2.0","id":1,"method":"ping","extra":[1]}"#,
                r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{}}"#,
                r#"{"jsonrpc":"2.0","id":1.0,"method":"\u0070ing"}"#,
            ] {
                let reply = Reply::to(endpoint.post_at(*version).body(body)).await;
                assert_eq!(reply.status, StatusCode::OK, "{body}: {}", reply.body);
                assert!(reply.json()["result"].is_object(), "{body}: {}", reply.body);
            }
        }
        sim.control().clear_journal();
        let comment = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{
            "name":"add_issue_comment","arguments":{
            "issueKey":"HARBOR-1","content":"a\ud83d b\ud83d\ude00 \\ud83d"}}}"#;
        let reply = Reply::to(endpoint.post_at(None).body(comment)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        assert!(reply.json()["result"]["isError"] != true, "{}", reply.body);
        let sent = sim.control().journal();
        let sent = sent.last().expect("a request to Backlog");
        let content = sent.param("content");
        assert_eq!(content, Some("a\u{fffd} b😀 \\ud83d"));
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_another_type_is_refused_as_such() {
    let hub = TestHub::start().await;
    let endpoint = of_hub(&hub).await;
    for kind in [
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        None,
    ] {
        let mut request = crate::support::hub::http()
            .post(&endpoint.url)
            .bearer_auth(endpoint.token.as_deref().expect("a token"))
            .body(message_at(None, "ping", json!({})).to_string());
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let reply = Reply::to(request).await;
        assert_eq!(reply.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(reply.json()["error"]["code"], INVALID, "{}", reply.body);
    }
    hub.stop().await;
}

use rmcp::model::{ErrorData, RequestId};
use tokio::io::{AsyncBufReadExt, BufReader, DuplexStream};

use super::*;

/// A transport between two pipes of the given size, and their other ends.
fn connected(size: usize) -> (Stdio<DuplexStream>, DuplexStream, BufReader<DuplexStream>) {
    let (client_output, input) = tokio::io::duplex(1 << 20);
    let (output, client_input) = tokio::io::duplex(size);
    let transport = Stdio::new(input, output);
    (transport, client_output, BufReader::new(client_input))
}

async fn line(output: &mut BufReader<DuplexStream>) -> serde_json::Value {
    let mut line = String::new();
    output.read_line(&mut line).await.expect("a line");
    serde_json::from_str(&line).expect("JSON")
}

/// The library cancels its wait for a line whenever it has something to write.
#[tokio::test]
async fn no_error_is_lost_when_the_library_stops_waiting() {
    let (mut transport, mut client, mut output) = connected(16);
    client.write_all(b"one\ntwo\n{").await.expect("sent");
    for _ in 0..50 {
        let stopped =
            tokio::time::timeout(std::time::Duration::from_millis(1), transport.receive());
        assert!(stopped.await.is_err(), "there is no message");
    }
    let rest = br#""jsonrpc":"2.0","id":1,"method":"ping"}"#;
    client.write_all(rest).await.expect("sent");
    client.write_all(b"\n").await.expect("sent");
    let received = tokio::spawn(async move {
        let message = transport.receive().await;
        (message, transport)
    });
    for _ in 0..2 {
        assert_eq!(line(&mut output).await["error"]["code"], -32700);
    }
    let (message, _transport) = received.await.expect("no panic");
    assert!(
        matches!(message, Some(JsonRpcMessage::Request(_))),
        "{message:?}"
    );
}

#[tokio::test]
async fn a_batch_is_completed_without_its_canceled_request() {
    let (mut transport, mut client, mut output) = connected(1 << 16);
    batches(&transport.batches).speak(&rmcp::model::ProtocolVersion::V_2025_03_26);
    transport.begun = true;
    let sent = concat!(
        r#"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"ping"}]"#,
        "\n",
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}"#,
        "\n",
    );
    client.write_all(sent.as_bytes()).await.expect("sent");
    for _ in 0..2 {
        transport.receive().await.expect("a request");
    }
    let error = ErrorData::internal_error("x", None);
    let first = JsonRpcMessage::error(error, Some(RequestId::Number(1)));
    transport.send(first).await.expect("taken");
    transport.receive().await.expect("the notification");
    drop(client);
    assert!(transport.receive().await.is_none());
    let responses = line(&mut output).await;
    assert_eq!(responses.as_array().map(Vec::len), Some(1), "{responses}");
    assert_eq!(responses[0]["id"], 1);
}

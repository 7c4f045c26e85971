use proptest::prelude::*;
use rmcp::model::ErrorCode;

use super::*;

fn read(text: &str) -> Result<Received, Refused> {
    Received::read(&Bytes::copy_from_slice(text.as_bytes()))
}

fn kind(text: &str) -> MessageKind {
    match read(text) {
        Ok(Received::One(message)) => message.kind,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_message_is_a_request_a_notification_or_a_response() {
    let request = kind(r#"{"jsonrpc":"2.0","id":"a","method":"ping","params":{},"more":1}"#);
    let id = RequestId::String("a".into());
    let method = "ping".to_owned();
    assert_eq!(request, MessageKind::Request { id, method });
    let notification = kind("\u{feff} {\"jsonrpc\":\"2.0\",\"method\":\"x\"}");
    assert_eq!(notification, MessageKind::Notification);
    assert_eq!(
        kind(r#"{"jsonrpc":"2.0","id":1,"result":null}"#),
        MessageKind::Response
    );
    assert_eq!(
        kind(r#"{"jsonrpc":"2.0","error":{}}"#),
        MessageKind::Response
    );
}

#[test]
fn a_message_is_unchanged_except_for_invalid_characters() {
    let text = |sent: &str| match read(sent) {
        Ok(Received::One(message)) => message.text,
        other => panic!("{other:?}"),
    };
    let right = r#"{"jsonrpc":"2.0", "method":"x", "params":{"a":"\ud83d\ude00"}}"#;
    assert_eq!(text(right), right);
    assert_eq!(
        text(r#"{"jsonrpc":"2.0","method":"x","params":{"\udc00":"\ud83d"}}"#),
        r#"{"jsonrpc":"2.0","method":"x","params":{"\ufffd":"\ufffd"}}"#
    );
    let Ok(Received::Batch(elements)) = read(&format!(" [ {right} , 7 ]")) else {
        panic!("no batch");
    };
    assert_eq!(elements[0].as_ref().expect("a message").text, right);
    assert!(elements[1].is_err());
}

#[test]
fn a_list_is_no_message() {
    let Ok(Received::Batch(elements)) = read(r#"[["2.0",1,"ping"]]"#) else {
        panic!("no batch");
    };
    assert!(elements[0].is_err(), "{elements:?}");
}

#[test]
fn an_invalid_response_is_recognized_as_a_response() {
    for (text, response) in [
        (r#"{"jsonrpc":"1.0","id":1,"result":{}}"#, true),
        (r#"{"error":{}}"#, true),
        (r#"{"jsonrpc":"2.0","id":1,"method":"x","error":{}}"#, false),
        (r#"{"id":1}"#, false),
        ("{", false),
    ] {
        let refused = read(text).expect_err(text);
        assert_eq!(refused.response, response, "{text}");
    }
}

#[test]
fn an_error_without_an_id_has_null_for_it() {
    let refused = read("{").expect_err("no JSON");
    assert_eq!(refused.error.code, ErrorCode::PARSE_ERROR);
    let written: serde_json::Value = serde_json::from_slice(&refused.write()).expect("JSON");
    assert_eq!(written["jsonrpc"], "2.0");
    assert!(written["id"].is_null());
    assert_eq!(written["error"]["code"], -32700);
}

proptest! {
    /// Any input is a message, a batch, or gets an error that is JSON.
    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Err(refused) = Received::read(&Bytes::from(bytes)) {
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&refused.write()).is_ok());
        }
    }

    /// Everything accepted as a message is valid JSON.
    #[test]
    fn a_message_is_json(text in r#"\{("[a-z]*":(1|"2.0"|\[\]|null),?){0,4}\}"#) {
        if let Ok(Received::One(message)) = read(&text) {
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&message.text).is_ok());
        }
    }
}

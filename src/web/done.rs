//! What a client is told in place of an answer for which there is no room, when a tool has changed
//! something: a 503 would have it repeat the call.

use std::collections::BTreeMap;

use actix_web::web::Bytes;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use crate::mcp::DONE;

/// What an answer of a batch may take, in bytes.
const SMALL: usize = 1024;

/// As much of the answer as is kept, unread.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow)]
    result: BTreeMap<&'a str, &'a RawValue>,
}

/// A small answer that says that it was done, to the same request and in the same form: JSON, a
/// list of it, or an event of a stream. `None` if `answer` is no result.
pub fn instead(answer: &[u8]) -> Option<Bytes> {
    match answer.first() {
        Some(b'{') => return small(answer).map(Bytes::from),
        Some(b'[') => return small_list(answer).map(Bytes::from),
        _ => {}
    }
    let mut lines = answer.split(|byte| *byte == b'\n');
    let data = lines.find_map(|line| line.strip_prefix(b"data:"))?;
    let event = format!("data: {}\n\n", small(data)?);
    Some(Bytes::from(event))
}

/// To each request of a batch. Which of them changed something is not known here, so that a long
/// response is not reported as done.
fn small_list(answers: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Any<'a> {
        #[serde(borrow)]
        id: &'a RawValue,
    }
    const LOST: &str = "There is no memory left for the response. If the request was a change, it \
        may have been made: check before sending it again.";
    let answers: Vec<&RawValue> = serde_json::from_slice(answers).ok()?;
    let each = answers.into_iter().map(|answer| {
        let text = answer.get();
        if text.len() <= SMALL {
            return Some(text.to_owned());
        }
        let Any { id } = serde_json::from_str(text).ok()?;
        let error = json!({"code": -32603, "message": LOST});
        Some(json!({"jsonrpc": "2.0", "id": id, "error": error}).to_string())
    });
    let each: Vec<_> = each.collect::<Option<_>>()?;
    Some(format!("[{}]", each.join(",")))
}

fn small(answer: &[u8]) -> Option<String> {
    let Answer { id, mut result } = serde_json::from_slice(answer).ok()?;
    let structured = result.remove("structuredContent").is_some();
    result.remove("content")?;
    // What else there is depends on the revision.
    let mut result: BTreeMap<_, _> = result
        .into_iter()
        .filter_map(|(name, value)| Some((name, serde_json::from_str(value.get()).ok()?)))
        .collect();
    let success = json!({"success": true});
    let texts = [success.to_string(), DONE.to_owned()];
    let texts = texts.map(|text| json!({"type": "text", "text": text}));
    result.insert("content", Value::from(texts.to_vec()));
    if structured {
        let told = json!({"success": true, "_note": DONE});
        result.insert("structuredContent", told);
    }
    Some(json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_request_is_answered_in_the_same_form() {
        let content = json!([{"type": "text", "text": "a ".repeat(50_000)}]);
        for (id, result, expected) in [
            (
                json!(7),
                json!({"content": content, "isError": false}),
                json!({"isError": false}),
            ),
            (
                json!("a\"b"),
                json!({"content": content, "structuredContent": {"a": 1}, "resultType": "complete"}),
                json!({
                    "structuredContent": {"success": true, "_note": DONE},
                    "resultType": "complete",
                }),
            ),
        ] {
            let answer = json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string();
            let mut expected = json!({"jsonrpc": "2.0", "id": id, "result": expected});
            expected["result"]["content"] = json!([
                {"type": "text", "text": "{\"success\":true}"},
                {"type": "text", "text": DONE},
            ]);
            let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
            assert_eq!(read(&instead(answer.as_bytes()).unwrap()), expected);

            let event = format!("id: 3\ndata: {answer}\n\n");
            let told = instead(event.as_bytes()).unwrap();
            let told = told.strip_prefix(b"data: ").unwrap();
            assert!(told.ends_with(b"\n\n"));
            assert_eq!(read(told), expected);
        }
    }

    #[test]
    fn each_request_of_a_batch_is_answered() {
        let long = "a ".repeat(50_000);
        let answers = json!([
            {"jsonrpc": "2.0", "id": 1, "result": {}},
            {"jsonrpc": "2.0", "id": 2, "result": {"content": [{"type": "text", "text": long}]}},
            {"jsonrpc": "2.0", "id": "x", "result": {"tools": [long]}},
        ]);
        let told = instead(answers.to_string().as_bytes()).unwrap();
        assert!(told.len() < 2048);
        let told: Value = serde_json::from_slice(&told).unwrap();
        assert_eq!(told[0], answers[0]);
        for (place, id) in [(1, json!(2)), (2, json!("x"))] {
            assert_eq!(told[place]["id"], id);
            assert_eq!(told[place]["error"]["code"], -32603);
        }
    }

    #[test]
    fn what_is_no_result_is_not_told_as_done() {
        for answer in [
            "",
            "{",
            "text",
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}"#,
            ": comment\n\n",
        ] {
            assert_eq!(instead(answer.as_bytes()), None, "{answer}");
        }
    }
}

//! A small response in place of one that exceeds the memory budget, after a tool has changed
//! something: a 503 would make the client repeat the call.

use std::collections::BTreeMap;

use actix_web::web::Bytes;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use crate::calls::failure::DONE;

/// The size limit for one response of a batch, in bytes.
const SMALL: usize = 1024;

/// The part of the response that is kept, unparsed.
#[derive(Deserialize)]
struct ToolResponse<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow)]
    result: BTreeMap<&'a str, &'a RawValue>,
}

/// A small response that says that the call was done, to the same request and in the same form:
/// JSON, a list of JSON, or an event of a stream. `None` if `response` is not a result.
pub(super) fn replacement(response: &[u8]) -> Option<Bytes> {
    match response.first() {
        Some(b'{') => return small(response).map(Bytes::from),
        Some(b'[') => return small_list(response).map(Bytes::from),
        _ => {}
    }
    let mut lines = response.split(|byte| *byte == b'\n');
    let data = lines.find_map(|line| line.strip_prefix(b"data:"))?;
    let event = format!("data: {}\n\n", small(data)?);
    Some(Bytes::from(event))
}

/// Replaces the long responses of a batch. It is not known which of them changed something, so a
/// long response is not reported as done.
fn small_list(responses: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Any<'a> {
        #[serde(borrow)]
        id: &'a RawValue,
    }
    const LOST: &str = "There is no memory left for the response. If the request was a change, it \
        may have been made: check before you send it again.";
    let responses: Vec<&RawValue> = serde_json::from_slice(responses).ok()?;
    let each = responses.into_iter().map(|response| {
        let text = response.get();
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

fn small(response: &[u8]) -> Option<String> {
    let ToolResponse { id, mut result } = serde_json::from_slice(response).ok()?;
    let structured = result.remove("structuredContent").is_some();
    result.remove("content")?;
    // The other fields depend on the protocol version.
    let mut result: BTreeMap<_, _> = result
        .into_iter()
        .filter_map(|(name, value)| Some((name, serde_json::from_str(value.get()).ok()?)))
        .collect();
    let success = json!({"success": true});
    let texts = [success.to_string(), DONE.to_owned()];
    let texts = texts.map(|text| json!({"type": "text", "text": text}));
    result.insert("content", Value::from(texts.to_vec()));
    if structured {
        let note = json!({"success": true, "_note": DONE});
        result.insert("structuredContent", note);
    }
    Some(json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replacement_has_the_id_and_the_form_of_the_response() {
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
            let response = json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string();
            let mut expected = json!({"jsonrpc": "2.0", "id": id, "result": expected});
            expected["result"]["content"] = json!([
                {"type": "text", "text": "{\"success\":true}"},
                {"type": "text", "text": DONE},
            ]);
            let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
            assert_eq!(read(&replacement(response.as_bytes()).unwrap()), expected);

            let event = format!("id: 3\ndata: {response}\n\n");
            let replaced = replacement(event.as_bytes()).unwrap();
            let replaced = replaced.strip_prefix(b"data: ").unwrap();
            assert!(replaced.ends_with(b"\n\n"));
            assert_eq!(read(replaced), expected);
        }
    }

    #[test]
    fn each_request_of_a_batch_gets_a_response() {
        let long = "a ".repeat(50_000);
        let responses = json!([
            {"jsonrpc": "2.0", "id": 1, "result": {}},
            {"jsonrpc": "2.0", "id": 2, "result": {"content": [{"type": "text", "text": long}]}},
            {"jsonrpc": "2.0", "id": "x", "result": {"tools": [long]}},
        ]);
        let replaced = replacement(responses.to_string().as_bytes()).unwrap();
        assert!(replaced.len() < 2048);
        let replaced: Value = serde_json::from_slice(&replaced).unwrap();
        assert_eq!(replaced[0], responses[0]);
        for (place, id) in [(1, json!(2)), (2, json!("x"))] {
            assert_eq!(replaced[place]["id"], id);
            assert_eq!(replaced[place]["error"]["code"], -32603);
        }
    }

    #[test]
    fn only_results_are_replaced() {
        for response in [
            "",
            "{",
            "text",
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}"#,
            ": comment\n\n",
        ] {
            assert_eq!(replacement(response.as_bytes()), None, "{response}");
        }
    }
}

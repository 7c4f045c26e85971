//! Explains invalid `params` of the methods of this server. The protocol's library treats such a
//! request as an unknown method, and a client would read its −32601 as "this server has no tools".

use rmcp::model::{
    CallToolRequestParams, CompleteRequestParams, ErrorCode, ErrorData, GetPromptRequestParams,
    InitializeRequestParams, PaginatedRequestParams, ReadResourceRequestParams, RequestMetaObject,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::message::{self, Message, MessageKind, Refused};

/// The `params` of methods without parameters.
#[derive(Deserialize)]
struct Nothing {
    #[serde(default, rename = "_meta")]
    _meta: Option<RequestMetaObject>,
}

/// The error for a request that the protocol's library could not parse.
pub(super) fn refusal(method: &str, params: Option<Value>) -> ErrorData {
    let problem = match method {
        "initialize" => problem::<InitializeRequestParams>(params),
        "tools/call" => problem::<CallToolRequestParams>(params),
        "resources/read" => problem::<ReadResourceRequestParams>(params),
        "prompts/get" => problem::<GetPromptRequestParams>(params),
        "completion/complete" => problem::<CompleteRequestParams>(params),
        "tools/list" | "prompts/list" | "resources/list" | "resources/templates/list" => {
            problem::<PaginatedRequestParams>(params)
        }
        "ping" | "server/discover" | "subscriptions/listen" => problem::<Nothing>(params),
        _ => return no_method(method),
    };
    ErrorData::invalid_params(format!("Invalid params for {method}: {problem}"), None)
}

/// Whether the page in the `params` of a listing method is valid. The `params` of other methods are
/// not checked.
pub(super) fn is_right_page(method: &str, params: &str) -> bool {
    const LISTS: [&str; 4] = [
        "tools/list",
        "prompts/list",
        "resources/list",
        "resources/templates/list",
    ];
    !LISTS.contains(&method) || serde_json::from_str::<PaginatedRequestParams>(params).is_ok()
}

pub(super) fn no_method(method: &str) -> ErrorData {
    let message = format!("Method not found: {method}");
    ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message, None)
}

/// The error for a message that the protocol's library could not parse at all, although its
/// envelope is valid; `detail` is the library's message.
pub(super) fn unreadable(message: &Message, detail: &str) -> Refused {
    #[derive(Deserialize)]
    struct Request {
        method: String,
        #[serde(default)]
        params: Option<Value>,
    }
    let id = match &message.kind {
        MessageKind::Request { id, .. } => Some(id.clone()),
        MessageKind::Notification | MessageKind::Response => None,
    };
    match serde_json::from_slice::<Request>(&message.text) {
        Ok(Request { method, params }) if id.is_some() => {
            Refused::new(id, refusal(&method, params))
        }
        // It may be nested too deeply, for example.
        _ => message::no_request(id, detail),
    }
}

fn problem<P: DeserializeOwned>(params: Option<Value>) -> String {
    let params = match params {
        None | Some(Value::Null) => Value::Object(serde_json::Map::new()),
        Some(params @ Value::Object(_)) => params,
        Some(other) => return format!("expected an object, received {}", form(&other)),
    };
    match serde_path_to_error::deserialize::<_, P>(params) {
        Ok(_) => "a member occurs twice or is invalid".to_owned(),
        Err(error) => {
            let path = error.path().to_string();
            describe(&path, &error.into_inner().to_string())
        }
    }
}

/// Rewrites serde's message in the terms of the protocol.
fn describe(path: &str, message: &str) -> String {
    let missing = message
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split_once('`'));
    match (missing, path) {
        (Some((field, _)), ".") => format!("{field} is required"),
        (Some((field, _)), path) => format!("{path}.{field} is required"),
        (None, ".") => message.to_owned(),
        (None, path) => {
            let message = message.replace("expected a map", "expected an object");
            format!("{path}: {message}")
        }
    }
}

fn form(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn missing_values_are_named() {
        for (method, params, expected) in [
            ("tools/call", json!({}), "name is required"),
            ("tools/call", json!(null), "name is required"),
            (
                "tools/call",
                json!([]),
                "expected an object, received a list",
            ),
            (
                "tools/call",
                json!({"name": 5}),
                "name: invalid type: integer `5`",
            ),
            (
                "tools/call",
                json!({"name": "x", "arguments": []}),
                "arguments: ",
            ),
            (
                "tools/call",
                json!({"name": "x", "arguments": "{}"}),
                "arguments: ",
            ),
            ("resources/read", json!({}), "uri is required"),
            ("prompts/get", json!({}), "name is required"),
            ("completion/complete", json!({}), "ref is required"),
            (
                "completion/complete",
                json!({"ref": {"type": "ref/prompt", "name": "x"}}),
                "argument is required",
            ),
            (
                "completion/complete",
                json!({"ref": {"type": "ref/prompt"}, "argument": {"name": "a", "value": ""}}),
                "ref.name is required",
            ),
            ("initialize", json!({}), "protocolVersion is required"),
            (
                "initialize",
                json!({"protocolVersion": "2025-06-18", "capabilities": {}}),
                "clientInfo is required",
            ),
            (
                "initialize",
                json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {}}),
                "clientInfo.name is required",
            ),
            ("tools/list", json!({"cursor": 7}), "cursor: "),
            ("ping", json!("x"), "expected an object, received a string"),
        ] {
            let refused = refusal(method, Some(params.clone()));
            assert_eq!(refused.code, ErrorCode::INVALID_PARAMS, "{method} {params}");
            let prefix = format!("Invalid params for {method}: {expected}");
            assert!(refused.message.starts_with(&prefix), "{}", refused.message);
        }
        let refused = refusal("tools/drop", None);
        assert_eq!(refused.code, ErrorCode::METHOD_NOT_FOUND);
        assert_eq!(refused.message, "Method not found: tools/drop");
    }
}

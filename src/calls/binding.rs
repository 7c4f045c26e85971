//! What a confirmation is bound to: the principal of a call, the tool and its arguments.

use rmcp::model::JsonObject;
use sealing::Place;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::caller::Caller;

/// Everything that a confirmation is bound to but the time.
#[derive(Debug)]
pub(crate) struct Binding {
    row: String,
    space: String,
}

impl Binding {
    /// Reads the binding of a call.
    pub(crate) async fn of(caller: &Caller, tool: &str, arguments: &JsonObject) -> Self {
        let mut digest = Sha256::new();
        // No part of it has a line break, so that two calls never have the same lines.
        digest.update(format!("{}\n{tool}\n", principal(caller).await));
        digest.update(sorted(&Value::Object(arguments.clone())).to_string());
        Self {
            row: hex(&digest.finalize()),
            space: caller.access.url().to_string(),
        }
    }

    /// The place of what is sealed or tagged for the call.
    pub(crate) fn place(&self, column: &'static str) -> Place<'_> {
        Place {
            table: "tool_calls",
            column,
            row: &self.row,
            bound_to: &self.space,
        }
    }
}

/// The principal of a call: a grant, or the holder of a key.
async fn principal(caller: &Caller) -> String {
    if let Some(actor) = caller.access.actor() {
        return format!("grant {}", actor.grant);
    }
    let url = caller.access.url();
    match caller.access.credentials().await {
        Ok(credentials) => format!("key {}", hex(credentials.fingerprint(url).as_bytes())),
        // The call itself reports it.
        Err(_) => "none".to_owned(),
    }
}

/// The same JSON with the members of objects in order: a client may write them in another one.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut names: Vec<_> = members.keys().collect();
            names.sort_unstable();
            let members = names
                .into_iter()
                .map(|name| (name.clone(), sorted(&members[name])));
            Value::Object(members.collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_order_of_members_makes_no_difference() {
        let one: Value = serde_json::from_str(r#"{"a":1,"b":[{"c":1,"d":2}]}"#).unwrap();
        let other: Value = serde_json::from_str(r#"{"b":[{"d":2,"c":1}],"a":1}"#).unwrap();
        assert_eq!(sorted(&one).to_string(), sorted(&other).to_string());
        let different = json!({"a": 1, "b": [{"c": 1, "d": 3}]});
        assert_ne!(sorted(&one).to_string(), sorted(&different).to_string());
        let items = (json!([1, 2]), json!([2, 1]));
        assert_ne!(sorted(&items.0).to_string(), sorted(&items.1).to_string());
    }
}

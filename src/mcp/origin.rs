//! The mark on what is returned from Backlog: users of the space wrote these texts, so a host or a
//! model must take them for data, whatever they ask for.
//!
//! The protocol has no field of its own for this. Hosts that know the key can handle the content
//! more strictly; the instructions of the server say the same to models.

use rmcp::model::MetaObject;
use serde_json::{Map, Value};

/// Key in `_meta` of the results of `tools/call` and `resources/read`.
pub(super) const UNTRUSTED_CONTENT: &str = "backlog-mcp-hub/untrustedContentHint";

/// `_meta` of a result with content that users of Backlog wrote.
pub(super) fn meta() -> MetaObject {
    let mark = (UNTRUSTED_CONTENT.to_owned(), Value::Bool(true));
    MetaObject(Map::from_iter([mark]))
}

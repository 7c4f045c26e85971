//! Marks results with content from Backlog: users of the space wrote it, so a host or a model must
//! treat it as data and not as instructions.
//!
//! The protocol has no field for this. Hosts that know the key can handle the content more
//! strictly; the server's instructions give models the same rule.

use rmcp::model::MetaObject;
use serde_json::{Map, Value};

/// The key in `_meta` of the results of `tools/call` and `resources/read`.
pub(crate) const UNTRUSTED_CONTENT: &str = "backlog-mcp-hub/untrustedContentHint";

/// Returns the `_meta` of a result with content that users of Backlog wrote.
pub(crate) fn meta() -> MetaObject {
    let mark = (UNTRUSTED_CONTENT.to_owned(), Value::Bool(true));
    MetaObject(Map::from_iter([mark]))
}

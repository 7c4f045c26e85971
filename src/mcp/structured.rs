//! The result of a tool once more, as JSON for programs (`structuredContent`).
//!
//! One shape in every revision: an object as Backlog returns it, a list as `{"items": […]}`,
//! because 2025-06-18 and 2025-11-25 want an object. It holds what the text holds, selected and
//! cut alike. No tool declares an output schema: sixty of them would double `tools/list`.

use rmcp::{RoleServer, model::ProtocolVersion, service::RequestContext};
use serde_json::{Value, json};

use super::ToolOptions;

/// Whether the operator wants it and the client's revision knows it.
pub(super) fn wanted(options: &ToolOptions, context: &RequestContext<RoleServer>) -> bool {
    let revision = context.protocol_version();
    // Revisions are dates.
    options.structured_content
        && revision.is_some_and(|it| it.as_str() >= ProtocolVersion::V_2025_06_18.as_str())
}

/// `notes` are what the text says of what a list lacks.
pub(super) fn of(value: Value, notes: &[String]) -> Value {
    match value {
        value @ Value::Object(_) => value,
        items @ Value::Array(_) if notes.is_empty() => json!({"items": items}),
        items @ Value::Array(_) => json!({"items": items, "note": notes.join(" ")}),
        value => json!({"value": value}),
    }
}

//! Repeats the result of a tool as JSON for programs (`structuredContent`).
//!
//! It has one form in every protocol version: an object as Backlog returns it, a list as `{"items":
//! […]}`, because 2025-06-18 and 2025-11-25 require an object. It has the same content as the text,
//! selected and truncated in the same way, and the notes: as `note` of a list, as `_note` in an
//! object. No tool declares an output schema: sixty of them would double `tools/list`.

use rmcp::model::ProtocolVersion;
use serde_json::Value;

use super::options::ToolOptions;

/// Whether the operator enables it and the client's protocol version supports it.
pub(crate) fn is_enabled(options: &ToolOptions, version: Option<&ProtocolVersion>) -> bool {
    // Versions are dates, so they can be compared as text.
    options.structured_content
        && version.is_some_and(|it| it.as_str() >= ProtocolVersion::V_2025_06_18.as_str())
}

/// Returns the object for `json`, as JSON. `notes` are the notes on the text.
pub(crate) fn of(json: &str, notes: &[String]) -> String {
    let note = || Value::from(notes.join(" ")).to_string();
    match (json.as_bytes().first(), notes.is_empty()) {
        (Some(b'{'), true) => json.to_owned(),
        (Some(b'{'), false) => {
            let fields = json.trim_end().strip_suffix('}').unwrap_or(json).trim_end();
            let comma = if fields.ends_with('{') { "" } else { "," };
            [fields, comma, "\"_note\":", &note(), "}"].concat()
        }
        (Some(b'['), true) => ["{\"items\":", json, "}"].concat(),
        (Some(b'['), false) => ["{\"items\":", json, ",\"note\":", &note(), "}"].concat(),
        (_, true) => ["{\"value\":", json, "}"].concat(),
        (_, false) => ["{\"value\":", json, ",\"note\":", &note(), "}"].concat(),
    }
}

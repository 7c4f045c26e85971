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

/// Appends the object for `json`, as JSON. `notes` are the notes on the text.
pub(crate) fn write(out: &mut Vec<u8>, json: &str, notes: &[String]) {
    let (start, json, name) = match json.as_bytes().first() {
        Some(b'{') if notes.is_empty() => return out.extend_from_slice(json.as_bytes()),
        Some(b'{') => {
            let fields = json.trim_end().strip_suffix('}').unwrap_or(json).trim_end();
            let name = match fields.ends_with('{') {
                true => "\"_note\":",
                false => ",\"_note\":",
            };
            ("", fields, name)
        }
        Some(b'[') => ("{\"items\":", json, ",\"note\":"),
        _ => ("{\"value\":", json, ",\"note\":"),
    };
    for part in [start, json] {
        out.extend_from_slice(part.as_bytes());
    }
    if !notes.is_empty() {
        let note = Value::from(notes.join(" ")).to_string();
        for part in [name, &note] {
            out.extend_from_slice(part.as_bytes());
        }
    }
    out.push(b'}');
}

/// Returns the object for `json`; `None` if that is more than the parser accepts.
pub(crate) fn of(json: &str, notes: &[String]) -> Option<Value> {
    let mut object = Vec::new();
    write(&mut object, json, notes);
    serde_json::from_slice(&object).ok()
}

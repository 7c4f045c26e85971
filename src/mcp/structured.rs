//! The result of a tool once more, as JSON for programs (`structuredContent`).
//!
//! One shape in every revision: an object as Backlog returns it, a list as `{"items": […]}`,
//! because 2025-06-18 and 2025-11-25 want an object. It holds what the text holds, selected and
//! cut alike, and the notes that stand beside the text: as `note` of a list, as `_note` in an
//! object. No tool declares an output schema: sixty of them would double `tools/list`.

use rmcp::model::ProtocolVersion;
use serde_json::Value;

use super::ToolOptions;

/// Whether the operator wants it and the client's revision knows it.
pub(super) fn wanted(options: &ToolOptions, revision: Option<&ProtocolVersion>) -> bool {
    // Revisions are dates.
    options.structured_content
        && revision.is_some_and(|it| it.as_str() >= ProtocolVersion::V_2025_06_18.as_str())
}

/// The object for `json`, as JSON. `notes` are what stands beside the text.
pub(super) fn of(json: &str, notes: &[String]) -> String {
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

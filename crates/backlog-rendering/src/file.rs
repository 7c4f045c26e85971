//! Attached and shared files.

use bytesize::ByteSize;
use serde_json::Value;

use crate::{Renderer, inline, json, markdown::Markdown};

impl Renderer {
    /// Writes a file with its size and the id that reads it: `trace.log (20.5 kB, id 660418)`. A
    /// shared file has its folder before its name.
    pub fn file(&self, file: &Value) -> Option<String> {
        let name = file["name"].as_str().unwrap_or_default();
        let folder = file["dir"].as_str().unwrap_or_default();
        let path = inline::line(&format!("{folder}{name}"));
        if path.is_empty() {
            return None;
        }
        let kind = (!folder.is_empty()).then(|| match file["type"].as_str() {
            Some("directory") => "shared folder".to_owned(),
            _ => "shared file".to_owned(),
        });
        let size = file["size"].as_u64();
        let size = size.map(|bytes| ByteSize::b(bytes).display().si().to_string());
        let id = json::id(&file["id"]).map(|id| format!("id {id}"));
        let facts: Vec<_> = [kind, size, id].into_iter().flatten().collect();
        Some(if facts.is_empty() {
            path
        } else {
            format!("{path} ({})", facts.join(", "))
        })
    }

    /// Writes the text of a file in a fence, with who attached the file and when.
    pub fn file_text(&self, file: &Value, text: &str) -> Markdown {
        let name = self.file(file).unwrap_or_else(|| "File".to_owned());
        let mut page = Markdown::titled(&name);
        let who = self.person(&file["createdUser"]);
        let who = who.unwrap_or_else(|| "an unknown user".to_owned());
        let when = self.day_of_moment(&file["created"]);
        let when = when.map(|when| format!(" on {when}")).unwrap_or_default();
        let credit = format!("attached by {who}{when}");
        page.line(&format!("- {credit}"));
        page.quote(&format!("text of {name}, {credit}"), text);
        page
    }

    /// Writes the section of all files of a thing, with who attached each and when.
    pub(crate) fn files(&self, page: &mut Markdown, thing: &Value) {
        let attached = json::items(&thing["attachments"]).iter();
        let shared = json::items(&thing["sharedFiles"]).iter();
        let lines: Vec<_> = attached
            .chain(shared)
            .filter_map(|file| {
                let event = self.event(&file["created"], &file["createdUser"]);
                let event = event.map(|event| format!(", {event}")).unwrap_or_default();
                let file = inline::at_start(self.file(file)?);
                Some(format!("- {file}{event}"))
            })
            .collect();
        if lines.is_empty() {
            return;
        }
        page.heading(2, "Files");
        for line in lines {
            page.line(&line);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_file_has_its_size_and_id() {
        let renderer = Renderer::new("https://acme.backlog.com", chrono_tz::UTC);
        for (file, expected) in [
            (
                json!({"id": 660_418, "name": "trace.log", "size": 20481}),
                Some("trace.log (20.5 kB, id 660418)"),
            ),
            (
                json!({"id": 1, "name": "見積表.xlsx", "size": 12}),
                Some("見積表.xlsx (12 B, id 1)"),
            ),
            (
                json!({"id": 77, "type": "file", "dir": "/specs/", "name": "flow.pdf", "size": 99120}),
                Some("/specs/flow.pdf (shared file, 99.1 kB, id 77)"),
            ),
            (
                json!({"id": 78, "type": "directory", "dir": "/", "name": "specs", "size": null}),
                Some("/specs (shared folder, id 78)"),
            ),
            (json!({"name": "# a\u{202e}|b\n```"}), Some("# a\\|b\\n```")),
            (json!({"id": 1, "name": " "}), None),
            (json!([]), None),
        ] {
            assert_eq!(renderer.file(&file).as_deref(), expected, "{file}");
        }
    }
}

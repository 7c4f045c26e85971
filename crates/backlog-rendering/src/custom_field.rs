//! The values of custom fields, as `name: value`.

use serde_json::Value;

use crate::{Renderer, inline, json, markdown::Markdown};

/// Values of `fieldTypeId`.
const LONG_TEXT: u64 = 2;
const DATE: u64 = 4;

impl Renderer {
    /// Writes the value of a custom field on one line: text, number, day, or items by name with
    /// what was entered beside them. `None` if it is empty.
    pub fn custom_value(&self, field: &Value) -> Option<String> {
        let value = match field["fieldTypeId"].as_u64() {
            Some(DATE) => self.day(&field["value"]),
            _ => json::text(&field["value"]),
        };
        match (value, json::text(&field["otherValue"])) {
            (Some(value), Some(other)) => Some(format!("{value} ({other})")),
            (value, other) => value.or(other),
        }
    }

    /// Writes the section of all custom fields that have a value; texts of many lines in fences.
    pub(crate) fn custom_fields(&self, page: &mut Markdown, thing: &Value) {
        let fields = json::items(&thing["customFields"]).iter();
        let mut named = fields
            .filter_map(|field| {
                let name = field["name"].as_str().map(inline::leading)?;
                Some((name, self.custom_value(field)?, field))
            })
            .peekable();
        if named.peek().is_some() {
            page.heading(2, "Custom fields");
        }
        let mut long_texts = Vec::new();
        for (name, value, field) in named {
            match field["value"].as_str() {
                Some(text) if field["fieldTypeId"] == LONG_TEXT && text.trim().contains('\n') => {
                    long_texts.push((name, text));
                }
                _ => page.field(&name, Some(value)),
            }
        }
        for (name, text) in long_texts {
            page.blank();
            page.line(&format!("- {name}:"));
            page.quote(&format!("custom field {name}"), text);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_written_by_its_type() {
        let renderer = Renderer::new("https://acme.backlog.com", chrono_tz::Asia::Tokyo);
        let item = |name: &str| json!({"id": 1, "name": name, "displayOrder": 0});
        for (kind, value, other, expected) in [
            (1, json!("HD-882"), json!(null), Some("HD-882")),
            (
                1,
                json!("2026-10-19T15:00:00Z"),
                json!(null),
                Some("2026-10-19T15:00:00Z"),
            ),
            (
                2,
                json!("1. 開く\n2. 待つ"),
                json!(null),
                Some("1. 開く\\n2. 待つ"),
            ),
            (3, json!(42.5), json!(null), Some("42.5")),
            (3, json!(0), json!(null), Some("0")),
            (
                4,
                json!("2026-10-19T15:00:00Z"),
                json!(null),
                Some("2026-10-20"),
            ),
            (5, item("S1"), json!(null), Some("S1")),
            (
                6,
                json!([item("Safari"), item("Chrome")]),
                json!(null),
                Some("Safari, Chrome"),
            ),
            (
                7,
                json!([item("Safari")]),
                json!("読み上げ"),
                Some("Safari (読み上げ)"),
            ),
            (7, json!([]), json!(null), None),
            (8, json!(null), json!("電話"), Some("電話")),
            (8, json!(null), json!(null), None),
            (99, json!({"name": "x"}), json!(null), Some("x")),
        ] {
            let field =
                json!({"fieldTypeId": kind, "name": "F", "value": value, "otherValue": other});
            assert_eq!(
                renderer.custom_value(&field).as_deref(),
                expected,
                "{field}"
            );
        }
    }
}

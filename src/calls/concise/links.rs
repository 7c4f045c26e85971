//! The URL of a single item that has its page by its id.

use backlog_rendering::Renderer;
use serde_json::{Value, json};

/// Returns the URL of a wiki page, or of a comment on the issue with this key. Issues have theirs
/// by their keys.
pub(super) fn of(item: &Value, issue_key: Option<&str>, renderer: &Renderer) -> Option<String> {
    let id = item["id"].as_u64()?;
    let has = |field: &str| item.get(field).is_some();
    if has("name") && has("content") && has("projectId") {
        return Some(renderer.wiki_url(&id.to_string()));
    }
    if has("content") && has("changeLog") {
        let issue = renderer.issue_url(&json!({"issueKey": issue_key?}))?;
        return Some(format!("{issue}#comment-{id}"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_comments_have_a_url() {
        let renderer = Renderer::new("https://acme.backlog.com", chrono_tz::UTC);
        let wiki = json!({"id": 12, "projectId": 1, "name": "N", "content": "", "tags": []});
        let comment = json!({"id": 99, "content": "C", "changeLog": null});
        for (item, key, expected) in [
            (&wiki, None, Some("https://acme.backlog.com/alias/wiki/12")),
            (
                &comment,
                Some("A-1"),
                Some("https://acme.backlog.com/view/A-1#comment-99"),
            ),
            (&comment, Some("../x"), None),
            (&comment, None, None),
            (
                &json!({"id": 1, "name": "N", "projectId": 1}),
                Some("A-1"),
                None,
            ),
            (&json!([wiki.clone()]), None, None),
        ] {
            assert_eq!(of(item, key, &renderer).as_deref(), expected, "{item}");
        }
    }
}

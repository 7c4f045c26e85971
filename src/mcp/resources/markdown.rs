//! Writes items of Backlog as Markdown for models.
//!
//! A page has a heading, the fields as a list, and the long texts below. Users' texts are
//! unchanged: their notation is that of the project, Markdown or Backlog's own.

use std::fmt::Write;

use chrono::{DateTime, TimeDelta};
use serde_json::Value;

use super::uri::{ResourceKind, Target};

/// The maximum number of comments on the page of an issue, from one request.
pub(super) const COMMENTS: usize = 100;

/// A page that is being written.
struct Page(String);

impl Page {
    fn titled(title: &str) -> Self {
        Self(format!("# {}\n\n", one_line(title)))
    }

    /// Writes a field unless it is empty.
    fn field(&mut self, name: &str, value: &Value) {
        if let Some(text) = text(value) {
            self.line(name, &text);
        }
    }

    fn line(&mut self, name: &str, text: &str) {
        let _ = writeln!(self.0, "- {name}: {}", one_line(text));
    }

    /// Writes a user and a time, as `Name, 2026-10-01T08:12:30Z`.
    fn event(&mut self, name: &str, who: &Value, when: &Value) {
        if let Some(when) = text(when) {
            let who = text(who).unwrap_or_else(|| "unknown".to_owned());
            self.line(name, &format!("{who}, {when}"));
        }
    }

    fn section(&mut self, title: &str, body: &Value) {
        if let Some(body) = body.as_str().filter(|body| !body.trim().is_empty()) {
            let _ = write!(self.0, "\n## {title}\n\n{}\n", body.trim_end());
        }
    }
}

/// Writes the page of an item. `more` is the result of [`super::more`].
pub(super) fn page(target: &Target, space: &str, thing: &Value, more: &Value) -> String {
    match target.kind {
        ResourceKind::Project => project(space, thing, more),
        ResourceKind::Issue => issue(space, thing, more),
        ResourceKind::Wiki => wiki(space, thing),
        ResourceKind::Document => document(space, thing),
    }
}

fn project(space: &str, project: &Value, versions: &Value) -> String {
    let key = text(&project["projectKey"]).unwrap_or_default();
    let name = text(&project["name"]).unwrap_or_default();
    let mut page = Page::titled(&format!("{key}: {name}"));
    page.line("Page", &format!("{space}/projects/{key}"));
    page.field("Id", &project["id"]);
    page.field("Notation of texts", &project["textFormattingRule"]);
    if project["archived"] == true {
        page.line("State", "archived");
    }
    let versions = versions.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut open = versions
        .iter()
        .filter(|it| it["archived"] != true)
        .peekable();
    if open.peek().is_some() {
        page.0.push_str("\n## Versions and milestones\n\n");
    }
    for version in open {
        let days = [("from", "startDate"), ("due", "releaseDueDate")];
        let days = days.into_iter().filter_map(|(word, field)| {
            let date = text(&version[field])?;
            Some(format!(", {word} {}", day(&date)))
        });
        let name = text(&version["name"]).unwrap_or_default();
        let id = text(&version["id"]).unwrap_or_default();
        page.line(&name, &format!("id {id}{}", days.collect::<String>()));
    }
    page.0
}

fn issue(space: &str, issue: &Value, comments: &Value) -> String {
    let key = text(&issue["issueKey"]).unwrap_or_default();
    let summary = text(&issue["summary"]).unwrap_or_default();
    let mut page = Page::titled(&format!("{key}: {summary}"));
    page.line("Page", &format!("{space}/view/{key}"));
    for (name, field) in [
        ("Type", "issueType"),
        ("Status", "status"),
        ("Priority", "priority"),
        ("Resolution", "resolution"),
        ("Assignee", "assignee"),
        ("Category", "category"),
        ("Version", "versions"),
        ("Milestone", "milestone"),
        ("Estimated hours", "estimatedHours"),
        ("Actual hours", "actualHours"),
        ("Id of the parent issue", "parentIssueId"),
    ] {
        page.field(name, &issue[field]);
    }
    for (name, field) in [("Start", "startDate"), ("Due", "dueDate")] {
        if let Some(date) = text(&issue[field]) {
            page.line(name, &day(&date));
        }
    }
    page.event("Created", &issue["createdUser"], &issue["created"]);
    page.event("Updated", &issue["updatedUser"], &issue["updated"]);
    for field in items(&issue["customFields"]) {
        match (text(field), text(&field["value"])) {
            (Some(name), Some(date)) if field["fieldTypeId"] == DATE => {
                page.line(&name, &day(&date));
            }
            (Some(name), Some(value)) => page.line(&name, &value),
            _ => {}
        }
    }
    attachments(&mut page, &issue["attachments"]);
    page.section("Description", &issue["description"]);
    discussion(&mut page, comments);
    page.0
}

/// Writes the comments, which Backlog returns newest first, in chronological order.
fn discussion(page: &mut Page, comments: &Value) {
    let comments = items(comments);
    if comments.is_empty() {
        return;
    }
    let _ = writeln!(page.0, "\n## Comments");
    if comments.len() == COMMENTS {
        let _ = writeln!(
            page.0,
            "\nThe newest {}; there may be older ones.",
            comments.len()
        );
    }
    for comment in comments.iter().rev() {
        let who = text(&comment["createdUser"]).unwrap_or_default();
        let when = text(&comment["created"]).unwrap_or_default();
        let _ = writeln!(page.0, "\n### {}, {when}\n", one_line(&who));
        if let Some(content) = comment["content"]
            .as_str()
            .filter(|it| !it.trim().is_empty())
        {
            let _ = writeln!(page.0, "{}", content.trim_end());
        }
        for change in items(&comment["changeLog"]) {
            let field = text(&change["field"]).unwrap_or_default();
            let value = |name: &str| text(&change[name]).unwrap_or_else(|| "nothing".to_owned());
            let (old, new) = (value("originalValue"), value("newValue"));
            // The full text is above.
            match field.as_str() {
                "description" => page.line("description", "changed"),
                _ => page.line(&field, &format!("{old} → {new}")),
            }
        }
    }
}

fn wiki(space: &str, wiki: &Value) -> String {
    let mut page = Page::titled(&text(&wiki["name"]).unwrap_or_default());
    let id = text(&wiki["id"]).unwrap_or_default();
    page.line("Page", &format!("{space}/alias/wiki/{id}"));
    page.field("Project id", &wiki["projectId"]);
    page.field("Tags", &wiki["tags"]);
    page.event("Created", &wiki["createdUser"], &wiki["created"]);
    page.event("Updated", &wiki["updatedUser"], &wiki["updated"]);
    attachments(&mut page, &wiki["attachments"]);
    page.section("Text", &wiki["content"]);
    page.0
}

fn document(space: &str, document: &Value) -> String {
    let mut page = Page::titled(&text(&document["title"]).unwrap_or_default());
    page.line("Space", space);
    page.field("Id", &document["id"]);
    page.field("Project id", &document["projectId"]);
    page.field("Tags", &document["tags"]);
    page.event("Created", &document["createdUser"], &document["created"]);
    page.event("Updated", &document["updatedUser"], &document["updated"]);
    attachments(&mut page, &document["attachments"]);
    page.section("Text", &document["plain"]);
    page.0
}

fn attachments(page: &mut Page, attachments: &Value) {
    for file in items(attachments) {
        let part = |name: &str| text(&file[name]).unwrap_or_default();
        let file = format!(
            "{} (id {}, {} bytes)",
            part("name"),
            part("id"),
            part("size")
        );
        page.line("Attachment", &file);
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Writes a value as text: the name of an object, or all entries of a list.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        Value::Object(thing) => return text(thing.get("name")?),
        Value::Array(items) => items.iter().filter_map(text).collect::<Vec<_>>().join(", "),
        value => value.to_string(),
    };
    Some(text).filter(|text| !text.trim().is_empty())
}

/// The type of custom fields that hold a date.
const DATE: u64 = 4;

/// Returns the date of a timestamp from Backlog. It is midnight in UTC or in the time zone of the
/// space, so `2026-10-19T15:00:00Z` is the 20th in Japan.
fn day(stamp: &str) -> String {
    match DateTime::parse_from_rfc3339(stamp) {
        Ok(midnight) => {
            let noon = midnight.to_utc() + TimeDelta::hours(12);
            noon.date_naive().to_string()
        }
        Err(_) => stamp.to_owned(),
    }
}

/// Joins a text to one line, so that a name cannot start a heading or a list.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_timestamp_is_the_date_of_its_midnight() {
        for (stamp, expected) in [
            ("2026-10-20T00:00:00Z", "2026-10-20"),
            // In Japan, New York and Auckland.
            ("2026-10-19T15:00:00Z", "2026-10-20"),
            ("2026-10-20T05:00:00Z", "2026-10-20"),
            ("2026-10-19T12:00:00Z", "2026-10-20"),
            ("2026-12-31T15:00:00Z", "2027-01-01"),
            ("2026-10-20", "2026-10-20"),
        ] {
            assert_eq!(day(stamp), expected, "{stamp}");
        }
    }

    #[test]
    fn whatever_is_a_day_is_shown_as_one() {
        let shown = |path: &str, thing: Value, more: Value| {
            let host = "acme.backlog.com";
            let target = Target::parse(&format!("backlog://{host}/{path}"), host).unwrap();
            page(&target, "https://acme.backlog.com", &thing, &more)
        };
        let stamp = "2026-10-19T15:00:00Z";
        let issue = json!({
            "issueKey": "A-1", "summary": "S", "startDate": stamp, "dueDate": stamp,
            "customFields": [
                {"name": "Arrival", "fieldTypeId": 4, "value": stamp},
                {"name": "Empty", "fieldTypeId": 4, "value": null},
                {"name": "Remark", "fieldTypeId": 1, "value": stamp},
            ],
        });
        let issue = shown("issues/A-1", issue, Value::Null);
        for line in [
            "- Start: 2026-10-20\n",
            "- Due: 2026-10-20\n",
            "- Arrival: 2026-10-20\n",
        ] {
            assert!(issue.contains(line), "{issue}");
        }
        assert!(issue.contains("- Remark: 2026-10-19T15:00:00Z\n") && !issue.contains("Empty"));

        let versions =
            json!([{"id": 7, "name": "Spring", "startDate": stamp, "releaseDueDate": stamp}]);
        let project = shown("projects/A", json!({"projectKey": "A"}), versions);
        assert!(
            project.contains("from 2026-10-20, due 2026-10-20\n"),
            "{project}"
        );
    }
}

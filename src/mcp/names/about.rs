//! Which projects a call is about, as its other arguments say.

use std::fmt;

use rmcp::model::JsonObject;
use serde_json::Value;

use super::lists::{List, Reader};
use crate::mcp::failure::ToolError;

/// A project by what the call says of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Project {
    Id(i64),
    Key(String),
}

/// As it stands in a path.
impl fmt::Display for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "{id}"),
            Self::Key(key) => f.write_str(key),
        }
    }
}

/// The projects that the arguments name, or that their issue is in; an id goes before a key, as
/// in the tools.
///
/// # Errors
/// The issue cannot be looked at.
pub(super) async fn projects(
    arguments: &JsonObject,
    reader: &Reader<'_>,
) -> Result<Vec<Project>, ToolError> {
    let ids = match arguments.get("projectId") {
        Some(Value::Array(ids)) => ids.iter().filter_map(id).collect(),
        Some(value) => Vec::from_iter(id(value)),
        None => Vec::new(),
    };
    if !ids.is_empty() {
        return Ok(ids.into_iter().map(Project::Id).collect());
    }
    if let Some(id) = arguments.get("projectIdOrKey").and_then(id) {
        return Ok(vec![Project::Id(id)]);
    }
    let key = text(arguments, "projectKey").or_else(|| text(arguments, "projectIdOrKey"));
    if let Some(key) = key {
        return Ok(vec![Project::Key(key.to_owned())]);
    }
    let issue = match arguments.get("issueId").and_then(id) {
        Some(issue) => issue.to_string(),
        None => match text(arguments, "issueKey").and_then(|key| Some((key, prefix(key)?))) {
            None => return Ok(Vec::new()),
            // The project's own lists are asked for by this key: Backlog says if it is none.
            Some((_, project)) if reader.allows(project) => {
                return Ok(vec![Project::Key(project.to_owned())]);
            }
            // An issue that has moved still answers to the key that it had elsewhere.
            Some((issue, _)) => issue.to_owned(),
        },
    };
    let found = reader.load(&List::Issue(issue), false).await?;
    let project = found.entries.first().and_then(|issue| issue.project);
    Ok(project.map(Project::Id).into_iter().collect())
}

/// `HARBOR` of `HARBOR-12`
pub(super) fn prefix(issue_key: &str) -> Option<&str> {
    let (project, number) = issue_key.rsplit_once('-')?;
    let sign = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_key = !project.is_empty() && project.chars().all(sign);
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_key && is_number).then_some(project)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "whole numbers that no id reaches saturate"
)]
fn id(value: &Value) -> Option<i64> {
    let id = value.as_f64().filter(|id| id.fract() == 0.0)?;
    (id > 0.0).then_some(id as i64)
}

fn text<'a>(arguments: &'a JsonObject, argument: &str) -> Option<&'a str> {
    let text = arguments.get(argument)?.as_str()?;
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::prefix;

    #[test]
    fn an_issue_key_begins_with_its_projects() {
        for (key, expected) in [
            ("HARBOR-12", Some("HARBOR")),
            ("A_B2-1", Some("A_B2")),
            ("HARBOR-", None),
            ("-1", None),
            ("HARBOR", None),
            ("A/B-1", None),
            ("A-B-1", None),
            ("12", None),
        ] {
            assert_eq!(prefix(key), expected, "{key}");
        }
    }
}

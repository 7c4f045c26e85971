//! Finds the projects of a call from its other arguments.

use rmcp::model::JsonObject;
use serde_json::Value;

use super::{
    list::List,
    lists::Reader,
    project::{Project, prefix},
    unresolved::Unresolved,
};
use crate::toolkit::quoted::quoted;

/// Returns the projects that the arguments name, or the project of their issue. An id takes
/// precedence over a key, as in the tools. Without `may_ask`, no request is made for the issue, and
/// the result may be empty.
///
/// # Errors
/// The issue does not exist, or cannot be read.
pub(super) async fn projects(
    arguments: &JsonObject,
    reader: &Reader<'_>,
    may_ask: bool,
) -> Result<Vec<Project>, Unresolved> {
    let ids = match arguments.get("projectId") {
        Some(Value::Array(ids)) => ids.iter().filter_map(id).collect(),
        Some(value) => Vec::from_iter(id(value)),
        None => Vec::new(),
    };
    if !ids.is_empty() {
        return Ok(ids.into_iter().map(Project::Id).collect());
    }
    for argument in ["projectIdOrKey", "projectKey"] {
        if let Some(id) = arguments.get(argument).and_then(id) {
            return Ok(vec![Project::Id(id)]);
        }
    }
    let key = text(arguments, "projectKey").or_else(|| text(arguments, "projectIdOrKey"));
    if let Some(key) = key {
        return Ok(vec![Project::Key(key.to_owned())]);
    }
    let (argument, issue) = match arguments.get("issueId").and_then(id) {
        Some(issue) => ("issueId", issue.to_string()),
        None => {
            let Some(key) = text(arguments, "issueKey") else {
                return Ok(Vec::new());
            };
            match prefix(key) {
                None => {
                    let key = quoted(key);
                    let problem = format!(
                        "issueKey: expected a key such as PROJ-12, received \
                                           {key}"
                    );
                    return Err(Unresolved::Names(problem));
                }
                // The project's lists are requested with this key, so Backlog reports if it does
                // not exist.
                Some(project) if reader.allows(project) => {
                    return Ok(vec![Project::Key(project.to_owned())]);
                }
                // An issue that was moved is still found by its old key.
                Some(_) => ("issueKey", key.to_owned()),
            }
        }
    };
    if !may_ask {
        return Ok(Vec::new());
    }
    let found = reader.load(&List::Issue(issue.clone()), false).await?;
    match found.entries.first().and_then(|issue| issue.project) {
        Some(project) => Ok(vec![Project::Id(project)]),
        None => Err(Unresolved::Names(format!(
            "{argument}: issue {issue} does not exist or is not visible"
        ))),
    }
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

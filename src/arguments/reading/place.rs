//! Reconciles two inputs that identify the same item: an id and a key, or a URL and another input.
//!
//! 1. [`of`] keeps the URL in an input.
//! 2. [`Inputs::settle_issue`] moves an id or a key of an issue to the right input.
//! 3. [`Inputs::settle_places`] fills in the project, repository, issue and pull request of the URL
//!    where the call omits them. If the call gives them, they must match.
//! 4. [`Inputs::pair`] finds an id and a key that were given together. A tool that reads uses the
//!    id; one that makes changes rejects both, because they may identify two items.

use rmcp::model::JsonObject;
use serde_json::Value;

use super::{
    found::Found,
    inputs::{Inputs, Mode, has},
    link::Link,
    space::CallSpace,
    text::clean,
};
use crate::{
    arguments::project::is_same,
    toolkit::{input_kind::Input, parse::names_nothing, quoted::quoted},
};

/// The inputs with URLs that also identify the project of the call. An issue in another input may
/// be in another project, and an input for a project accepts any of its pages.
const PLACED: [&str; 3] = ["number", "commentId", "repoName"];

/// Returns the URL in an input, if there is one.
pub(super) fn of(input: &Input, value: &Value, space: &CallSpace<'_>) -> Option<(String, Link)> {
    if input.is_list || !PLACED.contains(&input.name.as_str()) {
        return None;
    }
    let text = match value {
        Value::Array(items) if items.len() == 1 => items.first()?.as_str()?,
        value => value.as_str()?,
    };
    let link = Link::read(&clean(text)?, space.url)?.ok()?;
    Some((input.name.clone(), link))
}

impl Inputs {
    /// Moves an issue's key from the input for its id to that for its key, and vice versa.
    pub(super) fn settle_issue(&self, arguments: &mut JsonObject, problems: &mut Vec<String>) {
        const KEY: &str = "issueKey";
        const ID: &str = "issueId";
        let is_single = |name| self.input(name).is_some_and(|input| !input.is_list);
        if !is_single(KEY) || !is_single(ID) {
            return;
        }
        for (from, to) in [(ID, KEY), (KEY, ID)] {
            let is_other = |value: &Value| value.is_string() == (from == ID);
            if !arguments.get(from).is_some_and(is_other) {
                continue;
            }
            let Some(value) = arguments.shift_remove(from) else {
                continue;
            };
            match arguments.get(to) {
                Some(other) if *other != value => {
                    problems.push(format!(
                        "{from}: names a different issue than {to}; give only one of them"
                    ));
                }
                _ => {
                    arguments.insert(to.to_owned(), value);
                }
            }
        }
    }

    /// Fills in the place from the URLs, and checks it against the call's own arguments.
    pub(super) fn settle_places(&self, arguments: &mut JsonObject, found: &mut Found) {
        for (name, link) in &found.links {
            let parts = [
                (
                    "projectId|projectKey",
                    link.project.clone().map(Value::from),
                ),
                ("repoId|repoName", link.repository.clone().map(Value::from)),
                ("issueId|issueKey", link.issue.clone().map(Value::from)),
                ("number", link.pull_request.map(Value::from)),
            ];
            for (target, part) in parts {
                let Some(part) = part else {
                    continue;
                };
                if has(target, name) || !self.targets.contains(&target) {
                    continue;
                }
                let is_given = |name: &&str| {
                    let value = arguments.get(*name);
                    value.is_some_and(|value| !names_nothing(value))
                };
                let given: Vec<_> = target.split('|').filter(is_given).collect();
                let is_other = |name: &&&str| {
                    let value = arguments.get(**name);
                    value.is_some_and(|value| !is_same(value, &part))
                };
                if let Some(other) = given.iter().find(is_other) {
                    let problem = conflict(name, link, other, arguments.get(*other));
                    found.problems.push(problem);
                } else if given.is_empty()
                    && let Some(input) = target.split('|').next_back()
                {
                    arguments.insert(input.to_owned(), part);
                }
            }
        }
    }

    /// Returns an id and a key that may identify two items, if the call changes something.
    pub(super) fn pair(&self, arguments: &JsonObject) -> Option<(&'static str, &'static str)> {
        if self.mode == Mode::Reading {
            return None;
        }
        let given = |name: &str| arguments.get(name).filter(|value| !names_nothing(value));
        let mut pairs = self.targets.iter().filter_map(|it| it.split_once('|'));
        pairs.find(|(id, key)| match (given(id), given(key)) {
            (Some(id), Some(key)) => !is_same(id, key),
            _ => false,
        })
    }

    /// Reports a [pair](Self::pair).
    pub(super) fn check_pairs(&self, arguments: &JsonObject, problems: &mut Vec<String>) {
        if problems.is_empty()
            && let Some((id, key)) = self.pair(arguments)
        {
            problems.push(format!(
                "{id}: may name a different item than {key}; give only one of {id} and {key}"
            ));
        }
    }
}

/// Reports a URL and an input that contradict each other.
fn conflict(name: &str, link: &Link, other: &str, value: Option<&Value>) -> String {
    let project = link.project.as_deref().unwrap_or_default();
    let place = match (&link.issue, &link.repository, link.pull_request) {
        (Some(issue), ..) => issue.clone(),
        (None, Some(repository), Some(number)) if other == "number" => {
            format!("{project}/{repository}, pull request {number}")
        }
        (None, Some(repository), _) => format!("{project}/{repository}"),
        (None, None, _) => project.to_owned(),
    };
    let value = match value {
        Some(Value::String(text)) => quoted(text),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    format!("{name}: the URL is of {place}, but {other} is {value}; give only one of them")
}

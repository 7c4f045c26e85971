//! Matches argument names to inputs: a name with one possible meaning is accepted, and any other is
//! an error.

mod synonyms;

use std::borrow::Cow;

use rmcp::model::JsonObject;
use serde_json::Value;

use super::{
    similarity::{MAX_COMPARED, folded, near},
    text::shown,
};
use crate::toolkit::parse::names_nothing;
use synonyms::SYNONYMS;

/// The maximum number of arguments that an error names.
const MAX_NAMED: usize = 5;
/// The maximum number of unknown arguments that are examined.
const MAX_LOOKED_AT: usize = 50;
/// The maximum number of inputs that an error lists if none is similar.
const MAX_LISTED: usize = 40;
/// The names under which clients wrap all arguments by mistake.
const WRAPPERS: [&str; 6] = [
    "arguments",
    "args",
    "input",
    "inputs",
    "params",
    "parameters",
];

/// The published inputs of a tool.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub published: &'a JsonObject,
    /// Whether the tool would have `fields` if field selection were enabled.
    pub fields_are_off: bool,
}

/// Unwraps arguments that a client wrapped in an object.
pub(super) fn unwrap(arguments: &mut JsonObject, known: Known<'_>) {
    if arguments.len() != 1 {
        return;
    }
    let Some((name, value)) = arguments.iter().next() else {
        return;
    };
    if !WRAPPERS.contains(&name.as_str()) || known.published.contains_key(name) {
        return;
    }
    let inner = match value {
        Value::Object(inner) => Some(inner.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    };
    if let Some(inner) = inner {
        *arguments = inner;
    }
}

/// Gives each argument the name of its input.
///
/// # Errors
/// Arguments without an input, with the similar inputs, or with all if none is similar; or two
/// arguments for the same input.
pub(super) fn settle(arguments: &mut JsonObject, known: Known<'_>) -> Result<(), String> {
    if arguments
        .keys()
        .all(|name| known.published.contains_key(name))
    {
        return Ok(());
    }
    let given = std::mem::take(arguments);
    let (right, others): (Vec<_>, Vec<_>) = given
        .into_iter()
        .partition(|(name, _)| known.published.contains_key(name));
    arguments.extend(right);
    let mut problems = Vec::new();
    let unseen = others.len().saturating_sub(MAX_LOOKED_AT);
    for (name, value) in others.into_iter().take(MAX_LOOKED_AT) {
        match known.meant(&name, &value) {
            Some(input) => match arguments.get(input.as_ref()) {
                Some(other) if *other == value || is_nothing(&value) => {}
                Some(other) if !is_nothing(other) => problems.push(format!(
                    "{}: means {input}, which is also given; give only one of them",
                    shown(&name)
                )),
                _ => {
                    arguments.insert(input.into_owned(), value);
                }
            },
            None if custom_field(&name, value.clone(), arguments, known) => {}
            None => problems.push(known.problem(&name)),
        }
    }
    if problems.is_empty() && unseen == 0 {
        return Ok(());
    }
    let more = unseen + problems.len().saturating_sub(MAX_NAMED);
    problems.truncate(MAX_NAMED);
    let is_unlike = problems
        .iter()
        .any(|problem| problem.ends_with("unknown input"));
    if more > 0 {
        problems.push(format!("and {more} more unknown inputs"));
    }
    if is_unlike {
        problems.push(known.available());
    }
    Err(problems.join("\n"))
}

fn is_nothing(value: &Value) -> bool {
    names_nothing(value) || value.as_array().is_some_and(Vec::is_empty)
}

/// Reads a value that is given as `customField_12`.
fn custom_field(name: &str, value: Value, arguments: &mut JsonObject, known: Known<'_>) -> bool {
    let id = crate::arguments::reading::custom_field::id_of(name);
    let (Some(id), true) = (
        id,
        crate::arguments::reading::custom_field::takes_values(known.published),
    ) else {
        return false;
    };
    let fields = arguments
        .entry("customFields")
        .or_insert_with(|| Value::Array(Vec::new()));
    let Value::Array(fields) = fields else {
        return false;
    };
    let field = [("id", Value::String(id.to_string())), ("value", value)];
    fields.push(
        field
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect(),
    );
    true
}

impl Known<'_> {
    /// The input that another name means; `None` if it could be several.
    fn meant(&self, name: &str, value: &Value) -> Option<Cow<'static, str>> {
        if name.len() > MAX_COMPARED * 4 {
            return None;
        }
        let name = folded(name);
        if name.is_empty() {
            return None;
        }
        let alike = |input: &&String| folded(input) == name;
        let mut alike = self.published.keys().filter(alike);
        if let (Some(input), None) = (alike.next(), alike.next()) {
            return Some(input.clone().into());
        }
        let stem = name.strip_suffix('s').unwrap_or(&name);
        self.synonym(&name, stem, value)
            .map(Cow::Borrowed)
            .or_else(|| {
                // `assignee` for `assigneeId`, `attachments` for `attachment`.
                let is_it = |input: &&String| {
                    let input = folded(input);
                    let bare = input.strip_suffix("ids").or(input.strip_suffix("id"));
                    let singular = input.strip_suffix('s').unwrap_or(&input);
                    bare.unwrap_or(singular) == stem || singular == stem
                };
                let mut meant = self.published.keys().filter(is_it);
                match (meant.next(), meant.next()) {
                    (Some(input), None) => Some(input.clone().into()),
                    _ => None,
                }
            })
    }

    fn synonym(&self, name: &str, stem: &str, value: &Value) -> Option<&'static str> {
        let is_it = |names: &&[&str]| names.contains(&name) || names.contains(&stem);
        let all = SYNONYMS.iter().filter(|(names, _)| is_it(names));
        let mut found = all.filter_map(|(_, inputs)| {
            let mut there = inputs.iter().filter(|it| self.published.contains_key(**it));
            // A number must be an id.
            let by_id = |it: &&&str| value.is_number() && ["issueId", "repoId"].contains(*it);
            there.clone().find(by_id).or_else(|| there.next()).copied()
        });
        if let Some(input) = found.next() {
            return Some(input);
        }
        // A bare word may mean the only item of the tool.
        let has = |name: &str| self.published.contains_key(name);
        match name {
            "key" | "idorkey" if has("issueIdOrKey") => Some("issueIdOrKey"),
            "key" | "idorkey" if has("issueKey") && !has("projectKey") => Some("issueKey"),
            "key" | "idorkey" if has("projectKey") && !has("repoName") && !has("issueKey") => {
                Some("projectKey")
            }
            _ => None,
        }
    }

    fn problem(&self, name: &str) -> String {
        let shown = shown(name);
        if WRAPPERS.contains(&name) {
            return format!("{shown}: unknown input; give its content as the arguments themselves");
        }
        if name == crate::toolkit::tool::FIELDS && self.fields_are_off {
            return format!("{shown}: field selection is disabled on this server; omit it");
        }
        let inputs = self.published.keys().map(String::as_str);
        match near(name, inputs, 3).as_slice() {
            [] => format!("{shown}: unknown input"),
            [only] => format!("{shown}: unknown input; the nearest is {only}"),
            near => format!(
                "{shown}: unknown input; the nearest are {}",
                near.join(", ")
            ),
        }
    }

    /// Lists the available inputs.
    fn available(&self) -> String {
        let names = self.published.keys().map(String::as_str);
        let names: Vec<_> = names.take(MAX_LISTED).collect();
        match (names.as_slice(), self.published.len()) {
            ([], _) => "this tool has no inputs".to_owned(),
            (names, all) if all > MAX_LISTED => {
                let more = all - MAX_LISTED;
                format!("available inputs: {} and {more} more", names.join(", "))
            }
            (names, _) => format!("available inputs: {}", names.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests;

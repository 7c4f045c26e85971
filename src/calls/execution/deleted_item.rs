//! The item that a deletion is about, by name.
//!
//! 1. The tool that reads the longest part of the deletion's path is run: the item itself, the list
//!    that it is in, or what has that list.
//! 2. The rest of the path leads to the item: `{id}` chooses from a list, a word is a member.
//! 3. Where the path ends in a list, such as the members of a project, another argument chooses.

use backlog_rendering::inline;
use rmcp::model::JsonObject;
use serde_json::{Map, Value};

use crate::{
    arguments::reading::Inputs,
    calls::{registered_tool::RegisteredTool, registry::Registry},
    toolkit::work::{OperationError, Operations},
};

/// Fields of an item that name it for a user, the best one first.
const LABELS: &[&str] = &["issueKey", "projectKey", "name", "title", "id"];
/// Fields that say more about an item than its key.
const MORE: &[&str] = &["summary", "name", "title", "content"];
/// The maximum number of characters of one argument, so that a long one does not hide the others.
const MAX_ARGUMENT: usize = 60;

/// The key or name of an item, and a line about it.
#[derive(Debug)]
pub(super) struct Item {
    pub label: String,
    pub shown: String,
}

/// Reads the item of a deletion; `None` if no tool reads it.
///
/// # Errors
/// Backlog does not return it.
pub(super) async fn read(
    registry: &Registry,
    tool: &RegisteredTool,
    given: &JsonObject,
    operations: &dyn Operations,
) -> Result<Option<Item>, OperationError> {
    let mut arguments = given.clone();
    // The call itself reports a wrong name.
    let _ = Inputs::name(&mut arguments, &tool.listed.input_schema, &tool.meta);
    let path: Vec<_> = tool.template.split('/').collect();
    let readers = (1..=path.len()).rev().filter_map(|length| {
        let reader = reader(registry, &path[..length])?;
        operations
            .allows(reader.meta.name)
            .then_some((reader, length))
    });
    let Some((reader, length)) = readers.into_iter().next() else {
        return Ok(None);
    };
    let inputs = inputs(&path[..length], reader.template, &arguments);
    let read = operations.run(reader.meta.name, Value::Object(inputs));
    let value = read.await?.value;
    let found = follow(&value, &path[length..], &arguments);
    let found = match found {
        Some(Value::Array(list)) => chosen_by_any(list, &path, &arguments),
        found => found,
    };
    let is_read_by_itself = length == path.len();
    Ok(found.and_then(|item| named(item, tool, &arguments, is_read_by_itself)))
}

/// The tool that reads a path, whatever its placeholders are called. Files are not read for it.
fn reader<'a>(registry: &'a Registry, path: &[&str]) -> Option<&'a RegisteredTool> {
    let plain = |path: &[&str]| {
        let parts = path.iter();
        let parts = parts.map(|part| if part.starts_with('{') { "{}" } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    let wanted = plain(path);
    let is_file = |entry: &RegisteredTool| {
        let mut inputs = entry.inputs.own().iter();
        inputs.any(|input| input.name == "maxBytes")
    };
    registry.tools().iter().find(|entry| {
        entry.method == Some(backlog_client::Method::Get)
            && entry.template.contains('{')
            && plain(&entry.template.split('/').collect::<Vec<_>>()) == wanted
            && !is_file(entry)
    })
}

/// The names in a placeholder: `issueId` and `issueKey` of `{issueId|issueKey}`.
fn names(placeholder: &str) -> impl Iterator<Item = &str> {
    let names = placeholder.trim_matches(['{', '}', '*']);
    names.split('|')
}

/// The arguments of the reader, which has the same placeholders by other names.
fn inputs(path: &[&str], template: &str, arguments: &JsonObject) -> Map<String, Value> {
    let placeholders = |parts: &mut dyn Iterator<Item = &'_ str>| -> Vec<String> {
        parts
            .filter(|part| part.starts_with('{'))
            .map(str::to_owned)
            .collect()
    };
    let own = placeholders(&mut path.iter().copied());
    let others = placeholders(&mut template.split('/'));
    let mut inputs = Map::new();
    for (own, other) in own.iter().zip(&others) {
        let given = names(own).find_map(|name| Some((name, arguments.get(name)?)));
        let Some((name, value)) = given else { continue };
        let same = names(other).find(|it| *it == name);
        let name = same.or_else(|| names(other).last()).unwrap_or(name);
        inputs.insert(name.to_owned(), value.clone());
    }
    inputs
}

/// Follows the rest of a path within what was read.
fn follow<'a>(value: &'a Value, rest: &[&str], arguments: &JsonObject) -> Option<&'a Value> {
    rest.iter().try_fold(value, |value, part| {
        if !part.starts_with('{') {
            // A list may be that of a member, such as the items of a custom field.
            return match value {
                Value::Object(members) => members.get(*part),
                _ => None,
            };
        }
        let wanted = names(part).find_map(|name| arguments.get(name))?;
        chosen(value.as_array()?, wanted)
    })
}

/// The element of a list with this id or name.
fn chosen<'a>(list: &'a [Value], wanted: &Value) -> Option<&'a Value> {
    let wanted = text(wanted)?.trim().to_lowercase();
    let has = |item: &&Value, field: &str| {
        let own = text(&item[field]);
        own.is_some_and(|own| own.to_lowercase() == wanted)
    };
    let by = |field| list.iter().find(|item| has(item, field));
    ["id", "name", "userId", "mailAddress"]
        .into_iter()
        .find_map(by)
}

/// The element of a list that an argument outside of the path names.
fn chosen_by_any<'a>(
    list: &'a [Value],
    path: &[&str],
    arguments: &JsonObject,
) -> Option<&'a Value> {
    let of_path: Vec<_> = path.iter().flat_map(|part| names(part)).collect();
    let others = arguments.iter();
    let mut others = others.filter(|(name, _)| !of_path.contains(&name.as_str()));
    others.find_map(|(_, value)| chosen(list, value))
}

fn named(
    item: &Value,
    tool: &RegisteredTool,
    arguments: &JsonObject,
    is_read_by_itself: bool,
) -> Option<Item> {
    if !item.is_object() {
        return None;
    }
    let label = LABELS.iter().find_map(|field| text(&item[*field]))?;
    let more = MORE.iter().find_map(|field| text(&item[*field]));
    let more = more.filter(|more| *more != label);
    let mut shown = more.map_or_else(|| label.clone(), |more| format!("{label} {more}"));
    if !is_read_by_itself || !tool.template.ends_with('}') {
        shown = format!("{shown} ({})", listed(arguments));
    }
    Some(Item { label, shown })
}

/// The last argument of the path, or else of the call, and all arguments.
pub(super) fn of_arguments(tool: &RegisteredTool, arguments: &JsonObject) -> Option<Item> {
    let last = tool.template.rsplit(['{', '}']).nth(1).unwrap_or_default();
    let label = names(last).find_map(|name| text(arguments.get(name)?));
    let label = label.or_else(|| arguments.values().rev().find_map(text))?;
    Some(Item {
        label,
        shown: listed(arguments),
    })
}

/// `projectKey: HARBOR, id: 7`
fn listed(arguments: &JsonObject) -> String {
    let shown = arguments.iter().map(|(name, value)| {
        let value = text(value).unwrap_or_else(|| value.to_string());
        format!("{name}: {}", inline::excerpt(&value, MAX_ARGUMENT))
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

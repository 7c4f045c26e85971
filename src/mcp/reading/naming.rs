//! The names of arguments: unknown ones are taken where they have one meaning, and said where not.

mod synonyms;

use std::borrow::Cow;

use rmcp::model::JsonObject;
use serde_json::Value;

use self::synonyms::SYNONYMS;
use crate::mcp::arguments::names_nothing;

/// In characters; what is longer is near to nothing.
const MAX_COMPARED: usize = 64;
/// Of one call, that an error names.
const MAX_NAMED: usize = 5;
/// Of one call, that are looked at.
const MAX_LOOKED_AT: usize = 50;
/// In characters, of what makes two words alike.
const SHORTEST_PART: usize = 3;
/// Of a tool, that an error lists where none is near.
const MAX_LISTED: usize = 40;
/// Where clients put all arguments by mistake.
const WRAPPERS: [&str; 6] = [
    "arguments",
    "args",
    "input",
    "inputs",
    "params",
    "parameters",
];

/// The inputs of a tool, as they are published.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub published: &'a JsonObject,
    /// Whether the tool would have `fields`, which are switched off.
    pub fields_are_off: bool,
}

/// `issueKey` of `Issue_Key`: what letters and digits there are, in lower case.
pub(super) fn folded(name: &str) -> String {
    let signs = name
        .chars()
        .filter(|c| c.is_alphanumeric())
        .take(MAX_COMPARED);
    signs.flat_map(char::to_lowercase).collect()
}

/// Those of some words that are near to another, the nearest first: with one in the other, with
/// the same beginning, or with few letters of difference.
pub(super) fn near<'a>(
    word: &str,
    words: impl Iterator<Item = &'a str>,
    most: usize,
) -> Vec<&'a str> {
    let word = folded(word);
    let mut near: Vec<_> = words
        .filter_map(|other| Some((distance(&word, &folded(other))?, other)))
        .collect();
    near.sort_unstable();
    near.into_iter().take(most).map(|(_, word)| word).collect()
}

/// How far two folded words are from each other, if they are near.
fn distance(word: &str, other: &str) -> Option<(usize, usize)> {
    let apart = strsim::osa_distance(word, other);
    let shorter = word.len().min(other.len());
    let is_within = shorter >= SHORTEST_PART && (other.contains(word) || word.contains(other));
    let alike = word.chars().zip(other.chars());
    let beginning = alike.take_while(|(one, other)| one == other).count();
    let is_near = is_within || beginning > SHORTEST_PART || apart <= 1 + shorter / 3;
    let bonus = if is_within { 4 } else { 0 };
    is_near.then(|| (apart.saturating_sub(bonus), apart))
}

/// Takes the arguments out of what a client wrapped them in.
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
/// Those that are of no input, with the near ones, or with all if none is near; or two that mean
/// the same.
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
                    "{}: means {input}, which is given as well; give one of them",
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
        .any(|problem| problem.ends_with("is no input"));
    if more > 0 {
        problems.push(format!("and {more} more arguments that there are not"));
    }
    if is_unlike {
        problems.push(known.available());
    }
    Err(problems.join("\n"))
}

fn is_nothing(value: &Value) -> bool {
    names_nothing(value) || value.as_array().is_some_and(Vec::is_empty)
}

/// A value given as `customField_12`.
fn custom_field(name: &str, value: Value, arguments: &mut JsonObject, known: Known<'_>) -> bool {
    let id = super::custom_field::id_of(name);
    let (Some(id), true) = (id, super::custom_field::takes_values(known.published)) else {
        return false;
    };
    let fields = arguments
        .entry("customFields")
        .or_insert_with(|| Value::Array(Vec::new()));
    let Value::Array(fields) = fields else {
        return false;
    };
    fields.push(serde_json::json!({"id": id.to_string(), "value": value}));
    true
}

impl Known<'_> {
    /// The input that another name means; none if it could be several.
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
            // A number is an id.
            let by_id = |it: &&&str| value.is_number() && ["issueId", "repoId"].contains(*it);
            there.clone().find(by_id).or_else(|| there.next()).copied()
        });
        if let Some(input) = found.next() {
            return Some(input);
        }
        // The tool's only thing may be called by a bare word.
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
            return format!("{shown}: is no input; give what is in it as the arguments themselves");
        }
        if name == crate::mcp::router::FIELDS && self.fields_are_off {
            return format!("{shown}: choosing fields is off on this server; leave it out");
        }
        let inputs = self.published.keys().map(String::as_str);
        match near(name, inputs, 3).as_slice() {
            [] => format!("{shown}: is no input"),
            [only] => format!("{shown}: is no input; the nearest is {only}"),
            near => format!("{shown}: is no input; the nearest are {}", near.join(", ")),
        }
    }

    /// Which inputs there are.
    fn available(&self) -> String {
        let names = self.published.keys().map(String::as_str);
        let names: Vec<_> = names.take(MAX_LISTED).collect();
        match (names.as_slice(), self.published.len()) {
            ([], _) => "this tool takes no arguments".to_owned(),
            (names, all) if all > MAX_LISTED => {
                let more = all - MAX_LISTED;
                format!("inputs of this tool: {} and {more} more", names.join(", "))
            }
            (names, _) => format!("inputs of this tool: {}", names.join(", ")),
        }
    }
}

/// As an error says it.
pub(super) fn shown(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    match name.len() <= MAX_COMPARED && !name.is_empty() && name.chars().all(is_plain) {
        true => name.to_owned(),
        false => super::text::quoted(name),
    }
}

#[cfg(test)]
mod tests;

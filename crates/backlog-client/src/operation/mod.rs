//! The declaration of a Backlog operation: which request it is.
//!
//! `Operation::get("issues/{issueId|issueKey}/comments")` is filled from a tool's
//! input, a JSON object:
//!
//! 1. Each `{placeholder}` takes its input (the first usable of `a|b`) as one path segment, and
//!    `{*directory}` as one segment per part. The placeholder of
//!    `wikis?projectIdOrKey={projectId|projectKey}` becomes a parameter of that name.
//! 2. The other inputs become parameters: the query of a GET, the form of
//!    every other method, DELETE included.
//! 3. Parameters that the operation [defaults](Operation::defaulting) are added if the input lacks
//!    them.
//!
//! | input | parameters |
//! |---|---|
//! | scalar | `key=value` |
//! | `null` | none |
//! | array | `key[]=a&key[]=b` |
//! | empty array | none; `key[]=` if the operation [clears](Operation::clearing) it |
//! | array of objects | the entries of the objects; arrays in them are indexed: `entry[0]=a&entry[1]=b` (custom fields); an empty one is an error |

use serde_json::{Map, Value};
use thiserror::Error;

use super::{Expects, Request, Segment, UNSAFE};

/// In bytes, of one part of a path; Backlog's ids, keys and names are far shorter.
const MAX_SEGMENT: usize = 2048;
/// In bytes, of the encoded path and query. HTTP clients can send a little more, and servers
/// accept less.
const MAX_ADDRESS: usize = 60_000;

/// The declaration of an operation: method, path and special parameters.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    method: Method,
    template: &'static str,
    clearing: &'static [&'static str],
    defaults: &'static [(&'static str, &'static str)],
}

/// The methods that Backlog uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Patch,
    Put,
    Delete,
}

/// An input that does not make a request.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InputError {
    /// None of the inputs that identify the target is given.
    #[error("{what} is required")]
    Required {
        what: String,
        /// The alternatives, separated by `|`.
        inputs: &'static str,
    },
    #[error("{argument}: {reason}")]
    Invalid {
        argument: String,
        reason: &'static str,
    },
}

impl Operation {
    pub const fn get(template: &'static str) -> Self {
        Self::new(Method::Get, template)
    }

    pub const fn post(template: &'static str) -> Self {
        Self::new(Method::Post, template)
    }

    pub const fn patch(template: &'static str) -> Self {
        Self::new(Method::Patch, template)
    }

    pub const fn put(template: &'static str) -> Self {
        Self::new(Method::Put, template)
    }

    pub const fn delete(template: &'static str) -> Self {
        Self::new(Method::Delete, template)
    }

    const fn new(method: Method, template: &'static str) -> Self {
        Self {
            method,
            template,
            clearing: &[],
            defaults: &[],
        }
    }

    /// Names the list inputs that an empty list clears in Backlog.
    #[must_use]
    pub const fn clearing(mut self, inputs: &'static [&'static str]) -> Self {
        self.clearing = inputs;
        self
    }

    /// Sets the values of parameters that Backlog requires in every request, for inputs that lack
    /// them.
    #[must_use]
    pub const fn defaulting(mut self, defaults: &'static [(&'static str, &'static str)]) -> Self {
        self.defaults = defaults;
        self
    }

    pub const fn method(&self) -> Method {
        self.method
    }

    /// The path with its placeholders.
    pub const fn template(&self) -> &'static str {
        self.template
    }

    /// Builds the request.
    ///
    /// # Errors
    /// An input of the path is missing, or cannot be a path segment; an object in a list has an
    /// empty list.
    pub fn fill(&self, mut inputs: Map<String, Value>) -> Result<Request, InputError> {
        let (path, target) = match self.template.split_once('?') {
            Some((path, pair)) => (path, pair.split_once('=')),
            None => (self.template, None),
        };
        let mut segments = Vec::new();
        for part in path.split('/') {
            match placeholder(part) {
                None => segments.push(Segment::fixed(part)),
                Some(names) => match names.strip_prefix('*') {
                    Some(name) => take_directory(name, &mut inputs, &mut segments)?,
                    None => segments.push(take_segment(names, &mut inputs)?),
                },
            }
        }

        let mut parameters = Vec::with_capacity(inputs.len() + self.defaults.len());
        if let Some((key, names)) = target.and_then(|(key, part)| Some((key, placeholder(part)?))) {
            let (_, text) = take_target(names, &mut inputs)?;
            parameters.push((key.to_owned(), text));
        }
        for (key, default) in self.defaults {
            let value = inputs.entry(*key).or_insert(Value::Null);
            if value.is_null() {
                *value = Value::String((*default).to_owned());
            }
        }
        for (key, value) in inputs {
            self.encode(key, value, &mut parameters)?;
        }
        let (query, form) = match self.method {
            Method::Get => (parameters, Vec::new()),
            _ => (Vec::new(), parameters),
        };
        check_length(&segments, &query)?;
        Ok(Request {
            method: self.method.into(),
            template: self.template,
            path: segments,
            query,
            form,
            upload: None,
            expects: Expects::Json,
        })
    }

    fn encode(
        &self,
        key: String,
        value: Value,
        parameters: &mut Vec<(String, String)>,
    ) -> Result<(), InputError> {
        let Value::Array(items) = value else {
            parameters.extend(scalar(value).map(|text| (key, text)));
            return Ok(());
        };
        if items.is_empty() && self.clearing.contains(&key.as_str()) {
            parameters.push((format!("{key}[]"), String::new()));
        }
        for item in items {
            match item {
                Value::Object(entries) if holds_empty_list(&entries) => {
                    return Err(InputError::Invalid {
                        argument: key,
                        reason: "one of them has an empty list, which would change nothing",
                    });
                }
                Value::Object(entries) => spread(entries, parameters),
                item => parameters.extend(scalar(item).map(|text| (format!("{key}[]"), text))),
            }
        }
        Ok(())
    }
}

impl From<Method> for reqwest::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Patch => Self::PATCH,
            Method::Put => Self::PUT,
            Method::Delete => Self::DELETE,
        }
    }
}

fn placeholder(part: &'static str) -> Option<&'static str> {
    part.strip_prefix('{')?.strip_suffix('}')
}

/// Removes a placeholder's inputs and returns the first usable one, with its name.
fn take_target(
    names: &'static str,
    inputs: &mut Map<String, Value>,
) -> Result<(&'static str, String), InputError> {
    let mut given = None;
    for name in names.split('|') {
        let value = inputs.shift_remove(name).unwrap_or_default();
        given = given.or_else(|| identifier(value).map(|text| (name, text)));
    }
    given.ok_or_else(|| InputError::Required {
        what: required(names),
        inputs: names,
    })
}

fn take_segment(
    names: &'static str,
    inputs: &mut Map<String, Value>,
) -> Result<Segment, InputError> {
    let (name, text) = take_target(names, inputs)?;
    if text.len() > MAX_SEGMENT {
        return Err(too_long(name));
    }
    Segment::parse(text).map_err(|_| InputError::Invalid {
        argument: name.to_owned(),
        reason: UNSAFE,
    })
}

/// Takes a path such as `/a/b`; without one, the path of the top directory.
fn take_directory(
    name: &'static str,
    inputs: &mut Map<String, Value>,
    segments: &mut Vec<Segment>,
) -> Result<(), InputError> {
    let path = inputs.shift_remove(name).and_then(identifier);
    let path = path.unwrap_or_default();
    if path.len() > 4 * MAX_SEGMENT {
        return Err(too_long(name));
    }
    let inner = path.trim_start_matches('/');
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    if inner.is_empty() {
        segments.push(Segment::END);
        return Ok(());
    }
    for part in inner.split('/') {
        let segment = Segment::parse(part.to_owned()).map_err(|_| InputError::Invalid {
            argument: name.to_owned(),
            reason: "its parts cannot be empty, `.` or `..`, or contain control characters",
        })?;
        segments.push(segment);
    }
    Ok(())
}

fn too_long(argument: &str) -> InputError {
    InputError::Invalid {
        argument: argument.to_owned(),
        reason: "is too long for a request to Backlog; shorten it",
    }
}

/// Checks the length of the URL; an error names the input with the largest part of it.
fn check_length(path: &[Segment], query: &[(String, String)]) -> Result<(), InputError> {
    let plain: usize = query
        .iter()
        .map(|(key, value)| key.len() + value.len() + 2)
        .sum();
    // Percent-encoding triples the length at most.
    if plain <= MAX_ADDRESS / 4 {
        return Ok(());
    }
    let encoded = |text: &str| {
        form_urlencoded::byte_serialize(text.as_bytes())
            .map(str::len)
            .sum()
    };
    let mut inputs: Vec<(&str, usize)> = Vec::new();
    let mut whole: usize = path.iter().map(|part| 3 * part.as_str().len() + 1).sum();
    for (key, value) in query {
        let length: usize = [key, value]
            .map(|text| -> usize { encoded(text) })
            .iter()
            .sum();
        whole += length + 2;
        let name = key.split(['[', '_']).next().unwrap_or_default();
        let name = if name == "customField" {
            "customFields"
        } else {
            name
        };
        match inputs.last_mut().filter(|(last, _)| *last == name) {
            Some((_, sum)) => *sum += length,
            None => inputs.push((name, length)),
        }
    }
    let longest = inputs.iter().max_by_key(|(_, length)| *length);
    match longest {
        Some((name, _)) if whole > MAX_ADDRESS => Err(too_long(name)),
        _ => Ok(()),
    }
}

/// The text of an id or key; a number that cannot be an id counts as missing.
fn identifier(value: Value) -> Option<String> {
    match &value {
        Value::Number(number) if number.as_f64() <= Some(0.0) => None,
        Value::String(text) if text.is_empty() => None,
        _ => scalar(value),
    }
}

/// `issueId|issueKey` → `Issue ID or key`.
fn required(names: &str) -> String {
    let mut names = names.split('|').map(words);
    let mut text = names.next().unwrap_or_default();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    for name in names {
        let last = name.rsplit(' ').next().unwrap_or_default();
        text.push_str(" or ");
        text.push_str(last);
    }
    text
}

/// `issueId` → `issue ID`, `repoName` → `repository name`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            words.push(' ');
        }
        words.push(character.to_ascii_lowercase());
    }
    words
        .split(' ')
        .map(|word| match word {
            "id" => "ID",
            "repo" => "repository",
            word => word,
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Backlog accepts no known form of an empty list here, and leaving it out changes nothing.
fn holds_empty_list(entries: &Map<String, Value>) -> bool {
    let mut values = entries.values();
    values.any(|value| value.as_array().is_some_and(Vec::is_empty))
}

/// Objects in a list become parameters of their own (custom fields).
fn spread(entries: Map<String, Value>, parameters: &mut Vec<(String, String)>) {
    for (key, value) in entries {
        match value {
            Value::Array(items) => {
                for (index, item) in items.into_iter().filter_map(scalar).enumerate() {
                    parameters.push((format!("{key}[{index}]"), item));
                }
            }
            value => parameters.extend(scalar(value).map(|text| (key, text))),
        }
    }
}

/// The text of a scalar; `None` for `null` and for values that are not scalars.
fn scalar(value: Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::String(text) => Some(text),
        Value::Number(number) => Some(match (number.as_i64(), number.as_f64()) {
            // A float without a fraction prints as an integer.
            (None, Some(float)) => float.to_string(),
            _ => number.to_string(),
        }),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests;

//! Which request an operation of Backlog is, written down once.
//!
//! `Call::get("issues/{issueId|issueKey}/comments")` is filled from a tool's
//! input, a JSON object:
//!
//! 1. Each `{placeholder}` takes its input (the first usable of `a|b`) as one
//!    path segment; that of `wikis?projectIdOrKey={projectId|projectKey}` as a
//!    parameter of that name.
//! 2. The other inputs become parameters: the query of a GET, the form of
//!    every other method, DELETE included.
//! 3. Parameters that the call [defaults](Call::defaulting) and nobody gave are added.
//!
//! | input | parameters |
//! |---|---|
//! | scalar | `key=value` |
//! | `null` | none |
//! | array | `key[]=a&key[]=b` |
//! | empty array | none; `key[]=` if the call [clears](Call::clearing) it |
//! | array of objects | the entries of the objects, whose own arrays are indexed: `entry[0]=a&entry[1]=b` (custom fields) |

use serde_json::{Map, Value};
use thiserror::Error;

use super::{Expects, Request, Segment};

/// The declaration of a request: method, path and what is special about it.
#[derive(Clone, Copy, Debug)]
pub struct Call {
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

/// An input that makes no request.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InputError {
    /// None of the inputs that say what the call is about.
    #[error("{what} is required")]
    Required { what: String },
    #[error("{argument}: {reason}")]
    Invalid {
        argument: String,
        reason: &'static str,
    },
}

impl Call {
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

    /// Names the list inputs that are emptied in Backlog when given empty.
    #[must_use]
    pub const fn clearing(mut self, inputs: &'static [&'static str]) -> Self {
        self.clearing = inputs;
        self
    }

    /// Gives parameters that Backlog wants in every request the value to send
    /// when the input has none.
    #[must_use]
    pub const fn defaulting(mut self, defaults: &'static [(&'static str, &'static str)]) -> Self {
        self.defaults = defaults;
        self
    }

    pub const fn method(&self) -> Method {
        self.method
    }

    /// Makes the request.
    ///
    /// # Errors
    /// An input of the path is missing, or cannot be a path segment.
    pub fn fill(&self, mut inputs: Map<String, Value>) -> Result<Request, InputError> {
        let (path, target) = match self.template.split_once('?') {
            Some((path, pair)) => (path, pair.split_once('=')),
            None => (self.template, None),
        };
        let path = path
            .split('/')
            .map(|part| match placeholder(part) {
                None => Ok(Segment::fixed(part)),
                Some(names) => take_segment(names, &mut inputs),
            })
            .collect::<Result<_, _>>()?;

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
            self.encode(key, value, &mut parameters);
        }
        let (query, form) = match self.method {
            Method::Get => (parameters, Vec::new()),
            _ => (Vec::new(), parameters),
        };
        Ok(Request {
            method: self.method.into(),
            path,
            query,
            form,
            expects: Expects::Json,
        })
    }

    fn encode(&self, key: String, value: Value, parameters: &mut Vec<(String, String)>) {
        let Value::Array(items) = value else {
            parameters.extend(scalar(value).map(|text| (key, text)));
            return;
        };
        if items.is_empty() && self.clearing.contains(&key.as_str()) {
            parameters.push((format!("{key}[]"), String::new()));
        }
        for item in items {
            match item {
                Value::Object(entries) => spread(entries, parameters),
                item => parameters.extend(scalar(item).map(|text| (format!("{key}[]"), text))),
            }
        }
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

/// Removes the inputs of a placeholder; the first usable one, with its name.
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
    })
}

fn take_segment(
    names: &'static str,
    inputs: &mut Map<String, Value>,
) -> Result<Segment, InputError> {
    let (name, text) = take_target(names, inputs)?;
    Segment::parse(text).map_err(|_| InputError::Invalid {
        argument: name.to_owned(),
        reason: "cannot be `.` or `..`",
    })
}

/// The text of an id or key; a number that is no id counts as not given.
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

/// Objects in a list are parameters of their own (custom fields).
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

/// The text of a scalar; nothing for `null`, and for what no input holds.
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
mod tests {
    use serde_json::json;

    use super::*;

    fn fill(call: Call, inputs: Value) -> Result<Request, InputError> {
        let Value::Object(inputs) = inputs else {
            panic!("inputs are an object");
        };
        call.fill(inputs)
    }

    fn path(request: &Request) -> String {
        let segments: Vec<_> = request.path.iter().map(Segment::as_str).collect();
        segments.join("/")
    }

    fn pairs(parameters: &[(String, String)]) -> String {
        let pairs: Vec<_> = parameters.iter().map(|(k, v)| format!("{k}={v}")).collect();
        pairs.join("&")
    }

    const ISSUE: Call = Call::get("issues/{issueId|issueKey}");

    #[test]
    fn the_first_usable_alternative_names_the_target() {
        for (inputs, expected) in [
            (json!({"issueId": 12, "issueKey": "A-1"}), "issues/12"),
            (json!({"issueId": 0, "issueKey": "A-1"}), "issues/A-1"),
            (json!({"issueId": -3, "issueKey": "A-1"}), "issues/A-1"),
            (json!({"issueId": null, "issueKey": "A-1"}), "issues/A-1"),
            (json!({"issueKey": "課題/../?"}), "issues/課題/../?"),
        ] {
            let request = fill(ISSUE, inputs).unwrap();
            assert_eq!(path(&request), expected);
            assert_eq!(request.path.len(), 2, "one segment each");
            assert!(request.query.is_empty());
        }
    }

    #[test]
    fn without_a_target_there_is_no_request() {
        for inputs in [json!({}), json!({"issueId": 0}), json!({"issueKey": ""})] {
            let error = fill(ISSUE, inputs).unwrap_err();
            assert_eq!(error.to_string(), "Issue ID or key is required");
        }
        let repository = Call::get("projects/{projectId|projectKey}/git/{repoId|repoName}");
        let error = fill(repository, json!({"projectId": 1})).unwrap_err();
        assert_eq!(error.to_string(), "Repository ID or name is required");
    }

    #[test]
    fn a_target_cannot_climb() {
        for key in [".", ".."] {
            let error = fill(ISSUE, json!({"issueKey": key})).unwrap_err();
            assert_eq!(error.to_string(), "issueKey: cannot be `.` or `..`");
        }
    }

    #[test]
    fn parameters_go_where_the_method_wants_them() {
        let inputs = json!({"a": 1, "b": true, "c": null, "d": [1, 2], "e": [], "f": "", "g": 1.5, "h": 2.0});
        let expected = "a=1&b=true&d[]=1&d[]=2&f=&g=1.5&h=2";
        let request = fill(Call::get("x"), inputs.clone()).unwrap();
        assert_eq!(
            (pairs(&request.query).as_str(), request.form.len()),
            (expected, 0)
        );
        for call in [
            Call::post("x"),
            Call::patch("x"),
            Call::put("x"),
            Call::delete("x"),
        ] {
            let request = fill(call, inputs.clone()).unwrap();
            assert_eq!(
                (request.query.len(), pairs(&request.form).as_str()),
                (0, expected)
            );
        }
    }

    #[test]
    fn a_target_can_be_a_parameter() {
        let call = Call::get("wikis?projectIdOrKey={projectId|projectKey}");
        let inputs = json!({"keyword": "a", "projectId": 0, "projectKey": "A/.."});
        let request = fill(call, inputs).unwrap();
        assert_eq!(path(&request), "wikis");
        assert_eq!(pairs(&request.query), "projectIdOrKey=A/..&keyword=a");
        let error = fill(call, json!({"keyword": "a"})).unwrap_err();
        assert_eq!(error.to_string(), "Project ID or key is required");
    }

    #[test]
    fn defaults_stand_in_for_what_is_absent_or_null() {
        let call = Call::get("x").defaulting(&[("offset", "0")]);
        for (inputs, expected) in [
            (json!({}), "offset=0"),
            (json!({"offset": null}), "offset=0"),
            (json!({"offset": 5}), "offset=5"),
        ] {
            assert_eq!(pairs(&fill(call, inputs).unwrap().query), expected);
        }
    }

    #[test]
    fn only_what_a_call_clears_is_cleared() {
        let call = Call::patch("x").clearing(&["categoryId"]);
        let request = fill(call, json!({"categoryId": [], "attachmentId": []})).unwrap();
        assert_eq!(pairs(&request.form), "categoryId[]=");
    }

    #[test]
    fn entries_of_objects_are_parameters_and_their_lists_indexed() {
        let inputs = json!({"customFields": [
            {"customField_1": "text"},
            {"customField_2_min": 1, "customField_2_max": null},
            {"customField_3": [7]},
        ]});
        let request = fill(Call::get("x"), inputs).unwrap();
        assert_eq!(
            pairs(&request.query),
            "customField_1=text&customField_2_min=1&customField_3[0]=7"
        );
    }
}

//! Reads the arguments of a work tool by its schema, at every depth.
//!
//! 1. A name in another case or spelling, or a known synonym, is that of its input. Any other is an
//!    error with the nearest one.
//! 2. `null`, an empty text and an empty list count as absent, because strict clients fill in every
//!    input. A word such as `none` removes a value; the tool reads it.
//! 3. One value where a list is expected is a list of one, and a text of several values is split at
//!    its commas, and one of several issue keys or URLs at its spaces. Digits in a text are a number, a number is a text, and JSON text is what it
//!    contains.

use rmcp::model::JsonObject;
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;

/// The maximum number of problems in an error.
const MAX_PROBLEMS: usize = 5;
/// The maximum number of characters of a received value in an error.
const MAX_SHOWN: usize = 80;

/// Other names of inputs, each with the name of the input.
pub(crate) type Synonyms = &'static [(&'static str, &'static str)];

/// Returns the arguments in the form of the schema.
///
/// # Errors
/// A name is unknown, a value has another form, or a required input is missing; the text has each
/// problem on its own line.
pub(crate) fn normalize(
    arguments: JsonObject,
    schema: &JsonObject,
    synonyms: Synonyms,
) -> Result<JsonObject, String> {
    let mut reader = Reader {
        synonyms,
        problems: Vec::new(),
    };
    let read = reader.object("", arguments, schema);
    match reader.problems.is_empty() {
        true => Ok(read),
        false => {
            reader.problems.truncate(MAX_PROBLEMS);
            Err(reader.problems.join("\n"))
        }
    }
}

struct Reader {
    synonyms: Synonyms,
    problems: Vec<String>,
}

impl Reader {
    fn object(&mut self, path: &str, given: JsonObject, schema: &JsonObject) -> JsonObject {
        let none = JsonObject::new();
        let inputs = schema.get("properties").and_then(Value::as_object);
        let inputs = inputs.unwrap_or(&none);
        let mut read = JsonObject::new();
        for (name, value) in given {
            if is_absent(&value) {
                continue;
            }
            let Some(input) = self.input(&name, inputs) else {
                self.problems.push(unknown(path, &name, inputs));
                continue;
            };
            let at = join(path, input);
            let Some(value) = self.value(&at, value, &inputs[input]) else {
                continue;
            };
            let earlier = read.insert(input.to_owned(), value.clone());
            if earlier.is_some_and(|earlier| earlier != value) {
                self.problems
                    .push(format!("{at}: is given twice, with different values"));
            }
        }
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if !read.contains_key(name) && !self.has_problem(&join(path, name)) {
                self.problems
                    .push(format!("{}: is required", join(path, name)));
            }
        }
        read
    }

    fn has_problem(&self, at: &str) -> bool {
        self.problems.iter().any(|problem| problem.starts_with(at))
    }

    /// The input that a name stands for.
    fn input<'a>(&self, name: &str, inputs: &'a JsonObject) -> Option<&'a str> {
        if let Some((input, _)) = inputs.get_key_value(name) {
            return Some(input);
        }
        let wanted = folded(name);
        let by_fold = |wanted: &str| {
            let mut found = inputs.keys().filter(|input| {
                let input = folded(input);
                input == *wanted || input.trim_end_matches('s') == wanted.trim_end_matches('s')
            });
            found.next().map(String::as_str)
        };
        by_fold(&wanted).or_else(|| {
            let synonyms = self
                .synonyms
                .iter()
                .filter(|(other, _)| folded(other) == wanted);
            synonyms
                .filter_map(|(_, input)| inputs.get_key_value(*input))
                .map(|(input, _)| input.as_str())
                .next()
        })
    }

    /// The value in the form of its schema; `None` if it is absent or a problem.
    fn value(&mut self, at: &str, value: Value, schema: &Value) -> Option<Value> {
        match schema["type"].as_str().unwrap_or_default() {
            "array" => self.list(at, value, &schema["items"]),
            "object" => self.inner(at, value, schema),
            "string" => self.text(at, value, schema),
            "integer" => self.number(at, &value, true),
            "number" => self.number(at, &value, false),
            "boolean" => self.switch(at, &value),
            _ => Some(value),
        }
    }

    fn list(&mut self, at: &str, value: Value, items: &Value) -> Option<Value> {
        let given = match value {
            Value::Array(given) => given,
            Value::String(text) => match serde_json::from_str(&text) {
                Ok(Value::Array(given)) => given,
                Ok(value @ Value::Object(_)) => vec![value],
                _ if items["type"] == "string" => split(&text),
                _ => vec![Value::String(text)],
            },
            value => vec![value],
        };
        let given = match items["type"] == "string" {
            true => given.into_iter().flat_map(references).collect(),
            false => given,
        };
        let given = given.into_iter().enumerate();
        let read: Vec<_> = given
            .filter(|(_, value)| !is_absent(value))
            .filter_map(|(place, value)| self.value(&format!("{at}[{place}]"), value, items))
            .collect();
        (!read.is_empty()).then_some(Value::Array(read))
    }

    fn inner(&mut self, at: &str, value: Value, schema: &Value) -> Option<Value> {
        let value = match value {
            Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
            Value::Array(mut only) if only.len() == 1 => only.remove(0),
            value => value,
        };
        let (Value::Object(given), Some(schema)) = (&value, schema.as_object()) else {
            return self.refuse(at, "an object", &value);
        };
        let read = self.object(at, given.clone(), schema);
        (!read.is_empty()).then_some(Value::Object(read))
    }

    fn text(&mut self, at: &str, value: Value, schema: &Value) -> Option<Value> {
        let text = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(switch) => switch.to_string(),
            Value::Array(mut only) if only.len() == 1 => {
                return self.text(at, only.remove(0), schema);
            }
            value => return self.refuse(at, "a text", &value),
        };
        let Some(words) = schema["enum"].as_array() else {
            return Some(text.into());
        };
        let mut words_as_text = words.iter().filter_map(Value::as_str);
        match words_as_text.find(|word| folded(word) == folded(&text)) {
            Some(word) => Some(word.into()),
            None => {
                let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
                let words = format!("one of {}", words.join(", "));
                self.refuse(at, &words, &text.into())
            }
        }
    }

    fn number(&mut self, at: &str, value: &Value, is_integer: bool) -> Option<Value> {
        let text = match value {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.nfkc().collect::<String>().trim().to_owned(),
            Value::Array(only) if only.len() == 1 => {
                return self.number(at, &only[0], is_integer);
            }
            _ => String::new(),
        };
        if let Ok(whole) = text.trim_end_matches(".0").parse::<i64>() {
            return Some(whole.into());
        }
        match text.parse::<f64>() {
            Ok(number) if !is_integer && number.is_finite() => Some(json!(number)),
            _ => {
                let expected = if is_integer { "an integer" } else { "a number" };
                self.refuse(at, expected, value)
            }
        }
    }

    fn switch(&mut self, at: &str, value: &Value) -> Option<Value> {
        let word = value.as_str().map(folded);
        match (value, word.as_deref()) {
            (Value::Bool(switch), _) => Some((*switch).into()),
            (_, Some("true" | "yes")) => Some(true.into()),
            (_, Some("false" | "no")) => Some(false.into()),
            _ => self.refuse(at, "true or false", value),
        }
    }

    fn refuse(&mut self, at: &str, expected: &str, value: &Value) -> Option<Value> {
        let shown: String = value.to_string().chars().take(MAX_SHOWN).collect();
        self.problems
            .push(format!("{at}: expected {expected}, received {shown}"));
        None
    }
}

/// Whether a value counts as not given.
fn is_absent(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// The signs between several values.
const BETWEEN: [char; 7] = [',', '、', '，', ';', '；', '\n', '\r'];

/// Splits a text of several values.
fn split(text: &str) -> Vec<Value> {
    let parts = text.split(BETWEEN).map(str::trim);
    let parts = parts.filter(|part| !part.is_empty());
    parts.map(Value::from).collect()
}

/// Splits a text of issue keys or URLs, which have no spaces, unlike names.
fn references(value: Value) -> Vec<Value> {
    let Value::String(text) = &value else {
        return vec![value];
    };
    let is_sign = |sign: char| sign.is_whitespace() || BETWEEN.contains(&sign);
    let parts = text.split(is_sign).filter(|part| !part.is_empty());
    let parts: Vec<_> = parts.collect();
    match parts.len() > 1 && parts.iter().all(|part| is_reference(part)) {
        true => parts.into_iter().map(Value::from).collect(),
        false => vec![value],
    }
}

fn is_reference(text: &str) -> bool {
    let plain = text.nfkc().collect::<String>().to_ascii_uppercase();
    plain.starts_with("HTTPS://") || backlog_words::key::is_issue(&plain)
}

/// A name without what writers vary: case, width, and the signs between words.
fn folded(name: &str) -> String {
    let signs = name.nfkc().flat_map(char::to_lowercase);
    signs.filter(|sign| sign.is_alphanumeric()).collect()
}

fn join(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

/// `unknown input "projct"; did you mean project? Available: query, project`
fn unknown(path: &str, name: &str, inputs: &JsonObject) -> String {
    let shown: String = name.chars().take(MAX_SHOWN).collect();
    let wanted = folded(&shown);
    let near = inputs
        .keys()
        .map(|input| (strsim::jaro_winkler(&wanted, &folded(input)), input))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    let near = near.map(|(_, input)| format!(" did you mean {input}?"));
    let all: Vec<_> = inputs.keys().map(String::as_str).collect();
    let place = match path {
        "" => String::new(),
        path => format!(" of {path}"),
    };
    format!(
        "unknown input {shown:?}{place};{} available: {}",
        near.unwrap_or_default(),
        all.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYNONYMS: Synonyms = &[("keyword", "query"), ("projectKey", "project")];

    fn schema() -> JsonObject {
        let schema = json!({
            "properties": {
                "query": {"type": "string"},
                "project": {"type": "array", "items": {"type": "string"}},
                "limit": {"type": "integer"},
                "hours": {"type": "number"},
                "done": {"type": "boolean"},
                "group_by": {"type": "string", "enum": ["project", "assignee"]},
                "issues": {"type": "array", "items": {
                    "type": "object",
                    "properties": {"summary": {"type": "string"}, "due": {"type": "string"}},
                    "required": ["summary"],
                }},
            },
            "required": ["query"],
        });
        let Value::Object(schema) = schema else {
            unreachable!("the schema is an object")
        };
        schema
    }

    fn read(arguments: Value) -> Result<Value, String> {
        let Value::Object(arguments) = arguments else {
            panic!("arguments are an object");
        };
        normalize(arguments, &schema(), SYNONYMS).map(Value::Object)
    }

    #[test]
    fn every_form_with_one_meaning_is_read() {
        for (given, expected) in [
            (json!({"Keyword": "a"}), json!({"query": "a"})),
            (json!({"query": 12}), json!({"query": "12"})),
            (json!({"query": ["a"]}), json!({"query": "a"})),
            (
                json!({"query": "a", "projects": "HARBOR, KURA"}),
                json!({"query": "a", "project": ["HARBOR", "KURA"]}),
            ),
            (
                json!({"query": "a", "project_key": "[\"HARBOR\"]"}),
                json!({"query": "a", "project": ["HARBOR"]}),
            ),
            (
                json!({"query": "a", "limit": "２０", "hours": "1.5", "done": "Yes"}),
                json!({"query": "a", "limit": 20, "hours": 1.5, "done": true}),
            ),
            (
                json!({"query": "a", "limit": 20.0}),
                json!({"query": "a", "limit": 20}),
            ),
            (
                json!({"query": "a", "groupBy": "Assignee", "limit": null, "project": [], "hours": ""}),
                json!({"query": "a", "group_by": "assignee"}),
            ),
            (
                json!({"query": "a", "issues": {"Summary": "b", "due": ""}}),
                json!({"query": "a", "issues": [{"summary": "b"}]}),
            ),
            (
                json!({"query": "a", "project": "H-1 h-2　Ｈ－３"}),
                json!({"query": "a", "project": ["H-1", "h-2", "Ｈ－３"]}),
            ),
            (
                json!({"query": "a", "project": ["H-1、H-2", "H-3\nH-4;H-5"]}),
                json!({"query": "a", "project": ["H-1", "H-2", "H-3", "H-4", "H-5"]}),
            ),
            (
                json!({"query": "a", "project": "https://a.example/view/H-1 H-2"}),
                json!({"query": "a", "project": ["https://a.example/view/H-1", "H-2"]}),
            ),
            (
                json!({"query": "a", "project": "Maja Lindqvist；佐藤 遥"}),
                json!({"query": "a", "project": ["Maja Lindqvist", "佐藤 遥"]}),
            ),
            (
                json!({"query": "a", "project": ["Sprint H-1", "Sea, Land"]}),
                json!({"query": "a", "project": ["Sprint H-1", "Sea, Land"]}),
            ),
            (
                json!({"query": "a", "issues": "[{\"summary\": \"b\"}]"}),
                json!({"query": "a", "issues": [{"summary": "b"}]}),
            ),
        ] {
            assert_eq!(read(given.clone()), Ok(expected), "{given}");
        }
    }

    #[test]
    fn any_other_form_is_an_error_that_names_the_input() {
        for (given, expected) in [
            (json!({}), "query: is required"),
            (json!({"query": "a", "limits!": 1}), ""),
            (json!({"query": "a", "limt": 1}), "did you mean limit?"),
            (
                json!({"query": "a", "xyz": 1}),
                "unknown input \"xyz\"; available: query",
            ),
            (
                json!({"query": {"a": 1}}),
                "query: expected a text, received {\"a\":1}",
            ),
            (
                json!({"query": "a", "limit": "many"}),
                "limit: expected an integer",
            ),
            (
                json!({"query": "a", "limit": 1.5}),
                "limit: expected an integer",
            ),
            (
                json!({"query": "a", "done": "maybe"}),
                "done: expected true or false",
            ),
            (
                json!({"query": "a", "group_by": "day"}),
                "one of project, assignee",
            ),
            (
                json!({"query": "a", "issues": [{"due": "x"}]}),
                "issues[0].summary: is required",
            ),
            (
                json!({"query": "a", "issues": ["x"]}),
                "issues[0]: expected an object",
            ),
            (
                json!({"query": "a", "keyword": "b"}),
                "query: is given twice",
            ),
        ] {
            match read(given.clone()) {
                Ok(_) => assert_eq!(expected, "", "{given}"),
                Err(error) => assert!(
                    !expected.is_empty() && error.contains(expected),
                    "{given}: {error}"
                ),
            }
        }
    }
}

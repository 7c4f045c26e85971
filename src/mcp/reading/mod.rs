//! Reads what callers wrote: what has one meaning is taken, and what has none is said.
//!
//! The one place where arguments get the form that the tools' types take. It comes before the
//! projects that are allowed are looked at, and before names are looked up: those judge what was
//! read, not what was written.
//!
//! 1. [`Inputs::name`] gives each argument the name of an input (`naming`); what is of no input
//!    is an error.
//! 2. [`Inputs::read`] gives each value the JSON of its input's type: lists and JSON texts here,
//!    one value in `scalar`, custom fields in `custom_field`. A call whose values are right
//!    already is only looked at.
//! 3. What is empty was not given. On a change it removes what is there, where the input says so
//!    (`x-clearable`) and the call leaves some optional input out: a call that names all of them
//!    comes from a client that fills everything in. `none` removes in any case.
//! 4. A change of nothing is an error.
//!
//! What an input takes follows from its type's schema, private keywords included (`kind`).

mod activity;
mod custom_field;
pub(super) mod date;
mod key;
mod kind;
mod link;
mod naming;
mod scalar;
pub(super) mod text;

use std::collections::HashMap;

use rmcp::model::JsonObject;
use serde_json::Value;

use self::{naming::Known, scalar::Given};
use super::{names, tool::Spec};
use crate::backlog::{BacklogUrl, Method};

pub(super) use self::{
    key::is_project as is_project_key,
    kind::{Input, Kind, Mark, READ},
    scalar::decimal,
};

/// More problems of one call are no help.
const MAX_PROBLEMS: usize = 5;
/// Inputs that go along with a change and are none.
const BESIDE: [&str; 2] = ["notifiedUserId", "mailNotify"];

/// What a call does to Backlog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Reading,
    /// Adds or removes a thing as a whole.
    Creating,
    /// Sets some of what a thing has.
    Changing,
}

/// The inputs of a tool.
#[derive(Clone, Debug)]
pub(super) struct Inputs {
    all: Vec<Input>,
    /// How many of them are the tool's own, which come first.
    own: usize,
    places: HashMap<String, usize>,
    mode: Mode,
    /// How many may be left out.
    optional: usize,
    /// Those that say what is changed; of some, one of several is enough: `issueId|issueKey`.
    targets: Vec<&'static str>,
}

/// What a call says besides its arguments, for its result.
pub(super) type Notes = Vec<String>;

impl Inputs {
    /// `method` and `template` are those of the request, as far as the tool is one.
    pub fn new(all: Vec<Input>, method: Option<Method>, template: &'static str) -> Self {
        let mode = match method {
            Some(Method::Patch | Method::Put) => Mode::Changing,
            None | Some(Method::Get) => Mode::Reading,
            Some(Method::Post | Method::Delete) => Mode::Creating,
        };
        let placeholders = template.split(['{', '}']).skip(1).step_by(2);
        let places = all.iter().enumerate();
        Self {
            places: places
                .map(|(place, input)| (input.name.clone(), place))
                .collect(),
            optional: all.iter().filter(|input| !input.is_required).count(),
            mode,
            targets: placeholders
                .map(|names| names.trim_start_matches('*'))
                .collect(),
            own: all.len(),
            all,
        }
    }

    /// Adds the inputs that other parts of the server offer.
    pub fn extend(&mut self, published: &JsonObject) {
        for input in Input::all(published) {
            if !self.places.contains_key(&input.name) {
                self.places.insert(input.name.clone(), self.all.len());
                self.all.push(Input {
                    // What it takes, its own reader says.
                    kind: match input.kind {
                        kind @ Kind::Marked(_) => kind,
                        _ => Kind::Other,
                    },
                    is_list: false,
                    ..input
                });
            }
        }
    }

    /// Gives the arguments the names of inputs; `published` are all that there are.
    ///
    /// # Errors
    /// What is of no input.
    pub fn name(
        &self,
        arguments: &mut JsonObject,
        published: &JsonObject,
        tool: &Spec,
    ) -> Result<(), String> {
        let none = JsonObject::new();
        let known = Known {
            published: match published.get("properties") {
                Some(Value::Object(inputs)) => inputs,
                _ => &none,
            },
            fields_are_off: !tool.fields.is_empty(),
        };
        naming::unwrap(arguments, known);
        if tool.takes_project {
            super::arguments::settle_project(arguments);
        }
        naming::settle(arguments, known)
    }

    /// Gives the values the form that the tool's types take; what it returns is for the result.
    ///
    /// # Errors
    /// What cannot be read, or that nothing would change.
    pub fn read(&self, arguments: &mut JsonObject, space: &BacklogUrl) -> Result<Notes, String> {
        if self.are_right(arguments) {
            return Ok(Notes::new());
        }
        let is_full = self.mode == Mode::Changing && self.names_all(arguments);
        let mut found = Found::default();
        let given = std::mem::take(arguments);
        for (name, value) in given {
            let Some(input) = self.input(&name) else {
                arguments.insert(name, value);
                continue;
            };
            let had_zero = is_full && !input.is_required && is_zero(&value);
            match self.value(input, value, space) {
                Ok(Given::Value(_)) if had_zero => found.ignored.push(name),
                Ok(Given::Value(value)) => {
                    found.note_removed_fields(&name, &value);
                    arguments.insert(name, value);
                }
                Ok(Given::Empty)
                    if self.mode == Mode::Changing && input.is_clearable && !is_full =>
                {
                    arguments.insert(name.clone(), input.nothing());
                    found.removed.push(name);
                }
                Ok(Given::Empty) => found.ignored.push(name),
                Ok(Given::None) if self.mode != Mode::Changing => {}
                Ok(Given::None) if input.is_clearable => {
                    arguments.insert(name.clone(), input.nothing());
                    found.removed.push(name);
                }
                Ok(Given::None) => {
                    found.problems.push(format!("{name}: cannot be removed"));
                }
                Err(problem) => found.problems.push(match problem.strip_prefix("[") {
                    Some(_) => format!("{name}{problem}"),
                    None => format!("{name}: {}", problem.trim_start_matches(": ")),
                }),
            }
        }
        if found.problems.is_empty() {
            self.settle_issue(arguments, &mut found.problems);
        }
        if found.problems.is_empty() {
            self.check_required(arguments, &mut found.problems);
        }
        if !found.problems.is_empty() {
            found.problems.truncate(MAX_PROBLEMS);
            return Err(found.problems.join("\n"));
        }
        if self.changes_nothing(arguments) {
            return Err(self.nothing_to_change(&found));
        }
        Ok(match self.mode {
            Mode::Changing => found.into_note(arguments, |name| self.is_change(name), is_full),
            _ => Notes::new(),
        })
    }

    /// The tool's own inputs.
    #[cfg(test)]
    pub fn own(&self) -> &[Input] {
        &self.all[..self.own]
    }

    #[cfg(test)]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether an input says what the call is about.
    pub fn is_target(&self, name: &str) -> bool {
        self.targets.iter().any(|names| has(names, name))
    }

    /// Whether nothing can stand in an input's list.
    pub fn takes_none(&self, name: &str) -> bool {
        let input = self.input(name);
        self.mode != Mode::Reading && input.is_some_and(|it| it.is_list && !it.is_required)
    }

    fn input(&self, name: &str) -> Option<&Input> {
        self.places.get(name).map(|place| &self.all[*place])
    }

    /// Whether there is nothing to read: the usual case, for which nothing is copied.
    fn are_right(&self, arguments: &JsonObject) -> bool {
        let is_right = |(name, value): (&String, &Value)| {
            self.input(name).is_some_and(|input| input.is_right(value))
        };
        arguments.iter().all(is_right) && !self.changes_nothing(arguments)
    }

    /// Whether the call gives every input that may be left out.
    fn names_all(&self, arguments: &JsonObject) -> bool {
        let mut optional = self.all[..self.own]
            .iter()
            .filter(|input| !input.is_required);
        self.optional > 0
            && optional.all(|input| {
                arguments.contains_key(&input.name) || self.is_other_name(input, arguments)
            })
    }

    /// Whether a target is given by its other name: a client that fills everything in does not
    /// leave out a change, but may well leave out the key where it has the id.
    fn is_other_name(&self, input: &Input, arguments: &JsonObject) -> bool {
        let with = self.targets.iter().find(|names| has(names, &input.name));
        with.is_some_and(|names| names.split('|').any(|name| arguments.contains_key(name)))
    }

    pub fn is_change(&self, name: &str) -> bool {
        !self.is_target(name) && !BESIDE.contains(&name) && self.is_own(name)
    }

    fn is_own(&self, name: &str) -> bool {
        self.places.get(name).is_some_and(|place| *place < self.own)
    }

    fn changes_nothing(&self, arguments: &JsonObject) -> bool {
        // What it would be of, the tool itself asks for.
        let is_given = |names: &&str| names.split('|').any(|name| arguments.contains_key(name));
        self.mode == Mode::Changing
            && !arguments.keys().any(|name| self.is_change(name))
            && self.targets.iter().all(is_given)
    }

    fn nothing_to_change(&self, found: &Found) -> String {
        let changes = self.all.iter().map(|input| input.name.as_str());
        let changes: Vec<_> = changes.filter(|name| self.is_change(name)).collect();
        let ignored = match found.ignored.as_slice() {
            [] => String::new(),
            ignored => format!(
                "; {} {} empty, which changes nothing (none removes a value, where one can be \
                 removed)",
                listed(ignored),
                if ignored.len() == 1 { "is" } else { "are" }
            ),
        };
        format!(
            "nothing to change: give at least one of {}{ignored}",
            changes.join(", ")
        )
    }

    /// Reads the value of one input.
    fn value(&self, input: &Input, value: Value, space: &BacklogUrl) -> Result<Given, String> {
        if input.is_right(&value) {
            return Ok(Given::Value(value));
        }
        match &input.kind {
            Kind::Marked(Mark::CustomFieldValues) => {
                fields(value, |value| custom_field::values(value, self.mode))
            }
            Kind::Marked(Mark::CustomFieldFilters) => fields(value, custom_field::filters),
            _ if input.is_list => list(input, value, space),
            Kind::Other => match (object(value), self.is_own(&input.name)) {
                (Value::Null, _) => Ok(Given::Empty),
                (Value::Array(items), true) if items.is_empty() => Ok(Given::Empty),
                (Value::String(text), true) => Err(format!(
                    "expected an object, received string {}",
                    text::quoted(&text)
                )),
                (value, _) => Ok(Given::Value(value)),
            },
            // A text that must be there may be an empty one.
            Kind::Text if input.is_required && value == "" => Ok(Given::Value(value)),
            _ => scalar::read(input, value, space),
        }
    }

    /// An issue's key in the input for its id goes to the other one, and the other way round.
    fn settle_issue(&self, arguments: &mut JsonObject, problems: &mut Vec<String>) {
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
                        "{from}: names another issue than {to}; give one of them"
                    ));
                }
                _ => {
                    arguments.insert(to.to_owned(), value);
                }
            }
        }
    }

    fn check_required(&self, arguments: &JsonObject, problems: &mut Vec<String>) {
        let missing = self
            .all
            .iter()
            .filter(|input| input.is_required && !arguments.contains_key(&input.name));
        problems.extend(missing.map(|input| format!("{}: is required", input.name)));
    }
}

impl Input {
    fn is_right(&self, value: &Value) -> bool {
        match (&self.kind, value) {
            (Kind::Marked(Mark::CustomFieldValues), value) => custom_field::are_right_values(value),
            (Kind::Marked(Mark::CustomFieldFilters), value) => {
                custom_field::are_right_filters(value)
            }
            (kind, Value::Array(items)) if self.is_list => {
                !items.is_empty() && items.iter().all(|item| kind.is_right(item))
            }
            _ if self.is_list => false,
            (Kind::Other, value) => value.is_object() || value.is_number() || value.is_boolean(),
            (kind, value) => kind.is_right(value),
        }
    }

    /// What removes a value.
    fn nothing(&self) -> Value {
        match self.is_list {
            true => Value::Array(Vec::new()),
            false => "".into(),
        }
    }
}

/// Whether a name is one of `issueId|issueKey`.
fn has(names: &str, name: &str) -> bool {
    names.split('|').any(|it| it == name)
}

/// What was found while the values were read.
#[derive(Default)]
struct Found {
    removed: Vec<String>,
    ignored: Vec<String>,
    problems: Vec<String>,
}

impl Found {
    /// A custom field is one of several in its input.
    fn note_removed_fields(&mut self, name: &str, value: &Value) {
        if name != "customFields" {
            return;
        }
        let fields = value.as_array().into_iter().flatten();
        let removed = fields.filter(|field| field["value"] == "");
        let removed = removed.map(|field| match &field["id"] {
            Value::String(name) => format!("custom field {}", names::quoted(name)),
            id => format!("custom field {id}"),
        });
        self.removed.extend(removed);
    }

    /// What was removed or ignored, beside what was changed.
    fn into_note(
        self,
        arguments: &JsonObject,
        is_change: impl Fn(&str) -> bool,
        is_full: bool,
    ) -> Notes {
        let (removed, ignored) = (self.removed, self.ignored);
        if removed.is_empty() && ignored.is_empty() {
            return Notes::new();
        }
        let changed = arguments
            .keys()
            .filter(|name| is_change(name) && !removed.contains(name));
        let changed: Vec<_> = changed.cloned().collect();
        let mut note = Vec::new();
        for (what, names) in [("Changed", changed), ("Removed", removed)] {
            if !names.is_empty() {
                note.push(format!("{what}: {}.", listed(&names)));
            }
        }
        if !ignored.is_empty() {
            note.push(match is_full {
                true => "Inputs that are empty were ignored, because the call names every input; \
                         none removes a value."
                    .to_owned(),
                false => format!("Ignored, because empty: {}.", listed(&ignored)),
            });
        }
        vec![note.join(" ")]
    }
}

fn listed(names: &[String]) -> String {
    names.join(", ")
}

fn is_blank(text: &str) -> bool {
    matches!(text.trim(), "" | "null")
}

fn is_zero(value: &Value) -> bool {
    value.as_f64() == Some(0.0)
}

fn fields(
    value: Value,
    read: impl FnOnce(Value) -> Result<Vec<Value>, String>,
) -> Result<Given, String> {
    match value {
        Value::Null => return Ok(Given::Empty),
        Value::String(text) if is_blank(&text) => return Ok(Given::Empty),
        Value::Array(fields) if fields.is_empty() => return Ok(Given::Empty),
        value => {
            let fields = read(value)?;
            Ok(match fields.is_empty() {
                true => Given::Empty,
                false => Given::Value(Value::Array(fields)),
            })
        }
    }
}

/// The object or list of a JSON text.
fn object(value: Value) -> Value {
    match value {
        Value::String(text) if is_blank(&text) => Value::Null,
        Value::String(text) => match serde_json::from_str(&text) {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => value,
            _ => Value::String(text),
        },
        value => value,
    }
}

/// A list, one value, or the JSON text of a list.
fn list(input: &Input, value: Value, space: &BacklogUrl) -> Result<Given, String> {
    let items = match value {
        Value::Null => return Ok(Given::Empty),
        Value::Array(items) => items,
        Value::String(text) => match split(input, &text) {
            Some(items) => items,
            None => {
                let read = scalar::read(input, Value::String(text), space)?;
                return Ok(match read {
                    Given::Value(value) => Given::Value(Value::Array(vec![value])),
                    empty => empty,
                });
            }
        },
        value => vec![value],
    };
    let mut read = Vec::with_capacity(items.len());
    let several = items.len();
    for (place, item) in items.into_iter().enumerate() {
        let is_list = item.is_array();
        match scalar::read(input, item, space) {
            _ if is_list => {
                return Err(format!("[{place}]: expected one value, received a list"));
            }
            Ok(Given::Value(value)) => read.push(value),
            Ok(Given::Empty) => {}
            Ok(Given::None) if several == 1 => return Ok(Given::None),
            Ok(Given::None) => return Err(format!("[{place}]: none goes alone")),
            Err(problem) => return Err(format!("[{place}]: {problem}")),
        }
    }
    Ok(match read.is_empty() {
        true => Given::Empty,
        false => Given::Value(Value::Array(read)),
    })
}

/// The values in one text.
fn split(input: &Input, text: &str) -> Option<Vec<Value>> {
    if text.trim_start().starts_with('[')
        && let Ok(Value::Array(items)) = serde_json::from_str(text)
    {
        return Some(items);
    }
    let is_ids = |text: &str| {
        let sign = |byte: u8| byte.is_ascii_digit() || matches!(byte, b',' | b' ');
        text.contains(',') && text.bytes().all(sign)
    };
    let has_ids = !input.kind.is_free_text() && is_ids(text);
    has_ids.then(|| text.split(',').map(|id| Value::from(id.trim())).collect())
}

#[cfg(test)]
mod tests;

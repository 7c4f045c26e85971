//! Normalizes arguments: a form with a clear meaning is accepted, and any other is an error.
//!
//! This is the only place where arguments are converted to the form that the tools' types expect.
//! It runs before the check of allowed projects and before names are looked up, so both see the
//! normalized arguments.
//!
//! 1. [`Inputs::name`] gives each argument the name of an input (`naming`); an argument without one
//!    is an error.
//! 2. [`Inputs::read`] converts each value to the JSON of its input's type: lists and JSON texts in
//!    `list`, one value in `scalar`, custom fields in `custom_field`. A call with valid names and
//!    values ([`Inputs::are_right`]) is not copied. A number outside of the published range
//!    (`range`) is an error.
//! 3. An empty value counts as absent. In a change it removes the current value (`change`), if the
//!    input allows it (`x-clearable`) and the call omits some optional input: a call with all of
//!    them comes from a client that fills everything in. `none` always removes the value.
//! 4. A URL also gives the project, repository and issue of its item (`place`).
//! 5. A change without changes is an error.
//!
//! The schema of an input's type, including private keywords (`kind`), determines which values the
//! input accepts.

mod activity;
mod change;
mod custom_field;
pub(crate) mod day;
mod document_id;
mod found;
mod inputs;
mod link;
mod list;
mod naming;
mod number;
mod place;
mod right;
mod scalar;
mod similarity;
mod space;
pub(crate) mod text;

use rmcp::model::JsonObject;
use serde_json::Value;

use crate::toolkit::{
    entity::Entity,
    input_kind::{Input, InputKind, Mark},
    tool::ToolMeta,
};
use change::is_zero;
use found::Found;
use inputs::Notes;
use naming::Known;
use scalar::Given;

pub(crate) use self::{
    inputs::{Inputs, Mode},
    number::decimal,
    space::CallSpace,
};

/// The maximum number of problems that are reported for a call.
const MAX_PROBLEMS: usize = 5;

impl Inputs {
    /// Gives the arguments the names of inputs. `published` has all inputs.
    ///
    /// # Errors
    /// An argument has no matching input.
    pub(crate) fn name(
        arguments: &mut JsonObject,
        published: &JsonObject,
        tool: &ToolMeta,
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
            crate::arguments::project::settle_project(arguments);
        }
        naming::settle(arguments, known)
    }

    /// Converts the values to the form that the tool's types expect; returns notes for the result.
    ///
    /// # Errors
    /// A value is invalid, or the call changes nothing.
    pub(crate) fn read(
        &self,
        arguments: &mut JsonObject,
        space: &CallSpace<'_>,
    ) -> Result<Notes, String> {
        if self.are_right(arguments) {
            return Ok(Notes::new());
        }
        let is_full = self.mode == Mode::Changing && self.names_all(arguments);
        let mut found = Found::default();
        let mut days = Notes::new();
        for (name, value) in std::mem::take(arguments) {
            match self.input(&name) {
                None => {
                    arguments.insert(name, value);
                }
                Some(input) => {
                    found.links.extend(place::of(input, &value, space));
                    let given = input.is_day().then(|| value.clone());
                    let had_zero = is_full && !input.is_required && is_zero(&value);
                    let read = match self.value(input, value, space) {
                        Ok(Given::Value(_)) if had_zero => Ok(Given::Empty),
                        Ok(Given::Empty) if self.is_removal(input) && !is_full => Ok(Given::None),
                        read => read,
                    };
                    if let Some(value) = self.taken(input, read, &mut found) {
                        days.extend(given.and_then(|given| input.day_note(&given, &value)));
                        arguments.insert(name, value);
                    }
                }
            }
        }
        if found.problems.is_empty() {
            self.settle_issue(arguments, &mut found.problems);
            self.settle_places(arguments, &mut found);
            self.check_pairs(arguments, &mut found.problems);
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
        let full = is_full.then(|| self.advice(&found));
        let mut notes = match self.mode {
            Mode::Changing => found.into_note(arguments, |name| self.is_change(name), full),
            _ => Notes::new(),
        };
        notes.extend(days);
        Ok(notes)
    }

    /// Returns the value of an input, if it has one, and records the outcome in `found`.
    fn taken(
        &self,
        input: &Input,
        read: Result<Given, String>,
        found: &mut Found,
    ) -> Option<Value> {
        let name = &input.name;
        match read {
            Ok(Given::Value(value)) => {
                found.note_removed_fields(name, &value);
                return Some(value);
            }
            Ok(Given::Empty) => found.ignored.push(name.clone()),
            Ok(Given::None) if self.is_removal(input) => {
                found.removed.push(name.clone());
                return Some(input.nothing());
            }
            // A new item has no value to remove.
            Ok(Given::None) if self.mode != Mode::Changing => {}
            Ok(Given::None) => found.problems.push(format!("{name}: cannot be removed")),
            Err(problem) => {
                let source = self.source(input, &problem);
                found.problems.push(match problem.starts_with('[') {
                    true => format!("{name}{problem}{source}"),
                    false => format!("{name}: {}{source}", problem.trim_start_matches(": ")),
                });
            }
        }
        None
    }

    /// Names the tool that returns the id for an input, for an error.
    fn source(&self, input: &Input, problem: &str) -> String {
        let is_of_id = ["expected an integer, ", "expected a numeric id, "]
            .iter()
            .any(|start| problem.starts_with(start));
        let is_starred = input.entity == Some(Entity::StarredThing);
        if !is_of_id || !(self.is_target(&input.name) || is_starred) {
            return String::new();
        }
        match input.entity.and_then(Entity::id_source) {
            Some(tools) => format!(" ({tools} returns its id)"),
            None => String::new(),
        }
    }

    /// Reads the value of one input.
    fn value(&self, input: &Input, value: Value, space: &CallSpace<'_>) -> Result<Given, String> {
        if input.is_right(&value) {
            return Ok(Given::Value(value));
        }
        match &input.kind {
            InputKind::Marked(Mark::CustomFieldValues) => {
                list::fields(value, |value| custom_field::values(value, self.mode))
            }
            InputKind::Marked(Mark::CustomFieldFilters) => {
                list::fields(value, |value| custom_field::filters(value, &space.now))
            }
            _ if input.is_list => list::read(input, value, space),
            InputKind::Other => match (list::object(value), self.is_own(&input.name)) {
                (Value::Null, _) => Ok(Given::Empty),
                (Value::Array(items), true) if items.is_empty() => Ok(Given::Empty),
                (Value::String(text), true) => Err(format!(
                    "expected an object, received string {}",
                    text::quoted(&text)
                )),
                (value, _) => Ok(Given::Value(value)),
            },
            // A required text may be empty.
            InputKind::Text if input.is_required && value == "" => Ok(Given::Value(value)),
            _ => scalar::read(input, value, space),
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

#[cfg(test)]
mod tests;

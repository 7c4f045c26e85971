//! Decides what a call changes: in a change, an empty value may remove the current one, and a call
//! that changes nothing is an error.

use rmcp::model::JsonObject;
use serde_json::Value;

use super::{
    found::{Found, advice, some_of},
    inputs::{Inputs, Mode, has},
};
use crate::toolkit::input_kind::{Input, InputKind, Mark};

/// Inputs that accompany a change but change nothing.
const BESIDE: [&str; 2] = ["notifiedUserId", "mailNotify"];

impl Inputs {
    /// Whether an empty value removes the current one.
    pub(super) fn is_removal(&self, input: &Input) -> bool {
        self.mode == Mode::Changing && input.is_clearable
    }

    /// Whether an input accepts an empty list.
    pub(crate) fn takes_none(&self, name: &str) -> bool {
        let input = self.input(name);
        self.mode != Mode::Reading && input.is_some_and(|it| it.is_list && !it.is_required)
    }

    /// Whether the call gives every optional input.
    pub(super) fn names_all(&self, arguments: &JsonObject) -> bool {
        let mut optional = self.all[..self.own]
            .iter()
            .filter(|input| !input.is_required);
        self.optional > 0
            && optional.all(|input| {
                arguments.contains_key(&input.name) || self.is_other_name(input, arguments)
            })
    }

    /// Whether a target is given under its other name: a client that fills in everything leaves out
    /// no change, but may leave out the key if it has the id.
    fn is_other_name(&self, input: &Input, arguments: &JsonObject) -> bool {
        let with = self.targets.iter().find(|names| has(names, &input.name));
        with.is_some_and(|names| names.split('|').any(|name| arguments.contains_key(name)))
    }

    pub(crate) fn is_change(&self, name: &str) -> bool {
        !self.is_target(name) && !BESIDE.contains(&name) && self.is_own(name)
    }

    pub(super) fn changes_nothing(&self, arguments: &JsonObject) -> bool {
        // The tool itself reports a missing target.
        let is_given = |names: &&str| names.split('|').any(|name| arguments.contains_key(name));
        self.mode == Mode::Changing
            && !arguments.keys().any(|name| self.is_change(name))
            && self.targets.iter().all(is_given)
    }

    pub(super) fn nothing_to_change(&self, found: &Found) -> String {
        let changes = self.all.iter().map(|input| input.name.as_str());
        let changes: Vec<_> = changes.filter(|name| self.is_change(name)).collect();
        let advice = self.advice(found);
        let ignored = match found.ignored.as_slice() {
            [] => String::new(),
            ignored => format!(
                "; {} {} empty, which changes nothing{}{advice}",
                some_of(ignored),
                if ignored.len() == 1 { "is" } else { "are" },
                if advice.is_empty() { "" } else { "." }
            ),
        };
        format!(
            "nothing to change: give at least one of {}{ignored}",
            changes.join(", ")
        )
    }

    /// Explains how to remove the values that the call left empty, for inputs that accept a word
    /// for it.
    pub(super) fn advice(&self, found: &Found) -> String {
        let takes_word = |name: &&String| {
            let input = self.input(name);
            input.is_some_and(|it| {
                let is_text = it.kind.is_free_text() || it.kind == InputKind::Other;
                it.is_clearable && !is_text && it.kind != InputKind::Marked(Mark::CustomFieldValues)
            })
        };
        let removable: Vec<_> = found.ignored.iter().filter(takes_word).cloned().collect();
        advice(&removable)
    }
}

impl Input {
    /// The value that removes the current one.
    pub(super) fn nothing(&self) -> Value {
        match self.is_list {
            true => Value::Array(Vec::new()),
            false => "".into(),
        }
    }
}

pub(super) fn is_zero(value: &Value) -> bool {
    value.as_f64() == Some(0.0)
}

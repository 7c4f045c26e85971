//! The inputs of a tool, by name and by what they do in its call.

use backlog_client::Method;
use rmcp::model::JsonObject;
use rustc_hash::FxHashMap;

use crate::toolkit::input_kind::{Input, InputKind};

/// How a call affects Backlog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Reading,
    /// Adds or removes a whole item.
    Creating,
    /// Sets some fields of an item.
    Changing,
}

/// The inputs of a tool.
#[derive(Clone, Debug)]
pub(crate) struct Inputs {
    pub(super) all: Vec<Input>,
    /// The number of the tool's own inputs, which come first.
    pub(super) own: usize,
    /// Indexes by name. Callers' names are only looked up, never stored, so a fast hash is safe.
    places: FxHashMap<String, usize>,
    pub(super) mode: Mode,
    /// The number of optional inputs.
    pub(super) optional: usize,
    /// The inputs that identify the item; one of several alternatives is enough:
    /// `issueId|issueKey`.
    pub(super) targets: Vec<&'static str>,
}

/// Notes about the arguments, for the result.
pub(crate) type Notes = Vec<String>;

impl Inputs {
    /// `method` and `template` are those of the tool's request, if it is a single request.
    pub(crate) fn new(all: Vec<Input>, method: Option<Method>, template: &'static str) -> Self {
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

    /// Adds the inputs that other parts of the server provide.
    pub(crate) fn extend(&mut self, published: &JsonObject) {
        for input in Input::all(published) {
            if !self.places.contains_key(&input.name) {
                self.places.insert(input.name.clone(), self.all.len());
                self.all.push(Input {
                    // Its own reader checks the value.
                    kind: match input.kind {
                        InputKind::Text => InputKind::Other,
                        kind if !input.is_list => kind,
                        _ => InputKind::Other,
                    },
                    is_list: false,
                    ..input
                });
            }
        }
    }

    /// The tool's own inputs.
    pub(crate) fn own(&self) -> &[Input] {
        &self.all[..self.own]
    }

    /// The inputs that other parts of the server provide.
    pub(crate) fn added(&self) -> &[Input] {
        &self.all[self.own..]
    }

    #[cfg(test)]
    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether an input identifies the item of the call.
    pub(crate) fn is_target(&self, name: &str) -> bool {
        self.targets.iter().any(|names| has(names, name))
    }

    pub(super) fn input(&self, name: &str) -> Option<&Input> {
        self.places.get(name).map(|place| &self.all[*place])
    }

    pub(super) fn is_own(&self, name: &str) -> bool {
        self.places.get(name).is_some_and(|place| *place < self.own)
    }
}

/// Whether a name is one of `issueId|issueKey`.
pub(super) fn has(names: &str, name: &str) -> bool {
    names.split('|').any(|it| it == name)
}

//! One argument with names in it.

use std::{collections::HashSet, iter::Sum, ops::Add};

use rmcp::model::JsonObject;
use serde_json::Value;

use super::{Kind, Known, Named, about, custom_field, entry, is_me};

/// An argument of the call that has names.
pub(super) struct Wanted {
    pub argument: String,
    pub kind: Kind,
    /// As they were given.
    pub names: Vec<String>,
    value: Value,
}

/// How much is to be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub names: usize,
    /// Names included.
    pub elements: usize,
}

impl Count {
    pub const NAME: Self = Self {
        names: 1,
        elements: 1,
    };
    pub const OTHER: Self = Self {
        names: 0,
        elements: 1,
    };

    /// Of a value, and of what is in its lists.
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Array(items) => items.iter().map(Self::of).sum(),
            Value::String(_) => Self::NAME,
            _ => Self::OTHER,
        }
    }
}

impl Add for Count {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            names: self.names + other.names,
            elements: self.elements + other.elements,
        }
    }
}

impl Sum for Count {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Self::add)
    }
}

impl Wanted {
    /// The argument of this input, if there are names in it.
    pub fn of(input: &Named, arguments: &JsonObject) -> Option<Self> {
        let value = arguments.get(&input.argument)?;
        let names: Vec<_> = match (input.kind, value) {
            (Kind::CustomField, Value::Array(fields)) => {
                fields.iter().filter_map(custom_field::name).collect()
            }
            (_, Value::String(text)) if text.is_empty() && input.clearable => Vec::new(),
            (_, Value::String(text)) => vec![text.clone()],
            (_, Value::Array(items)) => {
                let texts = items.iter().filter_map(Value::as_str);
                texts.map(str::to_owned).collect()
            }
            _ => Vec::new(),
        };
        (!names.is_empty()).then(|| Self {
            argument: input.argument.clone(),
            kind: input.kind,
            names,
            value: value.clone(),
        })
    }

    pub fn count(&self) -> Count {
        match &self.value {
            Value::Array(fields) if self.kind == Kind::CustomField => {
                fields.iter().map(custom_field::count).sum()
            }
            value => Count::of(value),
        }
    }

    /// Whether a project makes a difference.
    pub fn depends_on_project(&self) -> bool {
        let mut others = self.names.iter().filter(|name| !is_me(name));
        match self.kind {
            Kind::User => others.next().is_some(),
            kind => kind.of_project().is_some(),
        }
    }

    /// Whether nothing can be looked up without a project.
    pub fn needs_project(&self) -> bool {
        self.kind != Kind::User && self.kind.of_project().is_some()
    }

    /// Puts ids in place of the names.
    ///
    /// # Errors
    /// A text such as `statusId[0]: no status of the project is called "Opn"; …`.
    pub fn replace(&self, arguments: &mut JsonObject, known: &Known<'_>) -> Result<(), String> {
        let name = &self.argument;
        let replaced = match &self.value {
            Value::Array(fields) if self.kind == Kind::CustomField => {
                custom_field::replaced(name, fields, known)?
            }
            Value::Array(items) => {
                let mut ids = Vec::with_capacity(items.len());
                // Several names can be of one, which may be there by its id as well.
                let mut there: HashSet<_> = items.iter().filter_map(Value::as_i64).collect();
                for (place, item) in items.iter().enumerate() {
                    let Value::String(text) = item else {
                        ids.push(item.clone());
                        continue;
                    };
                    let found = self
                        .ids(text, known)
                        .map_err(|problem| format!("{name}[{place}]: {problem}"))?;
                    let new = found.into_iter().filter(|id| there.insert(*id));
                    ids.extend(new.map(Value::from));
                }
                Value::Array(ids)
            }
            Value::String(text) if self.kind == Kind::CustomFieldItem => {
                custom_field::item(arguments, text, known)
                    .map_err(|problem| format!("{name}: {problem}"))?
            }
            Value::String(text) => {
                let mut ids = self
                    .ids(text, known)
                    .map_err(|problem| format!("{name}: {problem}"))?;
                ids.swap_remove(0).into()
            }
            other => other.clone(),
        };
        arguments.insert(name.clone(), replaced);
        Ok(())
    }

    /// The ids of one name: one of each project that has it.
    fn ids(&self, text: &str, known: &Known<'_>) -> Result<Vec<i64>, String> {
        let lists = known.of(self.kind, text);
        match self.kind {
            Kind::Issue if about::prefix(text).is_none() => {
                let text = entry::quoted(text);
                return Err(format!("{text} is neither an id nor a key such as PROJ-12"));
            }
            Kind::Issue if lists.iter().all(|list| list.entries.is_empty()) => {
                return Err(format!("there is no issue {text:?}, or it cannot be seen"));
            }
            _ => {}
        }
        let mut ids = Vec::new();
        for list in &lists {
            let found = match self.kind {
                Kind::Issue => list.entries.iter().collect(),
                Kind::User | Kind::SpaceUser if is_me(text) => list.entries.iter().collect(),
                _ => list.with_name(text),
            };
            if found.len() > 1 {
                return Err(ambiguous(text, &found));
            }
            ids.extend(found.into_iter().map(|entry| entry.id));
        }
        match ids.is_empty() {
            false => Ok(ids),
            true => Err(unknown(self.kind, text, known)),
        }
    }
}

pub(super) fn ambiguous(text: &str, found: &[&entry::Entry]) -> String {
    let candidates = entry::candidates(found.iter().copied(), text);
    let text = entry::quoted(text);
    format!("several are called {text}: {candidates}; give the id of one")
}

pub(super) fn unknown(kind: Kind, text: &str, known: &Known<'_>) -> String {
    let lists = known.of(kind, text);
    let entries = lists.iter().flat_map(|list| list.entries.iter());
    let candidates = entry::candidates(entries, text);
    let whose = match (kind.of_project(), known.projects.len()) {
        (None, _) | (_, 0) => "",
        (_, 1) => " of the project",
        _ => " of these projects",
    };
    let (noun, text) = (kind.noun(), entry::quoted(text));
    match candidates.as_str() {
        "" => format!("no {noun}{whose} is called {text}; there is none"),
        _ => format!("no {noun}{whose} is called {text}; there are: {candidates}"),
    }
}

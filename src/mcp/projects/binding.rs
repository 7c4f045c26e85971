//! Classifies the inputs of a tool by what they name.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{
    Kind, Reference,
    inputs::{self, Role},
    unbound::{self, Unbound},
};

/// The maximum number of references in a call. Each may mean a request to Backlog.
const MAX_REFERENCES: usize = 100;

#[derive(Debug)]
pub(super) struct Binding {
    inputs: Vec<Input>,
    /// Inputs that no table has.
    unknown: Vec<String>,
    pub unbound: Option<Unbound>,
}

#[derive(Debug)]
struct Input {
    name: String,
    role: Role,
    /// Whether the input ties the call to a project: it names one item, or a required list of
    /// items. An optional list is a filter, and does not tie the call to anything.
    is_anchor: bool,
}

/// The references in the arguments of a call.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub references: Vec<Reference>,
    /// Whether one of them ties the call to a project.
    pub anchored: bool,
}

impl Binding {
    pub fn of(tool: &'static str, schema: &Map<String, Value>) -> Self {
        let none = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object);
        let required = schema.get("required").and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|r| r == name));

        let mut inputs = Vec::new();
        let mut unknown = Vec::new();
        for (name, schema) in properties.unwrap_or(&none) {
            match inputs::role(tool, name, schema) {
                None => unknown.push(name.clone()),
                Some(role) => inputs.push(Input {
                    name: name.clone(),
                    role,
                    is_anchor: matches!(role, Role::Names(_) | Role::NamesBy(_))
                        && (is_required(name) || schema["type"] != "array"),
                }),
            }
        }
        Self {
            inputs,
            unknown,
            unbound: unbound::of(tool),
        }
    }

    /// Returns why the tool cannot be used under a project restriction: a gap in the tables.
    pub fn problem(&self) -> Option<String> {
        if matches!(self.unbound, Some(Unbound::Refused(_))) {
            return None;
        }
        if !self.unknown.is_empty() {
            return Some(format!(
                "it is unknown what {} names",
                self.unknown.join(", ")
            ));
        }
        let names_something = self.inputs.iter().any(|input| {
            matches!(
                input.role,
                Role::Names(Kind::Project | Kind::Issue | Kind::Wiki | Kind::Document)
            )
        });
        let is_inner = |input: &&Input| input.role == Role::Inner;
        if let Some(inner) = self.inputs.iter().find(is_inner)
            && !names_something
        {
            return Some(format!("it is unknown what {} belongs to", inner.name));
        }
        if self.unbound.is_none() && self.anchors().is_empty() {
            return Some("its use of projects is unknown".to_owned());
        }
        None
    }

    /// Whether the tool has an input of this name.
    pub fn takes(&self, name: &str) -> bool {
        self.inputs.iter().any(|input| input.name == name)
    }

    /// The inputs of which at least one is required.
    pub fn anchors(&self) -> Vec<&str> {
        let anchors = self.inputs.iter().filter(|input| input.is_anchor);
        anchors.map(|input| input.name.as_str()).collect()
    }

    /// Returns everything that the arguments name.
    ///
    /// # Errors
    /// An argument is invalid or not allowed under a project restriction, or there are too many
    /// references.
    pub fn references(&self, arguments: &Map<String, Value>) -> Result<Given, String> {
        let mut given = Given::default();
        let mut repositories = Vec::new();
        for input in &self.inputs {
            let Some(value) = arguments.get(&input.name) else {
                continue;
            };
            match input.role {
                Role::Plain | Role::Inner => {}
                Role::Refused(_) if value.is_null() => {}
                Role::NamesBy(kind) => {
                    let kind = arguments.get(kind).and_then(Value::as_str);
                    let kind = kind.and_then(kind_with_project).ok_or_else(|| {
                        format!("Backlog does not report the project of this {}", input.name)
                    })?;
                    let names = names(value).unwrap_or_default().into_iter();
                    let named = names.map(|name| Reference::new(kind, name));
                    given.references.extend(named);
                    given.anchored |= !given.references.is_empty();
                }
                Role::Refused(reason) => return Err(format!("{}: {reason}", input.name)),
                Role::Names(kind) => {
                    let names = names(value)
                        .ok_or_else(|| format!("{}: expected an id or a key", input.name))?;
                    given.anchored |= input.is_anchor && !names.is_empty();
                    let named = names.into_iter().map(|name| Reference::new(kind, name));
                    match kind {
                        Kind::Repository => repositories.extend(named),
                        _ => given.references.extend(named),
                    }
                }
            }
        }
        let is_project = |reference: &&Reference| reference.kind == Kind::Project;
        let project = given.references.iter().find(is_project);
        let project = project.map(|reference| reference.name.clone());
        for mut repository in repositories {
            repository.within.clone_from(&project);
            given.references.push(repository);
        }
        let mut distinct = HashSet::new();
        let references = &mut given.references;
        references.retain(|reference| distinct.insert(reference.clone()));
        if references.len() > MAX_REFERENCES {
            return Err(format!(
                "it names {} projects, issues and similar items; name at most {MAX_REFERENCES} in \
                 one call",
                references.len()
            ));
        }
        Ok(given)
    }
}

/// The kinds, by their names in arguments, for which Backlog reports the project.
fn kind_with_project(kind: &str) -> Option<Kind> {
    match kind {
        "issue" => Some(Kind::Issue),
        "wiki" => Some(Kind::Wiki),
        _ => None,
    }
}

/// Returns the ids, keys or names in an argument, as [`Operation::fill`](crate::backlog::Operation::fill)
/// writes them; `None` if it has anything else.
fn names(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(items) => {
            let scalars = items.iter().map(scalar);
            scalars.collect::<Option<Vec<_>>>()
        }
        // It is not an id, so it counts as absent.
        Value::Number(number) if number.as_f64() <= Some(0.0) => Some(Vec::new()),
        Value::String(text) if text.is_empty() => Some(Vec::new()),
        Value::Null => Some(Vec::new()),
        value => scalar(value).map(|name| vec![name]),
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(match (number.as_i64(), number.as_f64()) {
            (None, Some(float)) => float.to_string(),
            _ => number.to_string(),
        }),
        _ => None,
    }
}

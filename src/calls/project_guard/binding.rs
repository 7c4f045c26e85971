//! One tool as the project restriction sees it: its rule, and which of its inputs name what.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::Reference;
use crate::{
    arguments::reading::Inputs,
    toolkit::{
        entity::{ProjectItem, ProjectRole},
        input_kind::{self, InputKind, Mark},
        project_binding::ProjectBinding,
    },
};

/// The maximum number of references in a call. Each may mean a request to Backlog.
const MAX_REFERENCES: usize = 100;

#[derive(Debug)]
pub(crate) struct Binding {
    inputs: Vec<Input>,
    /// Inputs with types that do not say what they name.
    unknown: Vec<String>,
    pub rule: ProjectBinding,
}

#[derive(Debug)]
struct Input {
    name: String,
    role: ProjectRole,
    is_list: bool,
    /// Whether the input ties the call to a project: it names one item, or a required list of
    /// items. An optional list is a filter, and does not tie the call to anything.
    is_anchor: bool,
}

/// The references in the arguments of a call.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub references: Vec<Reference>,
    /// Whether one of them ties the call to a project.
    pub anchored: bool,
}

impl Binding {
    pub(crate) fn of(rule: ProjectBinding, all: &Inputs) -> Self {
        let mut inputs = Vec::new();
        let mut unknown = Vec::new();
        for input in all.own() {
            match role(input) {
                None => unknown.push(input.name.clone()),
                Some(role) => inputs.push(Input::own(input, role)),
            }
        }
        inputs.extend(all.added().iter().map(Input::added));
        Self {
            inputs,
            unknown,
            rule,
        }
    }

    /// Returns why the tool cannot be used under a project restriction: a fault of its declaration.
    pub(crate) fn problem(&self) -> Option<String> {
        if self.rule.refusal().is_some() {
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
                ProjectRole::Names(
                    ProjectItem::Project
                        | ProjectItem::Issue
                        | ProjectItem::Wiki
                        | ProjectItem::Document
                )
            )
        });
        let is_inside = |input: &&Input| input.role == ProjectRole::Inside;
        if let Some(inside) = self.inputs.iter().find(is_inside)
            && !names_something
        {
            return Some(format!("it is unknown what {} belongs to", inside.name));
        }
        let is_bound = match self.rule {
            ProjectBinding::Inputs => !self.anchors().is_empty(),
            ProjectBinding::Narrowed => self.project_list().is_some(),
            _ => true,
        };
        (!is_bound).then(|| "its use of projects is unknown".to_owned())
    }

    /// Whether the tool has an input of this name.
    pub(crate) fn takes(&self, name: &str) -> bool {
        self.inputs.iter().any(|input| input.name == name)
    }

    /// The inputs of which at least one is required.
    pub(crate) fn anchors(&self) -> Vec<&str> {
        let anchors = self.inputs.iter().filter(|input| input.is_anchor);
        anchors.map(|input| input.name.as_str()).collect()
    }

    /// The input that takes a list of projects.
    pub(crate) fn project_list(&self) -> Option<&str> {
        let is_it = |input: &&Input| {
            input.is_list && input.role == ProjectRole::Names(ProjectItem::Project)
        };
        let input = self.inputs.iter().find(is_it)?;
        Some(&input.name)
    }

    /// Returns everything that the arguments name.
    ///
    /// # Errors
    /// An argument is invalid or not allowed under a project restriction, or there are too many
    /// references.
    pub(crate) fn references(&self, arguments: &Map<String, Value>) -> Result<Given, String> {
        let mut given = Given::default();
        for input in &self.inputs {
            if let Some(value) = arguments.get(&input.name) {
                given.read(input, value, arguments)?;
            }
        }
        given.place_repositories();
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

    #[cfg(test)]
    pub(crate) fn role(&self, name: &str) -> Option<ProjectRole> {
        let input = self.inputs.iter().find(|input| input.name == name)?;
        Some(input.role)
    }
}

impl Given {
    /// Adds what one argument names.
    fn read(
        &mut self,
        input: &Input,
        value: &Value,
        arguments: &Map<String, Value>,
    ) -> Result<(), String> {
        match input.role {
            ProjectRole::Unrelated | ProjectRole::Inside => {}
            ProjectRole::Refused(_) if value.is_null() => {}
            ProjectRole::Refused(reason) => return Err(format!("{}: {reason}", input.name)),
            ProjectRole::NamesBy(kind) => {
                let kind = arguments.get(kind).and_then(Value::as_str);
                let item = kind.and_then(item_with_project).ok_or_else(|| {
                    format!("Backlog does not report the project of this {}", input.name)
                })?;
                let names = names(value).unwrap_or_default().into_iter();
                let named = names.map(|name| Reference::new(item, name));
                self.references.extend(named);
                self.anchored |= !self.references.is_empty();
            }
            ProjectRole::Names(item) => {
                let names = names(value)
                    .ok_or_else(|| format!("{}: expected an id or a key", input.name))?;
                self.anchored |= input.is_anchor && !names.is_empty();
                let named = names.into_iter().map(|name| Reference::new(item, name));
                self.references.extend(named);
            }
        }
        Ok(())
    }

    /// Puts repositories after the rest, in the project that the call names.
    fn place_repositories(&mut self) {
        let is_repository = |reference: &Reference| reference.item == ProjectItem::Repository;
        let (repositories, others) = std::mem::take(&mut self.references)
            .into_iter()
            .partition::<Vec<_>, _>(is_repository);
        let is_project = |reference: &&Reference| reference.item == ProjectItem::Project;
        let project = others.iter().find(is_project);
        let project = project.map(|reference| reference.name.clone());
        self.references = others;
        self.references
            .extend(repositories.into_iter().map(|repository| Reference {
                within: project.clone(),
                ..repository
            }));
    }
}

impl Input {
    fn own(input: &input_kind::Input, role: ProjectRole) -> Self {
        let names = matches!(role, ProjectRole::Names(_) | ProjectRole::NamesBy(_));
        Self {
            name: input.name.clone(),
            role,
            is_list: input.is_list,
            is_anchor: names && (input.is_required || !input.is_list),
        }
    }

    /// One that the hub itself offers.
    fn added(input: &input_kind::Input) -> Self {
        Self {
            name: input.name.clone(),
            role: ProjectRole::Unrelated,
            is_list: input.is_list,
            is_anchor: false,
        }
    }
}

/// The role of an input, by its type; `None` if the type says nothing although the input could
/// name something.
fn role(input: &input_kind::Input) -> Option<ProjectRole> {
    match input.entity {
        Some(entity) => Some(entity.project_role()),
        None => (!could_name_something(input)).then_some(ProjectRole::Unrelated),
    }
}

/// Whether an input without an entity has a name or a value like one that identifies something.
/// This is no rule about the input: it only guards against a type that should carry an entity.
fn could_name_something(input: &input_kind::Input) -> bool {
    const ENDS: [&str; 6] = ["id", "ids", "key", "keys", "uri", "url"];
    const NOUNS: [&str; 9] = [
        "project",
        "issue",
        "wiki",
        "document",
        "repo",
        "watch",
        "notification",
        "activity",
        "pullrequest",
    ];
    match &input.kind {
        InputKind::Boolean | InputKind::Choice(_) => false,
        InputKind::Text
        | InputKind::Marked(Mark::Integer | Mark::Decimal | Mark::Date | Mark::OnlyFalse) => {
            let name = input.name.to_ascii_lowercase();
            ENDS.iter().any(|end| name.ends_with(end))
                || NOUNS.iter().any(|noun| name.contains(noun))
        }
        InputKind::Named(_) | InputKind::Marked(_) | InputKind::Other => true,
    }
}

/// The items, by their names in arguments, for which Backlog reports the project.
fn item_with_project(kind: &str) -> Option<ProjectItem> {
    match kind {
        "issue" => Some(ProjectItem::Issue),
        "wiki" => Some(ProjectItem::Wiki),
        _ => None,
    }
}

/// Returns the ids, keys or names in an argument, as
/// [`Operation::fill`](backlog_client::Operation::fill) writes them; `None` if it has anything
/// else.
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

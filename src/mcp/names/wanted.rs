//! One argument with names in it.

use std::{collections::HashSet, iter::Sum, ops::Add};

use rmcp::model::JsonObject;
use serde_json::Value;

use super::{
    Kind, Known, Named,
    about::{self, Project},
    custom_field, entry, is_me,
    lists::List,
    parted::parted,
    words,
};
use crate::mcp::{
    inputs::{SORTS, Sort},
    reading::{
        is_project_key,
        text::{clean, digits, is_none_word},
    },
};

/// An argument of the call that has names.
pub(super) struct Wanted {
    pub argument: String,
    pub kind: Kind,
    /// As they were given.
    pub names: Vec<String>,
    takes_none: bool,
    is_clearable: bool,
    value: Value,
}

/// The id that a text of digits is.
pub(super) fn id_of(text: &str) -> Option<i64> {
    clean(text).and_then(|text| digits(&text))
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
            Value::String(text) if id_of(text).is_none() => Self::NAME,
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
            (Kind::ProjectKey, Value::String(text)) if is_project_key(text) => Vec::new(),
            (Kind::Sort, Value::String(text)) if Sort::is_one(text) => Vec::new(),
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
            takes_none: input.takes_none,
            is_clearable: input.clearable,
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

    /// Where the names may be.
    pub fn lists(&self, projects: &[Project]) -> Vec<List> {
        let names = self.names.iter();
        let lists = names.flat_map(|name| self.kind.lists(name, projects));
        lists.collect()
    }

    /// Whether a project makes a difference.
    pub fn depends_on_project(&self) -> bool {
        let is_other = |name: &&String| self.kind != Kind::User || !is_me(name);
        let mut others = self.names.iter().filter(is_other);
        self.kind.of_project().is_some() && others.any(|name| id_of(name).is_none())
    }

    /// Whether nothing can be looked up without a project.
    pub fn needs_project(&self) -> bool {
        let is_lost = |name: &String| id_of(name).is_none() && words::id(self.kind, name).is_none();
        let can_be_lost = self.kind != Kind::User && self.kind.of_project().is_some();
        can_be_lost && self.names.iter().any(is_lost)
    }

    /// Whether the names mean nothing without a list.
    pub fn needs_list(&self) -> bool {
        self.names.iter().any(|name| id_of(name).is_none())
    }

    /// Whether a custom field is given by its number with a text, which its type can judge.
    pub fn has_values_to_check(&self) -> bool {
        let fields = self.value.as_array().into_iter().flatten();
        self.kind == Kind::CustomField && fields.filter_map(custom_field::number).next().is_some()
    }

    /// Whether a remembered list has a name in another case, width or spacing only. One that is
    /// exactly so may have been added since. The words of every space are certain; people are
    /// addressed in many ways.
    pub fn is_unsure(&self, known: &Known<'_>) -> bool {
        let lists = |text| known.of(self.kind, text).into_iter();
        let mut names = self.names.iter();
        match (&self.value, self.kind) {
            (_, Kind::User | Kind::SpaceUser | Kind::Issue) => false,
            (Value::Array(fields), Kind::CustomField) => custom_field::are_unsure(fields, known),
            (_, Kind::CustomFieldItem) => names.any(|text| {
                let mut lists = lists(text).filter(|list| list.remembered);
                lists.any(|list| custom_field::is_no_exact_item(&list.entries, text))
            }),
            _ => names.any(|text| {
                words::id(self.kind, text).is_none()
                    && lists(text).any(|list| list.is_unsure_of(text))
            }),
        }
    }

    /// What to do where a project is missing.
    pub fn is_lost(&self, named: &[Named]) -> String {
        let takes_project = |input: &Named| input.kind == Kind::Project;
        let missing = match named.iter().any(takes_project) {
            true => "projectId",
            false => "issueKey or issueId",
        };
        let argument = &self.argument;
        match self.kind {
            Kind::Sort => format!(
                "{argument}: names of custom fields belong to a project: give {missing} as well, \
                 or customField_ with an id, or one of {}",
                SORTS.join(", ")
            ),
            _ => format!("{argument}: names belong to a project: give {missing} as well, or an id"),
        }
    }

    /// Puts ids in place of the names; what the result has to say of it.
    ///
    /// # Errors
    /// A text such as `statusId[0]: no status of the project is called "Opn"; …`.
    pub fn replace(
        &self,
        arguments: &mut JsonObject,
        known: &Known<'_>,
    ) -> Result<Vec<String>, String> {
        let name = &self.argument;
        let mut notes = Vec::new();
        let replaced = match &self.value {
            Value::Array(fields) if self.kind == Kind::CustomField => {
                custom_field::replaced(name, fields, known, &mut notes)?
            }
            Value::Array(_) if self.is_nothing(known) => {
                if self.is_clearable {
                    notes.push(format!("Removed: {name}."));
                }
                Value::Array(Vec::new())
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
                        .ids(text, known, &mut notes)
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
            Value::String(text) if self.kind == Kind::Sort => {
                let field = custom_field::find(text, known).map_err(|lost| {
                    let problem = lost.into_text();
                    format!("{name}: {problem}; or one of {}", SORTS.join(", "))
                })?;
                format!("customField_{}", field.id).into()
            }
            Value::String(text) => {
                let mut ids = self
                    .ids(text, known, &mut notes)
                    .map_err(|problem| format!("{name}: {problem}"))?;
                ids.swap_remove(0).into()
            }
            other => other.clone(),
        };
        arguments.insert(name.clone(), replaced);
        Ok(notes)
    }

    /// Whether the list is a word for nothing, which nothing is called by.
    fn is_nothing(&self, known: &Known<'_>) -> bool {
        let [word] = self.names.as_slice() else {
            return false;
        };
        let lists = || known.of(self.kind, word);
        self.takes_none
            && self.value.as_array().is_some_and(|items| items.len() == 1)
            && is_none_word(word)
            && lists().iter().all(|list| list.with_name(word).is_empty())
    }

    /// The ids of one name: one of each project that has it.
    fn ids(
        &self,
        text: &str,
        known: &Known<'_>,
        notes: &mut Vec<String>,
    ) -> Result<Vec<i64>, String> {
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
        let ids = self.named(text, known)?;
        if !ids.is_empty() {
            return Ok(ids);
        }
        if let Some(id) = id_of(text).or_else(|| words::id(self.kind, text)) {
            return Ok(vec![id]);
        }
        let several = self.value.is_array().then(|| {
            parted(text, |part| {
                let ids = self.named(part, known).ok()?;
                let word = || words::id(self.kind, part).map(|id| vec![id]);
                Some(ids).filter(|ids| !ids.is_empty()).or_else(word)
            })
        });
        if let Some(several) = several.flatten() {
            return Ok(several.into_iter().flatten().collect());
        }
        match self.part(text, known) {
            Some(person) => {
                let (name, text) = (&self.argument, entry::quoted(text));
                notes.push(format!("{name}: {text} was taken for {person}."));
                Ok(vec![person.id])
            }
            None => Err(match self.value.is_array() && text.contains([',', '、']) {
                true => {
                    let problem = unknown(self.kind, text, known);
                    format!("{problem}; give a list, such as [\"Open\",\"Closed\"]")
                }
                false => unknown(self.kind, text, known),
            }),
        }
    }

    /// The ids of what is called so in the lists: none if nothing is.
    fn named(&self, text: &str, known: &Known<'_>) -> Result<Vec<i64>, String> {
        let by_id = id_of(text);
        let mut ids = Vec::new();
        for list in known.of(self.kind, text) {
            let found = match self.kind {
                Kind::Issue => list.entries.iter().collect(),
                Kind::User | Kind::SpaceUser if is_me(text) => list.entries.iter().collect(),
                Kind::User | Kind::SpaceUser => list.with_persons_name(text),
                _ => list.with_name(text),
            };
            if found.len() > 1 {
                return Err(ambiguous(text, &found));
            }
            if let (Some(id), [named]) = (by_id, found.as_slice())
                && let Some(other) = list.entries.iter().find(|entry| entry.id == id)
                && other.id != named.id
            {
                return Err(either(text, other, named));
            }
            ids.extend(found.into_iter().map(|entry| entry.id));
        }
        Ok(ids)
    }

    /// The only person of the project in whose names a text stands. Not where the call is about
    /// the person itself, who might be another one.
    fn part<'a>(&self, text: &str, known: &'a Known<'_>) -> Option<&'a entry::Entry> {
        let is_fitting = self.kind == Kind::User && self.argument != "userId";
        if !is_fitting || known.projects.is_empty() {
            return None;
        }
        let lists = known.of(self.kind, text);
        let mut found: Vec<_> = lists.iter().flat_map(|list| list.with_part(text)).collect();
        found.sort_unstable_by_key(|entry| entry.id);
        found.dedup_by_key(|entry| entry.id);
        match found.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }
}

/// Where a text of digits is one's id and another's name.
pub(super) fn either(text: &str, by_id: &entry::Entry, by_name: &entry::Entry) -> String {
    let text = entry::quoted(text);
    let ids = (by_id.id, by_name.id);
    format!(
        "{text} is the id of {by_id}, and the name of {by_name}; give \"id:{}\" or \"id:{}\"",
        ids.0, ids.1
    )
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

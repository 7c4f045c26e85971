//! An argument with names in it.

use std::collections::HashSet;

use backlog_words::key;
use rmcp::model::JsonObject;
use serde_json::Value;

use super::{
    count::Count,
    custom_field,
    entry::Entry,
    id::id_of,
    known::Known,
    list::List,
    parted::parted,
    problems::{ambiguous, either, unknown},
    project::{self, Project},
    words::{self, is_me},
};
use crate::{
    arguments::reading::text::is_none_word,
    toolkit::{
        inputs::{SORTS, Sort},
        name_kind::{NameKind, Named},
        quoted::quoted,
    },
};

/// An argument of the call with names to look up.
pub(super) struct NameArgument {
    pub argument: String,
    pub kind: NameKind,
    /// The names as the caller gave them.
    pub names: Vec<String>,
    takes_none: bool,
    is_clearable: bool,
    value: Value,
}

impl NameArgument {
    /// Returns the argument of this input, if there are names in it.
    pub(super) fn of(input: &Named, arguments: &JsonObject) -> Option<Self> {
        let value = arguments.get(&input.argument)?;
        let names: Vec<_> = match (input.kind, value) {
            (NameKind::CustomField, Value::Array(fields)) => {
                fields.iter().filter_map(custom_field::name).collect()
            }
            (_, Value::String(text)) if text.is_empty() && input.clearable => Vec::new(),
            (NameKind::ProjectKey, Value::String(text)) if key::is_project(text) => Vec::new(),
            (NameKind::Sort, Value::String(text)) if Sort::is_one(text) => Vec::new(),
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

    pub(super) fn count(&self) -> Count {
        match &self.value {
            Value::Array(fields) if self.kind == NameKind::CustomField => {
                fields.iter().map(custom_field::count).sum()
            }
            value => Count::of(value),
        }
    }

    /// Returns the lists in which the names may be.
    pub(super) fn lists(&self, projects: &[Project]) -> Vec<List> {
        let names = self.names.iter();
        let lists = names.flat_map(|name| self.kind.lists(name, projects));
        lists.collect()
    }

    /// Whether the lookup depends on the project.
    pub(super) fn depends_on_project(&self) -> bool {
        let is_other = |name: &&String| self.kind != NameKind::User || !is_me(name);
        let mut others = self.names.iter().filter(is_other);
        self.kind.of_project().is_some() && others.any(|name| id_of(name).is_none())
    }

    /// Whether nothing can be looked up without a project.
    pub(super) fn needs_project(&self) -> bool {
        let is_lost = |name: &String| id_of(name).is_none() && words::id(self.kind, name).is_none();
        let can_be_lost = self.kind != NameKind::User && self.kind.of_project().is_some();
        can_be_lost && self.names.iter().any(is_lost)
    }

    /// Whether the names cannot be resolved without a list.
    pub(super) fn needs_list(&self) -> bool {
        self.names.iter().any(|name| id_of(name).is_none())
    }

    /// Whether a custom field is given by its id with a text that its type can check.
    pub(super) fn has_values_to_check(&self) -> bool {
        let mut fields = self.value.as_array().into_iter().flatten();
        self.kind == NameKind::CustomField && fields.find_map(custom_field::number).is_some()
    }

    /// Whether a cached list has a name only in different case, width or spacing, so that an exact
    /// match may have been added since. Words that are the same in every space are certain. Users
    /// are excluded, because they are addressed in many ways.
    pub(super) fn is_unsure(&self, known: &Known<'_>) -> bool {
        let lists = |text| known.of(self.kind, text).into_iter();
        let mut names = self.names.iter();
        match (&self.value, self.kind) {
            (_, NameKind::User | NameKind::SpaceUser | NameKind::Issue) => false,
            (Value::Array(fields), NameKind::CustomField) => {
                custom_field::are_unsure(fields, known)
            }
            (_, NameKind::CustomFieldItem) => names.any(|text| {
                let mut lists = lists(text).filter(|list| list.remembered);
                lists.any(|list| custom_field::is_no_exact_item(&list.entries, text))
            }),
            _ => names.any(|text| {
                words::id(self.kind, text).is_none()
                    && lists(text).any(|list| list.is_unsure_of(text))
            }),
        }
    }

    /// Explains what to do if the project is missing.
    pub(super) fn is_lost(&self, named: &[Named]) -> String {
        let takes_project = |input: &Named| input.kind == NameKind::Project;
        let missing = match named.iter().any(takes_project) {
            true => "projectId",
            false => "issueKey or issueId",
        };
        let argument = &self.argument;
        match self.kind {
            NameKind::Sort => format!(
                "{argument}: to sort by the name of a custom field, also give {missing}; or give \
                 customField_ with an id, or one of {}",
                SORTS.join(", ")
            ),
            _ => format!("{argument}: to use a name, also give {missing}; or give an id"),
        }
    }

    /// Replaces the names with ids; returns notes for the result.
    ///
    /// # Errors
    /// A text such as `statusId[0]: unknown status "Opn" in the project; available: …`.
    pub(super) fn replace(
        &self,
        arguments: &mut JsonObject,
        known: &Known<'_>,
    ) -> Result<Vec<String>, String> {
        let name = &self.argument;
        let mut notes = Vec::new();
        let replaced = match &self.value {
            Value::Array(fields) if self.kind == NameKind::CustomField => {
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
                // Several names can mean the same entry, which may also be given by its id.
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
            Value::String(text) if self.kind == NameKind::CustomFieldItem => {
                custom_field::item(arguments, text, known)
                    .map_err(|problem| format!("{name}: {problem}"))?
            }
            Value::String(text) if self.kind == NameKind::Sort => {
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

    /// Whether the list is only a word such as `none`, which is not the name of an entry.
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

    /// Returns the ids of one name: one from each project that has it.
    fn ids(
        &self,
        text: &str,
        known: &Known<'_>,
        notes: &mut Vec<String>,
    ) -> Result<Vec<i64>, String> {
        let lists = known.of(self.kind, text);
        match self.kind {
            NameKind::Issue if project::prefix(text).is_none() => {
                let text = quoted(text);
                return Err(format!(
                    "expected an id or a key such as PROJ-12, received {text}"
                ));
            }
            NameKind::Issue if lists.iter().all(|list| list.entries.is_empty()) => {
                return Err(format!("issue {text:?} does not exist or is not visible"));
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
            Some(user) => {
                let (name, text) = (&self.argument, quoted(text));
                notes.push(format!("{name}: {text} was interpreted as {user}."));
                Ok(vec![user.id])
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

    /// Returns the ids of the entries with this name in the lists, which may be none.
    fn named(&self, text: &str, known: &Known<'_>) -> Result<Vec<i64>, String> {
        let by_id = id_of(text);
        let mut ids = Vec::new();
        for list in known.of(self.kind, text) {
            let found = match self.kind {
                NameKind::Issue => list.entries.iter().collect(),
                NameKind::User | NameKind::SpaceUser if is_me(text) => {
                    list.entries.iter().collect()
                }
                NameKind::User | NameKind::SpaceUser => list.with_user_name(text),
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

    /// Returns the only user of the project with a text in one of their names. Does not apply where
    /// the user is the subject of the call, because a wrong guess would matter.
    fn part<'a>(&self, text: &str, known: &'a Known<'_>) -> Option<&'a Entry> {
        let is_fitting = self.kind == NameKind::User && self.argument != "userId";
        if !is_fitting || known.scope.projects.is_empty() {
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

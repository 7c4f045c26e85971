//! Reads the values of inputs, with names as ids.

use backlog_rendering::inline;
use backlog_words::{
    day::{self, Shift},
    priority,
    removal::is_removal,
    resolution,
};
use serde_json::Value;

use super::{CustomFields, Edit, IssueValues, MAX_SHOWN, Setting, Target, edit::of_names, hours};
use crate::{
    toolkit::{
        name_kind::NameKind,
        work::{Problems, WorkError},
    },
    work::{
        issue_reference::IssueReference, named::Named, project_names::ProjectNames, space::Space,
    },
};

/// Reads the values of inputs.
pub(crate) struct Reader<'a, 'b> {
    pub names: &'b mut ProjectNames<'a>,
    pub custom_fields: &'b mut CustomFields,
    pub space: &'b Space,
    /// The issues that were read as parents, each with its reference.
    pub parents: &'b mut Vec<(IssueReference, Named)>,
}

impl Reader<'_, '_> {
    /// Reads all values that are given, in the order in which users read them.
    ///
    /// # Errors
    /// Names are unknown, or values are impossible; the text names each input below `at`.
    pub(crate) async fn read(
        &mut self,
        at: &str,
        values: &IssueValues,
    ) -> Result<Vec<Edit>, WorkError> {
        let mut problems = Problems::default();
        let mut edits = self.choices(at, values, &mut problems).await?;
        edits.extend(self.amounts(at, values, &mut problems)?);
        edits.extend(self.lists(at, values, &mut problems).await?);
        if let Some(text) = &values.parent {
            let parent = self.parent(&format!("{at}parent"), text).await;
            edits.extend(problems.keep(parent)?.map(Edit::Set));
        }
        if let Some(text) = &values.description {
            edits.push(Edit::Set(self.description(text).await?));
        }
        let path = format!("{at}fields");
        for field in values.fields.iter().flatten() {
            let fields = &mut *self.custom_fields;
            let setting = fields.read(self.names, self.space, &path, field).await;
            edits.extend(problems.keep(setting)?.map(Edit::Set));
        }
        problems.end()?;
        Ok(edits)
    }

    /// Reads what has one of several names.
    async fn choices(
        &mut self,
        at: &str,
        values: &IssueValues,
        problems: &mut Problems,
    ) -> Result<Vec<Edit>, WorkError> {
        let mut edits = Vec::new();
        for (target, kind, label, text) in [
            (
                Target::Type,
                NameKind::IssueType,
                "type",
                &values.issue_type,
            ),
            (Target::Status, NameKind::Status, "status", &values.status),
        ] {
            if let Some(text) = text {
                let named = self.names.find(kind, &format!("{at}{label}"), text).await;
                let named = problems.keep(named)?;
                edits.extend(named.map(|named| of_named(target, label, Some(named))));
            }
        }
        if let Some(text) = &values.priority {
            edits.extend(problems.keep(priority_of(&format!("{at}priority"), text))?);
        }
        if let Some(text) = &values.assignee {
            let person = self.names.person(&format!("{at}assignee"), text).await;
            let person = problems.keep(person)?;
            edits.extend(person.map(|person| of_named(Target::Assignee, "assignee", person)));
        }
        if let Some(text) = &values.resolution {
            edits.extend(problems.keep(resolution_of(&format!("{at}resolution"), text))?);
        }
        Ok(edits.into_iter().map(Edit::Set).collect())
    }

    /// Reads days and hours.
    fn amounts(
        &self,
        at: &str,
        values: &IssueValues,
        problems: &mut Problems,
    ) -> Result<Vec<Edit>, WorkError> {
        let mut edits = Vec::new();
        for (target, label, text) in [
            (Target::Due, "due", &values.due),
            (Target::Start, "start", &values.start),
        ] {
            if let Some(text) = text {
                let day = self.day((target, label), &format!("{at}{label}"), text);
                edits.extend(problems.keep(day)?);
            }
        }
        for (target, label, text) in [
            (Target::Hours, "hours", &values.hours),
            (Target::Spent, "spent", &values.spent),
        ] {
            if let Some(text) = text {
                let hours = hours::read(target, label, &format!("{at}{label}"), text);
                edits.extend(problems.keep(hours)?.map(Edit::Set));
            }
        }
        Ok(edits)
    }

    /// Reads what has several names.
    async fn lists(
        &mut self,
        at: &str,
        values: &IssueValues,
        problems: &mut Problems,
    ) -> Result<Vec<Edit>, WorkError> {
        let mut edits = Vec::new();
        for (target, kind, label, texts) in [
            (
                Target::Milestone,
                NameKind::Version,
                "milestone",
                &values.milestone,
            ),
            (
                Target::Category,
                NameKind::Category,
                "category",
                &values.category,
            ),
        ] {
            if let Some(texts) = texts {
                let path = format!("{at}{label}");
                let edit = self.several((target, kind), (label, &path), texts).await;
                edits.extend(problems.keep(edit)?);
            }
        }
        Ok(edits)
    }

    fn day(
        &self,
        (target, label): (Target, &'static str),
        path: &str,
        text: &str,
    ) -> Result<Edit, WorkError> {
        if is_removal(text) {
            return Ok(Edit::Set(Setting::new(target, label, Value::Null, None)));
        }
        if let Some(shift) = Shift::read(text) {
            return Ok(Edit::Shift {
                target,
                label,
                shift,
            });
        }
        let day = day::read(text, &self.space.now);
        let day = day.map_err(|error| WorkError::Arguments(format!("{path}: {error}")))?;
        let day = day.to_string();
        let setting = Setting::new(target, label, day.clone().into(), Some(day));
        Ok(Edit::Set(setting))
    }

    /// Reads names to set, or, each with a sign, to add and to remove.
    async fn several(
        &mut self,
        (target, kind): (Target, NameKind),
        (label, path): (&'static str, &str),
        texts: &[String],
    ) -> Result<Edit, WorkError> {
        if matches!(texts, [text] if is_removal(text)) {
            return Ok(Edit::Set(Setting::new(target, label, Value::Null, None)));
        }
        let mut problems = Problems::default();
        let (mut set, mut add, mut remove) = (Vec::new(), Vec::new(), Vec::new());
        for text in texts {
            // A name may begin with a sign.
            let is_whole = problems.keep(self.names.has(kind, text).await)? == Some(true);
            let (list, text) = match text.trim().chars().next() {
                Some('+' | '＋') if !is_whole => (&mut add, unsigned(text)),
                Some('-' | '－' | '\u{2212}') if !is_whole => (&mut remove, unsigned(text)),
                _ => (&mut set, text.as_str()),
            };
            let found = problems.keep(self.names.find(kind, path, text).await)?;
            if let Some(named) = found.filter(|named| !list.contains(named)) {
                list.push(named);
            }
        }
        let has_signs = !add.is_empty() || !remove.is_empty();
        if !set.is_empty() && has_signs {
            problems.add(format!(
                "{path}: either every name has + or - to add or remove it, or none has, and they \
                 replace those that the issue has"
            ));
        }
        problems.end()?;
        if set.is_empty() {
            return Ok(Edit::Members {
                target,
                label,
                add,
                remove,
            });
        }
        Ok(Edit::Set(of_names(target, label, &set)))
    }

    async fn parent(&mut self, path: &str, text: &str) -> Result<Setting, WorkError> {
        if is_removal(text) {
            return Ok(of_named(Target::Parent, "parent", None));
        }
        let issue = IssueReference::read(path, text, &self.space.host)?;
        let known = self
            .parents
            .iter()
            .find(|(reference, _)| *reference == issue);
        if let Some((_, parent)) = known {
            return Ok(of_named(Target::Parent, "parent", Some(parent.clone())));
        }
        let invalid = |reason: String| Err(WorkError::Arguments(format!("{path}: {reason}")));
        let found = issue.fetch(path, self.names.operations).await?;
        if found["projectId"] != self.names.project {
            return invalid(format!(
                "{issue} is in another project; a parent is in the same"
            ));
        }
        let project = self.names.settings().await?;
        if project["subtaskingEnabled"] == false {
            let reason = "the project has no child issues; an administrator can allow them in its \
                          settings";
            return invalid(reason.to_owned());
        }
        if found["parentIssueId"].is_i64() && project["grandchildIssueEnabled"] != true {
            return invalid(format!(
                "{issue} is a child issue itself, and a child issue has no children; give its \
                 parent or another issue"
            ));
        }
        let parent = Named {
            id: found["id"].as_i64().unwrap_or_default(),
            name: found["issueKey"].as_str().unwrap_or_default().to_owned(),
        };
        self.parents.push((issue, parent.clone()));
        Ok(of_named(Target::Parent, "parent", Some(parent)))
    }

    async fn description(&mut self, text: &str) -> Result<Setting, WorkError> {
        if is_removal(text) {
            return Ok(Setting::new(
                Target::Description,
                "description",
                Value::Null,
                None,
            ));
        }
        let text = self.names.notated(text).await?;
        let shown = inline::excerpt(&text, MAX_SHOWN);
        Ok(Setting::new(
            Target::Description,
            "description",
            text.into(),
            Some(shown),
        ))
    }
}

/// A name without the sign before it.
fn unsigned(text: &str) -> &str {
    let mut signs = text.trim().chars();
    signs.next();
    signs.as_str().trim()
}

/// The setting of a title.
///
/// # Errors
/// The title has several lines, or is a word that removes a value.
pub(crate) fn summary(path: &str, text: &str) -> Result<Setting, WorkError> {
    let text = text.trim();
    let invalid = |reason: &str| Err(WorkError::Arguments(format!("{path}: {reason}")));
    if text.contains(['\n', '\r']) {
        return invalid("expected one line; the rest belongs to the description");
    }
    if is_removal(text) {
        return invalid("cannot be removed, because every issue has one");
    }
    let shown = inline::excerpt(text, MAX_SHOWN);
    Ok(Setting::new(
        Target::Summary,
        "summary",
        text.into(),
        Some(shown),
    ))
}

fn of_named(target: Target, label: &str, named: Option<Named>) -> Setting {
    let shown = named.as_ref().map(|named| inline::line(&named.name));
    let id = named.map_or(Value::Null, |named| named.id.into());
    Setting::new(target, label, id, shown)
}

fn priority_of(path: &str, text: &str) -> Result<Setting, WorkError> {
    let priority =
        priority::read(text).map_err(|error| WorkError::Arguments(format!("{path}: {error}")))?;
    let [english, _] = priority.names();
    Ok(Setting::new(
        Target::Priority,
        "priority",
        priority.id().into(),
        Some(english.to_owned()),
    ))
}

fn resolution_of(path: &str, text: &str) -> Result<Setting, WorkError> {
    if is_removal(text) {
        return Ok(Setting::new(
            Target::Resolution,
            "resolution",
            Value::Null,
            None,
        ));
    }
    let resolution =
        resolution::read(text).map_err(|error| WorkError::Arguments(format!("{path}: {error}")))?;
    let [english, _] = resolution.names();
    let id = resolution.id().into();
    Ok(Setting::new(
        Target::Resolution,
        "resolution",
        id,
        Some(english.to_owned()),
    ))
}

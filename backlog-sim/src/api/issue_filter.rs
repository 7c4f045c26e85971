//! The conditions of an issue list or count. All conditions sent must hold; of the values of one
//! condition, one suffices. Days are in UTC.

use chrono::NaiveDate;

use super::{
    custom_fields::{Part, parse_name},
    keyword::has_words,
};
use crate::{
    error::ApiError,
    model::{CustomField, FieldSettings, FieldValue, Id, Issue},
    params::{Params, malformed, parse_date},
    state::State,
};

#[derive(Debug)]
pub(super) struct IssueFilter {
    conditions: Vec<Condition>,
}

#[derive(Debug)]
enum Condition {
    /// The attribute contains one of the ids.
    AnyOf(fn(&Issue) -> Vec<Id>, Vec<Id>),
    Days(fn(&Issue) -> Option<NaiveDate>, Days),
    Relation(u8),
    HasAttachments(bool),
    HasSharedFiles(bool),
    NoDueDate,
    /// In lower case.
    Keyword(String),
    FieldText(Id, String),
    FieldNumber(Id, Option<f64>, Option<f64>),
    FieldDays(Id, Days),
    FieldItems(Id, Vec<Id>),
}

/// A range of days, both ends inclusive.
#[derive(Clone, Copy, Debug)]
struct Days {
    since: Option<NaiveDate>,
    until: Option<NaiveDate>,
}

impl Days {
    fn is_open(self) -> bool {
        self.since.is_none() && self.until.is_none()
    }

    fn contains(self, day: NaiveDate) -> bool {
        self.since.is_none_or(|since| day >= since) && self.until.is_none_or(|until| day <= until)
    }
}

/// A parameter of ids and its attribute.
type IdCondition = (&'static str, fn(&Issue) -> Vec<Id>);

const ID_CONDITIONS: [IdCondition; 12] = [
    ("id", |issue| vec![issue.id]),
    ("projectId", |issue| vec![issue.project_id]),
    ("issueTypeId", |issue| vec![issue.issue_type]),
    ("categoryId", |issue| issue.categories.clone()),
    ("versionId", |issue| issue.versions.clone()),
    ("milestoneId", |issue| issue.milestones.clone()),
    ("statusId", |issue| vec![issue.status]),
    ("priorityId", |issue| vec![issue.priority]),
    ("assigneeId", |issue| Vec::from_iter(issue.assignee)),
    ("createdUserId", |issue| vec![issue.created_user]),
    ("resolutionId", |issue| Vec::from_iter(issue.resolution)),
    ("parentIssueId", |issue| Vec::from_iter(issue.parent)),
];

/// Two parameters of days and their attribute.
type DayCondition = (&'static str, &'static str, fn(&Issue) -> Option<NaiveDate>);

const DAY_CONDITIONS: [DayCondition; 4] = [
    ("createdSince", "createdUntil", |issue| {
        Some(issue.created.date_naive())
    }),
    ("updatedSince", "updatedUntil", |issue| {
        Some(issue.updated.date_naive())
    }),
    ("startDateSince", "startDateUntil", |issue| issue.start_date),
    ("dueDateSince", "dueDateUntil", |issue| issue.due_date),
];

impl IssueFilter {
    pub(super) fn parse(params: &Params, state: &State) -> Result<Self, ApiError> {
        let mut conditions = Vec::new();
        for (name, attribute) in ID_CONDITIONS {
            if let Some(ids) = params.ids(name)?.filter(|ids| !ids.is_empty()) {
                conditions.push(Condition::AnyOf(attribute, ids));
            }
        }
        for (since, until, attribute) in DAY_CONDITIONS {
            let days = Days {
                since: params.date(since)?,
                until: params.date(until)?,
            };
            if !days.is_open() {
                conditions.push(Condition::Days(attribute, days));
            }
        }
        match params.parsed::<u8>("parentChild")? {
            None => {}
            Some(relation @ 0..=10) => conditions.push(Condition::Relation(relation)),
            Some(other) => return Err(malformed("parentChild", &other.to_string())),
        }
        let attachment = params.parsed("attachment")?;
        conditions.extend(attachment.map(Condition::HasAttachments));
        let shared_file = params.parsed("sharedFile")?;
        conditions.extend(shared_file.map(Condition::HasSharedFiles));
        match params.parsed("hasDueDate")? {
            None => {}
            Some(false) => conditions.push(Condition::NoDueDate),
            Some(true) => return Err(malformed("hasDueDate", "true")),
        }
        if let Some(keyword) = params.filled("keyword") {
            conditions.push(Condition::Keyword(keyword.to_lowercase()));
        }
        for field in sent_fields(params, state) {
            conditions.extend(field_condition(params, field)?);
        }
        Ok(Self { conditions })
    }

    pub(super) fn matches(&self, state: &State, issue: &Issue) -> bool {
        self.conditions
            .iter()
            .all(|condition| condition.holds(state, issue))
    }
}

/// The existing custom fields in the parameters, each once.
fn sent_fields<'a>(params: &Params, state: &'a State) -> Vec<&'a CustomField> {
    let mut ids: Vec<Id> = params
        .pairs()
        .iter()
        .filter_map(|(name, _)| parse_name(name))
        .map(|(id, _)| id)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter()
        .filter_map(|id| state.custom_field(id))
        .collect()
}

/// The condition on one field. Parts that its type does not support are ignored silently, as
/// Backlog does with a list filter without an index.
fn field_condition(params: &Params, field: &CustomField) -> Result<Option<Condition>, ApiError> {
    let name = format!("customField_{}", field.id);
    let (min, max) = (format!("{name}_min"), format!("{name}_max"));
    Ok(match field.settings {
        FieldSettings::Text {} => params
            .filled(&name)
            .map(|text| Condition::FieldText(field.id, text.to_lowercase())),
        FieldSettings::Numeric { .. } => {
            let (min, max) = (params.parsed(&min)?, params.parsed(&max)?);
            (min.is_some() || max.is_some()).then_some(Condition::FieldNumber(field.id, min, max))
        }
        FieldSettings::Date { .. } => {
            let day = |name: &str| {
                params
                    .filled(name)
                    .map(|value| parse_date(name, value))
                    .transpose()
            };
            let days = Days {
                since: day(&min)?,
                until: day(&max)?,
            };
            (!days.is_open()).then_some(Condition::FieldDays(field.id, days))
        }
        FieldSettings::List { .. } => {
            let items = params
                .pairs()
                .iter()
                .filter(|(name, _)| parse_name(name) == Some((field.id, Part::Element)))
                .map(|(name, value)| value.parse().map_err(|_| malformed(name, value)))
                .collect::<Result<Vec<Id>, _>>()?;
            (!items.is_empty()).then_some(Condition::FieldItems(field.id, items))
        }
    })
}

impl Condition {
    fn holds(&self, state: &State, issue: &Issue) -> bool {
        let field = |id: &Id| issue.custom_fields.get(id);
        match self {
            Self::AnyOf(attribute, wanted) => attribute(issue).iter().any(|id| wanted.contains(id)),
            Self::Days(attribute, days) => attribute(issue).is_some_and(|day| days.contains(day)),
            Self::Relation(relation) => has_relation(*relation, state, issue),
            Self::HasAttachments(wanted) => issue.attachments.is_empty() != *wanted,
            Self::HasSharedFiles(wanted) => issue.shared_files.is_empty() != *wanted,
            Self::NoDueDate => issue.due_date.is_none(),
            Self::Keyword(keyword) => mentions(issue, keyword),
            Self::FieldText(id, text) => {
                matches!(field(id), Some(FieldValue::Text(value)) if value.to_lowercase().contains(text))
            }
            Self::FieldNumber(id, min, max) => {
                matches!(field(id), Some(FieldValue::Number(value))
                    if min.is_none_or(|min| *value >= min) && max.is_none_or(|max| *value <= max))
            }
            Self::FieldDays(id, days) => {
                matches!(field(id), Some(FieldValue::Date(day)) if days.contains(*day))
            }
            Self::FieldItems(id, wanted) => {
                matches!(field(id), Some(FieldValue::Items { ids, .. })
                    if ids.iter().any(|id| wanted.contains(id)))
            }
        }
    }
}

/// `parentChild`: the issue's place in the hierarchy.
fn has_relation(relation: u8, state: &State, issue: &Issue) -> bool {
    let parent = issue.parent.and_then(|id| state.issues.get(&id));
    let is_grandchild = parent.is_some_and(|parent| parent.parent.is_some());
    let is_child = parent.is_some();
    let has_children = || state.children(issue.id).next().is_some();
    match relation {
        1 | 7 => !is_child,
        2 | 9 => is_child,
        3 => !is_child && !has_children(),
        4 => has_children(),
        5 => is_grandchild,
        6 => is_child && !is_grandchild,
        8 => !is_grandchild,
        10 => !has_children(),
        _ => true,
    }
}

fn mentions(issue: &Issue, keyword: &str) -> bool {
    let texts = [&issue.summary, &issue.description, &issue.issue_key]
        .into_iter()
        .chain(
            issue
                .comments
                .iter()
                .filter_map(|comment| comment.content.as_ref()),
        );
    has_words(keyword, &texts.map(String::as_str).collect::<Vec<_>>())
}

//! The order of an issue list: by the attribute named in `sort`, then by id.

use super::custom_fields::{Part, parse_name, shown};
use crate::{
    error::ApiError,
    model::{FieldValue, Id, Issue},
    params::{Params, malformed},
    state::State,
};

/// The value that issues are compared by. Issues without one come first when ascending.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value<'a> {
    Missing,
    Number(i64),
    Text(&'a str),
    Made(String),
}

#[derive(Clone, Copy, Debug)]
enum Attribute {
    IssueType,
    Category,
    Version,
    Milestone,
    Summary,
    Status,
    Priority,
    /// Attachments and shared files, which issues of the simulated space do not have.
    Files,
    Created,
    CreatedUser,
    Updated,
    UpdatedUser,
    Assignee,
    StartDate,
    DueDate,
    EstimatedHours,
    ActualHours,
    ChildIssue,
    CustomField(Id),
}

impl Attribute {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "issueType" => Self::IssueType,
            "category" => Self::Category,
            "version" => Self::Version,
            "milestone" => Self::Milestone,
            "summary" => Self::Summary,
            "status" => Self::Status,
            "priority" => Self::Priority,
            "attachment" | "sharedFile" => Self::Files,
            "created" => Self::Created,
            "createdUser" => Self::CreatedUser,
            "updated" => Self::Updated,
            "updatedUser" => Self::UpdatedUser,
            "assignee" => Self::Assignee,
            "startDate" => Self::StartDate,
            "dueDate" => Self::DueDate,
            "estimatedHours" => Self::EstimatedHours,
            "actualHours" => Self::ActualHours,
            "childIssue" => Self::ChildIssue,
            _ => match parse_name(name)? {
                (id, Part::Bare) => Self::CustomField(id),
                _ => return None,
            },
        })
    }

    fn of<'a>(self, state: &'a State, issue: &'a Issue) -> Value<'a> {
        let record = state.project_of(issue);
        let user = |id: Id| {
            state
                .users
                .get(&id)
                .map_or(Value::Missing, |u| Value::Text(&u.name))
        };
        let place = |place: Option<usize>| {
            place
                .and_then(|place| i64::try_from(place).ok())
                .map_or(Value::Missing, Value::Number)
        };
        let version = |ids: &[Id]| place(record.versions.iter().position(|v| ids.contains(&v.id)));
        let day = |date: Option<chrono::NaiveDate>| {
            date.map_or(Value::Missing, |date| Value::Made(date.to_string()))
        };
        match self {
            Self::IssueType => place(
                record
                    .issue_types
                    .iter()
                    .position(|t| t.id == issue.issue_type),
            ),
            Self::Category => place(
                record
                    .categories
                    .iter()
                    .position(|c| issue.categories.contains(&c.id)),
            ),
            Self::Version => version(&issue.versions),
            Self::Milestone => version(&issue.milestones),
            Self::Summary => Value::Text(&issue.summary),
            Self::Status => place(record.statuses.iter().position(|s| s.id == issue.status)),
            Self::Priority => id(issue.priority),
            Self::Files => Value::Missing,
            Self::Created => Value::Number(issue.created.timestamp()),
            Self::CreatedUser => user(issue.created_user),
            Self::Updated => Value::Number(issue.updated.timestamp()),
            Self::UpdatedUser => user(issue.updated_user),
            Self::Assignee => issue.assignee.map_or(Value::Missing, user),
            Self::StartDate => day(issue.start_date),
            Self::DueDate => day(issue.due_date),
            Self::EstimatedHours => hundredths(issue.estimated_hours),
            Self::ActualHours => hundredths(issue.actual_hours),
            Self::ChildIssue => id(issue.parent.unwrap_or(issue.id)),
            Self::CustomField(id) => match issue.custom_fields.get(&id) {
                None => Value::Missing,
                Some(FieldValue::Number(number)) => hundredths(Some(*number)),
                value => state
                    .custom_field(id)
                    .and_then(|field| shown(field, value))
                    .map_or(Value::Missing, Value::Made),
            },
        }
    }
}

fn id<'a>(id: Id) -> Value<'a> {
    i64::try_from(id).map_or(Value::Missing, Value::Number)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "hours and counts are far below the limit, and a cast saturates"
)]
fn hundredths<'a>(number: Option<f64>) -> Value<'a> {
    number.map_or(Value::Missing, |number| {
        Value::Number((number * 100.0) as i64)
    })
}

/// Sorts by `sort` and `order`; by creation when `sort` is absent.
pub(super) fn sort(params: &Params, state: &State, issues: &mut [&Issue]) -> Result<(), ApiError> {
    let name = params.filled("sort").unwrap_or("created");
    let attribute = Attribute::parse(name).ok_or_else(|| malformed("sort", name))?;
    issues.sort_by_cached_key(|issue| (attribute.of(state, issue), issue.id));
    if !params.ascending()? {
        issues.reverse();
    }
    Ok(())
}

//! Reads the inputs of a filter.
//!
//! 1. The projects: the names of all else are looked up in them.
//! 2. Statuses, users, and names that each project has.
//! 3. Words and days.
//! 4. Closings, for which the other filters are needed.

use backlog_words::{
    day::Toward,
    priority, removal,
    span::{self, DueFilter, Span},
    status::StatusFilter,
};
use chrono::{Days, NaiveDate};
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;

use super::{
    closed, fields,
    filter::IssueFilter,
    names::{self, Input},
    query::{Arguments, Check, IssueQuery},
    statuses,
};
use crate::{
    toolkit::{
        name_kind::NameKind,
        work::{Operations, Problems, WorkError},
    },
    work::{
        issue_reference::IssueReference,
        people::{self, Who},
        projects::Projects,
        space::Space,
    },
};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
/// The maximum number of words that must occur.
const MAX_WORDS: usize = 8;

pub(super) async fn query(
    filter: &IssueFilter,
    operations: &dyn Operations,
) -> Result<IssueQuery, WorkError> {
    let space = Space::read(operations).await?;
    let mut notes = Vec::new();
    let given = filter.project.as_deref().unwrap_or_default();
    let projects = Projects::read(operations, &space, given, &mut notes).await?;
    let mut query = IssueQuery {
        space,
        projects,
        notes,
        arguments: Arguments::new(),
        backlog_days: Arguments::new(),
        checks: Vec::new(),
        words: Vec::new(),
        closings: None,
    };
    if query.projects.are_given {
        query.set("projectId", json!(query.projects.ids()));
    }
    let mut problems = Problems::default();
    problems.keep(add_status(filter, operations, &mut query).await)?;
    let closers = add_people(filter, operations, &mut query, &mut problems).await?;
    add_names(filter, operations, &mut query, &mut problems).await?;
    problems.keep(query.add_parent(filter.parent.as_deref()))?;
    problems.keep(query.add_words(filter.text.as_deref()))?;
    problems.keep(query.add_due(filter.due.as_deref()))?;
    problems.keep(query.add_day("created", filter.created.as_deref()))?;
    problems.keep(query.add_day("updated", filter.updated.as_deref()))?;
    let fields = filter.fields.as_deref().unwrap_or_default();
    problems.keep(fields::add(operations, &mut query, fields).await)?;
    let closed = filter.closed.as_deref();
    let closed = closed.map(|text| query.span("closed", text)).transpose();
    let closed = problems.keep(closed)?;
    problems.end()?;
    if let Some(span) = closed.flatten() {
        closed::add(operations, &mut query, span, &closers).await?;
    }
    Ok(query)
}

/// Adds the statuses. Those that were closed may be open again, so `closed` alone means all.
async fn add_status(
    filter: &IssueFilter,
    operations: &dyn Operations,
    query: &mut IssueQuery,
) -> Result<(), WorkError> {
    let statuses = match (&filter.status, &filter.closed) {
        (Some(text), _) => {
            let statuses = StatusFilter::read(text).map_err(|error| invalid("status", &error))?;
            if matches!(statuses, StatusFilter::Open) && text.trim() == "Open" {
                let note = "status \"Open\" was read as every status but Closed; the status Open \
                            alone is 未対応";
                query.notes.push(note.to_owned());
            }
            statuses
        }
        (None, Some(_)) => StatusFilter::All,
        (None, None) => StatusFilter::Open,
    };
    let to = (&mut query.arguments, &mut query.checks);
    statuses::add(operations, &statuses, &query.projects, to, &mut query.notes).await
}

/// Adds assignees and creators; returns the assignees if they are who closed the issues.
async fn add_people(
    filter: &IssueFilter,
    operations: &dyn Operations,
    query: &mut IssueQuery,
    problems: &mut Problems,
) -> Result<Vec<Who>, WorkError> {
    let (projects, notes) = (&query.projects, &mut query.notes);
    if let Some(text) = &filter.creator {
        let people = people::find_all(operations, ("creator", text), projects, notes).await;
        let people = problems.keep(people)?.unwrap_or_default();
        if people.contains(&Who::Nobody) {
            problems.add("creator: every issue has a creator; expected a user".to_owned());
        }
        query
            .arguments
            .insert("createdUserId".to_owned(), ids(&people));
    }
    let Some(text) = &filter.assignee else {
        return Ok(Vec::new());
    };
    let people = people::find_all(operations, ("assignee", text), projects, notes).await;
    let Some(people) = problems.keep(people)? else {
        return Ok(Vec::new());
    };
    match people.as_slice() {
        [Who::Nobody] => query.checks.push(Check::Unassigned),
        several if several.contains(&Who::Nobody) => {
            let reason = "assignee: nobody cannot be combined with users; make two calls";
            problems.add(reason.to_owned());
        }
        _ if filter.closed.is_some() => return Ok(people),
        _ => query.set("assigneeId", ids(&people)),
    }
    Ok(Vec::new())
}

fn ids(people: &[Who]) -> Value {
    let id = |who: &Who| match who {
        Who::User { id, .. } => Some(json!(id)),
        Who::Me => Some("me".into()),
        Who::Nobody => None,
    };
    people.iter().filter_map(id).collect()
}

/// Adds what each project has names for.
async fn add_names(
    filter: &IssueFilter,
    operations: &dyn Operations,
    query: &mut IssueQuery,
    problems: &mut Problems,
) -> Result<(), WorkError> {
    if let Some(text) = &filter.priority {
        let parts = text.split([',', '、']).map(str::trim);
        let priorities = parts.filter(|part| !part.is_empty()).map(priority::read);
        let priorities: Result<Vec<_>, _> = priorities.collect();
        let priorities = priorities.map_err(|error| invalid("priority", &error));
        let priorities = problems.keep(priorities)?.into_iter().flatten();
        let ids: Vec<_> = priorities.map(priority::Priority::id).collect();
        query.set("priorityId", json!(ids));
    }
    for (name, kind, text, argument) in [
        (
            "type",
            NameKind::IssueType,
            &filter.issue_type,
            "issueTypeId",
        ),
        (
            "category",
            NameKind::Category,
            &filter.category,
            "categoryId",
        ),
        (
            "milestone",
            NameKind::Version,
            &filter.milestone,
            "milestoneId",
        ),
    ] {
        let Some(text) = text else { continue };
        match kind {
            NameKind::Category if removal::is_removal(text) => {
                query.checks.push(Check::WithoutCategory);
            }
            NameKind::Version if removal::is_removal(text) => {
                query.checks.push(Check::WithoutMilestone);
            }
            _ => {
                let input = Input { name, kind, text };
                let (projects, notes) = (&query.projects, &mut query.notes);
                let ids = names::ids(operations, input, projects, notes).await;
                query.set(argument, json!(problems.keep(ids)?));
            }
        }
    }
    Ok(())
}

impl IssueQuery {
    fn set(&mut self, name: &str, value: Value) {
        self.arguments.insert(name.to_owned(), value);
    }

    fn add_parent(&mut self, parent: Option<&str>) -> Result<(), WorkError> {
        let Some(text) = parent else { return Ok(()) };
        if removal::is_removal(text) {
            // Backlog's number for issues that are no children.
            self.set("parentChild", 1.into());
            return Ok(());
        }
        let parent = match IssueReference::read("parent", text, &self.space.host)? {
            IssueReference::Key(key) => json!(key.to_string()),
            IssueReference::Id(id) => json!(id),
        };
        self.set("parentIssueId", json!([parent]));
        Ok(())
    }

    /// Backlog looks for the longest word, or for one phrase in quotes.
    fn add_words(&mut self, text: Option<&str>) -> Result<(), WorkError> {
        let Some(text) = text.map(str::trim) else {
            return Ok(());
        };
        let mut words = words(text);
        words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
        words.dedup();
        if words.is_empty() || words.len() > MAX_WORDS {
            let reason = format!("expected 1 to {MAX_WORDS} words, or a phrase in quotes");
            return Err(invalid("text", &reason));
        }
        self.set("keyword", words.remove(0).into());
        self.words = words.into_iter().map(str::to_owned).collect();
        Ok(())
    }

    fn add_due(&mut self, text: Option<&str>) -> Result<(), WorkError> {
        let Some(text) = text else { return Ok(()) };
        let due = DueFilter::read(text, &self.space.now).map_err(|error| invalid("due", &error))?;
        if let DueFilter::Span(span) = &due {
            self.note_year("due", text, *span);
        }
        match due {
            DueFilter::None => self.set("hasDueDate", false.into()),
            DueFilter::Overdue => {
                let yesterday = self.space.today().pred_opt().unwrap_or(NaiveDate::MIN);
                self.set("dueDateUntil", yesterday.to_string().into());
            }
            DueFilter::Span(span) => {
                let bounds = bounds("dueDate", span.start(), span.end());
                self.arguments.extend(bounds);
            }
        }
        Ok(())
    }

    /// Adds a span of days in which something happened.
    fn add_day(&mut self, field: &'static str, text: Option<&str>) -> Result<(), WorkError> {
        let Some(text) = text else { return Ok(()) };
        let span = self.span(field, text)?;
        self.add_span(field, span);
        Ok(())
    }

    pub(super) fn add_span(&mut self, field: &'static str, span: Span) {
        let earlier = |day: NaiveDate| day.checked_sub_days(Days::new(1)).unwrap_or(day);
        let later = |day: NaiveDate| day.checked_add_days(Days::new(1)).unwrap_or(day);
        let wide = bounds(field, span.start().map(earlier), span.end().map(later));
        self.arguments.extend(wide);
        self.backlog_days
            .extend(bounds(field, span.start(), span.end()));
        self.checks.push(Check::Day(field, span));
    }

    fn span(&mut self, input: &'static str, text: &str) -> Result<Span, WorkError> {
        let span = span::read(text, &self.space.now, Toward::Past);
        let span = span.map_err(|error| invalid(input, &error))?;
        self.note_year(input, text, span);
        Ok(span)
    }

    /// Notes the days that were read from a text without a year.
    fn note_year(&mut self, input: &'static str, text: &str, span: Span) {
        if is_without_year(text) {
            self.notes
                .push(format!("{input} {text:?} was read as {span}"));
        }
    }
}

/// Whether a text names days by month, or by month and day, and leaves the year open.
fn is_without_year(text: &str) -> bool {
    let plain: String = text.nfkc().collect();
    let has_year = plain
        .split(|c: char| !c.is_ascii_digit())
        .any(|digits| digits.len() >= 4);
    let is_short = |part: &str| (1..=2).contains(&part.len());
    let pairs = plain.split(|c: char| !(c.is_ascii_digit() || c == '-'));
    let mut pairs = pairs.filter_map(|pair| pair.split_once('-'));
    let has_month = plain.contains(['/', '月'])
        || pairs.any(|(month, day)| is_short(month) && is_short(day))
        || plain
            .to_ascii_lowercase()
            .split(|c: char| !c.is_ascii_alphabetic())
            .any(|word| word.len() >= 3 && MONTHS.iter().any(|month| month.starts_with(word)));
    has_month && !has_year
}

/// The phrases in quotes, and the words outside of them.
fn words(text: &str) -> Vec<&str> {
    let quotes = ['"', '“', '”', '「', '」'];
    let pieces = text.split(quotes).enumerate();
    let is_paired = text.matches(quotes).count().is_multiple_of(2);
    let words = pieces.flat_map(|(place, piece)| match is_paired && place % 2 == 1 {
        true => vec![piece.trim()],
        false => piece.split_whitespace().collect(),
    });
    words.filter(|word| !word.is_empty()).collect()
}

/// The arguments of a span: `createdSince`, `createdUntil`.
fn bounds(field: &str, start: Option<NaiveDate>, end: Option<NaiveDate>) -> Arguments {
    let bound = |name: &str, day: Option<NaiveDate>| {
        day.map(|day| (format!("{field}{name}"), Value::from(day.to_string())))
    };
    let bounds = [bound("Since", start), bound("Until", end)];
    bounds.into_iter().flatten().collect()
}

fn invalid(input: &str, reason: &dyn std::fmt::Display) -> WorkError {
    WorkError::Arguments(format!("{input}: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_a_month_and_no_year_is_noted() {
        for (text, is_noted) in [
            ("11月", true),
            ("10月20日から10月25日", true),
            ("since 11/20", true),
            ("１１／２０", true),
            ("November", true),
            ("until dec 5", true),
            ("10-1", true),
            ("-1 week", false),
            ("2026年11月", false),
            ("2026-11-20..2026-11-25", false),
            ("last 7 days", false),
            ("this month", false),
            ("今週", false),
            ("friday", false),
            ("until 3 days ago", false),
        ] {
            assert_eq!(is_without_year(text), is_noted, "{text}");
        }
    }

    #[test]
    fn a_phrase_in_quotes_is_one_word() {
        for (text, expected) in [
            ("double booking", vec!["double", "booking"]),
            (
                "\"double booking\" skipper",
                vec!["double booking", "skipper"],
            ),
            ("「件名が 文字化け」　予約", vec!["件名が 文字化け", "予約"]),
            ("5\" screen", vec!["5", "screen"]),
            ("\"\"", vec![]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }
}

//! The times at which issues were closed, and by whom.
//!
//! 1. The activities of the period name every change of a status ([`of_activities`]).
//! 2. Where the period has too many activities, the change logs of the issues do ([`of_comments`]).

use std::collections::BTreeMap;

use backlog_words::{span::Span, status::Builtin};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{
    toolkit::work::{NamedId, Operations, WorkError},
    work::space::{Space, moment},
};

/// The kinds of activities that change a status: of one issue, and of several.
pub(crate) const KINDS: [u8; 2] = [2, 14];
const SEVERAL: u64 = 14;
/// The number of comments on a page, and the maximum number of pages of an issue.
const PAGE: usize = 100;
const MAX_PAGES: usize = 5;

/// The last time in a period that an issue was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Closing {
    pub at: DateTime<Utc>,
    pub user: i64,
    pub name: String,
}

/// The closings of a period, by the id of the issue.
pub(crate) type Closings = BTreeMap<i64, Closing>;

/// The statuses of projects, by the id of the project.
pub(crate) type Statuses = BTreeMap<i64, Vec<NamedId>>;

/// From a moment, included, to another, excluded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Period {
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
}

impl Period {
    /// The moments of a span of days.
    pub(crate) fn of(space: &Space, span: Span) -> Self {
        let (start, end) = (span.start(), span.end());
        Self {
            start: start.map_or(DateTime::<Utc>::MIN_UTC, |day| space.start_of(day)),
            end: end.map_or(DateTime::<Utc>::MAX_UTC, |day| space.end_of(day)),
        }
    }

    pub(crate) fn contains(self, moment: DateTime<Utc>) -> bool {
        self.start <= moment && moment < self.end
    }
}

/// The closings in activities; with users, only those by one of them.
pub(crate) fn of_activities(
    activities: &[Value],
    period: Period,
    users: &[i64],
    statuses: &Statuses,
) -> Closings {
    let mut closings = Closings::new();
    for activity in activities {
        let project = activity["project"]["id"].as_i64().unwrap_or_default();
        let statuses = statuses.get(&project).map_or(&[][..], Vec::as_slice);
        let content = &activity["content"];
        let closes = |change: &Value| {
            change["field"] == "status" && is_closed(&change["new_value"], statuses)
        };
        let changes = content["changes"].as_array();
        if !changes.is_some_and(|changes| changes.iter().any(closes)) {
            continue;
        }
        let Some(closing) = closing(activity, period, users) else {
            continue;
        };
        let several = content["link"].as_array().map(Vec::as_slice);
        let issues = match activity["type"].as_u64() {
            Some(SEVERAL) => several.unwrap_or_default(),
            _ => std::slice::from_ref(content),
        };
        for issue in issues.iter().filter_map(|issue| issue["id"].as_i64()) {
            add(&mut closings, issue, closing.clone());
        }
    }
    closings
}

/// Reads the closings of one issue from its change log.
///
/// # Errors
/// Backlog does not return it.
pub(crate) async fn of_comments(
    operations: &dyn Operations,
    issue: i64,
    period: Period,
    users: &[i64],
) -> Result<Option<Closing>, WorkError> {
    let mut oldest: Option<i64> = None;
    for _ in 0..MAX_PAGES {
        let mut arguments = json!({"issueId": issue, "count": PAGE, "order": "desc"});
        if let Some(oldest) = oldest {
            arguments["maxId"] = oldest.into();
        }
        let page = operations.run("get_issue_comments", arguments).await?.value;
        let page = page.as_array().map(Vec::as_slice).unwrap_or_default();
        let closes = page.iter().filter(|comment| closes_in_log(comment));
        let closing = closes.filter_map(|comment| closing(comment, period, users));
        if let Some(closing) = closing.max_by_key(|closing| closing.at) {
            return Ok(Some(closing));
        }
        let is_earlier = |comment: &Value| moment(&comment["created"]) < Some(period.start);
        let next = page
            .iter()
            .filter_map(|comment| comment["id"].as_i64())
            .min();
        if page.len() < PAGE || page.iter().any(is_earlier) || next >= oldest.or(Some(i64::MAX)) {
            break;
        }
        oldest = next;
    }
    Ok(None)
}

fn closes_in_log(comment: &Value) -> bool {
    let closes =
        |change: &Value| change["field"] == "status" && is_closed(&change["newValue"], &[]);
    let log = comment["changeLog"].as_array();
    log.is_some_and(|log| log.iter().any(closes))
}

/// When and by whom something was done, if that is in the period and by one of the users.
fn closing(entry: &Value, period: Period, users: &[i64]) -> Option<Closing> {
    let at = moment(&entry["created"]).filter(|at| period.contains(*at))?;
    let user = &entry["createdUser"];
    let id = user["id"].as_i64().unwrap_or_default();
    let is_wanted = users.is_empty() || users.contains(&id);
    is_wanted.then(|| Closing {
        at,
        user: id,
        name: user["name"].as_str().unwrap_or_default().to_owned(),
    })
}

fn add(closings: &mut Closings, issue: i64, closing: Closing) {
    let known = closings.entry(issue).or_insert_with(|| closing.clone());
    if known.at < closing.at {
        *known = closing;
    }
}

/// Whether a status of a change log, by its id or its name, is closed. Backlog writes the name in
/// either language, and a project may have a status of its own with that of the other one.
fn is_closed(status: &Value, statuses: &[NamedId]) -> bool {
    let closed = Builtin::Closed;
    let text = match status {
        Value::Number(number) => return number.as_i64() == Some(closed.id()),
        Value::String(text) => text.as_str(),
        _ => return false,
    };
    match statuses.iter().find(|status| status.name == text) {
        Some(status) => status.id == closed.id(),
        None => text == closed.id().to_string() || closed.names().contains(&text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period() -> Period {
        Period {
            start: "2026-11-22T15:00:00Z".parse().unwrap(),
            end: "2026-11-29T15:00:00Z".parse().unwrap(),
        }
    }

    fn activity(created: &str, user: i64, new_value: &str) -> Value {
        json!({
            "project": {"id": 7}, "type": 2, "created": created,
            "createdUser": {"id": user, "name": "佐藤 遥"},
            "content": {"id": 11, "changes": [
                {"field": "status", "new_value": new_value, "old_value": "1"},
            ]},
        })
    }

    #[test]
    fn a_closing_is_a_change_to_closed_within_the_period() {
        let own = NamedId {
            id: 90,
            name: "Closed".to_owned(),
            others: Vec::new(),
        };
        let statuses = Statuses::from([(8, vec![own])]);
        for (created, user, value, expected) in [
            ("2026-11-25T00:00:00Z", 1, "4", 1),
            ("2026-11-25T00:00:00Z", 1, "完了", 1),
            ("2026-11-25T00:00:00Z", 1, "Closed", 1),
            ("2026-11-25T00:00:00Z", 1, "3", 0),
            ("2026-11-25T00:00:00Z", 1, "Done", 0),
            ("2026-11-25T00:00:00Z", 2, "4", 0),
            ("2026-11-22T15:00:00Z", 1, "4", 1),
            ("2026-11-22T14:59:59Z", 1, "4", 0),
            ("2026-11-29T15:00:00Z", 1, "4", 0),
        ] {
            let activity = activity(created, user, value);
            let found = of_activities(&[activity], period(), &[1], &statuses);
            assert_eq!(found.len(), expected, "{created} {user} {value}");
        }
        let mut elsewhere = activity("2026-11-25T00:00:00Z", 1, "Closed");
        elsewhere["project"]["id"] = 8.into();
        let found = of_activities(&[elsewhere], period(), &[], &statuses);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn the_last_closing_counts_and_one_change_may_close_several() {
        let several = json!({
            "project": {"id": 7}, "type": 14, "created": "2026-11-26T00:00:00Z",
            "createdUser": {"id": 1, "name": "A"},
            "content": {
                "link": [{"id": 11, "key_id": 1, "title": "x"}, {"id": 12}],
                "changes": [{"field": "status", "new_value": "4", "type": "standard"}],
            },
        });
        let earlier = activity("2026-11-25T00:00:00Z", 1, "4");
        let found = of_activities(&[several, earlier], period(), &[], &Statuses::new());
        assert_eq!(found.len(), 2);
        assert_eq!(found[&11].at.to_rfc3339(), "2026-11-26T00:00:00+00:00");
    }
}

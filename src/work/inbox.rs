//! The unread notifications of the signed-in user.
//!
//! 1. Pages are read, newest first, until there are enough unread ones of the wanted projects.
//! 2. They are written in groups by what they are about.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    toolkit::{
        tokens::fits,
        tool::Effect,
        work::{Needs, Operations, WorkError, WorkOutput, WorkTool, input::Synonyms},
    },
    work::{projects::Projects, space::Space},
};

const USUAL: usize = 20;
const MOST: usize = 100;
/// The number of notifications on a page, and the maximum number of pages.
const PAGE: usize = 100;
const MAX_PAGES: usize = 5;
/// The tokens of an answer that are left for what is not a notification.
const REST: usize = 500;

/// Lists unread notifications, grouped by issue or page, with who did what and the reason for each,
/// newest first. Mark them as read with run_tool (mark_notification_as_read,
/// reset_unread_notification_count).
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Inbox {
    /// Keys or names
    project: Option<Vec<String>>,
    /// 20 unless given, up to 100
    limit: Option<i64>,
    /// Only those older than the notification with this id
    before: Option<i64>,
}

/// The unread notifications that were found.
#[derive(Debug, Default)]
struct Unread {
    list: Vec<Value>,
    /// The number of all that were read to find them.
    read: usize,
    /// The id of the oldest that was read.
    oldest: Option<i64>,
    /// Whether older ones were not read.
    may_have_more: bool,
}

impl WorkTool for Inbox {
    const NAME: &'static str = "inbox";
    const TITLE: &'static str = "Inbox";
    const EFFECT: Effect = Effect::of(backlog_client::Method::Get);
    const NEEDS: Needs = &[&["get_notifications"]];
    const SYNONYMS: Synonyms = &[
        ("projectKey", "project"),
        ("projectId", "project"),
        ("projectIdOrKey", "project"),
        ("count", "limit"),
        ("maxId", "before"),
    ];

    async fn run(self, operations: &dyn Operations) -> Result<WorkOutput, WorkError> {
        let limit = match self.limit {
            None => USUAL,
            Some(limit) => match usize::try_from(limit) {
                Ok(limit @ 1..=MOST) => limit,
                _ => {
                    return Err(WorkError::Arguments(format!(
                        "limit: expected 1 to {MOST}, received {limit}"
                    )));
                }
            },
        };
        if let Some(before) = self.before.filter(|before| *before < 1) {
            return Err(WorkError::Arguments(format!(
                "before: expected the id of a notification, received {before}"
            )));
        }
        let space = Space::read(operations).await?;
        let mut notes = Vec::new();
        let projects = match &self.project {
            Some(given) => Some(Projects::read(operations, &space, given, &mut notes).await?),
            None => None,
        };
        let ids = projects.as_ref().map(Projects::ids);
        let unread = unread(operations, ids.as_deref(), (limit, self.before)).await?;
        Ok(written(operations, &space, &unread, (limit, &notes)))
    }
}

/// Reads unread notifications, older than `before`, until there is one more than the limit.
async fn unread(
    operations: &dyn Operations,
    projects: Option<&[i64]>,
    (limit, before): (usize, Option<i64>),
) -> Result<Unread, WorkError> {
    let mut unread = Unread::default();
    let mut oldest = before;
    let is_thinned_out = operations.allowed_projects().is_some();
    for _ in 0..MAX_PAGES {
        let mut arguments = json!({"count": PAGE});
        if let Some(oldest) = oldest {
            arguments["maxId"] = oldest.into();
        }
        let page = operations.run("get_notifications", arguments).await?.value;
        let page = page.as_array().map(Vec::as_slice).unwrap_or_default();
        let is_new = |notification: &&Value| {
            let id = notification["id"].as_i64();
            oldest.is_none_or(|oldest| id.is_some_and(|id| id < oldest))
        };
        let is_wanted = |notification: &&Value| {
            let project = notification["project"]["id"].as_i64();
            projects.is_none_or(|ids| project.is_some_and(|id| ids.contains(&id)))
        };
        let new = page.iter().filter(is_new);
        unread.read += page.len();
        let found = new
            .filter(|it| it["alreadyRead"] == false)
            .filter(is_wanted);
        unread.list.extend(found.cloned());
        let next = page.iter().filter_map(|it| it["id"].as_i64()).min();
        let is_end = next >= oldest.or(Some(i64::MAX)) || next.is_none();
        if is_end || (page.len() < PAGE && !is_thinned_out) {
            return Ok(unread);
        }
        oldest = next;
        if unread.list.len() > limit {
            break;
        }
    }
    unread.oldest = oldest;
    unread.may_have_more = true;
    Ok(unread)
}

fn written(
    operations: &dyn Operations,
    space: &Space,
    unread: &Unread,
    (limit, notes): (usize, &[String]),
) -> WorkOutput {
    let total = unread.list.len();
    let max_tokens = operations.max_tokens().saturating_sub(REST);
    let mut number = total.min(limit);
    let mut list = space
        .renderer
        .notifications(&unread.list[..number])
        .to_string();
    while number > 1 && !fits(&list, max_tokens) {
        number /= 2;
        list = space
            .renderer
            .notifications(&unread.list[..number])
            .to_string();
    }
    let next = unread.next(number);
    let mut text = first_line(unread, number, next);
    for note in notes {
        let _ = writeln!(text, "Note: {note}.");
    }
    if number > 0 {
        text.push('\n');
        text.push_str(&list);
    }
    let facts = json!({
        "shown": number,
        "total": total,
        "total_is_minimum": unread.may_have_more,
        "next_before": next,
    });
    WorkOutput::markdown(text).with_structured(facts)
}

impl Unread {
    /// The id that the notifications after the first ones are older than; `None` at their end.
    fn next(&self, shown: usize) -> Option<i64> {
        let last = shown.checked_sub(1).and_then(|place| self.list.get(place));
        match (shown < self.list.len(), last) {
            (true, Some(last)) => last["id"].as_i64(),
            _ => self.oldest.filter(|_| self.may_have_more),
        }
    }
}

/// Says how many there are, which of them are shown, and how to continue.
fn first_line(unread: &Unread, number: usize, next: Option<i64>) -> String {
    let total = unread.list.len();
    let next = next.map(|id| format!("; continue with before {id}"));
    let next = next.unwrap_or_default();
    let at_least = if unread.may_have_more {
        "at least "
    } else {
        ""
    };
    match (total, number == total) {
        (0, _) if unread.may_have_more => {
            format!(
                "No unread notification is among these {}{next}.\n",
                unread.read
            )
        }
        (0, _) => "No unread notification.\n".to_owned(),
        (1, _) if !unread.may_have_more => "1 unread notification.\n".to_owned(),
        (total, true) if unread.may_have_more => {
            format!("Part of a longer list: {at_least}{total} unread notifications{next}.\n")
        }
        (total, true) => format!("{total} unread notifications.\n"),
        (total, false) => format!(
            "Part of a longer list: the newest {number} of {at_least}{total} unread \
             notifications{next}.\n"
        ),
    }
}

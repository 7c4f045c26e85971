//! The activities of a period, of one user or of all.

use std::{collections::BTreeMap, fmt::Write};

use backlog_rendering::{NameKind as Kind, Names};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::{
    subject::Subject,
    tally::{Tally, ranked},
};
use crate::{
    toolkit::{name_kind::NameKind, work::WorkError},
    work::{
        activities::{self, Source},
        requests,
        space::moment,
    },
};

/// The number of activities that are written, and of tokens for them.
const WRITTEN: usize = 40;
/// The statuses of this many projects are read for the changes.
const MAX_PROJECTS: usize = 10;
const AT_ONCE: usize = 4;

/// The words for the kinds of activities that are counted apart; all others are `other`.
const KINDS: [(&str, &[u64]); 9] = [
    ("issues added", &[1, 47]),
    ("changes of issues", &[2, 14, 35]),
    ("comments on issues", &[3]),
    ("issues deleted", &[4]),
    ("wiki changes", &[5, 6, 7]),
    (
        "document changes",
        &[36, 37, 38, 40, 41, 42, 43, 44, 45, 46, 48],
    ),
    ("pull request changes", &[18, 19, 20, 21]),
    ("pushes", &[11, 12]),
    ("files", &[8, 9, 10]),
];

pub(super) async fn report(subject: &Subject<'_>) -> Result<String, WorkError> {
    let span = subject.span();
    let period = subject.moments(span);
    let user = subject.person_id().await?;
    let sources = Source::of(subject.operations, &subject.projects, user);
    let read = activities::since(subject.operations, &sources, &[], period.start).await?;
    let ids = subject.projects.ids();
    let is_wanted = |activity: &Value| {
        let project = activity["project"]["id"].as_i64();
        let by = activity["createdUser"]["id"].as_i64();
        moment(&activity["created"]).is_some_and(|at| period.contains(at))
            && project.is_some_and(|id| ids.contains(&id))
            && (user.is_none() || user == by)
    };
    let mut list: Vec<_> = read.list.into_iter().filter(is_wanted).collect();
    list.sort_by_key(|activity| std::cmp::Reverse(moment(&activity["created"])));
    let mut text = format!("# Activity, {}, {span}\n\n", subject.title());
    sums(&mut text, subject, &list, user.is_none());
    if !read.are_complete {
        text.push_str(
            "The period has more activities than can be read: these are the newest. Give a person, \
             a project or a shorter period.\n",
        );
    }
    if !list.is_empty() {
        lines(&mut text, subject, &list).await;
    }
    Ok(text)
}

/// Counts the activities by kind, by project and by user.
fn sums(text: &mut String, subject: &Subject<'_>, list: &[Value], has_users: bool) {
    if list.is_empty() {
        text.push_str("No activity.\n");
        return;
    }
    let mut kinds: BTreeMap<usize, usize> = BTreeMap::new();
    let mut projects: BTreeMap<&str, usize> = BTreeMap::new();
    let mut users = Tally::<usize>::default();
    for activity in list {
        let kind = activity["type"].as_u64().unwrap_or_default();
        let place = KINDS.iter().position(|(_, kinds)| kinds.contains(&kind));
        *kinds.entry(place.unwrap_or(KINDS.len())).or_default() += 1;
        let project = activity["project"]["projectKey"].as_str();
        *projects.entry(project.unwrap_or_default()).or_default() += 1;
        *users.of(&activity["createdUser"], &subject.space.renderer) += 1;
    }
    let kinds = kinds.into_iter().map(|(place, number)| {
        let word = KINDS.get(place).map_or("other", |(word, _)| word);
        format!("{word} {number}")
    });
    let kinds: Vec<_> = kinds.collect();
    let _ = writeln!(text, "{} activities: {}.", list.len(), kinds.join(", "));
    if projects.len() > 1 {
        let projects = projects.into_iter();
        let projects: Vec<_> = projects
            .map(|(key, number)| format!("{} {number}", backlog_rendering::inline::line(key)))
            .collect();
        let _ = writeln!(text, "By project: {}.", projects.join(", "));
    }
    if has_users {
        let _ = writeln!(text, "By user: {}.", ranked(users));
    }
}

/// Writes the newest activities, as many as an answer may have.
async fn lines(text: &mut String, subject: &Subject<'_>, list: &[Value]) {
    let renderer = subject.space.renderer.clone();
    let renderer = renderer.with_names(names(subject, list).await);
    let max_tokens = subject.operations.max_tokens() / 2;
    let mut number = list.len().min(WRITTEN);
    let mut written = renderer.activities(&list[..number]).to_string();
    while number > 1 && !crate::toolkit::tokens::fits(&written, max_tokens) {
        number /= 2;
        written = renderer.activities(&list[..number]).to_string();
    }
    let title = match number == list.len() {
        true => "Newest first".to_owned(),
        false => format!("The newest {number} of {}", list.len()),
    };
    let urls = renderer.issue_url_form();
    let _ = write!(text, "\n## {title}\n\n{urls}\n\n{written}");
}

/// The names of the statuses in changes. Without them, their ids are written.
async fn names(subject: &Subject<'_>, list: &[Value]) -> Names {
    let ids = list
        .iter()
        .filter_map(|activity| activity["project"]["id"].as_i64());
    let ids: std::collections::BTreeSet<_> = ids.take(WRITTEN).collect();
    let operations = subject.operations;
    if requests::check(operations, ids.len().min(MAX_PROJECTS))
        .await
        .is_err()
    {
        return Names::default();
    }
    let read = stream::iter(ids.into_iter().take(MAX_PROJECTS))
        .map(|id| async move {
            let id = id.to_string();
            operations.names(NameKind::Status, Some(&id)).await
        })
        .buffered(AT_ONCE);
    let read: Vec<_> = read.collect().await;
    let mut names = Names::default();
    for statuses in read.into_iter().filter_map(Result::ok) {
        let list = statuses
            .iter()
            .map(|it| json!({"id": it.id, "name": it.name}));
        names.add(Kind::Status, &list.collect());
    }
    names
}

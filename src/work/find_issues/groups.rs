//! Issues in groups, with the number of each.

use std::collections::BTreeMap;
use std::fmt::Write;

use backlog_rendering::inline;
use serde_json::Value;

use super::{
    shown::{Shown, plural},
    table::{Columns, Writer},
};
use crate::{
    toolkit::work::{Operations, WorkError, WorkOutput},
    work::issue_filter::{Found, IssueFilter, IssueQuery, MAX_ISSUES, Page},
};

/// The field by which issues are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GroupBy {
    Project,
    Assignee,
    Status,
    Milestone,
    Type,
    Priority,
}

impl GroupBy {
    /// # Errors
    /// The text is none of the fields.
    pub(crate) fn read(text: &str) -> Result<Self, WorkError> {
        let plain: String = text.trim().to_lowercase().split(['_', ' ']).collect();
        Ok(match plain.as_str() {
            "project" | "プロジェクト" => Self::Project,
            "assignee" | "person" | "user" | "担当者" => Self::Assignee,
            "status" | "状態" => Self::Status,
            "milestone" | "マイルストーン" => Self::Milestone,
            "type" | "issuetype" | "種別" => Self::Type,
            "priority" | "優先度" => Self::Priority,
            _ => {
                let shown: String = text.chars().take(40).collect();
                return Err(WorkError::Arguments(format!(
                    "group_by: expected project, assignee, status, milestone, type or priority, \
                     received {shown:?}"
                )));
            }
        })
    }

    fn title(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Assignee => "assignee",
            Self::Status => "status",
            Self::Milestone => "milestone",
            Self::Type => "type",
            Self::Priority => "priority",
        }
    }

    /// The groups of an issue; several if it has several milestones.
    fn of(self, issue: &Value, query: &IssueQuery) -> Vec<String> {
        let name = |value: &Value| value["name"].as_str().map(inline::line);
        let one = |name: Option<String>, none: &str| vec![name.unwrap_or_else(|| none.to_owned())];
        match self {
            Self::Project => {
                let id = issue["projectId"].as_i64();
                let mut projects = query.projects.list.iter();
                let project = projects.find(|project| Some(project.id) == id);
                let named = project
                    .map(|project| format!("{}: {}", project.key, inline::line(&project.name)));
                let key = issue["issueKey"]
                    .as_str()
                    .and_then(|key| key.rsplit_once('-'));
                one(
                    named.or_else(|| key.map(|(key, _)| inline::line(key))),
                    "unknown",
                )
            }
            Self::Assignee => one(query.space.renderer.person(&issue["assignee"]), "nobody"),
            Self::Status => one(name(&issue["status"]), "unknown"),
            Self::Type => one(name(&issue["issueType"]), "unknown"),
            Self::Priority => one(name(&issue["priority"]), "unknown"),
            Self::Milestone => {
                let milestones = issue["milestone"].as_array();
                let names: Vec<_> = milestones.into_iter().flatten().filter_map(name).collect();
                if names.is_empty() {
                    one(None, "none")
                } else {
                    names
                }
            }
        }
    }
}

/// The groups with their issues, the largest first.
fn grouped(by: GroupBy, issues: &[Value], query: &IssueQuery) -> Vec<(String, Vec<Value>)> {
    let mut groups: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for issue in issues {
        for name in by.of(issue, query) {
            groups.entry(name).or_default().push(issue.clone());
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, issues)| std::cmp::Reverse(issues.len()));
    groups
}

pub(super) async fn find(
    operations: &dyn Operations,
    filter: &IssueFilter,
    (by, page): (GroupBy, &Page),
    columns: &Columns,
) -> Result<WorkOutput, WorkError> {
    let query = filter.read(operations).await?;
    let all = Page {
        offset: 0,
        limit: MAX_ISSUES,
        sort: page.sort,
    };
    let found = query.find(operations, &all).await?;
    if found.total > found.issues.len() {
        return Err(WorkError::Arguments(format!(
            "group_by: {} issues fit, and at most {MAX_ISSUES} can be grouped; name a project, a \
             milestone or a span",
            found.total
        )));
    }
    columns.check(&found.issues)?;
    let groups = grouped(by, &found.issues, &query);
    // An issue with several milestones is in several groups.
    let entries = groups.iter().map(|(_, issues)| issues.len()).sum();
    let mut writer = Writer::new(operations.max_tokens());
    writer.add(&counts(by, &groups, entries > found.total));
    let (listed, number) = listed(&query, &found, (&groups, page), (columns, writer));
    let shown = Shown {
        offset: page.offset,
        number,
        total: entries,
    };
    let mut text = first_line(shown, found.total, (groups.len(), by), page.limit == 0);
    for note in &found.notes {
        let _ = writeln!(text, "Note: {note}.");
    }
    if number > 0 {
        let _ = writeln!(text, "{}", query.space.renderer.issue_url_form());
    }
    text.push_str(&listed);
    Ok(WorkOutput::markdown(text).with_structured(shown.structured()))
}

fn first_line(
    shown: Shown,
    issues: usize,
    (groups, by): (usize, GroupBy),
    is_count: bool,
) -> String {
    if issues == 0 {
        return shown.first_line(is_count);
    }
    let all = format!("{} in {groups} groups by {}", plural(issues), by.title());
    if is_count || (shown.number == shown.total && shown.offset == 0) {
        return format!("{all}.\n");
    }
    let part = shown.first_line(false);
    format!("{all}. {part}")
}

/// Writes the number of issues of each group.
fn counts(by: GroupBy, groups: &[(String, Vec<Value>)], are_several: bool) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let mut text = format!("\n| {} | issues |\n|---|---|\n", by.title());
    for (name, issues) in groups {
        let _ = writeln!(text, "| {name} | {} |", issues.len());
    }
    if are_several {
        text.push_str("\nAn issue with several milestones is in each of their groups.\n");
    }
    text
}

/// The text of the lists, and the number of issues in them.
type Listed = (String, usize);

/// Writes the issues of the page below their groups, and returns their number.
fn listed(
    query: &IssueQuery,
    found: &Found,
    (groups, page): (&[(String, Vec<Value>)], &Page),
    (columns, mut writer): (&Columns, Writer),
) -> Listed {
    let renderer = &query.space.renderer;
    let (mut skip, mut number) = (page.offset, 0);
    'groups: for (name, issues) in groups {
        let here = issues.iter().skip(skip).take(page.limit - number);
        skip = skip.saturating_sub(issues.len());
        let mut head = format!("\n## {name}\n\n{}", columns.lines_head(renderer));
        for issue in here {
            let line = std::mem::take(&mut head) + &columns.line(renderer, found, issue);
            if !writer.add_if_fits(&line) {
                break 'groups;
            }
            number += 1;
        }
    }
    (writer.text, number)
}

//! An issue: its page, and its name in a line.
//!
//! 1. Title and URL.
//! 2. Fields, custom fields, files.
//! 3. Related and child issues, a line each.
//! 4. Description and comments, in fences.

use serde_json::Value;

use crate::{
    Renderer, comment::Comments, inline, issue_table::Column, json, markdown::Markdown,
    number::grouped,
};

/// An issue, and what belongs to it.
#[derive(Clone, Copy, Debug)]
pub struct IssuePage<'a> {
    /// The issue.
    pub issue: &'a Value,
    /// The parent issue, if it has one and it is known.
    pub parent: Option<&'a Value>,
    /// The child issues that are known.
    pub children: &'a [Value],
    /// The issues that are linked to it.
    pub related: &'a [Value],
    /// The comments.
    pub comments: Comments<'a>,
}

impl<'a> IssuePage<'a> {
    /// An issue alone.
    pub fn of(issue: &'a Value) -> Self {
        Self {
            issue,
            parent: None,
            children: &[],
            related: &[],
            comments: Comments::default(),
        }
    }
}

impl Renderer {
    /// Writes the page of an issue.
    pub fn issue(&self, content: &IssuePage<'_>) -> Markdown {
        let issue = content.issue;
        let title = issue_name(issue).unwrap_or_else(|| "Issue".to_owned());
        let mut page = Markdown::titled(&title);
        if let Some(url) = self.issue_url(issue) {
            page.line(&url);
        }
        page.blank();
        self.issue_fields(&mut page, content);
        self.custom_fields(&mut page, issue);
        self.files(&mut page, issue);
        self.issue_section(&mut page, "Child issues", content.children);
        left_out_children(&mut page, content);
        self.issue_section(&mut page, "Related issues", content.related);
        if let Some(description) = json::long_text(&issue["description"]) {
            let credit = self.credit_of_description(issue, &content.comments);
            self.user_text(&mut page, ("Description", &credit), description);
        }
        self.comments(&mut page, &content.comments);
        page
    }

    fn issue_fields(&self, page: &mut Markdown, content: &IssuePage<'_>) {
        let issue = content.issue;
        for (name, field) in [
            ("Type", "issueType"),
            ("Status", "status"),
            ("Priority", "priority"),
            ("Resolution", "resolution"),
        ] {
            page.field(name, json::text(&issue[field]));
        }
        page.field("Assignee", self.person(&issue["assignee"]));
        page.field("Category", json::text(&issue["category"]));
        page.field("Version", self.milestones(&issue["versions"]));
        page.field("Milestone", self.milestones(&issue["milestone"]));
        page.field("Start", self.day(&issue["startDate"]));
        page.field("Due", self.day(&issue["dueDate"]));
        page.field("Planned hours", json::text(&issue["estimatedHours"]));
        page.field("Hours spent", json::text(&issue["actualHours"]));
        let parent = content.parent.and_then(issue_name);
        let parent_id = || {
            Some(format!(
                "issue with id {}",
                json::id(&issue["parentIssueId"])?
            ))
        };
        page.field("Parent", parent.or_else(parent_id));
        page.field(
            "Created",
            self.event(&issue["created"], &issue["createdUser"]),
        );
        page.field(
            "Updated",
            self.event(&issue["updated"], &issue["updatedUser"]),
        );
        let stars = json::items(&issue["stars"]).iter();
        let stars: Vec<_> = stars
            .filter_map(|star| self.person(&star["presenter"]))
            .collect();
        page.field("Stars", (!stars.is_empty()).then(|| stars.join(", ")));
    }

    /// Writes names of milestones with their days: `2026.11 (2026-10-01 to 2026-11-20)`.
    pub(crate) fn milestones(&self, milestones: &Value) -> Option<String> {
        let milestones = json::items(milestones).iter();
        let named: Vec<_> = milestones
            .filter_map(|milestone| self.milestone(milestone))
            .collect();
        (!named.is_empty()).then(|| named.join(", "))
    }

    pub(crate) fn milestone(&self, milestone: &Value) -> Option<String> {
        let name = json::text(milestone)?;
        let start = self.day(&milestone["startDate"]);
        let due = self.day(&milestone["releaseDueDate"]);
        Some(match (start, due) {
            (Some(start), Some(due)) => format!("{name} ({start} to {due})"),
            (Some(start), None) => format!("{name} (from {start})"),
            (None, Some(due)) => format!("{name} (due {due})"),
            (None, None) => name,
        })
    }

    fn issue_section(&self, page: &mut Markdown, title: &str, issues: &[Value]) {
        if issues.is_empty() {
            return;
        }
        page.heading(2, title);
        for line in self.issue_lines(issues, &Column::DEFAULT).lines() {
            page.line(line);
        }
    }

    /// The URL of an issue; `None` if it has no key.
    pub fn issue_url(&self, issue: &Value) -> Option<String> {
        let key = issue["issueKey"].as_str().map(inline::line)?;
        let is_plain =
            |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
        let is_key = !key.is_empty() && key.chars().all(is_plain);
        is_key.then(|| self.url(&["view", &key]))
    }
}

/// Writes key and summary: `RIVER-7: Login loops on Safari`.
pub(crate) fn issue_name(issue: &Value) -> Option<String> {
    match (
        json::text(&issue["issueKey"]),
        json::text(&issue["summary"]),
    ) {
        (Some(key), Some(summary)) => Some(format!("{key}: {summary}")),
        (key, summary) => key.or(summary),
    }
}

/// Says how many child issues there are, where not all of them are listed.
fn left_out_children(page: &mut Markdown, content: &IssuePage<'_>) {
    let summary = &content.issue["childIssueSummary"];
    let number = |field: &str| {
        summary[field]
            .as_u64()
            .and_then(|it| usize::try_from(it).ok())
    };
    let (Some(total), shown) = (number("total"), content.children.len()) else {
        return;
    };
    if total == 0 {
        return;
    }
    let closed = grouped(number("closed").unwrap_or_default());
    let total_text = grouped(total);
    match shown {
        0 => page.field(
            "Child issues",
            Some(format!("{total_text}, {closed} of them closed")),
        ),
        _ if shown < total => page.line(&format!("{shown} of {total_text} are listed.")),
        _ => {}
    }
}

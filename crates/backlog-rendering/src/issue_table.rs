//! Issues as a table, one line each.

use serde_json::Value;

use crate::{Renderer, inline, json};

/// A column of a table of issues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// The key of the issue.
    Key,
    /// The summary.
    Summary,
    /// The status.
    Status,
    /// The assignee, by name.
    Assignee,
    /// The due date.
    Due,
    /// The priority.
    Priority,
    /// The type.
    Type,
    /// The milestones.
    Milestone,
    /// The categories.
    Category,
    /// The user who added the issue.
    Creator,
    /// The day on which the issue was added.
    Created,
    /// The day of the last change.
    Updated,
    /// Hours spent of planned hours.
    Hours,
    /// A custom field, by its name.
    Field(String),
}

impl Column {
    /// The columns of a table for which none are chosen.
    pub const DEFAULT: [Self; 5] = [
        Self::Key,
        Self::Summary,
        Self::Status,
        Self::Assignee,
        Self::Due,
    ];

    /// Reads the name of a column; any other name is that of a custom field.
    pub fn named(name: &str) -> Self {
        match name.trim().to_lowercase().as_str() {
            "key" => Self::Key,
            "summary" => Self::Summary,
            "status" => Self::Status,
            "assignee" => Self::Assignee,
            "due" => Self::Due,
            "priority" => Self::Priority,
            "type" => Self::Type,
            "milestone" => Self::Milestone,
            "category" => Self::Category,
            "creator" => Self::Creator,
            "created" => Self::Created,
            "updated" => Self::Updated,
            "hours" => Self::Hours,
            _ => Self::Field(name.trim().to_owned()),
        }
    }

    fn title(&self) -> String {
        let title = match self {
            Self::Key => "key",
            Self::Summary => "summary",
            Self::Status => "status",
            Self::Assignee => "assignee",
            Self::Due => "due",
            Self::Priority => "priority",
            Self::Type => "type",
            Self::Milestone => "milestone",
            Self::Category => "category",
            Self::Creator => "creator",
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Hours => "hours spent/planned",
            Self::Field(name) => return inline::line(name),
        };
        title.to_owned()
    }
}

impl Renderer {
    /// Writes a table of issues, with the form of their URLs before it.
    pub fn issue_table(&self, issues: &[Value], columns: &[Column]) -> String {
        let lines = self.issue_lines(issues, columns);
        format!("{}\n\n{lines}", self.issue_url_form())
    }

    /// Says how the URL of an issue is made of its key, for a text with keys only.
    pub fn issue_url_form(&self) -> String {
        format!("URL of an issue: {}", self.url(&["view", "KEY"]))
    }

    /// Writes a table of issues without their URLs, such as the second of several tables.
    pub fn issue_lines(&self, issues: &[Value], columns: &[Column]) -> String {
        let titles: Vec<_> = columns.iter().map(Column::title).collect();
        let rule: String = columns.iter().map(|_| "---|").collect();
        let mut table = format!("{}\n|{rule}\n", row(&titles));
        for issue in issues {
            table.push_str(&self.issue_line(issue, columns));
            table.push('\n');
        }
        table
    }

    /// Writes the line of an issue; an empty cell is `-`.
    pub fn issue_line(&self, issue: &Value, columns: &[Column]) -> String {
        let cells = columns.iter().map(|column| {
            let cell = self.cell(issue, column);
            cell.unwrap_or_else(|| "-".to_owned())
        });
        row(&cells.collect::<Vec<_>>())
    }

    fn cell(&self, issue: &Value, column: &Column) -> Option<String> {
        match column {
            Column::Key => json::text(&issue["issueKey"]),
            Column::Summary => json::text(&issue["summary"]),
            Column::Status => json::text(&issue["status"]),
            Column::Assignee => self.person(&issue["assignee"]),
            Column::Due => self.day(&issue["dueDate"]),
            Column::Priority => json::text(&issue["priority"]),
            Column::Type => json::text(&issue["issueType"]),
            Column::Milestone => json::text(&issue["milestone"]),
            Column::Category => json::text(&issue["category"]),
            Column::Creator => self.person(&issue["createdUser"]),
            Column::Created => self.day_of_moment(&issue["created"]),
            Column::Updated => self.day_of_moment(&issue["updated"]),
            Column::Hours => hours(issue),
            Column::Field(name) => self.custom_value(field(issue, name)?),
        }
    }
}

fn row(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

fn hours(issue: &Value) -> Option<String> {
    let spent = json::text(&issue["actualHours"]);
    let planned = json::text(&issue["estimatedHours"]);
    if spent.is_none() && planned.is_none() {
        return None;
    }
    let or_dash = |hours: Option<String>| hours.unwrap_or_else(|| "-".to_owned());
    Some(format!("{}/{}", or_dash(spent), or_dash(planned)))
}

/// The custom field of this name: exactly this one, or in another case.
fn field<'a>(issue: &'a Value, name: &str) -> Option<&'a Value> {
    let fields = json::items(&issue["customFields"]);
    let is_named =
        |field: &&Value, same: &dyn Fn(&str) -> bool| field["name"].as_str().is_some_and(same);
    let exact = fields
        .iter()
        .find(|field| is_named(field, &|other| other == name));
    let lower = name.to_lowercase();
    exact.or_else(|| {
        let mut fields = fields.iter();
        fields.find(|field| is_named(field, &|other| other.to_lowercase() == lower))
    })
}

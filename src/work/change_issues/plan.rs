//! The changes of each issue.

use backlog_rendering::inline;
use serde_json::{Map, Value, json};

use super::{
    call::{ChangeIssues, Values},
    selection::Selected,
};
use crate::{
    toolkit::work::{Operations, Problems, WorkError},
    work::{
        issue_values::{self, CustomFields, Edit, Reader, Setting, Target, current::difference},
        project_names::ProjectNames,
        space::Space,
    },
};

const MAX_TITLE: usize = 60;

/// The changes of a call.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub changes: Vec<Change>,
    /// The keys of the issues that have all values.
    pub same: Vec<String>,
    pub has_comment: bool,
    /// The users who are notified.
    pub notified: Vec<String>,
    pub notes: Vec<String>,
    pub base_url: String,
}

/// The changes of an issue.
#[derive(Clone, Debug, Default)]
pub(super) struct Change {
    pub key: String,
    pub title: String,
    /// The moment of its last change.
    pub updated: String,
    /// `status: Open → Closed`
    pub differences: Vec<String>,
    /// The arguments of `update_issue`.
    pub arguments: Map<String, Value>,
}

/// What is set in the issues of one project.
struct OfProject {
    project: Value,
    edits: Vec<Edit>,
    /// Those that the edits name.
    custom_fields: CustomFields,
    comment: Option<String>,
    notified: Vec<i64>,
}

/// Reads the values to set and compares them with the issues.
///
/// # Errors
/// A name is unknown in a project of the issues, or a value is impossible in one of the issues.
pub(super) async fn read(
    operations: &dyn Operations,
    space: &Space,
    call: &ChangeIssues,
    selected: Selected,
) -> Result<Plan, WorkError> {
    let mut plan = Plan {
        has_comment: call.comment.is_some(),
        notes: selected.notes,
        base_url: space.url(&["view"]),
        ..Plan::default()
    };
    let mut parents = Vec::new();
    let mut projects: Vec<OfProject> = Vec::new();
    let mut problems = Problems::default();
    let mut seen = Vec::new();
    for issue in &selected.issues {
        let project = &issue["projectId"];
        if seen.contains(&project) {
            continue;
        }
        seen.push(project);
        let mut names = ProjectNames::new(operations, project.as_i64().unwrap_or_default());
        let mut custom_fields = CustomFields::default();
        let mut reader = Reader {
            names: &mut names,
            custom_fields: &mut custom_fields,
            space,
            parents: &mut parents,
        };
        let of_project = of_project(&mut reader, call, &mut plan.notified).await;
        let of_project = of_project.map_err(|error| in_project(error, issue));
        projects.extend(problems.keep(of_project)?.map(|of_project| OfProject {
            custom_fields,
            ..of_project
        }));
        plan.notes.extend(names.into_notes());
    }
    problems.end()?;
    plan.notes.dedup();
    let mut problems = Problems::default();
    for issue in &selected.issues {
        let known = projects
            .iter()
            .find(|known| known.project == issue["projectId"]);
        let known = known.expect("the project of each issue was read");
        let Some(settings) = problems.keep(settings(known, issue))? else {
            continue;
        };
        let change = change(issue, known, &settings);
        match change.differences.is_empty() && call.set.is_some() {
            true => plan.same.push(change.key),
            false => plan.changes.push(change),
        }
    }
    problems.end()?;
    Ok(plan)
}

async fn of_project(
    reader: &mut Reader<'_, '_>,
    call: &ChangeIssues,
    notified: &mut Vec<String>,
) -> Result<OfProject, WorkError> {
    let mut problems = Problems::default();
    let mut edits = Vec::new();
    if let Some(set) = &call.set {
        if let Some(summary) = &set.summary {
            let summary = issue_values::summary("set.summary", summary);
            edits.extend(problems.keep(summary)?.map(Edit::Set));
        }
        let read = reader.read("set.", &set.issue).await;
        edits.extend(problems.keep(read)?.unwrap_or_default());
        edits.extend(problems.keep(added_hours(set))?.flatten());
    }
    let comment = match &call.comment {
        Some(comment) => Some(reader.names.notated(comment).await?),
        None => None,
    };
    let notify = call.notify.as_deref().unwrap_or_default();
    let people = problems.keep(reader.names.people("notify", notify).await)?;
    problems.end()?;
    let people = people.unwrap_or_default();
    for user in &people {
        if !notified.contains(&user.name) {
            notified.push(user.name.clone());
        }
    }
    Ok(OfProject {
        project: reader.names.project.into(),
        edits,
        custom_fields: CustomFields::default(),
        comment,
        notified: people.into_iter().map(|user| user.id).collect(),
    })
}

fn added_hours(set: &Values) -> Result<Option<Edit>, WorkError> {
    match (set.add_hours, &set.issue.spent) {
        (Some(_), Some(_)) => {
            let reason = "set.add_hours: give either spent or add_hours, not both";
            Err(WorkError::Arguments(reason.to_owned()))
        }
        (more, _) => Ok(more.map(Edit::More)),
    }
}

/// Names the project in each line of an error, because another one may have the name.
fn in_project(error: WorkError, issue: &Value) -> WorkError {
    let key = issue["issueKey"].as_str().unwrap_or_default();
    match (error, key.rsplit_once('-')) {
        (WorkError::Arguments(reason), Some((project, _))) => {
            let lines = reason.lines();
            let lines: Vec<_> = lines
                .map(|line| format!("{line} (project {project})"))
                .collect();
            WorkError::Arguments(lines.join("\n"))
        }
        (error, _) => error,
    }
}

/// The values to set in an issue.
///
/// # Errors
/// The issue has nothing to start from, or would be in disorder.
fn settings(known: &OfProject, issue: &Value) -> Result<Vec<Setting>, WorkError> {
    let key = issue["issueKey"].as_str().unwrap_or_default();
    let mut problems = Problems::default();
    let mut settings = Vec::with_capacity(known.edits.len());
    for edit in &known.edits {
        match edit.of(issue) {
            Ok(setting) => settings.push(setting),
            Err(problem) => problems.add(format!("{key}: set.{problem}")),
        }
    }
    if let Some(problem) = issue_values::reversed(&settings, issue) {
        problems.add(format!("{key}: {problem}"));
    }
    let set_type = settings.iter().find(|it| it.target == Target::Type);
    let issue_type = set_type.map_or(&issue["issueType"]["id"], |setting| &setting.value);
    let issue_type = issue_type.as_i64().unwrap_or_default();
    if let Some(problem) = known.custom_fields.misplaced(&settings, issue_type) {
        problems.add(format!("{key}: set.{problem}"));
    }
    let is_own_parent = |it: &Setting| it.target == Target::Parent && it.value == issue["id"];
    if settings.iter().any(is_own_parent) {
        problems.add(format!(
            "{key}: set.parent: an issue cannot be its own parent"
        ));
    }
    problems.end()?;
    Ok(settings)
}

fn change(issue: &Value, known: &OfProject, settings: &[Setting]) -> Change {
    let text = |name: &str| issue[name].as_str().unwrap_or_default().to_owned();
    let mut arguments = Map::from_iter([("issueId".to_owned(), issue["id"].clone())]);
    let mut differences = Vec::new();
    for setting in settings {
        if let Some(difference) = difference(setting, issue) {
            differences.push(difference);
            setting.put(&mut arguments, false);
        }
    }
    if let Some(comment) = &known.comment {
        arguments.insert("comment".to_owned(), json!(comment));
    }
    if !known.notified.is_empty() {
        arguments.insert("notifiedUserId".to_owned(), json!(known.notified));
    }
    Change {
        key: text("issueKey"),
        title: inline::excerpt(&text("summary"), MAX_TITLE),
        updated: text("updated"),
        differences,
        arguments,
    }
}

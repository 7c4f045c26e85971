//! The issues to add, with everything in them read and found.

use backlog_words::{priority::Priority, status::Builtin};
use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::call::{CreateIssues, NewIssue};
use crate::{
    toolkit::{
        name_kind::NameKind,
        work::{Operations, Problems, WorkError},
    },
    work::{
        files::{self, File},
        issue_values::{self, CustomFields, Edit, IssueValues, Reader, Setting, Target},
        project_names::ProjectNames,
        projects::Projects,
        space::Space,
    },
};

/// The issues to add.
pub(super) struct Plan {
    pub issues: Vec<Planned>,
    pub files: Vec<File>,
    /// The users who are notified of each.
    pub notified: Vec<String>,
    /// How inputs were read where it was not obvious.
    pub notes: Vec<String>,
    pub space: Space,
}

/// An issue to add.
pub(super) struct Planned {
    /// The arguments of `add_issue`, without files.
    pub arguments: Map<String, Value>,
    /// A status other than that of a new issue; Backlog sets it only in a change.
    pub status: Option<Setting>,
    pub settings: Vec<Setting>,
    pub summary: String,
}

impl Planned {
    /// The number of changes that it needs.
    pub(crate) fn changes(&self, files: usize) -> usize {
        1 + files + usize::from(self.status.is_some())
    }
}

/// Reads everything that the call gives.
///
/// # Errors
/// A name is unknown, a value is impossible, or a file cannot be read.
pub(super) async fn read(
    operations: &dyn Operations,
    space: &Space,
    call: &CreateIssues,
) -> Result<Plan, WorkError> {
    let mut notes = Vec::new();
    let given = std::slice::from_ref(&call.project);
    let projects = Projects::read(operations, space, given, &mut notes).await?;
    let project = projects.ids().first().copied().unwrap_or_default();
    let mut names = ProjectNames::new(operations, project);
    let mut custom_fields = CustomFields::default();
    let mut parents = Vec::new();
    let mut reader = Reader {
        names: &mut names,
        custom_fields: &mut custom_fields,
        space,
        parents: &mut parents,
    };
    let mut problems = Problems::default();
    let mut issues = planned_issues(&mut reader, call, &mut problems).await?;
    let notify = call.notify.as_deref().unwrap_or_default();
    let people = problems.keep(names.people("notify", notify).await)?;
    let people = people.unwrap_or_default();
    let ids: Value = people.iter().map(|user| user.id).collect();
    for issue in issues.iter_mut().filter(|_| !people.is_empty()) {
        issue
            .arguments
            .insert("notifiedUserId".to_owned(), ids.clone());
    }
    let near: Vec<_> = parents
        .iter()
        .map(|(_, parent)| parent.name.clone())
        .collect();
    let inputs = call.files.as_deref().unwrap_or_default();
    notes.extend(names.into_notes());
    let files = files::read(operations, inputs, &space.host, &near).await;
    let files = problems.keep(files)?.unwrap_or_default();
    let is_upload = |file: &File| matches!(file, File::Uploaded(_));
    if issues.len() > 1 && files.iter().any(is_upload) {
        let reason = "files: an upload can be attached to one issue only; give its content";
        problems.add(reason.to_owned());
    }
    problems.end()?;
    Ok(Plan {
        issues,
        files,
        notified: people.into_iter().map(|user| user.name).collect(),
        notes,
        space: space.clone(),
    })
}

/// The values beside the list.
fn common(call: &CreateIssues) -> IssueValues {
    IssueValues {
        issue_type: call.issue_type.clone(),
        priority: call.priority.clone(),
        assignee: call.assignee.clone(),
        parent: call.parent.clone(),
        due: call.due.clone(),
        ..IssueValues::default()
    }
}

/// The issues without problems.
async fn planned_issues(
    reader: &mut Reader<'_, '_>,
    call: &CreateIssues,
    problems: &mut Problems,
) -> Result<Vec<Planned>, WorkError> {
    let read = all(reader, call, problems).await?;
    let usual_type = match call.issue_type {
        // It is that of each issue, or a problem.
        Some(_) => None,
        None => problems.keep(usual_type(reader, &read).await)?.flatten(),
    };
    let project = reader.names.project;
    let mut issues = Vec::with_capacity(read.len());
    for (place, settings) in read {
        let planned = planned(settings, usual_type.as_ref(), project);
        let at = format!("issues[{place}]");
        problems.keep(check(reader, &at, &planned).await)?;
        issues.push(planned);
    }
    Ok(issues)
}

/// The settings of the issues without problems, each with its place in the call.
async fn all(
    reader: &mut Reader<'_, '_>,
    call: &CreateIssues,
    problems: &mut Problems,
) -> Result<Vec<(usize, Vec<Setting>)>, WorkError> {
    let read = reader.read("", &common(call)).await;
    let edits = problems.keep(read)?.unwrap_or_default();
    let common = problems.keep(settings("", &edits, reader.space.today()))?;
    let common = common.unwrap_or_default();
    let mut all = Vec::with_capacity(call.issues.len());
    for (place, issue) in call.issues.iter().enumerate() {
        let at = format!("issues[{place}].");
        let settings = problems.keep(one(reader, &common, &at, issue).await)?;
        all.extend(settings.map(|settings| (place, settings)));
    }
    Ok(all)
}

/// The values of edits in a new issue.
fn settings(at: &str, edits: &[Edit], today: NaiveDate) -> Result<Vec<Setting>, WorkError> {
    let set = |edit: &Edit| {
        let setting = edit.of_new(today);
        setting.map_err(|reason| WorkError::Arguments(format!("{at}{reason}")))
    };
    edits.iter().map(set).collect()
}

/// The settings of an issue: its own, and the common ones that it does not set.
async fn one(
    reader: &mut Reader<'_, '_>,
    common: &[Setting],
    at: &str,
    issue: &NewIssue,
) -> Result<Vec<Setting>, WorkError> {
    let mut problems = Problems::default();
    let summary = issue_values::summary(&format!("{at}summary"), &issue.summary);
    let mut settings = Vec::from_iter(problems.keep(summary)?);
    let edits = problems.keep(reader.read(at, &issue.values).await)?;
    let own = self::settings(at, &edits.unwrap_or_default(), reader.space.today());
    settings.extend(problems.keep(own)?.unwrap_or_default());
    problems.end()?;
    let set: Vec<_> = settings.iter().map(|setting| setting.target).collect();
    let others = common
        .iter()
        .filter(|setting| !set.contains(&setting.target));
    settings.extend(others.cloned());
    Ok(settings)
}

/// The issue type of issues that name none: the only one of the project.
async fn usual_type(
    reader: &mut Reader<'_, '_>,
    read: &[(usize, Vec<Setting>)],
) -> Result<Option<Setting>, WorkError> {
    let has_type = |settings: &[Setting]| settings.iter().any(|it| it.target == Target::Type);
    let Some((place, _)) = read.iter().find(|(_, settings)| !has_type(settings)) else {
        return Ok(None);
    };
    let project = reader.names.project.to_string();
    let types = reader
        .names
        .operations
        .names(NameKind::IssueType, Some(&project))
        .await?;
    match types.as_slice() {
        [only] => {
            let name = Some(only.name.clone());
            Ok(Some(Setting::new(
                Target::Type,
                "type",
                only.id.into(),
                name,
            )))
        }
        types => {
            let names: Vec<_> = types.iter().map(|it| format!("{:?}", it.name)).collect();
            Err(WorkError::Arguments(format!(
                "issues[{place}].type: is required, in the issue or beside the list; available: {}",
                names.join(", ")
            )))
        }
    }
}

fn planned(mut settings: Vec<Setting>, usual_type: Option<&Setting>, project: i64) -> Planned {
    let has = |settings: &[Setting], target| settings.iter().any(|it| it.target == target);
    if !has(&settings, Target::Type) {
        settings.extend(usual_type.cloned());
    }
    if !has(&settings, Target::Priority) {
        let normal = Priority::Normal;
        let shown = Some(normal.names()[0].to_owned());
        let id = normal.id().into();
        settings.push(Setting::new(Target::Priority, "priority", id, shown));
    }
    let place = settings.iter().position(|it| it.target == Target::Status);
    let status = place.map(|place| settings.remove(place));
    let mut arguments = Map::from_iter([("projectId".to_owned(), json!(project))]);
    for setting in &settings {
        setting.put(&mut arguments, true);
    }
    Planned {
        summary: settings[0].value.as_str().unwrap_or_default().to_owned(),
        arguments,
        status: status.filter(|status| status.value != Builtin::Open.id()),
        settings,
    }
}

/// Checks that the days are in order, and that the custom fields are set that the issue type
/// requires.
async fn check(reader: &mut Reader<'_, '_>, at: &str, planned: &Planned) -> Result<(), WorkError> {
    if let Some(problem) = issue_values::reversed(&planned.settings, &Value::Null) {
        return Err(WorkError::Arguments(format!("{at}: {problem}")));
    }
    let issue_type = planned.arguments.get("issueTypeId").and_then(Value::as_i64);
    // A type that is missing was reported.
    let Some(of_type) = issue_type else {
        return Ok(());
    };
    if let Some(problem) = reader.custom_fields.misplaced(&planned.settings, of_type) {
        return Err(WorkError::Arguments(format!("{at}.{problem}")));
    }
    let required = reader.custom_fields.required(reader.names, of_type);
    let is_set = |id: i64| {
        let mut settings = planned.settings.iter();
        settings.any(|it| it.target == Target::Field(id) && !it.value.is_null())
    };
    let missing = required.await.into_iter().find(|(id, _)| !is_set(*id));
    match missing {
        None => Ok(()),
        Some((_, name)) => Err(WorkError::Arguments(format!(
            "{at}.fields: the issue type requires the custom field {name:?}"
        ))),
    }
}

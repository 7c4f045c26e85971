//! All names of a project on one page.
//!
//! 1. The project is found by any of its names.
//! 2. Its lists are read in parallel. A list that the caller may not read, or that the project does
//!    not have, is named instead of being left out in silence.

use backlog_rendering::ProjectPage;
use futures_util::{StreamExt, stream};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    toolkit::{
        tokens::tokens,
        tool::Effect,
        work::{Needs, Operations, WorkError, WorkOutput, WorkTool, input::Synonyms},
    },
    work::{
        projects::{self, ProjectName, Projects},
        requests,
        space::Space,
    },
};

/// The lists of a project: the classic tool of each, and its name in notes.
const LISTS: [(&str, &str); 7] = [
    ("get_issue_types", "issue types"),
    ("get_statuses", "statuses"),
    ("get_categories", "categories"),
    ("get_version_milestone_list", "milestones"),
    ("get_project_users", "members"),
    ("get_custom_fields", "custom fields"),
    ("get_git_repositories", "repositories"),
];
const AT_ONCE: usize = 4;
/// The tokens of an answer that are left for what is not on the page.
const REST: usize = 500;

/// All names that the other tools take, of one project, in one page: issue types, statuses,
/// categories, milestones with dates, members, custom fields with their items, repositories,
/// notation of texts. Without a project: the projects.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ProjectInfo {
    /// Key or name
    project: Option<String>,
    /// Where to continue a long page
    offset: Option<i64>,
}

impl WorkTool for ProjectInfo {
    const NAME: &'static str = "project_info";
    const TITLE: &'static str = "Project";
    const EFFECT: Effect = Effect::of(backlog_client::Method::Get);
    const NEEDS: Needs = &[&["get_project"], &["get_project_list"]];
    const SYNONYMS: Synonyms = &[
        ("projectKey", "project"),
        ("projectId", "project"),
        ("projectIdOrKey", "project"),
        ("key", "project"),
        ("name", "project"),
    ];

    async fn run(self, operations: &dyn Operations) -> Result<WorkOutput, WorkError> {
        let offset = self.offset.unwrap_or(0);
        let offset = usize::try_from(offset).map_err(|_| {
            WorkError::Arguments(format!("offset: expected 0 or more, received {offset}"))
        })?;
        let space = Space::read(operations).await?;
        match &self.project {
            Some(text) => one(operations, &space, text, offset).await,
            None => all(operations, &space, offset).await,
        }
    }
}

async fn all(
    operations: &dyn Operations,
    space: &Space,
    offset: usize,
) -> Result<WorkOutput, WorkError> {
    let projects = operations.run("get_project_list", json!({})).await?.value;
    let projects = projects.as_array().map(Vec::as_slice).unwrap_or_default();
    if projects.is_empty() {
        return Ok(WorkOutput::markdown("You have joined no project.\n"));
    }
    let page = space.renderer.projects(projects);
    Ok(part(operations, &page, offset, ""))
}

async fn one(
    operations: &dyn Operations,
    space: &Space,
    text: &str,
    offset: usize,
) -> Result<WorkOutput, WorkError> {
    let mut notes = Vec::new();
    let joined = Projects::read(operations, space, &[], &mut notes).await?;
    let name = projects::find(text, &joined.list, &space.host, &mut notes)?;
    let project = operations.run("get_project", json!({"projectId": name.id}));
    requests::check(operations, 1 + LISTS.len()).await?;
    let (project, lists) = futures_util::join!(project, lists(operations, name));
    let project = project?.value;
    let mut read: Vec<Vec<Value>> = Vec::new();
    for ((_, what), list) in LISTS.iter().zip(lists) {
        read.push(match list {
            Ok(list) => list,
            Err(_) if *what == "repositories" && project["useGit"] == false => Vec::new(),
            Err(reason) => {
                let reason = backlog_rendering::inline::line(&reason);
                notes.push(format!("{what} cannot be read: {reason}"));
                Vec::new()
            }
        });
    }
    let list = |place: usize| read.get(place).map_or(&[][..], Vec::as_slice);
    let page = space.renderer.project(&ProjectPage {
        project: &project,
        issue_types: list(0),
        statuses: list(1),
        categories: list(2),
        milestones: list(3),
        members: list(4),
        custom_fields: list(5),
        repositories: list(6),
    });
    let notes: String = notes.iter().map(|note| format!("Note: {note}\n")).collect();
    Ok(part(operations, &page, offset, &notes))
}

/// Reads the lists of a project, in their order.
async fn lists(
    operations: &dyn Operations,
    project: &ProjectName,
) -> Vec<Result<Vec<Value>, String>> {
    let read = stream::iter(0..LISTS.len()).map(|place| list(operations, place, project.id));
    read.buffered(AT_ONCE).collect().await
}

async fn list(
    operations: &dyn Operations,
    place: usize,
    project: i64,
) -> Result<Vec<Value>, String> {
    let (tool, _) = LISTS[place];
    match operations.run(tool, json!({"projectId": project})).await {
        Ok(operated) => match operated.value {
            Value::Array(list) => Ok(list),
            _ => Ok(Vec::new()),
        },
        Err(error) => Err(error.text),
    }
}

/// Writes as much of a page as an answer may have.
fn part(
    operations: &dyn Operations,
    page: &backlog_rendering::Markdown,
    offset: usize,
    notes: &str,
) -> WorkOutput {
    let max_tokens = operations.max_tokens().saturating_sub(REST + tokens(notes));
    let mut max_chars = page.to_string().chars().count().max(1);
    let mut part = page.part(offset, max_chars);
    while tokens(&part.text) > max_tokens && max_chars > 1 {
        max_chars /= 2;
        part = page.part(offset, max_chars);
    }
    let text = match notes {
        "" => part.text,
        notes => format!("{}\n{notes}", part.text),
    };
    let output = WorkOutput::markdown(text);
    match part.next_offset {
        None => output,
        Some(next) => output.with_structured(json!({"next_offset": next})),
    }
}

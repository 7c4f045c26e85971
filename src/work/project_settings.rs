//! The projects that a work tool reads or searches.

use backlog_rendering::Notation;
use serde_json::{Value, json};

use super::{
    projects::{self, ProjectName},
    reference::host,
};
use crate::toolkit::work::{OperationError, Operations, WorkError};

/// A project, with the settings that decide which requests make sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Project {
    pub id: i64,
    pub key: String,
    pub name: String,
    pub notation: Notation,
    pub has_wiki: bool,
    pub has_git: bool,
    pub has_child_issues: bool,
}

impl Project {
    fn of(project: &Value) -> Option<Self> {
        // Backlog may leave a setting out.
        let setting = |name: &str| project[name].as_bool().unwrap_or(true);
        Some(Self {
            id: project["id"].as_i64()?,
            key: project["projectKey"].as_str()?.to_owned(),
            name: project["name"].as_str().unwrap_or_default().to_owned(),
            notation: Notation::of_project(project),
            has_wiki: setting("useWiki"),
            has_git: setting("useGit"),
            has_child_issues: setting("subtaskingEnabled"),
        })
    }

    fn names(&self) -> ProjectName {
        ProjectName {
            id: self.id,
            key: self.key.clone(),
            name: self.name.clone(),
        }
    }

    /// Reads a project by its key, id, name or URL.
    ///
    /// # Errors
    /// It is not one, is not allowed, or cannot be read.
    pub(super) async fn read(
        operations: &dyn Operations,
        text: &str,
    ) -> Result<Self, OperationError> {
        let operated = operations.run("get_project", json!({"projectKey": text}));
        let value = operated.await?.value;
        Ok(Self::of(&value).unwrap_or_else(|| Self {
            id: 0,
            key: text.to_owned(),
            name: String::new(),
            notation: Notation::default(),
            has_wiki: true,
            has_git: true,
            has_child_issues: true,
        }))
    }

    /// Reads the project of a thing by its id.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(super) async fn of_id(
        operations: &dyn Operations,
        id: &Value,
    ) -> Result<Self, OperationError> {
        let id = id.as_i64().map(|id| id.to_string());
        Self::read(operations, &id.unwrap_or_default()).await
    }

    /// Reads the projects that the user has joined, without archived and forbidden ones.
    ///
    /// # Errors
    /// Backlog does not return them.
    pub(super) async fn joined(operations: &dyn Operations) -> Result<Vec<Self>, OperationError> {
        let operated = operations.run("get_project_list", json!({"archived": false}));
        let projects = operated.await?.value;
        let projects = projects.as_array().into_iter().flatten();
        Ok(projects.filter_map(Self::of).collect())
    }
}

/// Picks the projects that texts name, and notes how a text was read where it was not obvious.
///
/// # Errors
/// A text names none of them, or several.
pub(super) fn pick(
    projects: Vec<Project>,
    given: &[String],
    operations: &dyn Operations,
    notes: &mut Vec<String>,
) -> Result<Vec<Project>, WorkError> {
    if given.is_empty() {
        return Ok(projects);
    }
    let names: Vec<_> = projects.iter().map(Project::names).collect();
    let mut picked = Vec::with_capacity(given.len());
    for text in given {
        let found = projects::find(text, &names, host(operations.space()), notes)?;
        picked.push(found.id);
    }
    let is_picked = |project: &Project| picked.contains(&project.id);
    Ok(projects.into_iter().filter(is_picked).collect())
}

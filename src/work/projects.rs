//! The projects of a call.

use backlog_rendering::inline;
use backlog_words::{
    matching::{self, Candidate, Fit},
    url,
};

use crate::{
    toolkit::{
        name_kind::NameKind,
        work::{Operations, WorkError},
    },
    work::space::Space,
};

/// A project by its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProjectName {
    pub id: i64,
    pub key: String,
    pub name: String,
}

/// The projects that a call is about.
#[derive(Clone, Debug)]
pub(crate) struct Projects {
    pub list: Vec<ProjectName>,
    /// Whether the call names them. Otherwise, they are all that the user has joined.
    pub are_given: bool,
}

impl Projects {
    /// Finds the given projects; without any, those that the user has joined.
    ///
    /// # Errors
    /// A text fits no project or several, or Backlog does not return the list.
    pub(crate) async fn read(
        operations: &dyn Operations,
        space: &Space,
        given: &[String],
        notes: &mut Vec<String>,
    ) -> Result<Self, WorkError> {
        let joined = joined(operations).await?;
        if given.is_empty() {
            return Ok(Self {
                list: joined,
                are_given: false,
            });
        }
        let mut list: Vec<ProjectName> = Vec::new();
        for text in given {
            let found = find(text, &joined, &space.host, notes)?;
            if !list.contains(found) {
                list.push(found.clone());
            }
        }
        Ok(Self {
            list,
            are_given: true,
        })
    }

    pub(crate) fn ids(&self) -> Vec<i64> {
        self.list.iter().map(|project| project.id).collect()
    }
}

/// The projects that the user has joined and that the call may reach.
async fn joined(operations: &dyn Operations) -> Result<Vec<ProjectName>, WorkError> {
    let names = operations.names(NameKind::Project, None).await?;
    let projects = names.into_iter().map(|project| ProjectName {
        id: project.id,
        key: project.others.into_iter().next().unwrap_or_default(),
        name: project.name,
    });
    Ok(projects.collect())
}

/// Finds a project by its key, id, name, a part of it, or the URL of one of its pages.
///
/// # Errors
/// The text fits no project or several, or is the URL of another host.
pub(crate) fn find<'a>(
    text: &str,
    projects: &'a [ProjectName],
    host: &str,
    notes: &mut Vec<String>,
) -> Result<&'a ProjectName, WorkError> {
    let invalid =
        |reason: &dyn std::fmt::Display| WorkError::Arguments(format!("project: {reason}"));
    let key = match url::read(text, host) {
        Some(page) => {
            let page = page.map_err(|error| invalid(&error))?;
            let key = page.project().map(str::to_owned);
            Some(key.ok_or_else(|| invalid(&"the URL does not name a project"))?)
        }
        None => None,
    };
    let candidates: Vec<_> = projects
        .iter()
        .map(|project| Candidate::new(project.id, &*project.name).with_words([&*project.key]))
        .collect();
    let wanted = key.as_deref().unwrap_or(text);
    let found = matching::find("project", wanted, &candidates).map_err(|error| invalid(&error))?;
    let project = projects
        .iter()
        .find(|project| project.id == found.candidate.id);
    let project = project.expect("the candidates are the projects");
    if found.fit == Fit::Part {
        notes.push(format!(
            "project {text:?} was read as {} ({})",
            inline::line(&project.key),
            inline::line(&project.name)
        ));
    }
    Ok(project)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_has_many_names() {
        let project = |id, key: &str, name: &str| ProjectName {
            id,
            key: key.to_owned(),
            name: name.to_owned(),
        };
        let projects = [
            project(1, "HARBOR", "Harbor booking portal"),
            project(2, "KURA", "倉庫管理システム"),
        ];
        for (text, expected, has_note) in [
            ("harbor", Ok("HARBOR"), false),
            ("ＫＵＲＡ", Ok("KURA"), false),
            ("2", Ok("KURA"), false),
            ("倉庫管理", Ok("KURA"), true),
            ("booking", Ok("HARBOR"), true),
            ("https://acme.backlog.com/view/KURA-3", Ok("KURA"), false),
            (
                "https://other.backlog.com/projects/KURA",
                Err("the URL is of"),
                false,
            ),
            (
                "https://acme.backlog.com/alias/wiki/12",
                Err("does not name a project"),
                false,
            ),
            (
                "KRA",
                Err("unknown project \"KRA\"; available, nearest first:"),
                false,
            ),
        ] {
            let mut notes = Vec::new();
            match (
                find(text, &projects, "acme.backlog.com", &mut notes),
                expected,
            ) {
                (Ok(found), Ok(key)) => assert_eq!(found.key, key, "{text}"),
                (Err(WorkError::Arguments(error)), Err(expected)) => {
                    assert!(error.contains(expected), "{text}: {error}");
                }
                (found, _) => panic!("{text}: {found:?}"),
            }
            assert_eq!(notes.len(), usize::from(has_note), "{text}");
        }
    }
}

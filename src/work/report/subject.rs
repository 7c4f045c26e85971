//! The subject of a report.

use backlog_words::span::Span;
use chrono::Days;

use crate::{
    toolkit::work::{Operations, WorkError},
    work::{
        closings::Period,
        issue_filter::IssueFilter,
        people::{self, Who},
        projects::Projects,
        space::Space,
    },
};

/// The subject of a report, with names as ids.
pub(super) struct Subject<'a> {
    pub operations: &'a dyn Operations,
    pub space: Space,
    pub projects: Projects,
    pub person: Option<Who>,
    pub milestone: Option<String>,
    /// The days of the call; `None` if it gives none.
    pub period: Option<Span>,
    pub notes: Vec<String>,
}

impl Subject<'_> {
    /// The days of the call, or the last seven.
    pub(crate) fn span(&self) -> Span {
        let today = self.space.today();
        let start = today.checked_sub_days(Days::new(6)).unwrap_or(today);
        let usual = Span::between(start, today).unwrap_or_else(|_| Span::of_day(today));
        self.period.unwrap_or(usual)
    }

    pub(crate) fn moments(&self, span: Span) -> Period {
        Period::of(&self.space, span)
    }

    /// A filter for the projects and the milestone of the report.
    pub(crate) fn filter(&self) -> IssueFilter {
        let keys = self.projects.list.iter().map(|project| project.key.clone());
        IssueFilter {
            project: self.projects.are_given.then(|| keys.collect()),
            milestone: self.milestone.clone(),
            ..IssueFilter::default()
        }
    }

    /// The person as a filter takes it.
    pub(crate) fn person_text(&self) -> Option<String> {
        match self.person.as_ref()? {
            Who::Me => Some("me".to_owned()),
            Who::User { id, .. } => Some(id.to_string()),
            Who::Nobody => None,
        }
    }

    pub(crate) async fn person_id(&self) -> Result<Option<i64>, WorkError> {
        match &self.person {
            Some(Who::Me) => Ok(Some(people::own_id(self.operations).await?)),
            Some(Who::User { id, .. }) => Ok(Some(*id)),
            _ => Ok(None),
        }
    }

    /// `HARBOR, KURA; Daniel Okafor`
    pub(crate) fn title(&self) -> String {
        let projects = match self.projects.are_given {
            false => "all joined projects".to_owned(),
            true => {
                let keys = self
                    .projects
                    .list
                    .iter()
                    .map(|project| project.key.as_str());
                keys.collect::<Vec<_>>().join(", ")
            }
        };
        let person = match &self.person {
            Some(Who::User { name, .. }) => Some(backlog_rendering::inline::line(name)),
            Some(Who::Me) => Some("you".to_owned()),
            _ => None,
        };
        let milestone = self
            .milestone
            .as_deref()
            .map(|name| format!("milestone {}", backlog_rendering::inline::line(name)));
        let parts = [Some(projects), milestone, person];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}

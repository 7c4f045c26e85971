//! Sums of the work in a project, of a user, or both.
//!
//! | about | sums | module |
//! |---|---|---|
//! | week | added, closed, commented and overdue issues of a period | [`week`] |
//! | workload | open, overdue and planned work by user | [`workload`] |
//! | hours | planned against spent hours of a period by user | [`hours`] |
//! | milestone | progress, [burn-down](burn_down) by week, and the issues left | [`milestone`] |
//! | activity | activities of a period by kind, project and user | [`activity`] |

mod activity;
mod burn_down;
mod hours;
mod milestone;
mod subject;
mod tally;
mod week;
mod workload;

use backlog_words::{day::Toward, span};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    toolkit::{
        tool::Effect,
        work::{Needs, Operations, WorkError, WorkOutput, WorkTool, input::Synonyms},
    },
    work::{
        people::{self, Who},
        projects::Projects,
        space::Space,
    },
};
use subject::Subject;

/// The words for each report.
const ABOUT: [(&str, About); 17] = [
    ("week", About::Week),
    ("weekly", About::Week),
    ("週報", About::Week),
    ("週次", About::Week),
    ("workload", About::Workload),
    ("load", About::Workload),
    ("負荷", About::Workload),
    ("作業量", About::Workload),
    ("hours", About::Hours),
    ("time", About::Hours),
    ("工数", About::Hours),
    ("milestone", About::Milestone),
    ("burndown", About::Milestone),
    ("マイルストーン", About::Milestone),
    ("進捗", About::Milestone),
    ("activity", About::Activity),
    ("活動", About::Activity),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Week,
    Workload,
    Hours,
    Milestone,
    Activity,
}

/// Sums up work without listing it: what was added, closed and commented in a period, who has how
/// much open, overdue and planned, planned against spent hours, how far a milestone is. For a
/// person, a project, or both.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Report {
    /// week (added, closed, overdue), workload (per person), hours (planned and spent in a period,
    /// per person), milestone (progress, burn-down, what is left), activity (what a person did)
    about: String,
    /// Key or name; all that you have joined unless given
    project: Option<Vec<String>>,
    /// Name or me
    person: Option<String>,
    /// By name
    milestone: Option<String>,
    /// day or span: 2026-12-18, 2026-12-01..2026-12-18, today, this week, last week, last 7 days,
    /// 今週; last 7 days unless given, this month for hours
    period: Option<String>,
}

impl WorkTool for Report {
    const NAME: &'static str = "report";
    const TITLE: &'static str = "Report";
    const EFFECT: Effect = Effect::of(backlog_client::Method::Get);
    const NEEDS: Needs = &[&["get_issues"], &["count_issues"]];
    const SYNONYMS: Synonyms = &[
        ("kind", "about"),
        ("type", "about"),
        ("report", "about"),
        ("projectKey", "project"),
        ("projectId", "project"),
        ("projectIdOrKey", "project"),
        ("user", "person"),
        ("assignee", "person"),
        ("version", "milestone"),
        ("span", "period"),
        ("when", "period"),
        ("dates", "period"),
    ];

    async fn run(self, operations: &dyn Operations) -> Result<WorkOutput, WorkError> {
        let about = about(&self.about)?;
        let space = Space::read(operations).await?;
        let mut notes = Vec::new();
        let given = self.project.unwrap_or_default();
        let projects = Projects::read(operations, &space, &given, &mut notes).await?;
        let person = match &self.person {
            None => None,
            Some(text) => {
                let input = ("person", text.as_str());
                let who = people::find(operations, input, &projects, &mut notes).await?;
                if who == Who::Nobody {
                    let reason = "person: expected a user or me; leave it out for all";
                    return Err(WorkError::Arguments(reason.to_owned()));
                }
                Some(who)
            }
        };
        let period = match &self.period {
            None => None,
            Some(text) => Some(
                span::read(text, &space.now, Toward::Past)
                    .map_err(|error| WorkError::Arguments(format!("period: {error}")))?,
            ),
        };
        let subject = Subject {
            operations,
            space,
            projects,
            person,
            milestone: self.milestone,
            period,
            notes,
        };
        let text = match about {
            About::Week => week::report(&subject).await?,
            About::Workload => workload::report(&subject).await?,
            About::Hours => hours::report(&subject).await?,
            About::Milestone => milestone::report(&subject).await?,
            About::Activity => activity::report(&subject).await?,
        };
        let notes = subject.notes.iter().map(|note| format!("Note: {note}.\n"));
        Ok(WorkOutput::markdown(text + &notes.collect::<String>()))
    }
}

fn about(text: &str) -> Result<About, WorkError> {
    let plain: String = text.trim().to_lowercase().split(['_', ' ', '-']).collect();
    let found = ABOUT.iter().find(|(word, _)| *word == plain);
    found.map(|(_, about)| *about).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        WorkError::Arguments(format!(
            "about: expected week, workload, hours, milestone or activity, received {shown:?}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_several_words() {
        for (text, expected) in [
            ("week", About::Week),
            ("Burn-down", About::Milestone),
            ("工数", About::Hours),
            (" Workload ", About::Workload),
        ] {
            assert_eq!(about(text).unwrap(), expected, "{text}");
        }
        assert!(about("month").is_err());
    }
}

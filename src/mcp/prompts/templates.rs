//! The texts in `templates/prompts`: one set for the classic tools, and one in `work` for the work
//! tools.

use askama::Template;

use super::given::Json;
use crate::calls::prefix::ToolPrefix;

#[derive(Template)]
#[template(path = "prompts/triage.md")]
pub(super) struct Triage<'a> {
    pub tool: &'a ToolPrefix,
    pub project: &'a str,
    pub key: Json<'a>,
    pub language: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "prompts/daily_summary.md")]
pub(super) struct DailySummary<'a> {
    pub tool: &'a ToolPrefix,
    pub project: Option<&'a str>,
    pub key: Option<Json<'a>>,
    pub since: Option<&'a str>,
    pub day: Json<'a>,
    pub language: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "prompts/issue_from_report.md")]
pub(super) struct IssueFromReport<'a> {
    pub tool: &'a ToolPrefix,
    pub project: &'a str,
    pub key: Json<'a>,
    pub report: &'a str,
    pub language: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "prompts/release_notes.md")]
pub(super) struct ReleaseNotes<'a> {
    pub tool: &'a ToolPrefix,
    pub project: &'a str,
    pub key: Json<'a>,
    pub milestone: &'a str,
    pub name: Json<'a>,
    pub language: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "prompts/work/triage.md")]
pub(super) struct WorkTriage<'a> {
    pub tool: &'a ToolPrefix,
    pub project: &'a str,
    pub key: Json<'a>,
    pub language: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "prompts/work/daily_summary.md")]
pub(super) struct WorkDailySummary<'a> {
    pub tool: &'a ToolPrefix,
    pub project: Option<&'a str>,
    pub key: Option<Json<'a>>,
    pub since: Option<&'a str>,
    pub day: Json<'a>,
    pub language: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "prompts/work/issue_from_report.md")]
pub(super) struct WorkIssueFromReport<'a> {
    pub tool: &'a ToolPrefix,
    pub project: &'a str,
    pub key: Json<'a>,
    pub report: &'a str,
    pub language: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "prompts/work/release_notes.md")]
pub(super) struct WorkReleaseNotes<'a> {
    pub tool: &'a ToolPrefix,
    pub project: &'a str,
    pub key: Json<'a>,
    pub milestone: &'a str,
    pub name: Json<'a>,
    pub language: Option<&'a str>,
}

//! Every prompt.

use askama::Template;

use super::{
    definition::{Definition, Holds, LANGUAGE, PROJECT, Text, argument},
    given::Json,
    templates::{
        DailySummary, IssueFromReport, ReleaseNotes, Triage, WorkDailySummary, WorkIssueFromReport,
        WorkReleaseNotes, WorkTriage,
    },
};
use crate::mcp::skill;

pub(super) const ALL: [Definition; 5] = [
    Definition {
        name: "triage",
        title: "Triage open issues",
        description: "Reviews the open issues that are not in progress, suggests type, priority, \
            milestone and assignee, and applies the changes that you approve",
        arguments: &[PROJECT, LANGUAGE],
        texts: &[
            Text {
                tools: &["find_issues", "change_issues"],
                render: |given| {
                    WorkTriage {
                        tool: given.prefix,
                        project: given.text("project"),
                        key: Json(given.text("project")),
                        language: given.option("language"),
                    }
                    .render()
                },
            },
            Text {
                tools: &["get_issues", "update_issue"],
                render: |given| {
                    Triage {
                        tool: given.prefix,
                        project: given.text("project"),
                        key: Json(given.text("project")),
                        language: given.option("language"),
                    }
                    .render()
                },
            },
        ],
    },
    Definition {
        name: "daily_summary",
        title: "Daily summary",
        description: "Summarizes recent changes and what needs your attention today",
        arguments: &[
            PROJECT.optional(),
            argument(
                "since",
                "Date as yyyy-MM-dd; default: yesterday",
                Holds::Text,
            )
            .optional(),
            LANGUAGE,
        ],
        texts: &[
            Text {
                tools: &["find_issues", "inbox"],
                render: |given| {
                    WorkDailySummary {
                        tool: given.prefix,
                        project: given.option("project"),
                        key: given.option("project").map(Json),
                        since: given.option("since"),
                        day: Json(&format!(
                            "since {}",
                            given.option("since").unwrap_or("yesterday")
                        )),
                        language: given.option("language"),
                    }
                    .render()
                },
            },
            Text {
                tools: &["get_issues"],
                render: |given| {
                    DailySummary {
                        tool: given.prefix,
                        project: given.option("project"),
                        key: given.option("project").map(Json),
                        since: given.option("since"),
                        day: Json(given.option("since").unwrap_or("yesterday as yyyy-MM-dd")),
                        language: given.option("language"),
                    }
                    .render()
                },
            },
        ],
    },
    Definition {
        name: "issue_from_report",
        title: "Issue from a report",
        description: "Turns an email, a chat or an error message into an issue, after a search \
            for an existing one",
        arguments: &[
            PROJECT,
            argument("report", "The report, in any form", Holds::Text),
            LANGUAGE,
        ],
        texts: &[
            Text {
                tools: &["search", "create_issues"],
                render: |given| {
                    WorkIssueFromReport {
                        tool: given.prefix,
                        project: given.text("project"),
                        key: Json(given.text("project")),
                        report: given.text("report"),
                        language: given.option("language"),
                    }
                    .render()
                },
            },
            Text {
                tools: &["get_issues", "add_issue"],
                render: |given| {
                    IssueFromReport {
                        tool: given.prefix,
                        project: given.text("project"),
                        key: Json(given.text("project")),
                        report: given.text("report"),
                        language: given.option("language"),
                    }
                    .render()
                },
            },
        ],
    },
    Definition {
        name: "release_notes",
        title: "Release notes",
        description: "Describes the completed work of a milestone for the users of the product",
        arguments: &[
            PROJECT,
            argument("milestone", "Name of the milestone", Holds::Milestone),
            LANGUAGE,
        ],
        texts: &[
            Text {
                tools: &["find_issues", "report"],
                render: |given| {
                    WorkReleaseNotes {
                        tool: given.prefix,
                        project: given.text("project"),
                        key: Json(given.text("project")),
                        milestone: given.text("milestone"),
                        name: Json(given.text("milestone")),
                        language: given.option("language"),
                    }
                    .render()
                },
            },
            Text {
                tools: &["get_issues"],
                render: |given| {
                    ReleaseNotes {
                        tool: given.prefix,
                        project: given.text("project"),
                        key: Json(given.text("project")),
                        milestone: given.text("milestone"),
                        name: Json(given.text("milestone")),
                        language: given.option("language"),
                    }
                    .render()
                },
            },
        ],
    },
    Definition {
        name: "backlog_guide",
        title: "How to work in Backlog",
        description: "Explains the tools, names, days, notation and rules to an assistant, before \
            it works in Backlog",
        arguments: &[],
        texts: &[Text {
            tools: skill::TOOLS,
            render: |given| Ok(skill::guide(given.registry)),
        }],
    },
];

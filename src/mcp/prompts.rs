//! Prompts for common tasks. Their texts are in `templates/prompts`.
//!
//! A prompt instructs the model to call tools, so it is offered only to callers with these tools.
//! The user's input is put into the text without hidden characters ([`hidden`]), and is for the
//! model to judge. Calls with known arguments are written with these as JSON, with names in place
//! of ids.

use std::fmt;

use askama::Template;
use rmcp::{
    ErrorData,
    model::{
        CacheScope, GetPromptRequestParams, GetPromptResult, JsonObject, ListPromptsResult, Prompt,
        PromptArgument, PromptMessage, Role,
    },
};

use super::reader::Reader;
use crate::{calls::prefix::ToolPrefix, toolkit::hidden};

/// How long a client may keep the list, in milliseconds.
const LIST_TTL_MS: u64 = 300_000;
/// The maximum length of an argument in bytes.
const LONGEST_ARGUMENT: usize = 64 << 10;

/// The kind of value that an argument holds, for completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    ProjectKey,
    /// The name of a milestone of the project in the argument `project`.
    Milestone,
    Language,
    Text,
}

struct Argument {
    name: &'static str,
    description: &'static str,
    required: bool,
    holds: Holds,
}

struct Definition {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    arguments: &'static [Argument],
    /// The tools that the prompt needs.
    tools: &'static [&'static str],
    text: fn(&Given<'_>) -> askama::Result<String>,
}

const fn argument(name: &'static str, description: &'static str, holds: Holds) -> Argument {
    Argument {
        name,
        description,
        required: true,
        holds,
    }
}

impl Argument {
    const fn optional(mut self) -> Self {
        self.required = false;
        self
    }
}

const PROJECT: Argument = argument("project", "Project key such as PROJ", Holds::ProjectKey);
const LANGUAGE: Argument = argument(
    "language",
    "Language of the response; default: yours",
    Holds::Language,
)
.optional();

const ALL: [Definition; 4] = [
    Definition {
        name: "triage",
        title: "Triage open issues",
        description: "Reviews the open issues that are not in progress, suggests type, priority, \
            milestone and assignee, and applies the changes that you approve",
        arguments: &[PROJECT, LANGUAGE],
        tools: &["get_issues", "update_issue"],
        text: |given| {
            Triage {
                tool: given.prefix,
                project: given.text("project"),
                key: Json(given.text("project")),
                language: given.option("language"),
            }
            .render()
        },
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
        tools: &["get_issues"],
        text: |given| {
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
        tools: &["get_issues", "add_issue"],
        text: |given| {
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
    Definition {
        name: "release_notes",
        title: "Release notes",
        description: "Describes the completed work of a milestone for the users of the product",
        arguments: &[
            PROJECT,
            argument("milestone", "Name of the milestone", Holds::Milestone),
            LANGUAGE,
        ],
        tools: &["get_issues"],
        text: |given| {
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
];

/// A text, written as in the arguments of a call.
#[derive(Clone, Copy)]
struct Json<'a>(&'a str);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        serde_json::Value::from(self.0).fmt(f)
    }
}

#[derive(Template)]
#[template(path = "prompts/triage.md")]
struct Triage<'a> {
    tool: &'a ToolPrefix,
    project: &'a str,
    key: Json<'a>,
    language: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "prompts/daily_summary.md")]
struct DailySummary<'a> {
    tool: &'a ToolPrefix,
    project: Option<&'a str>,
    key: Option<Json<'a>>,
    since: Option<&'a str>,
    day: Json<'a>,
    language: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "prompts/issue_from_report.md")]
struct IssueFromReport<'a> {
    tool: &'a ToolPrefix,
    project: &'a str,
    key: Json<'a>,
    report: &'a str,
    language: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "prompts/release_notes.md")]
struct ReleaseNotes<'a> {
    tool: &'a ToolPrefix,
    project: &'a str,
    key: Json<'a>,
    milestone: &'a str,
    name: Json<'a>,
    language: Option<&'a str>,
}

/// The checked arguments of a request.
struct Given<'a> {
    prefix: &'a ToolPrefix,
    arguments: &'a JsonObject,
}

impl Given<'_> {
    fn option(&self, name: &str) -> Option<&str> {
        let text = self.arguments.get(name)?.as_str()?.trim();
        Some(text).filter(|text| !text.is_empty())
    }

    /// Returns a required argument, after [`check`].
    fn text(&self, name: &str) -> &str {
        self.option(name).unwrap_or_default()
    }

    fn check(&self, prompt: &Definition) -> Result<(), String> {
        for Argument { name, required, .. } in prompt.arguments {
            match self.arguments.get(*name) {
                Some(value) if !value.is_string() => {
                    return Err(format!("{name} must be a string"));
                }
                _ => {}
            }
            match self.option(name) {
                None if *required => return Err(format!("{name} is required")),
                Some(text) if text.len() > LONGEST_ARGUMENT => {
                    return Err(format!(
                        "{name} is longer than {LONGEST_ARGUMENT} bytes; shorten \
                                        it"
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn offered<'a>(reader: &'a Reader<'_>) -> impl Iterator<Item = &'static Definition> + 'a {
    const PROMPTS: &[Definition] = &ALL;
    let offered = |prompt: &&Definition| prompt.tools.iter().all(|tool| reader.may(tool));
    PROMPTS.iter().filter(offered)
}

/// `prompts/list`
pub(super) fn list(reader: &Reader<'_>) -> ListPromptsResult {
    let prompts = offered(reader).map(|prompt| {
        let arguments = prompt.arguments.iter().map(|argument| {
            PromptArgument::new(argument.name)
                .with_description(argument.description)
                .with_required(argument.required)
        });
        Prompt::new(
            prompt.name,
            Some(prompt.description),
            Some(arguments.collect()),
        )
        .with_title(prompt.title)
    });
    ListPromptsResult::with_all_items(prompts.collect())
        .with_ttl_ms(LIST_TTL_MS)
        .with_cache_scope(CacheScope::Private)
}

/// `prompts/get`
pub(super) fn get(
    reader: &Reader<'_>,
    prefix: &ToolPrefix,
    request: &GetPromptRequestParams,
) -> Result<GetPromptResult, ErrorData> {
    let invalid = |text: String| ErrorData::invalid_params(text, None);
    let Some(prompt) = offered(reader).find(|prompt| prompt.name == request.name) else {
        return Err(invalid(format!(
            "unknown prompt {}; prompts/list returns the available ones",
            request.name
        )));
    };
    let given = Given {
        prefix,
        arguments: &request.arguments.clone().unwrap_or_default(),
    };
    given.check(prompt).map_err(invalid)?;
    let text = (prompt.text)(&given)
        .map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    let hidden::Cleaned { text, removed } = hidden::clean(text.trim_end());
    let note = hidden::note(removed).map(|note| format!("\n\n({note})"));
    let text = text.into_owned() + note.as_deref().unwrap_or_default();
    let message = PromptMessage::new_text(Role::User, text);
    Ok(GetPromptResult::new(vec![message]).with_description(prompt.description))
}

/// Returns what an argument of a prompt holds; `None` if the caller is not offered such a prompt or
/// argument.
pub(super) fn holds(reader: &Reader<'_>, prompt: &str, argument: &str) -> Option<Holds> {
    let prompt = offered(reader).find(|it| it.name == prompt)?;
    let argument = prompt.arguments.iter().find(|it| it.name == argument)?;
    Some(argument.holds)
}

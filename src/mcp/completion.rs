//! `completion/complete`: suggestions for the variables of resource templates and the arguments of
//! prompts. Only data that the caller may read is suggested.
//!
//! | for | suggested | requests to Backlog |
//! |---|---|---|
//! | a project key | keys that start with the input, or projects with it in their name | 1 |
//! | an issue key | project keys; after the `-`, recently updated issues that start with it | 1 or 2 |
//! | a milestone | the open milestones of the given project | 2 |
//! | a language | the two most common among the hub's users | 0 |

use backlog_client::{Request, Segment};
use rmcp::{
    ErrorData,
    model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference},
};

use super::{
    prompts::{self, Holds},
    reader::Reader,
    resources::{self, Project},
};
use crate::toolkit::{error::ToolError, hidden};

const LANGUAGES: [&str; 2] = ["日本語", "English"];
/// The number of recent issues that are searched.
const ISSUES: usize = 100;

enum SuggestionKind {
    ProjectKey,
    IssueKey,
    Milestone,
    Language,
    /// A value without suggestions.
    Other,
}

pub(super) async fn complete(
    reader: &Reader<'_>,
    request: CompleteRequestParams,
) -> Result<CompleteResult, ErrorData> {
    let found = reader.spaces().into_iter().find_map(|space| {
        let kind = kind_of(&space, &request)?;
        Some((space, kind))
    });
    let Some((reader, kind)) = &found else {
        let text = "unknown reference or argument; expected a prompt or a resource template of \
                    this server";
        return Err(ErrorData::invalid_params(text, None));
    };
    let typed = request.argument.value.as_str();
    let project = || request.context.as_ref()?.get_argument("project");
    // Requests to Backlog are recorded like a tool call.
    let asks = !matches!(kind, SuggestionKind::Language | SuggestionKind::Other);
    let mut record = asks.then(|| reader.record("completion"));
    let found = match kind {
        SuggestionKind::ProjectKey => project_keys(reader, typed).await,
        SuggestionKind::IssueKey => issue_keys(reader, typed).await,
        SuggestionKind::Milestone => match project() {
            Some(project) => milestones(reader, project, typed).await,
            None => Ok(Vec::new()),
        },
        SuggestionKind::Language => Ok(starting_with(typed, LANGUAGES)),
        SuggestionKind::Other => Ok(Vec::new()),
    };
    if let Some(record) = &mut record {
        record.ended_as(&found, ToolError::outcome);
    }
    let found = found.map_err(|error| reader.failed("completion/complete", None, &error))?;
    Ok(CompleteResult::new(suggestions(found)))
}

/// Returns `None` if there is no such reference.
fn kind_of(reader: &Reader<'_>, request: &CompleteRequestParams) -> Option<SuggestionKind> {
    let argument = request.argument.name.as_str();
    match &request.r#ref {
        Reference::Prompt(prompt) => Some(match prompts::holds(reader, &prompt.name, argument)? {
            Holds::ProjectKey => SuggestionKind::ProjectKey,
            Holds::Milestone => SuggestionKind::Milestone,
            Holds::Language => SuggestionKind::Language,
            Holds::Text => SuggestionKind::Other,
        }),
        Reference::Resource(template) => {
            let known = resources::is_template(reader, &template.uri);
            let variable = known && template.uri.contains(&format!("{{{argument}}}"));
            variable.then_some(match argument {
                "projectKey" => SuggestionKind::ProjectKey,
                "issueKey" => SuggestionKind::IssueKey,
                _ => SuggestionKind::Other,
            })
        }
        _ => None,
    }
}

/// The first suggestions, and the total number.
fn suggestions(mut found: Vec<String>) -> CompletionInfo {
    let total = found.len();
    found.truncate(CompletionInfo::MAX_VALUES);
    for text in &mut found {
        hidden::clean_text(text);
    }
    let mut info = CompletionInfo::default();
    info.has_more = Some(total > found.len());
    info.total = u32::try_from(total).ok();
    info.values = found;
    info
}

fn begins(text: &str, typed: &str) -> bool {
    text.to_lowercase().starts_with(&typed.to_lowercase())
}

fn starting_with<T: Into<String>>(typed: &str, texts: impl IntoIterator<Item = T>) -> Vec<String> {
    let texts = texts.into_iter().map(Into::into);
    texts.filter(|text: &String| begins(text, typed)).collect()
}

/// Suggests projects by key first, then by name.
async fn project_keys(reader: &Reader<'_>, typed: &str) -> Result<Vec<String>, ToolError> {
    let projects = resources::projects(reader).await?;
    let typed_small = typed.to_lowercase();
    let (by_key, others): (Vec<_>, Vec<_>) =
        projects.into_iter().partition(|it| begins(&it.key, typed));
    let by_name = others
        .into_iter()
        .filter(|it| it.name.to_lowercase().contains(&typed_small));
    let found = by_key.into_iter().chain(by_name);
    Ok(found.map(|project| project.key).collect())
}

async fn issue_keys(reader: &Reader<'_>, typed: &str) -> Result<Vec<String>, ToolError> {
    let projects = resources::projects(reader).await?;
    let Some((key, _)) = typed.split_once('-') else {
        let keys = projects.into_iter().map(|it| format!("{}-", it.key));
        return Ok(starting_with(typed, keys));
    };
    let of_key = |it: &Project| it.key.eq_ignore_ascii_case(key);
    let Some(project) = projects.into_iter().find(of_key) else {
        return Ok(Vec::new());
    };
    if !reader.may("get_issues") {
        return Ok(Vec::new());
    }
    let mut request = Request::get([Segment::fixed("issues")]);
    request.query = [
        ("projectId[]", project.id.to_string()),
        ("sort", "updated".to_owned()),
        ("order", "desc".to_owned()),
        ("count", ISSUES.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let issues = reader.fetch(request).await?;
    let keys = issues.as_array().into_iter().flatten();
    let keys = keys.filter_map(|issue| issue["issueKey"].as_str());
    Ok(starting_with(typed, keys))
}

async fn milestones(
    reader: &Reader<'_>,
    project: &str,
    typed: &str,
) -> Result<Vec<String>, ToolError> {
    // Only a project that the caller can see is requested, not whatever was typed.
    let projects = resources::projects(reader).await?;
    let Some(project) = projects.into_iter().find(|it| it.key == project) else {
        return Ok(Vec::new());
    };
    if !reader.may("get_version_milestone_list") {
        return Ok(Vec::new());
    }
    let Ok(key) = Segment::parse(project.key) else {
        return Ok(Vec::new());
    };
    let path = [Segment::fixed("projects"), key, Segment::fixed("versions")];
    let versions = reader.fetch(Request::get(path)).await?;
    let open = versions.as_array().into_iter().flatten();
    let open = open.filter(|version| version["archived"] != true);
    Ok(starting_with(
        typed,
        open.filter_map(|it| it["name"].as_str())
            .map(|name| hidden::clean(name).text),
    ))
}

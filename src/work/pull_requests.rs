//! Lists the pull requests of a project for a review.
//!
//! 1. The repositories of the project are read, or the one that the call names.
//! 2. The pull requests of each are read in parallel, then the newest comments of each one.
//! 3. Each is written as `fetch` writes it. One that is longer than its share of the result is cut,
//!    says so, and names the id of the rest.

use std::fmt::Write;

use backlog_client::Method;
use backlog_rendering::{Markdown, PullRequestPage, Renderer};
use backlog_words::matching::{self, Candidate};
use futures_util::{StreamExt, TryStreamExt, stream};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    comments::{self, Newest},
    fetch::{renderer, shown},
    project_settings::Project,
    reference::Options,
    repositories::Repository,
    requests,
};
use crate::toolkit::{
    page_part::fitting,
    tokens::tokens,
    tool::Effect,
    work::{Needs, OperationError, Operations, Synonyms, WorkError, WorkOutput, WorkTool},
};

/// The number of comments on each, unless the call names one.
const COMMENTS: i64 = 10;
const MAX_COMMENTS: i64 = 100;
/// The maximum number of pull requests of a result.
const MAX_SHOWN: usize = 20;
/// The maximum number of repositories of a call.
const MAX_REPOSITORIES: usize = 40;
/// The number of pull requests of one request.
const PAGE: usize = 100;
/// The maximum number of pull requests of a repository that are counted.
const MAX_LISTED: usize = 500;
/// How many requests run at once.
const AT_ONCE: usize = 4;
/// The tokens of a result besides the pull requests.
const OTHER_TOKENS: usize = 500;
/// The minimum tokens of a pull request.
const LEAST_TOKENS: usize = 150;

/// Lists the pull requests of all repositories of a project, with description and newest comments,
/// ready for a review. Branch names are there; the code is not in Backlog's API: use git.
#[derive(Deserialize, JsonSchema)]
pub(super) struct PullRequests {
    /// Key or name
    project: String,
    /// By name; all unless given
    repository: Option<String>,
    /// open, closed, merged or all; open unless given
    status: Option<String>,
    /// Name or me
    assignee: Option<String>,
    /// For each, the newest; 10 unless given
    comments: Option<i64>,
}

impl WorkTool for PullRequests {
    const NAME: &'static str = "pull_requests";
    const TITLE: &'static str = "Pull requests";
    const EFFECT: Effect = Effect::of(Method::Get);
    const NEEDS: Needs = &[
        &["get_git_repositories"],
        &["get_pull_requests"],
        &["get_pull_request_comments"],
    ];
    const SYNONYMS: Synonyms = &[
        ("projectKey", "project"),
        ("projectId", "project"),
        ("projectIdOrKey", "project"),
        ("repo", "repository"),
        ("repoName", "repository"),
        ("state", "status"),
        ("statusId", "status"),
        ("assigneeId", "assignee"),
    ];

    async fn run(self, operations: &dyn Operations) -> Result<WorkOutput, WorkError> {
        let comments = match self.comments.unwrap_or(COMMENTS) {
            number @ 0..=MAX_COMMENTS => usize::try_from(number).unwrap_or_default(),
            other => {
                return Err(WorkError::Arguments(format!(
                    "comments: expected an integer from 0 to {MAX_COMMENTS}, received {other}"
                )));
            }
        };
        let filter = Filter::of(self.status.as_deref(), self.assignee)?;
        let project = Project::read(operations, &self.project).await?;
        let repositories = Repository::all(operations, &project.key).await?;
        let repositories = picked(repositories, self.repository.as_deref())?;
        let reading = Reading {
            operations,
            renderer: renderer(operations).await?.with_notation(project.notation),
            filter,
            comments,
        };
        let searched = &repositories[..repositories.len().min(MAX_REPOSITORIES)];
        requests::check(operations, searched.len()).await?;
        let listed = reading.listed(searched).await?;
        let mut output = reading.output(&project, searched, listed).await?;
        let others = repositories.len() - searched.len();
        if others > 0 {
            let _ = writeln!(
                output,
                "\n{others} more repositories were not read: name one of them."
            );
        }
        Ok(WorkOutput::markdown(output))
    }
}

/// Which pull requests to list.
struct Filter {
    word: &'static str,
    status: Option<i64>,
    assignee: Option<String>,
}

impl Filter {
    fn of(status: Option<&str>, assignee: Option<String>) -> Result<Self, WorkError> {
        let status = status.unwrap_or("open").trim().to_lowercase();
        let (word, status) = match &*status {
            "open" | "オープン" | "未完了" => ("open", Some(1)),
            "closed" | "close" | "クローズ" => ("closed", Some(2)),
            "merged" | "merge" | "マージ" | "マージ済み" => ("merged", Some(3)),
            "all" | "any" | "すべて" | "全て" => ("any status", None),
            other => {
                let shown: String = other.chars().take(80).collect();
                return Err(WorkError::Arguments(format!(
                    "status: expected open, closed, merged or all, received {shown:?}"
                )));
            }
        };
        Ok(Self {
            word,
            status,
            assignee,
        })
    }
}

/// The repositories to read: all, or the one with the name.
fn picked(
    repositories: Vec<Repository>,
    wanted: Option<&str>,
) -> Result<Vec<Repository>, WorkError> {
    let Some(wanted) = wanted else {
        return Ok(repositories);
    };
    let candidates = repositories.iter();
    let candidates: Vec<_> = candidates
        .map(|it| Candidate::new(it.id, &it.name))
        .collect();
    let found = matching::find("repository", wanted, &candidates);
    let found = found.map_err(|error| WorkError::Arguments(format!("repository: {error}")))?;
    let id = found.candidate.id;
    Ok(repositories.into_iter().filter(|it| it.id == id).collect())
}

/// A pull request, and its repository.
type Listed<'a> = (&'a Repository, Value);

struct Reading<'a> {
    operations: &'a dyn Operations,
    renderer: Renderer,
    filter: Filter,
    comments: usize,
}

impl Reading<'_> {
    /// The pull requests of the repositories, those first that changed last.
    async fn listed<'a>(
        &self,
        repositories: &'a [Repository],
    ) -> Result<Vec<Listed<'a>>, OperationError> {
        let reads: Vec<_> = repositories
            .iter()
            .map(|it| self.of_repository(it))
            .collect();
        let lists: Vec<_> = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
        let mut listed: Vec<_> = repositories
            .iter()
            .zip(lists)
            .flat_map(|(repository, list)| list.into_iter().map(move |it| (repository, it)))
            .collect();
        let updated = |(_, it): &Listed<'_>| it["updated"].as_str().unwrap_or_default().to_owned();
        listed.sort_by_cached_key(|it| std::cmp::Reverse(updated(it)));
        Ok(listed)
    }

    /// Reads the list of a repository page by page, up to a limit that [`Self::heading`] notes.
    async fn of_repository(&self, repository: &Repository) -> Result<Vec<Value>, OperationError> {
        let mut listed = Vec::new();
        while listed.len() < MAX_LISTED {
            let page = self.page_of(repository, listed.len()).await?;
            let is_last = page.len() < PAGE;
            listed.extend(page);
            if is_last {
                break;
            }
        }
        Ok(listed)
    }

    async fn page_of(
        &self,
        repository: &Repository,
        offset: usize,
    ) -> Result<Vec<Value>, OperationError> {
        let mut arguments = json!({
            "projectKey": repository.project,
            "repoName": repository.name,
            "count": PAGE,
            "offset": offset,
        });
        if let Some(status) = self.filter.status {
            arguments["statusId"] = json!([status]);
        }
        if let Some(assignee) = &self.filter.assignee {
            arguments["assigneeId"] = json!([assignee]);
        }
        let listed = self.operations.run("get_pull_requests", arguments).await?;
        Ok(listed.value.as_array().cloned().unwrap_or_default())
    }

    async fn output(
        &self,
        project: &Project,
        repositories: &[Repository],
        listed: Vec<Listed<'_>>,
    ) -> Result<String, OperationError> {
        let mut output = self.heading(project, repositories, &listed);
        let mut most = MAX_SHOWN;
        if let Some(left) = self.operations.left("get_pull_request_comments").await? {
            most = most.min(left.requests / 5 * 4);
        }
        let most = listed
            .len()
            .min(if self.comments == 0 { MAX_SHOWN } else { most });
        let (read, others) = listed.split_at(most);
        let pages: Vec<_> = read.iter().map(|it| self.page(it)).collect();
        let pages: Vec<_> = stream::iter(pages).buffered(AT_ONCE).try_collect().await?;
        let mut budget = self.operations.max_tokens().saturating_sub(OTHER_TOKENS);
        let mut left_out: Vec<String> = others
            .iter()
            .map(|(it, pr)| it.pull_request_id(pr))
            .collect();
        for (place, ((repository, pull_request), page)) in read.iter().zip(&pages).enumerate() {
            let share = budget / (pages.len() - place);
            if share < LEAST_TOKENS {
                left_out.insert(0, repository.pull_request_id(pull_request));
                continue;
            }
            let text = self.part(&repository.pull_request_id(pull_request), page, share);
            budget = budget.saturating_sub(tokens(&text));
            output.push_str(&text);
        }
        if !left_out.is_empty() {
            let number = left_out.len();
            left_out.truncate(MAX_SHOWN);
            let _ = writeln!(
                output,
                "\n{number} more are left out: read each with fetch: {}.",
                backlog_rendering::inline::line(&left_out.join(", "))
            );
        }
        Ok(output)
    }

    /// Says what is listed.
    fn heading(
        &self,
        project: &Project,
        repositories: &[Repository],
        listed: &[Listed<'_>],
    ) -> String {
        let names: Vec<_> = repositories.iter().map(|it| &*it.name).collect();
        let assignee = match &self.filter.assignee {
            Some(assignee) => format!(
                ", assigned to {}",
                backlog_rendering::inline::line(assignee)
            ),
            None => String::new(),
        };
        let names = match names.is_empty() {
            true => "the project has no repositories".to_owned(),
            false => backlog_rendering::inline::line(&names.join(", ")),
        };
        let of = |repository: &&Repository| {
            let same = listed.iter().filter(|(it, _)| it.id == repository.id);
            same.count() >= MAX_LISTED
        };
        let cut: Vec<_> = repositories.iter().filter(of).map(|it| &*it.name).collect();
        let cut = match cut.is_empty() {
            true => String::new(),
            false => format!(
                "Of {} only the newest {MAX_LISTED} are counted: filter by status or assignee.\n",
                backlog_rendering::inline::line(&cut.join(", "))
            ),
        };
        let number = listed.len();
        format!(
            "Pull requests of {}, {}{assignee}: {number} ({names})\n{cut}",
            project.key, self.filter.word
        )
    }

    /// Reads the comments of a pull request, and writes both.
    async fn page(&self, listed: &Listed<'_>) -> Result<Markdown, OperationError> {
        let (repository, pull_request) = listed;
        let thing = json!({
            "projectKey": repository.project,
            "repoName": repository.name,
            "number": pull_request["number"],
        });
        let asked = Newest {
            number: self.comments,
            before: None,
        };
        let tool = "get_pull_request_comments";
        let found = comments::newest(self.operations, tool, &thing, asked).await?;
        Ok(self.renderer.pull_request(&PullRequestPage {
            pull_request,
            project_key: &repository.project,
            repository: &repository.name,
            comments: shown(&found),
        }))
    }

    /// A page, or its start with the id of the rest.
    fn part(&self, id: &str, page: &Markdown, max_tokens: usize) -> String {
        let part = fitting(page, 0, max_tokens);
        match part.next_offset {
            None => format!("\n{}", part.text),
            Some(offset) => {
                let options = Options {
                    comments: i64::try_from(self.comments).ok(),
                    offset: i64::try_from(offset).ok(),
                    ..Options::default()
                };
                let id = backlog_rendering::inline::line(id);
                format!("\n{}\nThe rest, with fetch: {id}{options}\n", part.text)
            }
        }
    }
}

//! Searches issues, wiki pages, documents and pull requests at once, by the contract of `ChatGPT`'s
//! connectors: one text with the JSON of `results`.
//!
//! 1. The kinds that the caller may not use are left out, and named. The projects are read once.
//! 2. The kinds are searched in parallel ([`issues`], [`pages`], [`pull_requests`]), within the
//!    user's rate limit, for the query as it is and for its plain form. If one fails, the others still count, and a note says so.
//! 3. The hits are ranked ([`hit`]): the exact key, then titles with every word, then texts; the
//!    newest first among equals.
//! 4. The wiki pages among the results are read for the words around the hit, because Backlog lists
//!    pages without their texts.

mod hit;
mod issues;
mod kind;
mod pages;
mod pull_requests;

use backlog_client::Method;
use backlog_rendering::{Renderer, inline, snippet::Words};
use futures_util::future;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;

use super::{
    fetch::renderer,
    project_settings::{self, Project},
};
use crate::toolkit::{
    tokens::tokens,
    tool::Effect,
    work::{Needs, OperationError, Operations, Synonyms, WorkError, WorkOutput, WorkTool},
};
use hit::Hit;
use kind::Kind;

/// The number of results, unless the call names one.
const LIMIT: i64 = 10;
const MAX_LIMIT: i64 = 50;
/// The maximum number of characters of a query.
const MAX_QUERY: usize = 200;
/// The number of characters around a hit.
const SNIPPET: usize = 160;
/// The maximum number of requests of a kind that is searched project by project.
const MAX_REQUESTS: usize = 40;
/// The requests of a call besides those.
const OTHER_REQUESTS: usize = 10;
/// How many requests of a kind run at once.
const AT_ONCE: usize = 4;

/// Searches the full text of issues, wiki pages, documents and pull requests at once. Use it when
/// you do not know where something is. Returns the id for fetch, title, kind, project, date, who
/// wrote it, and the words around the hit. For lists by status, person or date use find_issues.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Search {
    /// Words; all must occur
    query: String,
    /// issues, wiki, documents, pull requests; all unless given
    r#in: Option<Vec<String>>,
    /// Keys or names; all that you have joined unless given
    project: Option<Vec<String>>,
    /// 10 unless given, up to 50
    limit: Option<i64>,
}

impl WorkTool for Search {
    const NAME: &'static str = "search";
    const TITLE: &'static str = "Search";
    const EFFECT: Effect = Effect::of(Method::Get);
    const NEEDS: Needs = &[
        &[
            "get_issues",
            "get_wiki_pages",
            "get_documents",
            "get_pull_requests",
        ],
        &["get_project_list"],
    ];
    const SYNONYMS: Synonyms = &[
        ("keyword", "query"),
        ("q", "query"),
        ("text", "query"),
        ("words", "query"),
        ("kind", "in"),
        ("type", "in"),
        ("projectKey", "project"),
        ("projectId", "project"),
        ("count", "limit"),
    ];

    async fn run(self, operations: &dyn Operations) -> Result<WorkOutput, WorkError> {
        let (kinds, mut notes) = kind::chosen(&self.r#in.unwrap_or_default(), operations)?;
        let limit = limit(self.limit)?;
        if self.query.chars().count() > MAX_QUERY {
            let text = format!("query: expected words of at most {MAX_QUERY} characters");
            return Err(WorkError::Arguments(text));
        }
        let given = self.project.unwrap_or_default();
        let joined = Project::joined(operations).await?;
        let mut read = Vec::new();
        let projects = project_settings::pick(joined, &given, operations, &mut read)?;
        notes.extend(read.into_iter().map(|note| format!("{note}.")));
        let search = Searching {
            operations,
            renderer: renderer(operations).await?,
            words: Words::of(&self.query),
            projects,
            are_all_projects: given.is_empty(),
            requests: requests(operations).await?,
            forms: forms(&self.query),
            query: self.query,
        };
        let mut hits = search.hits(&kinds, &mut notes).await?;
        hit::rank(&mut hits);
        if hits.len() > limit {
            hits.truncate(limit);
            notes.push(format!(
                "The first {limit} hits; more exist: raise limit, or add words."
            ));
        }
        search.read_pages(&mut hits).await;
        Ok(search.output(&hits, notes, &kinds))
    }
}

/// A call while it runs.
struct Searching<'a> {
    operations: &'a dyn Operations,
    renderer: Renderer,
    query: String,
    /// The forms of the query that Backlog searches for.
    forms: Vec<String>,
    words: Words,
    /// The projects to search.
    projects: Vec<Project>,
    /// Whether the call names no project.
    are_all_projects: bool,
    /// How many requests each kind may make that is searched project by project.
    requests: usize,
}

/// The hits of a kind, and notes on what was not searched.
#[derive(Debug, Default)]
struct Found {
    hits: Vec<Hit>,
    notes: Vec<String>,
}

impl Searching<'_> {
    /// Searches the kinds. A kind that fails is noted, unless all of them fail.
    async fn hits(
        &self,
        kinds: &[Kind],
        notes: &mut Vec<String>,
    ) -> Result<Vec<Hit>, OperationError> {
        let searches: Vec<_> = kinds.iter().map(|kind| self.search(*kind)).collect();
        let (mut hits, mut first_error, mut failed) = (Vec::new(), None, 0);
        for (kind, found) in kinds.iter().zip(future::join_all(searches).await) {
            match found {
                Ok(found) => {
                    hits.extend(found.hits);
                    notes.extend(found.notes);
                }
                Err(error) => {
                    notes.push(format!("Not searched: {kind} ({}).", error.text));
                    failed += 1;
                    first_error.get_or_insert(error);
                }
            }
        }
        match first_error {
            Some(error) if failed == kinds.len() => Err(error),
            _ => Ok(hits),
        }
    }

    async fn search(&self, kind: Kind) -> Result<Found, OperationError> {
        match kind {
            Kind::Issues => self.issues().await,
            Kind::Wiki => self.wiki_pages().await,
            Kind::Documents => self.documents().await,
            Kind::PullRequests => self.pull_requests().await,
        }
    }

    fn key_of(&self, project: &Value) -> Option<&str> {
        let id = project.as_i64();
        let mut projects = self.projects.iter();
        let project = projects.find(|project| Some(project.id) == id);
        project.map(|project| &*project.key)
    }

    /// Writes the results, as many as a result may have.
    fn output(&self, hits: &[Hit], mut notes: Vec<String>, kinds: &[Kind]) -> WorkOutput {
        if hits.is_empty() {
            let kinds: Vec<_> = kinds.iter().map(Kind::to_string).collect();
            notes.push(format!(
                "Nothing was found in {} of {}; try other or fewer words.",
                kinds.join(", "),
                listed(&self.projects)
            ));
        }
        let mut results: Vec<_> = hits
            .iter()
            .map(|hit| hit.json(&self.renderer, &self.words, SNIPPET))
            .collect();
        let max_tokens = self.operations.max_tokens();
        let mut left_out = 0;
        loop {
            let mut notes = notes.clone();
            if left_out > 0 {
                notes.push(format!(
                    "{left_out} more are left out, for the size of a result."
                ));
            }
            let mut output = json!({"results": results});
            if !notes.is_empty() {
                output["notes"] = inline::line(&notes.join(" ")).into();
            }
            if results.is_empty() || tokens(&output.to_string()) <= max_tokens {
                return WorkOutput::json(&output);
            }
            results.pop();
            left_out += 1;
        }
    }
}

/// A query as it is written, and with plain characters instead of full-width and half-width ones,
/// because Backlog may tell them apart.
fn forms(query: &str) -> Vec<String> {
    let plain: String = query.nfkc().collect();
    match plain == query {
        true => vec![plain],
        false => vec![query.to_owned(), plain],
    }
}

/// Names projects by their keys, at most ten.
fn listed(projects: &[Project]) -> String {
    const NAMED: usize = 10;
    let keys: Vec<_> = projects.iter().take(NAMED).map(|it| &*it.key).collect();
    match (keys.is_empty(), projects.len().saturating_sub(NAMED)) {
        (true, _) => "no project".to_owned(),
        (false, 0) => keys.join(", "),
        (false, more) => format!("{} and {more} more projects", keys.join(", ")),
    }
}

/// The requests that each kind may make which is searched project by project: together at most
/// four fifths of what Backlog still allows.
async fn requests(operations: &dyn Operations) -> Result<usize, OperationError> {
    let left = operations.left("get_wiki_pages").await?;
    let left = left.map_or(usize::MAX, |left| left.requests / 5 * 4);
    Ok((left.saturating_sub(OTHER_REQUESTS) / 2).clamp(1, MAX_REQUESTS))
}

fn limit(given: Option<i64>) -> Result<usize, WorkError> {
    match given.unwrap_or(LIMIT) {
        limit @ 1..=MAX_LIMIT => Ok(usize::try_from(limit).unwrap_or(1)),
        other => Err(WorkError::Arguments(format!(
            "limit: expected an integer from 1 to {MAX_LIMIT}, received {other}"
        ))),
    }
}

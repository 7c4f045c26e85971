//! Reads one thing whole, as Markdown, by the contract of `ChatGPT`'s connectors: one text with the
//! JSON of `id`, `title`, `text`, `url` and `metadata`.
//!
//! 1. The id is read ([`reference`](super::reference)), and the name of a page is looked up.
//! 2. The thing and what belongs to it are read from Backlog ([`item`], [`mod@file`]).
//! 3. It is written as a page, and a part of it within the budget is returned ([`part`]). The
//!    metadata names the id of the next part, which `fetch` takes alone.

mod document;
mod fetched;
mod file;
mod item;
mod part;
mod reading;
mod section;

use backlog_client::Method;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    page_names::PageNames,
    project_settings::Project,
    reference::{Item, Options, Reference},
};
use crate::toolkit::{
    tool::Effect,
    work::{Needs, Operations, Synonyms, WorkError, WorkOutput, WorkTool},
};
use reading::Reading;

pub(super) use item::shown;
pub(super) use reading::renderer;

/// Reads one thing whole, as Markdown: an issue with its comments and changes, a wiki page, a
/// document, a pull request with its comments, or the text of a file (PDF, Word, Excel,
/// PowerPoint, text). A long text comes in parts: metadata.next is the id of the next one.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Fetch {
    /// PROJ-12, a pasted Backlog URL, an id from search, PROJ/repository#3, or a page's name
    id: String,
    /// For a page by name: key or name
    project: Option<String>,
    /// How many of the newest; 20 unless given, 0 for none
    comments: Option<i64>,
    /// Only this section of a page, by its heading
    section: Option<String>,
    /// The character at which to start in a long text
    offset: Option<i64>,
    /// Only comments older than the one with this id
    before: Option<i64>,
}

impl WorkTool for Fetch {
    const NAME: &'static str = "fetch";
    const TITLE: &'static str = "Read anything";
    const EFFECT: Effect = Effect::of(Method::Get);
    const NEEDS: Needs = &[&["get_issue", "get_wiki", "get_document", "get_pull_request"]];
    const SYNONYMS: Synonyms = &[
        ("url", "id"),
        ("uri", "id"),
        ("key", "id"),
        ("issue", "id"),
        ("issueKey", "id"),
        ("issueIdOrKey", "id"),
        ("page", "id"),
        ("wikiId", "id"),
        ("documentId", "id"),
        ("name", "id"),
        ("projectKey", "project"),
        ("projectIdOrKey", "project"),
        ("heading", "section"),
        ("textOffset", "offset"),
        ("maxId", "before"),
    ];

    async fn run(self, operations: &dyn Operations) -> Result<WorkOutput, WorkError> {
        let (reference, notes) = self.reference(operations).await?;
        let renderer = renderer(operations).await?;
        let reading = Reading {
            operations,
            renderer,
            reference,
        };
        let fetched = match &reading.reference.item {
            Item::File(..) | Item::SharedPath { .. } => file::read(&reading).await?,
            _ => item::read(&reading).await?,
        };
        let max_tokens = operations.max_tokens();
        Ok(part::output(fetched, notes, max_tokens))
    }
}

impl Fetch {
    /// The thing that the call names, never as the name of a page, and notes on how it was read.
    async fn reference(
        self,
        operations: &dyn Operations,
    ) -> Result<(Reference, Vec<String>), WorkError> {
        let wrong = |reason: String| WorkError::Arguments(format!("id: {reason}"));
        let given = Options {
            comments: at_least(0, "comments", self.comments)?,
            before: at_least(1, "before", self.before)?,
            section: self.section,
            offset: at_least(0, "offset", self.offset)?,
        };
        let project = self.project;
        let read = Reference::read(&self.id, operations.space(), project.is_some());
        let mut reference = read.map_err(wrong)?;
        reference.options = given.or(reference.options);
        let Item::Named {
            project: of_url,
            name,
        } = &reference.item
        else {
            return Ok((reference, Vec::new()));
        };
        let Some(project) = of_url.clone().or(project) else {
            return Err(wrong(nameless(name)));
        };
        let project = Project::read(operations, &project).await?;
        let names = PageNames::read(operations, &project.key).await?;
        match names.find(name) {
            Ok(found) => {
                reference.item = found.item;
                Ok((reference, found.note.into_iter().collect()))
            }
            Err(error) => {
                // A key in a lenient reading, such as `Sprint 12`.
                reference.item = Item::of_lenient(name).ok_or_else(|| wrong(error))?;
                Ok((reference, Vec::new()))
            }
        }
    }
}

fn nameless(name: &str) -> String {
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
    let shown: String = name.chars().take(80).collect();
    match is_number {
        true => format!(
            "{shown} may be the id of anything; give the key of an issue, or wiki:{shown} for a \
             wiki page"
        ),
        false => format!(
            "{shown:?} is no key, URL or id; for a page by its name give its project too, or find \
             it with search"
        ),
    }
}

fn at_least(least: i64, name: &str, number: Option<i64>) -> Result<Option<i64>, WorkError> {
    match number {
        Some(number) if number < least => Err(WorkError::Arguments(format!(
            "{name}: expected an integer, {least} or more, received {number}"
        ))),
        number => Ok(number),
    }
}

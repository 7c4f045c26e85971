//! Changes a part of a wiki page, or adds a page.
//!
//! 1. The page is named by id, URL, or name with its project.
//! 2. It is read, and the new text is made from what it has now ([`change`]): `old` has to occur
//!    exactly once.
//! 3. It is read again right before it is written. If another user changed it in between, nothing
//!    is written. A change within the moment between this read and the write cannot be seen,
//!    because Backlog has no conditional write; its history keeps both versions.
//! 4. The text that Backlog returns is compared with the one that was sent.

mod change;
mod removal;

use std::fmt::Write;

use backlog_client::Method;
use backlog_rendering::{fence, inline};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    fetch::renderer,
    notation::in_notation,
    page_names::{FoundPage, PageNames, kind},
    project_settings::Project,
    reference::{Item, Reference},
};
use crate::toolkit::{
    quoted::quoted,
    tool::Effect,
    work::{Needs, Operations, Synonyms, WorkError, WorkOutput, WorkTool},
};
use change::Change;
use removal::is_removal;

/// The number of characters of a change that the result repeats.
const SHOWN: usize = 600;

/// Changes part of a wiki page: replaces text that occurs exactly once (old, new), or appends new
/// to the end of a section. The rest of the page stays. Without old and section it adds a new page.
/// Read the page with fetch first.
#[derive(Deserialize, JsonSchema)]
pub(super) struct EditPage {
    /// Id (wiki:640012), URL, or name with project
    page: String,
    /// Key or name
    project: Option<String>,
    /// The text to replace, exactly as it stands; with section, only there
    old: Option<String>,
    /// The text to put there as it is, (none) to remove old; for a section or a new page Markdown,
    /// converted if the project uses Backlog's notation
    new: String,
    /// Heading to add new at the end of
    section: Option<String>,
    /// true to add a page although one has a similar name
    add: Option<bool>,
}

impl WorkTool for EditPage {
    const NAME: &'static str = "edit_page";
    const TITLE: &'static str = "Edit page";
    const EFFECT: Effect = Effect::of(Method::Patch).not_idempotent();
    const NEEDS: Needs = &[&["update_wiki", "add_wiki"], &["get_wiki", "add_wiki"]];
    const SYNONYMS: Synonyms = &[
        ("id", "page"),
        ("wikiId", "page"),
        ("name", "page"),
        ("title", "page"),
        ("url", "page"),
        ("projectKey", "project"),
        ("projectId", "project"),
        ("old_text", "old"),
        ("old_str", "old"),
        ("new_text", "new"),
        ("new_str", "new"),
        ("content", "new"),
        ("text", "new"),
        ("heading", "section"),
    ];

    async fn run(mut self, operations: &dyn Operations) -> Result<WorkOutput, WorkError> {
        let is_addition = self.old.is_none() && self.section.is_none();
        if self.add == Some(true) && !is_addition {
            let reason = "add: is only for a new page; leave out old and section";
            return Err(WorkError::Arguments(reason.to_owned()));
        }
        if is_removal(&self.new, self.old.is_some())? {
            self.new.clear();
        }
        match self.named(operations, is_addition).await? {
            Named::Page(item, _) if is_addition => Err(WorkError::Arguments(format!(
                "page: {item} exists; give old, the text to replace, or section, the heading to \
                 add to"
            ))),
            Named::Page(Item::Wiki(id), note) => self.edit(operations, id, note).await,
            Named::Page(Item::Document(id), _) => Err(WorkError::Arguments(format!(
                "page: document:{id} is a document, which Backlog's API cannot change; edit it in \
                 Backlog"
            ))),
            Named::Page(item, _) => Err(WorkError::Arguments(format!(
                "page: {item} is {}, not a wiki page",
                kind(&item)
            ))),
            Named::New(project, name) => self.add(operations, &project, &name).await,
        }
    }
}

/// The page that a call names.
enum Named {
    /// A page, and a note on how its name was read.
    Page(Item, Option<String>),
    /// A page that does not exist yet.
    New(Project, String),
}

impl EditPage {
    async fn named(
        &self,
        operations: &dyn Operations,
        is_addition: bool,
    ) -> Result<Named, WorkError> {
        let wrong = |reason: String| WorkError::Arguments(format!("page: {reason}"));
        let read = Reference::read(&self.page, operations.space(), self.project.is_some());
        let (of_url, name) = match read.map_err(wrong)?.item {
            Item::Named { project, name } => (project, name),
            item => return Ok(Named::Page(item, None)),
        };
        let Some(project) = of_url.as_ref().or(self.project.as_ref()) else {
            return Err(WorkError::Arguments(format!(
                "project: is required for a page by name, received page {}",
                quoted(&name)
            )));
        };
        let project = Project::read(operations, project).await?;
        let names = PageNames::read(operations, &project.key).await?;
        match is_addition {
            true => Ok(match names.exact(&name) {
                Some(item) => Named::Page(item, None),
                None => {
                    if self.add != Some(true)
                        && let Some(near) = names.misspelt(&name)
                    {
                        return Err(wrong(similar(&near, &name)));
                    }
                    Named::New(project, name)
                }
            }),
            false => {
                let found = names.find(&name).map_err(wrong)?;
                Ok(Named::Page(found.item, found.note))
            }
        }
    }

    async fn edit(
        self,
        operations: &dyn Operations,
        id: i64,
        note: Option<String>,
    ) -> Result<WorkOutput, WorkError> {
        let first = operations
            .run("get_wiki", json!({"wikiId": id}))
            .await?
            .value;
        let project = Project::of_id(operations, &first["projectId"]).await?;
        let content = first["content"].as_str().unwrap_or_default();
        let change = Change {
            old: self.old.as_deref(),
            new: &self.new,
            section: self.section.as_deref(),
            notation: project.notation,
        };
        let changed = change.apply(content).map_err(WorkError::Arguments)?;
        let now = operations
            .run("get_wiki", json!({"wikiId": id}))
            .await?
            .value;
        if now["content"] != first["content"] || now["updated"] != first["updated"] {
            return Err(conflict(operations, &now, id).await?);
        }
        let arguments = json!({"wikiId": id, "content": changed.content});
        let written = operations.run("update_wiki", arguments).await?;
        let url = renderer(operations).await?.wiki_url(&id.to_string());
        let name = inline::line(first["name"].as_str().unwrap_or("Wiki page"));
        let mut text = format!("Changed the wiki page {name} (wiki:{id}): {url}\n");
        for note in note.into_iter().chain(written.notes) {
            let _ = writeln!(text, "{note}");
        }
        self.show(&changed.new, &mut text);
        text.push_str(&sizes(content, &changed.content));
        if written.value["content"]
            .as_str()
            .is_some_and(|it| it != changed.content)
        {
            text.push_str(
                "\nBacklog stored another text than was sent; read the page with fetch.\n",
            );
        }
        Ok(WorkOutput::markdown(text))
    }

    /// Writes the removed and the added text.
    fn show(&self, new: &str, text: &mut String) {
        if let Some(old) = &self.old {
            let _ = write!(text, "\nRemoved:\n\n{}", excerpt(old));
        }
        let place = match (&self.section, &self.old) {
            (Some(section), None) => {
                format!("Added at the end of the section {}", inline::line(section))
            }
            _ => "Added".to_owned(),
        };
        if !new.is_empty() {
            let _ = write!(
                text,
                "\n{place}{}:\n\n{}",
                converted(new, &self.new),
                excerpt(new)
            );
        }
    }

    async fn add(
        self,
        operations: &dyn Operations,
        project: &Project,
        name: &str,
    ) -> Result<WorkOutput, WorkError> {
        let content = in_notation(&self.new, project.notation);
        let arguments = json!({"projectId": project.key, "name": name, "content": content});
        let added = operations.run("add_wiki", arguments).await?.value;
        let name = inline::line(name);
        let place = match added["id"].as_i64() {
            Some(id) => {
                let url = renderer(operations).await?.wiki_url(&id.to_string());
                format!(" (wiki:{id}): {url}")
            }
            None => ".".to_owned(),
        };
        let conversion = converted(&content, &self.new);
        Ok(WorkOutput::markdown(format!(
            "Added the wiki page {name} to {}{place}\n{} characters{conversion}.\n",
            project.key,
            content.chars().count()
        )))
    }
}

/// Reports that a page to add has almost the name of another one.
fn similar(page: &FoundPage, name: &str) -> String {
    format!(
        "{} is almost the name of {} ({}); to change that page, give its id with old or section, \
         and to add another page beside it, give add: true",
        quoted(name),
        quoted(&page.name),
        page.item
    )
}

/// The error for a page that another user changed.
async fn conflict(
    operations: &dyn Operations,
    now: &Value,
    id: i64,
) -> Result<WorkError, WorkError> {
    let who = renderer(operations).await?.person(&now["updatedUser"]);
    let who = who.unwrap_or_else(|| "another user".to_owned());
    Ok(WorkError::Arguments(format!(
        "page: {who} changed wiki:{id} at this moment; nothing was written. Read it with fetch, \
         then call again"
    )))
}

fn converted(written: &str, given: &str) -> &'static str {
    match written == given {
        true => "",
        false => ", converted to Backlog's notation",
    }
}

/// The start of a text in a fence.
fn excerpt(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => fence(text),
        Some((end, _)) => {
            let rest = text[end..].chars().count();
            format!("{}({rest} more characters)\n", fence(&text[..end]))
        }
    }
}

fn sizes(before: &str, after: &str) -> String {
    let (before, after) = (before.chars().count(), after.chars().count());
    format!("\nCharacters of the page: {before} → {after}\n")
}

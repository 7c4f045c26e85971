//! Reads attached and shared files that are texts or have one, a part at a time.

use backlog_rendering::{Markdown, Part, fence};
use serde_json::{Value, json};

use super::{fetched::Fetched, reading::Reading};
use crate::{
    toolkit::{file::ShownFile, quoted::quoted, text_part, work::WorkError},
    work::{
        advice::run_tool,
        reference::{Holder, Item, Options, of_folder},
    },
};

/// The maximum tokens of a part, less those of the lines around it.
const PART_TOKENS: usize = 3_500;
/// The maximum characters of a part.
const PART_CHARS: usize = 6 * PART_TOKENS;

/// Facts about a file, and their names in the metadata.
const FACTS: [(&str, &str); 7] = [
    ("contentType", "content_type"),
    ("kind", "format"),
    ("size", "bytes"),
    ("pages", "pages"),
    ("sheets", "sheets"),
    ("slides", "slides"),
    ("entries", "entries"),
];

pub(super) async fn read(reading: &Reading<'_>) -> Result<Fetched, WorkError> {
    let (holder, id) = match &reading.reference.item {
        Item::File(holder, id) => (holder.clone(), *id),
        Item::SharedPath { project, path } => {
            let id = reading.shared_file(project, path).await?;
            (Holder::Project(project.clone()), id)
        }
        item => unreachable!("{item} is not a file"),
    };
    reading.file(&holder, id).await
}

impl Reading<'_> {
    async fn file(&self, holder: &Holder, id: i64) -> Result<Fetched, WorkError> {
        let offset = self.reference.options.offset.unwrap_or(0);
        let (tool, mut arguments) = operation(holder, id);
        arguments["textOffset"] = offset.into();
        arguments["textLength"] = PART_CHARS.into();
        let operated = self.operations.run(tool, arguments).await?;
        let shown = ShownFile::of(operated.content);
        let name = shown.facts["filename"].as_str().unwrap_or("file");
        let name = backlog_rendering::inline::line(name);
        let item = Item::File(holder.clone(), id);
        let url = self.page_of(holder, id);
        let page = Markdown::default();
        let part = self.part(&shown, &name, &item);
        let mut fetched = Fetched {
            item,
            options: Options {
                offset: self.reference.options.offset,
                ..Options::default()
            },
            pinned_before: None,
            title: format!("{name} ({holder})"),
            url,
            lead: None,
            page,
            part: Some(part),
            facts: Vec::new(),
            notes: operated.notes,
        };
        // Without a text, the notes are the page.
        if shown.text.is_some() {
            fetched.notes.extend(shown.notes.lines().map(str::to_owned));
        }
        fetched.fact("kind", "file");
        for (fact, name) in FACTS {
            match &shown.facts[fact] {
                Value::String(text) => fetched.fact(name, text),
                Value::Number(number) => fetched.fact(name, &number.to_string()),
                _ => {}
            }
        }
        Ok(fetched)
    }

    /// The part of the text of a file, or the facts about another file.
    fn part(&self, shown: &ShownFile, name: &str, item: &Item) -> Part {
        let offset = self.reference.options.offset.unwrap_or(0);
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let Some(text) = &shown.text else {
            return Part {
                text: format!("# {name}\n\n{}\n", without_text(shown, item)),
                offset: 0,
                total_chars: 0,
                next_offset: None,
            };
        };
        let max_tokens = self.operations.max_tokens().saturating_sub(500);
        let max_tokens = PART_TOKENS.min(max_tokens).max(50);
        let fitting = text_part::Part::within(text, 0, usize::MAX, max_tokens);
        let next = offset.saturating_add(fitting.to);
        let mut part = Part {
            text: String::new(),
            offset,
            total_chars: shown.total_chars,
            next_offset: (next < shown.total_chars).then_some(next),
        };
        let notice = part.notice().map(|notice| format!("{notice}\n\n"));
        part.text = format!(
            "{}# {name}\n\n{}",
            notice.unwrap_or_default(),
            fence(fitting.text)
        );
        part
    }

    /// The id of a shared file, by its path.
    async fn shared_file(&self, project: &str, path: &str) -> Result<i64, WorkError> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let arguments = json!({"projectKey": project, "path": folder, "count": 1000});
        let files = self
            .operations
            .run("get_shared_files", arguments)
            .await?
            .value;
        let named = |kind: &str| {
            let mut files = files.as_array().into_iter().flatten();
            files.find(|file| file["type"] == kind && file["name"] == name)
        };
        if let Some(id) = named("file").and_then(|file| file["id"].as_i64()) {
            return Ok(id);
        }
        let advice = match named("directory") {
            Some(_) => format!("is a folder; {}", of_folder(project, path)),
            None => "does not exist".to_owned(),
        };
        let path = quoted(path);
        Err(WorkError::Arguments(format!(
            "id: the shared file {path} of {project} {advice}"
        )))
    }

    /// The page in Backlog that shows the file.
    fn page_of(&self, holder: &Holder, id: i64) -> String {
        let space = self.operations.space().as_str();
        match holder {
            Holder::Issue(key) => format!("{space}/view/{key}"),
            Holder::Wiki(id) => self.renderer.wiki_url(&id.to_string()),
            Holder::PullRequest(it) => {
                let number = json!({"number": it.number});
                let url = self
                    .renderer
                    .pull_request_url(&number, &it.project, &it.repository);
                url.unwrap_or_else(|| space.to_owned())
            }
            Holder::Document(_) => space.to_owned(),
            Holder::Project(key) => {
                format!("{space}/ViewSharedFile.action?projectKey={key}&sharedFileId={id}")
            }
        }
    }
}

/// The sentences about a file without text.
fn without_text(shown: &ShownFile, item: &Item) -> String {
    let content_type = shown.facts["contentType"].as_str().unwrap_or_default();
    let what = match shown.facts["kind"].as_str() {
        Some(kind) => format!("This is a file of the kind {kind}."),
        None => format!("This file is not a text: {content_type}."),
    };
    match item {
        // The notes are about the image that the classic tool returned.
        Item::File(holder, id) if shown.is_image => {
            let (tool, arguments) = operation(holder, *id);
            format!("{what} {} returns the image.", run_tool(tool, &arguments))
        }
        _ => format!("{what} {}", shown.notes),
    }
}

/// The classic tool that returns a file, and its arguments.
fn operation(holder: &Holder, id: i64) -> (&'static str, Value) {
    match holder {
        Holder::Issue(key) => (
            "get_issue_attachment",
            json!({"issueKey": key.to_string(), "attachmentId": id}),
        ),
        Holder::PullRequest(it) => (
            "get_pull_request_attachment",
            json!({
                "projectKey": it.project,
                "repoName": it.repository,
                "number": it.number,
                "attachmentId": id,
            }),
        ),
        Holder::Wiki(wiki) => (
            "get_wiki_attachment",
            json!({"wikiId": wiki, "attachmentId": id}),
        ),
        Holder::Document(document) => (
            "get_document_attachment",
            json!({"documentId": document, "attachmentId": id}),
        ),
        Holder::Project(key) => (
            "get_shared_file",
            json!({"projectKey": key, "sharedFileId": id}),
        ),
    }
}

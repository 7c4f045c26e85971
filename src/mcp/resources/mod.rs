//! What a host can show or attach without a call of a tool: projects, issues, wiki pages and
//! documents as Markdown.
//!
//! 1. `resources/list` are the projects that the caller has joined; `resources/templates/list`
//!    says how the others are addressed (`uri`).
//! 2. `resources/read` takes an address of the caller's own space, or of one of the organizations
//!    of a local server, and of a kind that the caller may read ([`Reader::check`]).
//! 3. It must be of an allowed project ([`Reader::admit`]).
//! 4. Backlog is asked for the thing, and for what belongs to it.
//! 5. Hidden characters are removed from the response ([`hidden`]).
//! 6. It becomes a page (`markdown`). Of one that is longer than a result may be, a part is
//!    returned, with the address that the next part has.
//!
//! Lists and reads are recorded as calls of tools are, with names of their own.

mod markdown;
mod uri;

use rmcp::{
    ErrorData,
    model::{
        CacheScope, ListResourceTemplatesResult, ListResourcesResult, ReadResourceResult, Resource,
        ResourceContents, ResourceTemplate,
    },
};
use serde_json::{Map, Value, json};

use super::{failure::ToolError, hidden, origin, reader::Reader, text_part::Part, tokens};
use crate::backlog::{Request, Segment};
use uri::{Kind, Target};

const MARKDOWN: &str = "text/markdown";
/// How many projects a page of the list has.
const LISTED: usize = 100;
/// How many comments an issue has at most: one request.
const COMMENTS: usize = 100;
/// How long a client may keep a list, in milliseconds.
const LIST_TTL_MS: u64 = 60_000;

/// A project as far as lists and completions go.
pub(super) struct Project {
    pub id: u64,
    pub key: String,
    pub name: String,
}

/// The allowed projects in use that the caller has joined, in Backlog's order; none where the
/// caller may not read projects. The one place where they are listed.
pub(super) async fn projects(reader: &Reader<'_>) -> Result<Vec<Project>, ToolError> {
    if !reader.may(Kind::Project.tool()) {
        return Ok(Vec::new());
    }
    let mut request = Request::get([Segment::fixed("projects")]);
    request.query = vec![("archived".to_owned(), "false".to_owned())];
    let listed = reader.fetch(request).await?;
    let projects = listed.as_array().into_iter().flatten().filter_map(|it| {
        Some(Project {
            id: it["id"].as_u64()?,
            key: hidden::clean(it["projectKey"].as_str()?).text.into_owned(),
            name: hidden::clean(it["name"].as_str()?).text.into_owned(),
        })
    });
    let allowed = projects.filter(|it: &Project| reader.allows_project(&it.key));
    Ok(allowed.collect())
}

/// `resources/list`
pub(super) async fn list(
    reader: &Reader<'_>,
    cursor: Option<String>,
) -> Result<ListResourcesResult, ErrorData> {
    let start = match cursor {
        None => 0,
        Some(cursor) => cursor.parse::<usize>().map_err(|_| {
            ErrorData::invalid_params("the cursor is of no list of this server", None)
        })?,
    };
    let mut record = reader.record("resource:list");
    let listed = listed(reader).await;
    record.ended_as(&listed, ToolError::outcome);
    let listed = listed.map_err(|error| reader.failed("resources/list", &error))?;
    let end = start.saturating_add(LISTED);
    let next_cursor = (end < listed.len()).then(|| end.to_string());
    let page = listed.into_iter().skip(start).take(LISTED);
    let mut result = ListResourcesResult::with_all_items(page.collect())
        .with_ttl_ms(LIST_TTL_MS)
        .with_cache_scope(CacheScope::Private);
    result.next_cursor = next_cursor;
    Ok(result)
}

async fn listed(reader: &Reader<'_>) -> Result<Vec<Resource>, ToolError> {
    let mut listed = Vec::new();
    for space in reader.spaces() {
        let projects = projects(&space).await?;
        listed.extend(projects.iter().map(|project| {
            Resource::new(uri::project(space.host(), &project.key), &project.key)
                .with_title(&project.name)
                .with_mime_type(MARKDOWN)
        }));
    }
    Ok(listed)
}

/// `resources/templates/list`
pub(super) fn templates(reader: &Reader<'_>) -> ListResourceTemplatesResult {
    let spaces = reader.spaces();
    let templates = spaces.iter().flat_map(|space| {
        let kinds = Kind::ALL.into_iter().filter(|kind| space.may(kind.tool()));
        kinds.map(|kind| {
            let title = match spaces.len() {
                1 => kind.title().to_owned(),
                _ => format!("{} in {}", kind.title(), space.host()),
            };
            ResourceTemplate::new(kind.template(space.host()), kind.path())
                .with_title(title)
                .with_description(kind.description())
                .with_mime_type(MARKDOWN)
        })
    });
    ListResourceTemplatesResult::with_all_items(templates.collect())
        .with_ttl_ms(LIST_TTL_MS)
        .with_cache_scope(CacheScope::Private)
}

/// Whether this is a template of the reader's own space.
pub(super) fn is_template(reader: &Reader<'_>, template: &str) -> bool {
    let mut kinds = Kind::ALL.into_iter().filter(|kind| reader.may(kind.tool()));
    kinds.any(|kind| {
        let host = reader.host();
        kind.template(host) == template || kind.plain_template(host) == template
    })
}

/// `resources/read`; the text has at most `max_tokens`.
pub(super) async fn read(
    reader: &Reader<'_>,
    uri: &str,
    max_tokens: usize,
) -> Result<ReadResourceResult, ErrorData> {
    let found = reader.spaces().into_iter().find_map(|space| {
        let target = Target::parse(uri, space.host())?;
        Some((space, target))
    });
    let Some((reader, target)) = found else {
        let text = format!("{uri} is no resource of {}", reader.host());
        return Err(ErrorData::resource_not_found(text, of(uri)));
    };
    let mut record = reader.record(target.kind.recorded());
    if let Err(barred) = reader.check(target.kind.tool()) {
        record.ended(barred.outcome());
        return Err(reader.barred(uri, &barred));
    }
    let page = page(&reader, &target).await;
    record.ended_as(&page, ToolError::outcome);
    let page = page.map_err(|error| ErrorData {
        data: of(uri),
        ..reader.failed(uri, &error)
    })?;
    let text = part(&page, &target, reader.host(), max_tokens);
    let contents = ResourceContents::text(text, uri);
    let mut result = ReadResourceResult::new(vec![contents.with_mime_type(MARKDOWN)])
        .with_ttl_ms(0)
        .with_cache_scope(CacheScope::Private);
    result.meta = Some(origin::meta());
    Ok(result)
}

/// What comes before the first part of a page, at most.
const NOTE_TOKENS: usize = 150;

/// As much of a page as fits, from the place that the address says, and where it goes on.
fn part(page: &Page, target: &Target, host: &str, max_tokens: usize) -> String {
    let text = &page.text;
    if target.text_offset == 0 && tokens::fits(text, max_tokens) {
        return text.clone();
    }
    let budget = max_tokens.saturating_sub(NOTE_TOKENS).max(1);
    let Part {
        text: shown,
        from,
        to,
        of,
    } = Part::within(text, target.text_offset, usize::MAX, budget);
    if target.text_offset >= of {
        let offset = target.text_offset;
        return format!(
            "(textOffset {offset} is past the end of this page, which has {of} characters.)\n"
        );
    }
    let updated = page.updated.as_deref();
    let updated = updated.map_or_else(String::new, |when| format!(", as of {when}"));
    let next = match to < of {
        true => format!(" Read on at {}", target.at(host, to)),
        false => " This is its end.".to_owned(),
    };
    let line = if shown.ends_with('\n') { "" } else { "\n" };
    format!("{shown}{line}\n(Characters {from} to {to} of {of} of this page{updated}.{next})\n")
}

/// A page, and when what it shows was changed last.
struct Page {
    text: String,
    updated: Option<String>,
}

/// Asks Backlog for a thing, and writes its page.
async fn page(reader: &Reader<'_>, target: &Target) -> Result<Page, ToolError> {
    let (tool, input) = (target.kind.tool(), target.kind.variable());
    let admitted = reader.admit(tool, input, target.id.as_str()).await;
    let sieve = admitted?;
    let inputs = Map::from_iter([(input.to_owned(), Value::from(target.id.as_str()))]);
    let thing = reader.fetch(target.kind.call().fill(inputs)?).await?;
    let more = match more(target) {
        Some((tool, request)) if reader.may(tool) => reader.fetch(request).await?,
        _ => Value::Null,
    };
    let (mut answers, note) = reader
        .sift(sieve, json!({"thing": thing, "more": more}))
        .await;
    let removed = hidden::clean_value(&mut answers);
    let (thing, more) = (&answers["thing"], &answers["more"]);
    let mut text = markdown::page(target, reader.space(), thing, more);
    for note in note.into_iter().chain(hidden::note(removed)) {
        text.push_str(&format!("\n({note})\n"));
    }
    let updated = thing["updated"].as_str().map(str::to_owned);
    Ok(Page { text, updated })
}

/// What an error is about, for programs.
fn of(uri: &str) -> Option<Value> {
    Some(json!({ "uri": uri }))
}

/// What is asked for beside the thing itself, and the tool that reads the same.
fn more(target: &Target) -> Option<(&'static str, Request)> {
    let (tool, name, query) = match target.kind {
        Kind::Project => ("get_version_milestone_list", "versions", None),
        Kind::Issue => (
            "get_issue_comments",
            "comments",
            Some(("count".to_owned(), COMMENTS.to_string())),
        ),
        Kind::Wiki | Kind::Document => return None,
    };
    let path = [target.kind.path(), name].map(Segment::fixed);
    let [kind, name] = path;
    let mut request = Request::get([kind, target.id.clone(), name]);
    request.query.extend(query);
    Some((tool, request))
}

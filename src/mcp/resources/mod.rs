//! Resources that a host can show or attach without a tool call: projects, issues, wiki pages and
//! documents as Markdown.
//!
//! 1. `resources/list` returns the projects that the caller is a member of;
//!    `resources/templates/list` describes the URIs of other resources (`uri`).
//! 2. `resources/read` accepts a URI of the caller's own space, or of an organization of a local
//!    server, and of a kind that the caller may read ([`Reader::check`]).
//! 3. The item must be in an allowed project ([`Reader::authorize`]).
//! 4. The item and its related data are requested from Backlog.
//! 5. Hidden characters are removed from the response ([`hidden`]).
//! 6. The response is written as a page (`markdown`). If it is longer than a result may be, a part
//!    is returned with the URI of the next part.
//!
//! Lists and reads are recorded like tool calls, under their own names.

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

use super::reader::Reader;
use crate::{
    backlog::{Request, Segment},
    calls::origin,
    toolkit::{error::ToolError, hidden, text_part::Part, tokens},
};
use uri::{ResourceKind, Target};

const MARKDOWN: &str = "text/markdown";
/// The number of projects on a page of the list.
const LISTED: usize = 100;
/// How long a client may keep a list, in milliseconds.
const LIST_TTL_MS: u64 = 60_000;

/// A project, with the parts that lists and completions need.
pub(super) struct Project {
    pub id: u64,
    pub key: String,
    pub name: String,
}

/// Returns the allowed, unarchived projects that the caller is a member of, in Backlog's order;
/// empty if the caller may not read projects. This is the only place that lists them.
pub(super) async fn projects(reader: &Reader<'_>) -> Result<Vec<Project>, ToolError> {
    if !reader.may(ResourceKind::Project.tool()) {
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
            ErrorData::invalid_params(
                "invalid cursor; use the nextCursor of a previous \
                                       response",
                None,
            )
        })?,
    };
    let mut record = reader.record("resource:list");
    let listed = listed(reader).await;
    record.ended_as(&listed, ToolError::outcome);
    let listed = listed.map_err(|error| reader.failed("resources/list", None, &error))?;
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
        let kinds = ResourceKind::ALL
            .into_iter()
            .filter(|kind| space.may(kind.tool()));
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
    let mut kinds = ResourceKind::ALL
        .into_iter()
        .filter(|kind| reader.may(kind.tool()));
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
        let text = format!(
            "unknown resource {uri} of {}; see resources/templates/list",
            reader.host()
        );
        return Err(ErrorData::resource_not_found(text, of(uri)));
    };
    let mut record = reader.record(target.kind.recorded());
    if let Err(denied) = reader.check(target.kind.tool()) {
        record.ended(denied.outcome());
        return Err(reader.denied(uri, &denied));
    }
    let page = page(&reader, &target).await;
    record.ended_as(&page, ToolError::outcome);
    let page = page.map_err(|error| ErrorData {
        data: of(uri),
        ..reader.failed(uri, Some(target.kind.tool()), &error)
    })?;
    let text = part(&page, &target, reader.host(), max_tokens);
    let contents = ResourceContents::text(text, uri);
    let mut result = ReadResourceResult::new(vec![contents.with_mime_type(MARKDOWN)])
        .with_ttl_ms(0)
        .with_cache_scope(CacheScope::Private);
    result.meta = Some(origin::meta());
    Ok(result)
}

/// The tokens reserved for the note on a part of a page.
const NOTE_TOKENS: usize = 150;

/// Returns as much of a page as fits, from the offset in the URI, and where it continues.
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
        true => format!(" It continues at {}", target.at(host, to)),
        false => " This is the end.".to_owned(),
    };
    let line = if shown.ends_with('\n') { "" } else { "\n" };
    format!("{shown}{line}\n(Characters {from} to {to} of {of} of this page{updated}.{next})\n")
}

/// A page, and the time of the last change of its item.
struct Page {
    text: String,
    updated: Option<String>,
}

/// Requests an item from Backlog, and writes its page.
async fn page(reader: &Reader<'_>, target: &Target) -> Result<Page, ToolError> {
    let (tool, input) = (target.kind.tool(), target.kind.variable());
    let authorized = reader.authorize(tool, input, target.id.as_str()).await;
    let filter = authorized?;
    let inputs = Map::from_iter([(input.to_owned(), Value::from(target.id.as_str()))]);
    let thing = reader.fetch(target.kind.call().fill(inputs)?).await?;
    let more = match more(target) {
        Some((tool, request)) if reader.may(tool) => reader.fetch(request).await?,
        _ => Value::Null,
    };
    let (mut shown, note) = reader
        .filter(filter, json!({"thing": thing, "more": more}))
        .await;
    let removed = hidden::clean_value(&mut shown);
    let (thing, more) = (&shown["thing"], &shown["more"]);
    let mut text = markdown::page(target, reader.space(), thing, more);
    for note in note.into_iter().chain(hidden::note(removed)) {
        text.push_str(&format!("\n({note})\n"));
    }
    let updated = thing["updated"].as_str().map(str::to_owned);
    Ok(Page { text, updated })
}

/// Returns the URI of an error, for programs.
fn of(uri: &str) -> Option<Value> {
    Some(json!({ "uri": uri }))
}

/// The request for data in addition to the item itself, and the tool that reads the same.
fn more(target: &Target) -> Option<(&'static str, Request)> {
    let (tool, name, query) = match target.kind {
        ResourceKind::Project => ("get_version_milestone_list", "versions", None),
        ResourceKind::Issue => (
            "get_issue_comments",
            "comments",
            Some(("count".to_owned(), markdown::COMMENTS.to_string())),
        ),
        ResourceKind::Wiki | ResourceKind::Document => return None,
    };
    let path = [target.kind.path(), name].map(Segment::fixed);
    let [kind, name] = path;
    let mut request = Request::get([kind, target.id.clone(), name]);
    request.query.extend(query);
    Some((tool, request))
}

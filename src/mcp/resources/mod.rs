//! Resources that a host can show or attach without a tool call: projects, issues, wiki pages and
//! documents as Markdown.
//!
//! 1. `resources/list` returns the projects that the caller is a member of, and the guide to the
//!    work tools ([`skill`]);
//!    `resources/templates/list` describes the URIs of other resources (`uri`).
//! 2. `resources/read` accepts a URI of the caller's own space, or of an organization of a local
//!    server, and of a kind that the caller may read ([`Reader::check`]).
//! 3. The item must be in an allowed project ([`Reader::authorize`]).
//! 4. The item and its related data are requested from Backlog, without hidden characters (`item`).
//! 5. They are written as a page, as the work tool `fetch` writes it: texts of users are fenced and
//!    name their author (`page`). If it is longer than a result may be, a part is returned with the
//!    URI of the next part.
//!
//! Lists and reads are recorded like tool calls, under their own names.

mod item;
mod page;
mod uri;

use backlog_client::{Request, Segment};
use backlog_rendering::Renderer;
use rmcp::{
    ErrorData,
    model::{
        CacheScope, ListResourceTemplatesResult, ListResourcesResult, ReadResourceResult, Resource,
        ResourceContents, ResourceTemplate,
    },
};
use serde_json::{Value, json};

use super::{reader::Reader, skill};
use crate::{
    calls::origin,
    toolkit::{error::ToolError, hidden},
};
use item::Item;
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
    let mut listed = listed(reader).await;
    record.ended_as(&listed, ToolError::outcome);
    if let Ok(listed) = &mut listed
        && skill::is_offered(reader)
    {
        let resource = Resource::new(skill::URI, "backlog").with_mime_type(MARKDOWN);
        listed.push(resource.with_title("How to work in Backlog"));
    }
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
    if uri == skill::URI && skill::is_offered(reader) {
        let contents = ResourceContents::text(skill::text(reader.registry()), uri);
        return Ok(page_result(contents, LIST_TTL_MS));
    }
    let found = reader.spaces().into_iter().find_map(|space| {
        let target = Target::parse(uri, space.host())?;
        Some((space, target))
    });
    let Some((reader, target)) = found else {
        let text = format!(
            "unknown resource {uri} of {}; see resources/templates/list",
            reader.host()
        );
        return Err(ErrorData::resource_not_found(text, Some(of(uri))));
    };
    let mut record = reader.record(target.kind.recorded());
    if let Err(denied) = reader.check(target.kind.tool()) {
        record.ended(denied.outcome());
        return Err(reader.denied(uri, &denied));
    }
    // In a box, because the future of every message would have its size.
    let found = Box::pin(item(&reader, &target)).await;
    record.ended_as(&found, ToolError::outcome);
    let (item, renderer) = found.map_err(|error| ErrorData {
        data: Some(of(uri)),
        ..reader.failed(uri, Some(target.kind.tool()), &error)
    })?;
    let text = page::text(&item, renderer, (&target, reader.host()), max_tokens);
    let contents = ResourceContents::text(text, uri);
    let mut result = page_result(contents, 0);
    result.meta = Some(origin::meta());
    Ok(result)
}

fn page_result(contents: ResourceContents, ttl_ms: u64) -> ReadResourceResult {
    ReadResourceResult::new(vec![contents.with_mime_type(MARKDOWN)])
        .with_ttl_ms(ttl_ms)
        .with_cache_scope(CacheScope::Private)
}

/// Reads an item, and creates the renderer of its space.
async fn item(reader: &Reader<'_>, target: &Target) -> Result<(Item, Renderer), ToolError> {
    let item = Item::read(reader, target).await?;
    Ok((item, reader.renderer().await?))
}

/// Returns the URI of an error, for programs.
fn of(uri: &str) -> Value {
    json!({ "uri": uri })
}

//! Writes an item as a page, as the work tool `fetch` does, and returns as much of it as fits.

use std::fmt::Write;

use backlog_rendering::{Comments, IssuePage, Markdown, Notation, Older, ProjectPage, Renderer};
use serde_json::Value;

use super::{
    item::{Item, MAX_LISTED},
    uri::{ResourceKind, Target},
};
use crate::toolkit::page_part::fitting;

/// The tokens reserved for the lines about a part.
const LINE_TOKENS: usize = 150;

/// Returns the text of a resource, from the offset in its URI: at most `max_tokens`. A part names
/// the URI of the next one.
pub(super) fn text(
    item: &Item,
    renderer: Renderer,
    (target, host): (&Target, &str),
    max_tokens: usize,
) -> String {
    let as_of = renderer.moment(&item.thing["updated"]);
    let as_of = as_of.map_or_else(String::new, |when| format!(" (as of {when})"));
    let page = page(target.kind, item, renderer);
    let budget = max_tokens.saturating_sub(LINE_TOKENS).max(1);
    let part = fitting(&page, target.text_offset, budget);
    let mut text = match (part.next_offset, part.text.split_once('\n')) {
        (Some(next), Some((notice, rest))) => {
            let next = target.at(host, next);
            format!("{notice}\nThe URI of the next part{as_of}: {next}\n{rest}")
        }
        _ => part.text,
    };
    for note in &item.notes {
        let _ = writeln!(text, "\n({note})");
    }
    text
}

fn page(kind: ResourceKind, item: &Item, renderer: Renderer) -> Markdown {
    let Item { thing, related, .. } = item;
    let project = &related["project"];
    let renderer = renderer.with_notation(Notation::of_project(project));
    let key = project["projectKey"].as_str();
    match kind {
        ResourceKind::Project => renderer.project(&ProjectPage {
            milestones: items(&related["versions"]),
            ..ProjectPage::of(thing)
        }),
        ResourceKind::Issue => {
            let comments = items(&related["comments"]);
            let parent = &related["parent"];
            renderer.issue(&IssuePage {
                parent: parent.is_object().then_some(parent),
                children: items(&related["children"]),
                related: items(&related["links"]),
                comments: Comments {
                    shown: comments,
                    older: match comments.len() {
                        MAX_LISTED.. => Older::Possible,
                        _ => Older::None,
                    },
                },
                ..IssuePage::of(thing)
            })
        }
        ResourceKind::Wiki => renderer.page(thing, key),
        ResourceKind::Document => renderer.document(thing, key, items(&related["comments"])),
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

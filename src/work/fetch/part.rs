//! The part of a page that a call returns.
//!
//! A part has at most [`PART_TOKENS`] tokens, and the whole result at most those of any result. The
//! next part has an id of its own, with everything that decides where the parts begin: the number of
//! comments and the newest one among them, so that a new comment does not move the rest.

use std::fmt::Write;

use backlog_rendering::inline;
use serde_json::{Map, Value, json};

use super::fetched::Fetched;
use crate::{
    toolkit::{page_part::fitting, work::WorkOutput},
    work::reference::Options,
};

/// The maximum tokens of a part.
const PART_TOKENS: usize = 4_000;
/// The tokens of a result besides the text.
const OTHER_TOKENS: usize = 400;
/// The minimum tokens of a part.
const LEAST_TOKENS: usize = 60;

/// Writes the result.
pub(super) fn output(fetched: Fetched, notes: Vec<String>, max_tokens: usize) -> WorkOutput {
    let budget = PART_TOKENS.min(max_tokens.saturating_sub(OTHER_TOKENS));
    let offset = fetched.options.offset.unwrap_or(0);
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let part = match fetched.part {
        Some(part) => part,
        None => fitting(&fetched.page, offset, budget.max(LEAST_TOKENS)),
    };
    let with_offset = |offset: usize| {
        let given = fetched.options.clone();
        let options = match i64::try_from(offset) {
            Ok(offset @ 1..) => Options {
                before: fetched.pinned_before.or(given.before),
                offset: Some(offset),
                ..given
            },
            _ => Options {
                offset: None,
                ..given
            },
        };
        format!("{}{options}", fetched.item)
    };
    let next = part.next_offset.map(with_offset);
    let mut text = fetched.lead.unwrap_or_default();
    match (&next, part.text.split_once('\n')) {
        (Some(next), Some((notice, rest))) => {
            let _ = write!(text, "{notice}\nThe id of the next part: {next}\n{rest}");
        }
        _ => text.push_str(&part.text),
    }
    let mut metadata: Map<String, Value> = fetched.facts.into_iter().collect();
    if let Some(next) = next {
        metadata.insert("next".to_owned(), next.into());
    }
    let notes: Vec<_> = notes.into_iter().chain(fetched.notes).collect();
    if !notes.is_empty() {
        let notes = inline::line(&notes.join(" "));
        metadata.insert("notes".to_owned(), notes.into());
    }
    WorkOutput::json(&json!({
        "id": with_offset(offset),
        "title": fetched.title,
        "text": text,
        "url": fetched.url,
        "metadata": metadata,
    }))
}

//! Reads the first or last day of a period: `end of month`, `来月末`, `start of next week`.

use std::borrow::Cow;

use super::{
    now::Now,
    written::{Found, Written},
};
use crate::{
    calendar::Unit,
    span::{Span, period},
};

/// The side of a period.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    First,
    Last,
}

const STARTS: [(&str, Edge); 5] = [
    ("end of ", Edge::Last),
    ("last day of ", Edge::Last),
    ("start of ", Edge::First),
    ("beginning of ", Edge::First),
    ("first day of ", Edge::First),
];
/// A longer word precedes those at its end.
const ENDS: [(&str, Edge); 7] = [
    ("月末", Edge::Last),
    ("末日", Edge::Last),
    ("末", Edge::Last),
    ("月初", Edge::First),
    ("初日", Edge::First),
    ("初", Edge::First),
    ("頭", Edge::First),
];

pub(super) fn parse(text: &str, now: &Now<'_>) -> Found {
    let (edge, name) = english(text).or_else(|| japanese(text))?;
    let span = match period::read(&name, now.today, now.toward)? {
        Ok(span) => span,
        Err(error) => return Some(Err(error)),
    };
    // The end of a week may be a Friday or a Sunday.
    let day = match edge {
        Edge::First => span.start(),
        Edge::Last => span.end().filter(|_| !is_week(span)),
    };
    Some(Ok(Written::Fixed(day?)))
}

fn is_week(span: Span) -> bool {
    let week = span.start().and_then(|start| Unit::Week.around(start));
    week == span.start().zip(span.end())
}

fn english(text: &str) -> Option<(Edge, Cow<'_, str>)> {
    let text = text.strip_prefix("the ").unwrap_or(text);
    let unit = match text {
        "eom" | "month end" => "month",
        "eoq" | "quarter end" => "quarter",
        "eoy" | "year end" => "year",
        _ => "",
    };
    if !unit.is_empty() {
        return Some((Edge::Last, format!("this {unit}").into()));
    }
    let mut starts = STARTS.iter();
    let (edge, name) = starts.find_map(|(it, edge)| Some((*edge, text.strip_prefix(it)?)))?;
    let name = name.strip_prefix("the ").unwrap_or(name);
    Some(match name {
        "week" | "month" | "quarter" | "year" => (edge, format!("this {name}").into()),
        name => (edge, name.into()),
    })
}

fn japanese(text: &str) -> Option<(Edge, Cow<'_, str>)> {
    match text {
        "月末" => return Some((Edge::Last, "今月".into())),
        "年末" => return Some((Edge::Last, "今年".into())),
        "月初" => return Some((Edge::First, "今月".into())),
        _ => {}
    }
    let mut ends = ENDS.iter();
    let (edge, name) = ends.find_map(|(word, edge)| {
        let name = text.strip_suffix(word)?;
        // `12月末` is the end of `12月`, and `今月月末` that of `今月`.
        let is_whole = !word.starts_with('月') || name.ends_with('月');
        is_whole.then_some((*edge, name))
    })?;
    Some((edge, name.trim_end_matches('の').into()))
}

//! The titles and lines that are most similar to what was not found.

use std::collections::HashMap;

use crate::heading::Heading;

/// Longer titles and lines are compared and named by their start.
const LONGEST: usize = 120;

/// Below this share of common character pairs, a line is no help.
const SIMILAR: f64 = 0.3;

/// A line of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The number of the line, from 1.
    pub number: usize,
    /// The line without its line end; a long line ends in `…`.
    pub text: String,
}

/// The titles of at most `count` headings, most similar to `wanted` first, each once.
pub(crate) fn titles(
    outline: &[Heading],
    normalized: &[String],
    wanted: &str,
    count: usize,
) -> Vec<String> {
    let wanted: String = wanted.chars().take(LONGEST).collect();
    let mut scored: Vec<(f64, usize)> = normalized
        .iter()
        .enumerate()
        .map(|(index, title)| {
            let title: String = title.chars().take(LONGEST).collect();
            let part = !wanted.is_empty() && !title.is_empty();
            let contained = part && (title.contains(&wanted) || wanted.contains(&title));
            let bonus = if contained { 1.0 } else { 0.0 };
            (
                strsim::normalized_levenshtein(&title, &wanted) + bonus,
                index,
            )
        })
        .collect();
    scored.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let mut names: Vec<String> = Vec::new();
    for (_, index) in scored {
        let name = shortened(&outline[index].title);
        if !names.contains(&name) {
            names.push(name);
        }
        if names.len() == count {
            break;
        }
    }
    names
}

/// The line of `text` with the most character pairs of the first line of `old`.
///
/// A distance per line costs the product of the lengths; this is one pass over the text.
pub(crate) fn line(text: &str, old: &str) -> Option<Line> {
    let wanted: String = old
        .lines()
        .find(|line| !line.trim().is_empty())?
        .trim()
        .to_owned();
    let mut seen: HashMap<(char, char), usize> = pairs(&wanted).map(|pair| (pair, 0)).collect();
    let distinct = seen.len();
    let mut best: Option<(f64, usize, &str)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let mut common = 0u32;
        let mut total = 0u32;
        for pair in pairs(line.trim()) {
            total += 1;
            if let Some(stamp) = seen.get_mut(&pair)
                && *stamp != number
            {
                *stamp = number;
                common += 1;
            }
        }
        let size = u32::try_from(distinct).unwrap_or(u32::MAX);
        let score = f64::from(2 * common) / (f64::from(total) + f64::from(size)).max(1.0);
        // A passage can be a part of a long line.
        let share = f64::from(common) / f64::from(size).max(1.0);
        let score = score.max(if share > 0.8 { share } else { 0.0 });
        if score >= SIMILAR && best.is_none_or(|(other, _, _)| score > other) {
            best = Some((score, number, line));
        }
    }
    best.map(|(_, number, line)| Line {
        number,
        text: shortened(line),
    })
}

fn pairs(text: &str) -> impl Iterator<Item = (char, char)> {
    text.chars().zip(text.chars().skip(1))
}

/// The text, or its start and `…`.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

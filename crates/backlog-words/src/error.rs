//! Errors that several readers share. Their texts start after the name of the input, which the
//! caller writes: `due: expected a day …`.

use crate::text::{quoted, squeezed};

/// The maximum number of values that an error lists.
pub const MAX_LISTED: usize = 5;
/// The number of characters that are compared.
const MAX_COMPARED: usize = 32;

/// A text has none of the expected forms.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, received {received}{}", remark(nearest))]
pub struct Unexpected {
    expected: &'static str,
    received: String,
    nearest: Vec<&'static str>,
}

impl Unexpected {
    pub(crate) fn new(expected: &'static str, received: &str) -> Self {
        Self {
            expected,
            received: quoted(received),
            nearest: Vec::new(),
        }
    }

    /// Adds the words that are similar to the received one.
    pub(crate) fn with_nearest(
        mut self,
        plain: &str,
        words: impl IntoIterator<Item = &'static str>,
    ) -> Self {
        let similar = words.into_iter().filter(|word| is_similar(plain, word));
        self.nearest = nearest_first(plain, similar, |word| *word);
        self.nearest.truncate(MAX_LISTED);
        self
    }
}

/// A text is none of a few known words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} {received}; available, nearest first: {}", available.join(", "))]
pub struct Unknown {
    what: &'static str,
    received: String,
    available: Vec<&'static str>,
}

impl Unknown {
    pub(crate) fn new(what: &'static str, received: &str, available: Vec<&'static str>) -> Self {
        Self {
            what,
            received: quoted(received),
            available: available.into_iter().take(MAX_LISTED).collect(),
        }
    }

    /// The possible values, the nearest first.
    pub fn available(&self) -> &[&'static str] {
        &self.available
    }
}

fn remark(nearest: &[&str]) -> String {
    match nearest {
        [] => String::new(),
        nearest => format!("; nearest: {}", nearest.join(", ")),
    }
}

/// Whether a word is likely a misspelling of another.
fn is_similar(word: &str, other: &str) -> bool {
    let (word, other) = (clipped(word), clipped(other));
    let shorter = word.chars().count().min(other.chars().count());
    let is_within = shorter >= 2 && (other.contains(&word) || word.contains(&other));
    is_within || (shorter > 0 && strsim::osa_distance(&word, &other) <= (shorter / 3).max(1))
}

/// Sorts values by the distance of their names from a folded text.
pub(crate) fn nearest_first<T>(
    plain: &str,
    values: impl IntoIterator<Item = T>,
    name: impl Fn(&T) -> &str,
) -> Vec<T> {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by_cached_key(|value| distance(plain, name(value)));
    values
}

/// The distance of two names; that of names with a common part is less.
pub(crate) fn distance(text: &str, name: &str) -> (bool, usize) {
    let (text, name) = (clipped(text), clipped(&crate::text::folded(name)));
    let is_apart = text.is_empty() || !(name.contains(&text) || text.contains(&name));
    let of_words = name
        .split(' ')
        .map(|word| strsim::osa_distance(word, &text) + 1);
    let of_whole = strsim::osa_distance(&squeezed(&name), &squeezed(&text));
    (
        is_apart,
        of_words.min().map_or(of_whole, |it| it.min(of_whole)),
    )
}

fn clipped(text: &str) -> String {
    text.chars().take(MAX_COMPARED).collect()
}

//! Matches a written name against candidates.
//!
//! 1. The id of a candidate, as `12`, `#12` or `id:12`. A text in quotes is never an id.
//! 2. A name or extra word that is the same text.
//! 3. A name or extra word that differs only in width, case, spacing or invisible characters, with
//!    or without brackets, quotes and `#` around the text. Hiragana and katakana differ.
//! 4. The same without any spaces.
//! 5. The same without accents: `lucia` for `Lucía`.
//! 6. A part of a name or extra word, if only one candidate has it: at least three letters of
//!    ASCII, two of another script, or a whole word of two letters. The result says that it was a
//!    part, so that the caller can say which candidate was taken.
//!
//! Each step is final if it finds anything: two candidates in the same step are an error.

use std::fmt;

use crate::{
    error::{MAX_LISTED, distance},
    text::{MAX_TEXT, bare, clean, folded, id, is_edge, quoted, squeezed, unaccented},
};

/// The minimum number of characters of a part, in ASCII and in other scripts.
const SHORTEST_PART: (usize, usize) = (3, 2);
/// The minimum number of characters of a name that may be misspelt.
const SHORTEST_MISSPELT: usize = 4;

/// The number of letters of ASCII that are a part only as a whole word.
const SHORTEST_WORD: usize = 2;

/// Something that may be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub id: i64,
    /// Its display name.
    pub name: String,
    /// Other texts that name it: a key, a sign-in name, a mail address, a name in the other
    /// language.
    pub words: Vec<String>,
}

impl Candidate {
    /// A candidate without extra words.
    pub fn new(id: i64, name: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            words: Vec::new(),
        }
    }

    /// Adds extra words.
    #[must_use]
    pub fn with_words<W: Into<String>>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        self.words.extend(words.into_iter().map(Into::into));
        self
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        let words = self.words.iter().map(String::as_str);
        // A longer text is not a name, and would take long to compare.
        std::iter::once(self.name.as_str())
            .chain(words)
            .filter(|text| text.len() <= MAX_TEXT)
    }
}

/// The way in which a text fits a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It is its id.
    Id,
    /// It is its name or one of its words, but for spelling.
    Name,
    /// It is a part of its name or of one of its words.
    Part,
}

/// The candidate that a text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match<'a> {
    /// The candidate.
    pub candidate: &'a Candidate,
    /// The way in which the text fits it.
    pub fit: Fit,
}

/// A text does not mean one candidate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MatchError {
    /// No candidate fits.
    #[error("unknown {kind} {received}{}", available(nearest, *more))]
    Unknown {
        /// The kind of the candidates, such as `status`.
        kind: &'static str,
        /// The quoted text.
        received: String,
        /// At most five candidates, the nearest first.
        nearest: Vec<Shown>,
        /// The number of the other candidates.
        more: usize,
    },
    /// Several candidates fit.
    #[error("{received} fits more than one {kind}: {}; give the id or the whole name", several(fitting, *more))]
    Several {
        /// The kind of the candidates, such as `status`.
        kind: &'static str,
        /// The quoted text.
        received: String,
        /// At most five candidates that fit, the nearest first.
        fitting: Vec<Shown>,
        /// The number of the others that fit.
        more: usize,
    },
}

/// A candidate as errors show it: `"佐藤 遥" (1)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its id.
    pub id: i64,
    /// Its quoted name.
    pub name: String,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.id)
    }
}

fn available(nearest: &[Shown], more: usize) -> String {
    let names: Vec<_> = nearest.iter().map(|shown| shown.name.as_str()).collect();
    match (names.is_empty(), more) {
        (true, _) => "; none is available".to_owned(),
        (false, 0) => format!("; available, nearest first: {}", names.join(", ")),
        (false, more) => format!("; nearest: {} and {more} more", names.join(", ")),
    }
}

fn several(fitting: &[Shown], more: usize) -> String {
    let shown: Vec<_> = fitting.iter().map(Shown::to_string).collect();
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Finds the candidate that a text means. The kind, such as `status`, is for the error.
///
/// # Errors
/// No candidate fits, or several do.
pub fn find<'a>(
    kind: &'static str,
    text: &str,
    candidates: &'a [Candidate],
) -> Result<Match<'a>, MatchError> {
    let Some(pattern) = clean(text).map(|plain| Pattern::of(text, &plain)) else {
        return Err(unknown(kind, text, candidates));
    };
    for (fit, fits) in STEPS {
        let mut fitting: Vec<_> = candidates.iter().filter(|it| fits(&pattern, it)).collect();
        // A list may repeat an entry.
        let mut seen = std::collections::HashSet::new();
        fitting.retain(|it| seen.insert(it.id));
        match *fitting.as_slice() {
            [] => {}
            [candidate] => return Ok(Match { candidate, fit }),
            _ => {
                let (fitting, more) = nearest(&pattern.whole, fitting);
                return Err(MatchError::Several {
                    kind,
                    received: quoted(text),
                    fitting,
                    more,
                });
            }
        }
    }
    Err(unknown(kind, text, candidates))
}

/// Finds the candidate with a name that a new name is likely a misspelling of. Names with other
/// digits, such as those of days and sprints, are other names.
pub fn misspelt<'a>(name: &str, candidates: &'a [Candidate]) -> Option<&'a Candidate> {
    let digits = |text: &str| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    let plain = squeezed(&folded(&clean(name)?));
    let length = plain.chars().count();
    let most = (length / 6).max(1);
    let near = candidates.iter().filter_map(|candidate| {
        let other = squeezed(&folded(&candidate.name));
        let is_similar = other.chars().count().abs_diff(length) <= most
            && candidate.name.len() <= MAX_TEXT
            && digits(&other) == digits(&plain);
        let distance = is_similar.then(|| strsim::osa_distance(&plain, &other))?;
        (length >= SHORTEST_MISSPELT && distance <= most).then_some((distance, candidate))
    });
    near.min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn unknown(kind: &'static str, text: &str, candidates: &[Candidate]) -> MatchError {
    let plain = clean(text).map(|text| folded(&text)).unwrap_or_default();
    let (nearest, more) = nearest(&plain, candidates.iter().collect());
    MatchError::Unknown {
        kind,
        received: quoted(text),
        nearest,
        more,
    }
}

/// Returns the nearest candidates, and the number of the others.
fn nearest(plain: &str, mut candidates: Vec<&Candidate>) -> (Vec<Shown>, usize) {
    let of = |it: &&Candidate| it.texts().map(|text| distance(plain, text)).min();
    // A candidate without a text that can be compared is the last one.
    candidates.sort_by_cached_key(|it| of(it).map_or((true, usize::MAX), |near| near));
    let shown = candidates.iter().take(MAX_LISTED).map(|candidate| Shown {
        id: candidate.id,
        name: quoted(candidate.name.trim_matches(is_edge)),
    });
    (shown.collect(), candidates.len().saturating_sub(MAX_LISTED))
}

/// Whether a text fits a candidate.
type Fits = fn(&Pattern, &Candidate) -> bool;

/// The steps in their order.
const STEPS: [(Fit, Fits); 6] = [
    (Fit::Id, Pattern::is_id_of),
    (Fit::Name, Pattern::is_text_of),
    (Fit::Name, Pattern::is_name_of),
    (Fit::Name, Pattern::is_squeezed_of),
    (Fit::Name, Pattern::is_unaccented_of),
    (Fit::Part, Pattern::is_part_of),
];

/// A text in the forms in which it is compared.
struct Pattern {
    text: String,
    id: Option<i64>,
    whole: String,
    bare: String,
    squeezed: String,
    unaccented: String,
}

impl Pattern {
    fn of(text: &str, plain: &str) -> Self {
        let bare = folded(bare(plain));
        let squeezed = squeezed(&bare);
        let number = plain.trim_start_matches('#').trim_start();
        Self {
            text: text.trim().to_owned(),
            id: id(number),
            whole: folded(plain),
            unaccented: unaccented(&squeezed),
            squeezed,
            bare,
        }
    }

    fn is_id_of(&self, candidate: &Candidate) -> bool {
        Some(candidate.id) == self.id
    }

    fn is_text_of(&self, candidate: &Candidate) -> bool {
        !self.text.is_empty() && candidate.texts().any(|it| it.trim() == self.text)
    }

    fn is_name_of(&self, candidate: &Candidate) -> bool {
        let is_it = |name: String| !name.is_empty() && (name == self.whole || name == self.bare);
        candidate.texts().any(|it| is_it(folded(it)))
    }

    fn is_squeezed_of(&self, candidate: &Candidate) -> bool {
        let is_it = |text| squeezed(&folded(text)) == self.squeezed;
        !self.squeezed.is_empty() && candidate.texts().any(is_it)
    }

    fn is_unaccented_of(&self, candidate: &Candidate) -> bool {
        let is_it = |text| unaccented(&squeezed(&folded(text))) == self.unaccented;
        !self.unaccented.is_empty() && candidate.texts().any(is_it)
    }

    fn is_part_of(&self, candidate: &Candidate) -> bool {
        let part = &self.unaccented;
        let (ascii, other) = SHORTEST_PART;
        let is_ascii = part.is_ascii();
        let length = part.chars().count();
        if length >= if is_ascii { ascii } else { other } {
            let is_it = |text| unaccented(&squeezed(&folded(text))).contains(part);
            return candidate.texts().any(is_it);
        }
        let has_word = |text: &str| {
            let text = unaccented(&folded(text));
            let mut words = text.split(|c: char| !c.is_alphanumeric());
            words.any(|word| word == part)
        };
        is_ascii && length == SHORTEST_WORD && candidate.texts().any(has_word)
    }
}

#[cfg(test)]
mod tests;

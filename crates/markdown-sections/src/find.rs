//! A heading by its title or its path.
//!
//! 1. The wanted title is compared as it is, then normalized.
//! 2. Where no title matches, ` > ` and ` / ` part it into a path of titles.
//! 3. Where several match, the identical title takes precedence, then the one whose direct
//!    parents match.

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use crate::{heading::Heading, nearest};

/// How many titles or paths an error names.
const NAMED: usize = 5;

/// The reason why no single heading is meant.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FindError {
    /// No heading has the title.
    #[error("no heading matches; {}", list("nearest", nearest))]
    NotFound {
        /// At most five titles, the most similar first.
        nearest: Vec<String>,
    },
    /// Several headings have the title.
    #[error(
        "{count} headings match; {}; narrow with \"Parent > Title\"",
        list("among them", paths)
    )]
    Ambiguous {
        /// How many headings match.
        count: usize,
        /// The paths (`A > B`) of the first five.
        paths: Vec<String>,
    },
}

fn list(label: &str, names: &[String]) -> String {
    if names.is_empty() {
        return "the text has no headings".to_owned();
    }
    let quoted: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    format!("{label}: {}", quoted.join(", "))
}

/// The heading that `wanted` names: a title, or a path like `A > B` or `A / B`.
///
/// Case, width and the amount of space do not matter. A path names parents in their order and
/// can leave some out.
pub fn find<'a>(outline: &'a [Heading], wanted: &str) -> Result<&'a Heading, FindError> {
    let titles: Vec<String> = outline
        .iter()
        .map(|heading| normalized(&heading.title))
        .collect();
    let parents = parents(outline);
    let search = Search {
        outline,
        titles: &titles,
        parents: &parents,
    };
    let whole = normalized(wanted);
    let unmarked = normalized(wanted.trim_start().trim_start_matches(['#', '*']));
    let ways = [vec![whole.as_str()], vec![unmarked.as_str()]]
        .into_iter()
        .chain([" > ", " / "].map(|separator| path(&unmarked, separator)));
    for way in ways {
        let matches = search.matches(&way);
        if !matches.is_empty() {
            return search.one(&matches, &way, wanted);
        }
    }
    Err(FindError::NotFound {
        nearest: nearest::titles(outline, &titles, &unmarked, NAMED),
    })
}

/// NFKC, lower case, single spaces.
pub(crate) fn normalized(text: &str) -> String {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn path<'a>(wanted: &'a str, separator: &str) -> Vec<&'a str> {
    wanted
        .split(separator)
        .map(|part| part.trim().trim_start_matches(['#', '*']).trim_start())
        .collect()
}

/// The index of the section that each section is in.
fn parents(outline: &[Heading]) -> Vec<Option<usize>> {
    let mut open: Vec<usize> = Vec::new();
    let mut parents = Vec::with_capacity(outline.len());
    for (index, heading) in outline.iter().enumerate() {
        while open
            .pop_if(|last| outline[*last].level >= heading.level)
            .is_some()
        {}
        parents.push(open.last().copied());
        open.push(index);
    }
    parents
}

struct Search<'a, 'b> {
    outline: &'a [Heading],
    titles: &'b [String],
    parents: &'b [Option<usize>],
}

impl<'a> Search<'a, '_> {
    fn matches(&self, way: &[&str]) -> Vec<usize> {
        let Some((title, above)) = way.split_last() else {
            return Vec::new();
        };
        (0..self.outline.len())
            .filter(|index| self.titles[*index] == *title && self.is_below(*index, above))
            .collect()
    }

    /// The titles of `above` occur in this order among the parents.
    fn is_below(&self, index: usize, above: &[&str]) -> bool {
        let mut left = above.iter().rev().peekable();
        for parent in self.ancestors(index) {
            left.next_if(|wanted| self.titles[parent] == ***wanted);
        }
        left.peek().is_none()
    }

    fn one(&self, matches: &[usize], way: &[&str], wanted: &str) -> Result<&'a Heading, FindError> {
        let above = &way[..way.len() - 1];
        let direct = |index: &&usize| {
            let parents: Vec<&str> = self
                .ancestors(**index)
                .take(above.len())
                .map(|parent| self.titles[parent].as_str())
                .collect();
            parents.into_iter().rev().eq(above.iter().copied())
        };
        let equal = |index: &&usize| self.outline[**index].title == wanted.trim();
        let only = single(matches.iter())
            .or_else(|| single(matches.iter().filter(equal)))
            .or_else(|| single(matches.iter().filter(direct)));
        match only {
            Some(index) => Ok(&self.outline[*index]),
            None => Err(FindError::Ambiguous {
                count: matches.len(),
                paths: matches
                    .iter()
                    .take(NAMED)
                    .map(|index| self.path(*index))
                    .collect(),
            }),
        }
    }

    fn ancestors(&self, index: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.parents[index], |parent| self.parents[*parent])
    }

    fn path(&self, index: usize) -> String {
        let mut titles: Vec<String> = std::iter::once(index)
            .chain(self.ancestors(index))
            .map(|index| nearest::shortened(&self.outline[index].title))
            .collect();
        titles.reverse();
        titles.join(" > ")
    }
}

fn single<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

//! The page of a list that a call requests, and how to request the next one.
//!
//! Backlog pages most lists. The hub pages the lists that Backlog returns whole, and the versions
//! of a wiki page, which Backlog pages by ids that it does not return.

use serde_json::{Map, Value};

use super::elements::Elements;
use crate::toolkit::rest::{COUNT, OFFSET, Paging};

/// Backlog's maximum page size, where it pages by ids.
const MOST: u64 = 100;

/// The arguments of a page, and the elements that Backlog returned.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    paging: Paging,
    offset: u64,
    /// The requested or default number of elements.
    count: Option<u64>,
    ascending: bool,
    /// The ids of the elements that Backlog returned.
    ids: Vec<Option<u64>>,
    /// The indexes of the elements that may be shown; `None` if all may.
    shown: Option<Vec<usize>>,
    /// The number of elements before the hub cut its page.
    whole: u64,
}

impl Page {
    /// Reads the page from the arguments, and removes those that are for the hub. `usual` is the
    /// default page size.
    pub(crate) fn of(paging: Paging, usual: u64, arguments: &mut Map<String, Value>) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number that matters is small; others saturate"
        )]
        let number = |name| {
            let value = arguments.get(name).and_then(Value::as_f64);
            value.map(|number| number as u64)
        };
        let (offset, count) = (number(OFFSET).unwrap_or(0), number(COUNT));
        let ascending = arguments.get("order").is_some_and(|order| order == "asc");
        let count = match paging {
            Paging::Whole => {
                arguments.shift_remove(OFFSET);
                arguments.shift_remove(COUNT);
                // 0 counts as absent, like an empty value.
                count.filter(|count| *count > 0)
            }
            Paging::Versions => {
                arguments.shift_remove(OFFSET);
                let count = count.unwrap_or(usual);
                if offset > 0 {
                    let all = offset.saturating_add(count).min(MOST);
                    arguments.insert(COUNT.to_owned(), all.into());
                }
                Some(count)
            }
            _ => Some(count.unwrap_or(usual)),
        };
        Self {
            paging,
            offset,
            count,
            ascending,
            ..Self::default()
        }
    }

    /// Whether the hub cuts a page out of the list that Backlog returns.
    pub(crate) fn is_cut(&self) -> bool {
        match self.paging {
            Paging::None | Paging::Offset | Paging::Id => false,
            Paging::Whole => self.offset > 0 || self.count.is_some(),
            Paging::Versions => true,
        }
    }

    /// The note on a list that is passed on as Backlog wrote it, which is not cut. It is the one
    /// that [`Self::note`] returns for the same list after it is parsed.
    pub(crate) fn note_on_whole(&self, json: &str) -> Option<String> {
        if !matches!(self.paging, Paging::Offset | Paging::Id) {
            return None;
        }
        let elements = Elements::of(json)?;
        if !self.is_full(elements.count) {
            return None;
        }
        let last_id = match self.paging {
            Paging::Id => elements.last().as_ref().and_then(id),
            _ => None,
        };
        let next = self.beyond(elements.count, last_id)?;
        Some(may_be_more(&next))
    }

    /// Records the ids that Backlog returned, before anything is left out.
    pub(crate) fn received(&mut self, value: &Value) {
        self.ids = value.as_array().into_iter().flatten().map(id).collect();
    }

    /// Records which of the elements may be shown.
    pub(crate) fn filtered(&mut self, value: &Value) {
        let mut places = self.ids.iter().enumerate();
        let shown = value.as_array().into_iter().flatten();
        let place = |item| Some(places.find(|(_, came)| **came == id(item))?.0);
        self.shown = Some(shown.filter_map(place).collect());
    }

    /// Cuts the hub's page out of the elements that may be shown.
    pub(crate) fn take(&mut self, value: &mut Value) {
        if let (Value::Array(items), Paging::Whole | Paging::Versions) = (value, self.paging) {
            self.whole = items.len() as u64;
            let place = |number: u64| usize::try_from(number.min(self.whole)).unwrap_or(0);
            let end = self
                .count
                .map_or(self.whole, |count| self.offset.saturating_add(count));
            items.truncate(place(end));
            items.drain(..place(self.offset).min(items.len()));
        }
    }

    /// The number of returned elements up to the last of the first `kept` that may be shown.
    fn passed(&self, kept: usize) -> Option<usize> {
        let last = kept.checked_sub(1)?;
        let place = match &self.shown {
            None => last,
            Some(places) => *places.get(last)?,
        };
        Some(place + 1)
    }

    /// Returns the arguments for the elements after the first `passed` ones.
    fn after(&self, passed: usize) -> Option<String> {
        let last = passed.checked_sub(1)?;
        self.beyond(passed, self.ids.get(last).copied().flatten())
    }

    /// As [`Self::after`]; `last_id` is the id of the last of the passed elements.
    fn beyond(&self, passed: usize, last_id: Option<u64>) -> Option<String> {
        match self.paging {
            Paging::None => None,
            Paging::Offset | Paging::Whole | Paging::Versions => {
                let offset = self.offset.saturating_add(passed as u64);
                Some(format!("offset {offset}"))
            }
            Paging::Id => {
                let id = last_id?;
                let bound = if self.ascending { "minId" } else { "maxId" };
                Some(format!("{bound} {id}"))
            }
        }
    }

    /// Returns the inputs that request only the first element that may be shown.
    pub(crate) fn only_first(&self) -> Vec<(&'static str, Value)> {
        let place = self.passed(1).map_or(0, |passed| passed - 1);
        match self.paging {
            Paging::None => Vec::new(),
            Paging::Offset => {
                let offset = self.offset.saturating_add(place as u64);
                vec![(OFFSET, offset.into()), (COUNT, 1.into())]
            }
            Paging::Whole | Paging::Versions => {
                vec![(OFFSET, self.offset.into()), (COUNT, 1.into())]
            }
            Paging::Id => match self.ids.get(place).copied().flatten() {
                Some(id) if self.ascending => {
                    vec![("minId", id.saturating_sub(1).into()), (COUNT, 1.into())]
                }
                Some(id) => vec![("maxId", id.saturating_add(1).into()), (COUNT, 1.into())],
                None => Vec::new(),
            },
        }
    }

    /// Writes the note on a list of which the first `kept` of `all` elements are shown, and how to
    /// get the rest. `last` is the last of all elements.
    pub(crate) fn note(&self, kept: usize, all: usize, last: Option<&Value>) -> Option<String> {
        if self.paging == Paging::Whole {
            return self.of_whole(kept as u64);
        }
        if kept < all {
            let first = match kept {
                1 => format!("This is the first of {all}."),
                kept => format!("These are the first {kept} of {all}."),
            };
            return Some(format!("{first} {}", self.rest(kept)));
        }
        self.more(last)
    }

    fn of_whole(&self, kept: u64) -> Option<String> {
        let (from, whole) = (self.offset, self.whole);
        if from > 0 && from >= whole {
            let text = format!("The list has only {whole} entries: offset {from} is past its end.");
            return Some(text);
        }
        let to = from + kept;
        match (from, to) {
            (0, to) if to >= whole => None,
            (from, to) if to >= whole => Some(format!(
                "These are the last {kept} of {whole}, from offset {from} on."
            )),
            (from, to) => Some(format!(
                "These are {kept} of {whole}, from offset {from} on. For the rest, call again \
                 with offset {to}."
            )),
        }
    }

    /// How to get the elements that the limit cut off after the first `kept`.
    fn rest(&self, kept: usize) -> String {
        let next = self.passed(kept).and_then(|passed| match self.paging {
            // Offsets count the elements that the hub showed, not those that Backlog returned.
            Paging::Versions => self.after(kept),
            _ => self.after(passed),
        });
        match (next, self.paging) {
            (Some(next), Paging::Offset) => {
                format!("For the rest, call again with {next} and count {kept}.")
            }
            (Some(next), _) => format!("For the rest, call again with {next}."),
            (None, _) => "The rest is too long to show.".to_owned(),
        }
    }

    /// How to get the next page, if this one is full.
    fn more(&self, last: Option<&Value>) -> Option<String> {
        if self.paging == Paging::Versions {
            return self.more_versions(last);
        }
        let came = self.ids.len();
        if !self.is_full(came) {
            return None;
        }
        let next = self.after(came)?;
        Some(may_be_more(&next))
    }

    /// Whether Backlog returned as many elements as the page can have.
    fn is_full(&self, came: usize) -> bool {
        came > 0 && Some(came as u64) >= self.count
    }

    /// Backlog returns at most a hundred, and pages by ids that it does not return. The version
    /// numbers may be those ids.
    fn more_versions(&self, last: Option<&Value>) -> Option<String> {
        let end = self.offset.saturating_add(self.count.unwrap_or(0));
        if self.whole < end.min(MOST) {
            return None;
        }
        if self.whole < MOST {
            return Some(format!("There may be more: call again with offset {end}."));
        }
        let version = last.and_then(|last| last["version"].as_u64());
        let bound = if self.ascending { "minId" } else { "maxId" };
        let (these, others) = match self.ascending {
            true => ("oldest", "newest first with order desc"),
            false => ("newest", "oldest first with order asc"),
        };
        let next = version.map_or_else(String::new, |version| {
            format!(" with {bound} {version} and offset 0; if nothing is returned,")
        });
        Some(format!(
            "Backlog returns at most the {these} {MOST}. For more, call again{next} {others}."
        ))
    }
}

fn may_be_more(next: &str) -> String {
    format!("There may be more: call again with {next}.")
}

fn id(item: &Value) -> Option<u64> {
    item.get("id").and_then(Value::as_u64)
}

#[cfg(test)]
mod tests;

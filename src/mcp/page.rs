//! The page of a list that a call asked for, and how to ask for the next one.

use serde_json::{Map, Value};

use super::tool::Paging;

/// How many Backlog answers with, nearly everywhere, where the call does not say it.
pub(super) const USUAL_COUNT: u64 = 20;
/// How many it answers with at most, where it pages by ids.
const MOST: u64 = 100;

/// The arguments that a page was asked for with, and what came.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    paging: Paging,
    offset: u64,
    count: u64,
    ascending: bool,
    /// Of the elements that came.
    ids: Vec<Option<u64>>,
    /// The places among them of those that may be shown; `None` if all may.
    shown: Option<Vec<usize>>,
}

impl Page {
    /// `usual` is how many come where the arguments do not say it.
    pub fn of(paging: Paging, usual: u64, arguments: &Map<String, Value>) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number that matters is small; others saturate"
        )]
        let number = |name| {
            let value = arguments.get(name).and_then(Value::as_f64);
            value.map(|number| number as u64)
        };
        Self {
            paging,
            offset: number("offset").unwrap_or(0),
            count: number("count").unwrap_or(usual),
            ids: Vec::new(),
            shown: None,
            ascending: arguments.get("order").is_some_and(|order| order == "asc"),
        }
    }

    /// Looks at what Backlog answered, before anything is left out of it.
    pub fn answered(&mut self, value: &Value) {
        self.ids = value.as_array().into_iter().flatten().map(id).collect();
    }

    /// Looks at what of it may be shown.
    pub fn sifted(&mut self, value: &Value) {
        let mut places = self.ids.iter().enumerate();
        let shown = value.as_array().into_iter().flatten();
        let place = |item| Some(places.find(|(_, came)| **came == id(item))?.0);
        self.shown = Some(shown.filter_map(place).collect());
    }

    /// How many came up to the last of the first `kept` that may be shown.
    fn passed(&self, kept: usize) -> Option<usize> {
        let last = kept.checked_sub(1)?;
        let place = match &self.shown {
            None => last,
            Some(places) => *places.get(last)?,
        };
        Some(place + 1)
    }

    /// The arguments for what comes after the first `passed` elements.
    fn after(&self, passed: usize) -> Option<String> {
        let last = passed.checked_sub(1)?;
        match self.paging {
            Paging::None => None,
            Paging::Offset => {
                let offset = self.offset.saturating_add(passed as u64);
                Some(format!("offset {offset}"))
            }
            Paging::Id => {
                let id = self.ids.get(last).copied().flatten()?;
                let bound = if self.ascending { "minId" } else { "maxId" };
                Some(format!("{bound} {id}"))
            }
        }
    }

    /// How to get what a limit cut off after the first `kept` elements.
    pub(super) fn rest(&self, kept: usize) -> String {
        let next = self.passed(kept).and_then(|passed| self.after(passed));
        match (next, self.paging) {
            (Some(next), Paging::Offset) => {
                format!("For the rest, call again with {next} and count {kept}.")
            }
            (Some(next), _) => format!("For the rest, call again with {next}."),
            (None, _) => {
                "Ask for less, with filters or for single items, to see the rest.".to_owned()
            }
        }
    }

    /// How to go on after this page, if it came full.
    pub(super) fn more(&self) -> Option<String> {
        let came = self.ids.len();
        if came == 0 || (came as u64) < self.count {
            return None;
        }
        let next = match (self.after(came), self.paging) {
            (Some(next), _) => next,
            // Backlog counts by ids that it does not show.
            (None, Paging::Id) if self.count < MOST => format!("a larger count, up to {MOST}"),
            (None, Paging::Id) => return Some("There may be more.".to_owned()),
            (None, _) => return None,
        };
        Some(format!("There may be more: call again with {next}."))
    }
}

fn id(item: &Value) -> Option<u64> {
    item.get("id").and_then(Value::as_u64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::mcp::limit::fit;

    /// The page of a call with these arguments, answered with these elements.
    fn page(paging: Paging, arguments: Value, items: &[Value]) -> Page {
        let mut page = Page::of(paging, USUAL_COUNT, arguments.as_object().unwrap());
        page.answered(&json!(items));
        page
    }

    #[test]
    fn a_list_ends_at_an_element_and_the_note_says_how_to_go_on() {
        let items: Vec<_> = (1..=9)
            .map(|id| json!({"id": 100 - id, "name": "a b"}))
            .collect();
        for (paging, arguments, expected) in [
            (
                Paging::Offset,
                json!({}),
                "call again with offset 2 and count 2.",
            ),
            (
                Paging::Offset,
                json!({"offset": 5.0}),
                "call again with offset 7 and count 2.",
            ),
            (Paging::Id, json!({}), "call again with maxId 98."),
            (
                Paging::Id,
                json!({"order": "asc"}),
                "call again with minId 98.",
            ),
            (
                Paging::None,
                json!({}),
                "Ask for less, with filters or for single items, to see the rest.",
            ),
        ] {
            let page = page(paging, arguments, &items);
            // The fields chosen need not have the id.
            let chosen: Vec<_> = items.iter().map(|item| &item["name"]).collect();
            assert_eq!(fit(json!(chosen), 12, &page).text, r#"["a b","a b"]"#);
            let fitted = fit(json!(items), 50, &page);
            let kept: Value = serde_json::from_str(&fitted.text).unwrap();
            assert_eq!(kept, json!(items[..2]));
            let note = fitted.note.unwrap();
            assert!(note.starts_with("These are the first 2 of 9. "), "{note}");
            assert!(note.ends_with(expected), "{note}");
        }
    }

    #[test]
    fn a_full_page_says_how_to_go_on() {
        let items: Vec<_> = (0..20).map(|id| json!({"id": 100 - id})).collect();
        for (paging, arguments, len, expected) in [
            (Paging::Offset, json!({}), 20, Some("offset 20")),
            (
                Paging::Offset,
                json!({"count": null}),
                20,
                Some("offset 20"),
            ),
            (Paging::Offset, json!({"offset": 40}), 20, Some("offset 60")),
            (Paging::Offset, json!({"count": 5}), 5, Some("offset 5")),
            (Paging::Offset, json!({"count": 100}), 20, None),
            (Paging::Offset, json!({}), 19, None),
            (Paging::Offset, json!({"count": 0}), 0, None),
            (Paging::Id, json!({}), 20, Some("maxId 81")),
            (Paging::Id, json!({"order": "asc"}), 20, Some("minId 81")),
            (Paging::Id, json!({"count": 2}), 2, Some("maxId 99")),
            (Paging::Id, json!({"count": 3}), 2, None),
            (Paging::None, json!({}), 20, None),
        ] {
            let items = &items[..len];
            let page = page(paging, arguments.clone(), items);
            let note = fit(json!(items), 50_000, &page).note;
            let expected =
                expected.map(|next| format!("There may be more: call again with {next}."));
            assert_eq!(note, expected, "{paging:?} {arguments}");
        }
        let unnamed: Vec<_> = (0..100)
            .map(|version| json!({"version": version}))
            .collect();
        for (arguments, len, expected) in [
            (
                json!({}),
                20,
                Some("There may be more: call again with a larger count, up to 100."),
            ),
            (json!({}), 19, None),
            (json!({"count": 100}), 100, Some("There may be more.")),
        ] {
            let items = &unnamed[..len];
            let page = page(Paging::Id, arguments, items);
            assert_eq!(fit(json!(items), 50_000, &page).note.as_deref(), expected);
        }
        let thing = json!({"count": 20});
        assert_eq!(
            fit(thing, 50, &page(Paging::Offset, json!({}), &[])).note,
            None
        );
    }

    #[test]
    fn what_may_not_be_shown_counts_for_where_to_go_on() {
        let items: Vec<_> = (0..20)
            .map(|id| json!({"id": 100 - id, "name": "a b"}))
            .collect();
        let some: Vec<_> = items.iter().skip(1).step_by(3).cloned().collect();
        for (paging, after_all, after_two) in [
            (Paging::Offset, "offset 20.", "offset 5 and count 2."),
            (Paging::Id, "maxId 81.", "maxId 96."),
        ] {
            let mut page = page(paging, json!({}), &items);
            page.sifted(&json!(some));
            let note = fit(json!(some), 50_000, &page).note.unwrap();
            assert!(note.ends_with(after_all), "{note}");
            let note = fit(json!(some), 50, &page).note.unwrap();
            assert!(note.starts_with("These are the first 2 of 7."), "{note}");
            assert!(note.ends_with(after_two), "{note}");
            page.sifted(&json!([]));
            let note = fit(json!([]), 50, &page).note.unwrap();
            assert!(note.ends_with(after_all), "{note}");
        }
    }
}

//! Truncates a result to the token limit, as JSON that is still valid.
//!
//! 1. A result that fits is left alone, unless a part was requested.
//! 2. From a list, as many of the first elements as fit are kept.
//! 3. In a single item, or in the first element if even that one does not fit, the longest texts
//!    are shortened to the remaining budget; inner lists only if that is not enough. Short texts
//!    are never cut ([`crate::calls::window`]).
//! 4. If even the short fields are too long, only the first ones are kept.
//!
//! The outcome lists what is missing, for a [note](crate::calls::notes) on how to get it. The JSON is not
//! indented: a model pays for every space, on every call.

use serde_json::{Map, Value};

use super::window::{ListPart, TextPart, View, Window, view};
use crate::toolkit::tokens::{fits, tokens};

/// The requested part of the texts and lists in a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestedPart {
    /// The first character of long texts.
    pub text_offset: usize,
    /// The maximum number of characters of a long text.
    pub text_length: Option<usize>,
    /// The first entry of inner lists.
    pub item_offset: usize,
}

impl RequestedPart {
    pub(crate) fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it continues a part that was shown before.
    pub(crate) fn goes_on(&self) -> bool {
        self.text_offset > 0 || self.item_offset > 0
    }

    fn window(&self) -> Window {
        Window {
            from: self.text_offset,
            length: self.text_length.unwrap_or(usize::MAX),
            first: self.item_offset,
            entries: usize::MAX,
            neat: true,
        }
    }
}

/// A result within the limit.
#[derive(Debug, Default)]
pub(crate) struct Fitted {
    /// JSON, in Backlog's order of fields.
    pub text: String,
    /// The number of list elements in it.
    pub kept: usize,
    /// The number of other elements with something in the requested part.
    pub left: usize,
    /// Whether it is a part of one item, alone or as the only element.
    pub is_single: bool,
    /// The texts that are shown in part.
    pub texts: Vec<TextPart>,
    /// The inner lists that continue after the shown entries.
    pub lists: Vec<ListPart>,
    /// The entry at which they continue, if any entry is shown.
    pub next_entry: Option<usize>,
    /// Whether fields are missing that no call can read.
    pub fields_missing: bool,
}

/// The length to which long texts are shortened before lists are.
const LEAST_TEXT: usize = 1_000;

/// Writes the requested part of a value, within `max_tokens`.
pub(crate) fn fit(value: &Value, max_tokens: usize, asked: RequestedPart) -> Fitted {
    let everything = asked.is_everything().then(|| value.to_string());
    if let Some(text) = everything.filter(|text| fits(text, max_tokens)) {
        let kept = value.as_array().map_or(0, Vec::len);
        return Fitted {
            text,
            kept,
            ..Fitted::default()
        };
    }
    let Value::Array(items) = value else {
        let part = part_of(value, max_tokens, asked);
        return Fitted {
            text: part.view.value.to_string(),
            is_single: true,
            ..part.into_fitted(asked)
        };
    };
    let shown = match asked.is_everything() {
        true => None,
        false => Some(view(value, asked.window())),
    };
    let elements = shown.as_ref().map_or(value, |shown| &shown.value);
    let elements = elements.as_array().map(Vec::as_slice).unwrap_or_default();
    let kept = how_many(elements, max_tokens);
    if kept > 0 || elements.is_empty() {
        let (text, left) = (
            Value::from(&elements[..kept]).to_string(),
            elements.len() - kept,
        );
        let View { texts, lists, .. } = shown.unwrap_or_default();
        return Fitted {
            text,
            kept,
            left,
            texts,
            lists,
            ..Fitted::default()
        };
    }
    let first = items
        .iter()
        .find(|item| !asked.goes_on() || counts(item, asked));
    let part = part_of(
        first.unwrap_or(&Value::Null),
        max_tokens.saturating_sub(2),
        asked,
    );
    Fitted {
        text: format!("[{}]", part.view.value),
        kept: 1,
        is_single: true,
        ..part.into_fitted(asked)
    }
}

/// Whether an element has anything in the requested part.
fn counts(item: &Value, asked: RequestedPart) -> bool {
    let alone = Value::from(std::slice::from_ref(item));
    let seen = view(&alone, asked.window());
    seen.value.as_array().is_some_and(|shown| !shown.is_empty())
}

/// A shortened item.
struct Shortened {
    view: View,
    window: Window,
    fields_missing: bool,
}

impl Shortened {
    fn into_fitted(self, asked: RequestedPart) -> Fitted {
        let Window { first, entries, .. } = self.window;
        let goes_on = !self.view.lists.is_empty() && entries > 0;
        Fitted {
            next_entry: goes_on.then(|| first.saturating_add(entries)),
            // A part of them was requested, or the whole did not fit.
            texts: self.view.texts,
            lists: match asked.text_offset {
                0 => self.view.lists,
                _ => Vec::new(),
            },
            fields_missing: self.fields_missing,
            ..Fitted::default()
        }
    }
}

/// Returns the requested part of an item, with its long texts shortened to the remaining budget.
fn part_of(value: &Value, max_tokens: usize, asked: RequestedPart) -> Shortened {
    let wanted = asked.window();
    let whole = view(value, wanted);
    if fits(&whole.value.to_string(), max_tokens) {
        return Shortened {
            view: whole,
            window: wanted,
            fields_missing: false,
        };
    }
    let cost = |window: Window| tokens(&view(value, window).value.to_string());
    let longest = longest_text(value).min(wanted.length);
    let mut window = Window {
        length: longest.min(LEAST_TEXT).min(max_tokens / 8),
        neat: false,
        ..wanted
    };
    if cost(window) > max_tokens {
        let entries = whole.entries.saturating_sub(window.first);
        window.entries = most(0, entries, max_tokens, |entries| {
            cost(Window { entries, ..window })
        });
        if window.entries == 0 {
            window.length = most(0, window.length, max_tokens, |length| {
                cost(Window { length, ..window })
            });
        }
    }
    window.length = most(window.length, longest, max_tokens, |length| {
        cost(Window { length, ..window })
    });
    let neat = Window {
        neat: true,
        ..window
    };
    let mut views = [neat, window].into_iter().map(|window| view(value, window));
    if let Some(view) = views.find(|view| fits(&view.value.to_string(), max_tokens)) {
        return Shortened {
            view,
            window,
            fields_missing: false,
        };
    }
    let mut view = view(value, window);
    view.value = first_fields(view.value, max_tokens);
    Shortened {
        view,
        window,
        fields_missing: true,
    }
}

/// Finds a number from `low` to `high`, close to the largest, with a cost of at most `budget`. The
/// cost must grow with the number. Returns `low` if even that costs too much.
fn most(low: usize, high: usize, budget: usize, cost: impl Fn(usize) -> usize) -> usize {
    let (mut low, mut above) = ((low, cost(low)), (high, cost(high)));
    if above.1 <= budget {
        return above.0;
    }
    // The remainder is not worth another attempt.
    let enough = budget - budget / 64;
    for look in 1_u32.. {
        if above.0 - low.0 <= 1 || low.1 >= enough {
            break;
        }
        let (span, room) = ((above.0 - low.0) as u128, (budget - low.1) as u128);
        let guess = match look % 4 {
            0 => span / 2,
            // The cost grows almost linearly.
            _ => span * room / (above.1 - low.1).max(1) as u128,
        };
        let guess = usize::try_from(guess.clamp(1, span - 1)).unwrap_or(1);
        let next = low.0 + guess;
        match cost(next) {
            cost if cost <= budget => low = (next, cost),
            cost => above = (next, cost),
        }
    }
    low.0
}

/// The number of characters of the longest text inside.
pub(crate) fn longest_text(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.iter().map(longest_text).max().unwrap_or(0),
        Value::Object(fields) => fields.values().map(longest_text).max().unwrap_or(0),
        _ => 0,
    }
}

/// Whether JSON can be passed on as Backlog sent it: it is not null, and short enough.
pub(crate) fn fits_as_it_is(json: &str, max_tokens: usize) -> bool {
    json != "null" && fits(json, max_tokens)
}

/// The number of first elements that fit, including brackets and commas.
fn how_many(items: &[Value], max_tokens: usize) -> usize {
    let mut left = max_tokens.saturating_sub(2);
    items
        .iter()
        .take_while(|item| {
            let cost = tokens(&item.to_string()) + 1;
            let affordable = cost <= left;
            left = left.saturating_sub(cost);
            affordable
        })
        .count()
}

/// Keeps the first fields of an object that fit.
fn first_fields(value: Value, max_tokens: usize) -> Value {
    let Value::Object(fields) = value else {
        return match fits(&value.to_string(), max_tokens) {
            true => value,
            false => Value::Null,
        };
    };
    let mut kept = Map::new();
    let mut left = max_tokens.saturating_sub(2);
    for (name, value) in fields {
        let cost = tokens(&name) + tokens(&value.to_string()) + 4;
        if cost > left {
            break;
        }
        left -= cost;
        kept.insert(name, value);
    }
    Value::Object(kept)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const EVERYTHING: RequestedPart = RequestedPart {
        text_offset: 0,
        text_length: None,
        item_offset: 0,
    };

    fn read(fitted: &Fitted) -> Value {
        serde_json::from_str(&fitted.text).unwrap()
    }

    #[test]
    fn a_result_within_the_limit_is_unchanged() {
        let value = json!([{"id": 1}, {"id": 2}]);
        let fitted = fit(&value, 50, EVERYTHING);
        assert_eq!(fitted.text, r#"[{"id":1},{"id":2}]"#);
        assert_eq!(fitted.kept, 2);
        assert!(fitted.texts.is_empty() && fitted.lists.is_empty());
    }

    #[test]
    fn the_budget_is_used_and_the_longest_text_is_cut() {
        let long = "words and more ".repeat(500);
        let short = "a short one ".repeat(10);
        let thing = json!({"id": 1, "content": long, "note": short, "tags": [{"id": 2}]});
        for value in [thing.clone(), json!([thing])] {
            let fitted = fit(&value, 600, EVERYTHING);
            let used = tokens(&fitted.text);
            assert!((560..=600).contains(&used), "{used}");
            let [part] = fitted.texts.as_slice() else {
                panic!("{:?}", fitted.texts)
            };
            assert_eq!(part.field, "content");
            assert_eq!((part.from, part.of), (0, long.len()));
            let shown = read(&fitted);
            let shown = shown.get(0).unwrap_or(&shown);
            assert_eq!(shown["content"], long[..part.to]);
            assert_eq!(shown["note"], short);
            assert_eq!(shown["tags"], json!([{"id": 2}]));
            assert!(fitted.is_single);
        }
    }

    #[test]
    fn lists_inside_are_shortened_where_texts_are_not_enough() {
        let files: Vec<_> = (0..500)
            .map(|id| json!({"id": id, "name": "a b c"}))
            .collect();
        let value = json!({"id": 1, "text": "word ".repeat(5_000), "files": files});
        let mut asked = EVERYTHING;
        let mut found = Vec::new();
        for _ in 0..20 {
            let fitted = fit(&value, 2_000, asked);
            assert!(tokens(&fitted.text) <= 2_000);
            let shown = read(&fitted);
            found.extend(shown["files"].as_array().unwrap().clone());
            match fitted.next_entry {
                None => break,
                Some(next) => asked.item_offset = next,
            }
        }
        assert_eq!(found, files);
    }

    #[test]
    fn keys_and_names_are_whole_or_missing() {
        let thing = json!({
            "id": 1, "issueKey": "HARBOR-1", "summary": "a name of a thing ".repeat(10),
            "description": "words and more ".repeat(500), "mailAddress": "maja@harbor.example",
        });
        let asked = RequestedPart {
            text_offset: 20,
            text_length: Some(5),
            item_offset: 0,
        };
        let shown = read(&fit(&thing, 2_000, asked));
        for field in ["issueKey", "summary", "mailAddress"] {
            assert_eq!(shown[field], thing[field]);
        }
        assert_eq!(shown["description"], "words and more "[5..10]);
        for max_tokens in (40..400).step_by(10) {
            let fitted = fit(&thing, max_tokens, EVERYTHING);
            assert!(tokens(&fitted.text) <= max_tokens);
            let shown = read(&fitted);
            for field in ["issueKey", "summary", "mailAddress"] {
                let found = shown.get(field);
                assert!(found.is_none_or(|it| *it == thing[field]), "{shown}");
            }
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i32>().prop_map(Value::from),
            "[a-z あ\"\\\\]{0,80}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::vec(("[a-z]{1,8}", inner), 0..8)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn results_are_whole_json_within_the_limit(value in any_json(), max_tokens in 40_usize..400) {
            let fitted = fit(&value, max_tokens, EVERYTHING);
            let shown: Value = serde_json::from_str(&fitted.text).unwrap();
            prop_assert!(tokens(&fitted.text) <= max_tokens);
            let all = value.as_array().map_or(0, Vec::len);
            let says = !fitted.texts.is_empty()
                || !fitted.lists.is_empty()
                || fitted.fields_missing
                || fitted.kept < all;
            prop_assert_eq!(says, shown != value);
            if let Value::Array(_) | Value::Object(_) = value {
                prop_assert!(matches!(shown, Value::Array(_) | Value::Object(_)));
            }
        }
    }
}

//! Shows a part of an item through a window: a range of characters of each long text, and a range
//! of entries of the inner lists.
//!
//! 1. All long texts share one window, so that one offset continues all of them. A short text (a
//!    key, a name, a date) is whole or absent: a part of it could be mistaken for another value.
//! 2. The entries of all inner lists are numbered consecutively, each before those inside it.
//! 3. A window with an offset shows its range, and otherwise only the short fields that identify
//!    the item.

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::toolkit::text_part::Part;

/// The maximum length of a text that identifies an item. Such a text is never cut, and is repeated
/// in every part of the item.
pub(crate) const LABEL: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// The first character of long texts.
    pub from: usize,
    /// The number of characters of a long text that are shown.
    pub length: usize,
    /// The first entry of inner lists.
    pub first: usize,
    /// The number of entries that are shown.
    pub entries: usize,
    /// Whether texts end at a line or a grapheme.
    pub neat: bool,
}

/// The visible part of an item.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    pub value: Value,
    /// The texts that are shown in part.
    pub texts: Vec<TextPart>,
    /// The lists with entries after the last shown one.
    pub lists: Vec<ListPart>,
    /// The number of entries of all inner lists of an item.
    pub entries: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TextPart {
    /// The path of the field, such as `customFields[2].value`.
    pub field: String,
    pub from: usize,
    pub to: usize,
    pub of: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListPart {
    pub field: String,
    pub shown: usize,
    pub of: usize,
}

/// Returns the visible part of `value`. The entries of a top-level list are separate items: they
/// are not numbered, and the numbers inside each of them start at 0.
pub(crate) fn view(value: &Value, window: Window) -> View {
    let mut looking = Looking {
        window,
        next: 0,
        field: Vec::new(),
        texts: Vec::new(),
        lists: Vec::new(),
    };
    let inside = window.first == 0;
    let shown = match value {
        Value::Array(items) => {
            let shown = items.iter().map(|item| {
                looking.next = 0;
                looking.value(item, inside)
            });
            let shown = shown.filter_map(|seen| seen.value.filter(|_| seen.counts));
            Value::Array(shown.collect())
        }
        value => looking.value(value, inside).value.unwrap_or_default(),
    };
    View {
        value: shown,
        texts: looking.texts,
        lists: looking.lists,
        entries: looking.next,
    }
}

struct Looking {
    window: Window,
    /// The number of the next entry.
    next: usize,
    /// The path to the current value.
    field: Vec<Step>,
    texts: Vec<TextPart>,
    lists: Vec<ListPart>,
}

enum Step {
    Field(String),
    Entry(usize),
}

/// The visible part of a value.
struct Seen {
    value: Option<Value>,
    /// Whether it has anything in the range of the window.
    counts: bool,
}

impl Seen {
    const NOTHING: Self = Self {
        value: None,
        counts: false,
    };
}

impl Looking {
    /// `inside` is whether the window has started at this point in the lists.
    fn value(&mut self, value: &Value, inside: bool) -> Seen {
        match value {
            Value::String(text) => self.text(text, inside),
            Value::Array(items) => self.list(items, inside),
            Value::Object(fields) => self.object(fields, inside),
            Value::Null if self.is_first(inside) => Seen {
                value: Some(Value::Null),
                counts: true,
            },
            Value::Null => Seen::NOTHING,
            value => Seen {
                value: Some(value.clone()),
                counts: self.is_first(inside),
            },
        }
    }

    /// Whether this is the first window that shows the current value.
    fn is_first(&self, inside: bool) -> bool {
        inside && self.window.from == 0
    }

    fn text(&mut self, text: &str, inside: bool) -> Seen {
        let Window { from, length, .. } = self.window;
        if text.chars().nth(LABEL).is_none() {
            return Seen {
                value: Some(Value::from(text)),
                counts: self.is_first(inside),
            };
        }
        if !inside || (from > 0 && text.chars().nth(from).is_none()) {
            return Seen::NOTHING;
        }
        let part = match self.window.neat {
            true => Part::of_length(text, from, length),
            false => Part::roughly(text, from, length),
        };
        if !part.is_whole() {
            self.texts.push(TextPart {
                field: self.here(),
                from: part.from,
                to: part.to,
                of: part.of,
            });
        }
        Seen {
            value: Some(Value::from(part.text)),
            counts: true,
        }
    }

    fn list(&mut self, items: &[Value], inside: bool) -> Seen {
        let Window { first, entries, .. } = self.window;
        let (mut shown, mut in_window, mut is_cut) = (Vec::new(), 0, false);
        for (place, item) in items.iter().enumerate() {
            let number = self.next;
            self.next += 1;
            let is_in = number >= first && number - first < entries;
            let after = number >= first && !is_in;
            is_cut |= after;
            if after || (!is_in && self.next + entries_of(item) <= first) {
                self.next += entries_of(item);
                continue;
            }
            self.field.push(Step::Entry(place));
            let seen = self.value(item, is_in);
            self.field.pop();
            if (is_in && self.window.from == 0) || seen.counts {
                in_window += usize::from(is_in);
                shown.push(seen.value.unwrap_or_default());
            }
        }
        if is_cut && self.window.from == 0 {
            self.lists.push(ListPart {
                field: self.here(),
                shown: in_window,
                of: items.len(),
            });
        }
        let counts = !shown.is_empty() || self.is_first(inside);
        Seen {
            value: counts.then_some(Value::Array(shown)),
            counts,
        }
    }

    fn object(&mut self, fields: &Map<String, Value>, inside: bool) -> Seen {
        let (mut shown, mut counts) = (Map::new(), self.is_first(inside));
        for (name, value) in fields {
            self.field.push(Step::Field(name.clone()));
            let seen = self.value(value, inside);
            self.field.pop();
            counts |= seen.counts;
            let is_label = !matches!(value, Value::Object(_)) || seen.counts;
            if let Some(value) = seen.value.filter(|_| is_label) {
                shown.insert(name.clone(), value);
            }
        }
        Seen {
            value: Some(Value::Object(shown)),
            counts,
        }
    }

    /// The path to the current value, in JSON notation.
    fn here(&self) -> String {
        let mut path = String::new();
        for step in &self.field {
            match step {
                Step::Field(name) if path.is_empty() => path.push_str(name),
                Step::Field(name) => path.extend([".", name]),
                Step::Entry(place) => {
                    let _ = write!(path, "[{place}]");
                }
            }
        }
        path
    }
}

/// The number of entries of the inner lists of an item; for a list of items, that of the item with
/// the most.
pub(crate) fn most_entries(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(entries_of).max().unwrap_or(0),
        value => entries_of(value),
    }
}

/// The number of entries of all lists in a value.
fn entries_of(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.len() + items.iter().map(entries_of).sum::<usize>(),
        Value::Object(fields) => fields.values().map(entries_of).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ALL: Window = Window {
        from: 0,
        length: usize::MAX,
        first: 0,
        entries: usize::MAX,
        neat: true,
    };

    fn thing() -> Value {
        json!({
            "id": 7, "key": "A-1", "none": null, "type": {"id": 1, "name": "Bug"},
            "text": "潮位".repeat(300), "files": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}],
            "fields": [{"id": 3, "name": "Long", "value": "x".repeat(400)}, {"id": 4, "value": []}],
        })
    }

    #[test]
    fn an_open_window_shows_everything() {
        let view = view(&thing(), ALL);
        assert_eq!(view.value, thing());
        assert_eq!((view.texts, view.lists, view.entries), (vec![], vec![], 4));
    }

    #[test]
    fn texts_are_read_on_at_one_place() {
        let first = view(&thing(), Window { length: 250, ..ALL });
        let [text, value] = first.texts.as_slice() else {
            panic!("{:?}", first.texts)
        };
        assert_eq!(text.field, "text");
        assert_eq!(value.field, "fields[0].value");
        assert_eq!((text.from, text.to, text.of), (0, 250, 600));
        assert_eq!((value.to, value.of), (250, 400));

        let rest = Window { from: 250, ..ALL };
        let next = view(&thing(), rest);
        let expected = json!({
            "id": 7, "key": "A-1", "text": "潮位".repeat(175),
            "fields": [{"id": 3, "name": "Long", "value": "x".repeat(150)}],
        });
        assert_eq!(next.value, expected);
        let last = view(&thing(), Window { from: 599, ..ALL });
        assert_eq!(last.value, json!({"id": 7, "key": "A-1", "text": "位"}));
        let after = view(&thing(), Window { from: 600, ..ALL });
        assert_eq!(after.texts, []);
    }

    #[test]
    fn a_short_text_is_never_cut_nor_offset() {
        let (short, long) = ("s".repeat(LABEL), "l".repeat(LABEL + 1));
        let thing = json!({"issueKey": "HARBOR-1", "summary": short, "description": long});
        for length in [0, 5, LABEL] {
            let seen = view(&thing, Window { length, ..ALL });
            let expected = json!({
                "issueKey": "HARBOR-1", "summary": short, "description": "l".repeat(length),
            });
            assert_eq!(seen.value, expected);
            let [part] = seen.texts.as_slice() else {
                panic!("{:?}", seen.texts)
            };
            assert_eq!((part.field.as_str(), part.to), ("description", length));
        }
        let seen = view(&thing, Window { from: 3, ..ALL });
        assert_eq!(seen.value["issueKey"], "HARBOR-1");
        assert_eq!(seen.value["summary"], short);
        assert_eq!(seen.value["description"], "l".repeat(LABEL - 2));
    }

    #[test]
    fn lists_are_read_on_by_number() {
        let node = |id: u64, children: Value| json!({"id": id, "children": children});
        let tree = json!({"tree": {"children": [
            node(0, json!([node(1, json!([])), node(2, json!([node(3, json!([]))]))])),
            node(4, json!([])),
            node(5, json!([node(6, json!([]))])),
        ]}});
        let shown = |first, entries| {
            let window = Window {
                first,
                entries,
                ..ALL
            };
            view(&tree, window)
        };
        let first = shown(0, 2);
        assert_eq!(first.entries, 7);
        let expected = json!({"tree": {"children": [node(0, json!([node(1, json!([]))]))]}});
        assert_eq!(first.value, expected);
        assert_eq!(first.lists.len(), 2, "{:?}", first.lists);
        // Their parents are included, so that each entry keeps its position.
        let next = shown(3, 2);
        let above = json!({"id": 0, "children": [{"id": 2, "children": [node(3, json!([]))]}]});
        let expected = json!({"tree": {"children": [above, node(4, json!([]))]}});
        assert_eq!(next.value, expected);
        let mut found = Vec::new();
        for number in 0..7 {
            let text = shown(number, 1).value.to_string();
            found.push(text.contains(&format!("{{\"id\":{number},\"children\":[]}}")));
        }
        assert_eq!(found, [true; 7]);
    }
}

//! Keeps a result within what a model can take in, as JSON that is still whole.
//!
//! 1. What fits is left alone.
//! 2. Of a list, as many of the first elements as fit are kept.
//! 3. Where not even one does, long texts and lists in it are shortened, more and
//!    more, and at last fields are left out.
//!
//! A note says what is missing and how to get it; a page that is full gets one, too ([`page`](super::page)).
//!
//! The JSON has no spaces for show: a model pays for each of them, on every call.

use serde_json::{Map, Value};

use super::page::Page;

/// A result within the limit.
pub(super) struct Fitted {
    /// JSON, in Backlog's order of fields.
    pub text: String,
    /// What is missing, for the assistant.
    pub note: Option<String>,
}

impl Fitted {
    fn cut(value: &Value, note: String) -> Self {
        Self {
            text: value.to_string(),
            note: Some(note),
        }
    }
}

/// About what a model pays: runs of ASCII letters, digits and `_`, and each other character that
/// is no space.
pub fn tokens(text: &str) -> usize {
    let mut count = 0;
    let mut in_word = false;
    for character in text.chars() {
        let word = character.is_ascii_alphanumeric() || character == '_';
        if !(word && in_word || character.is_whitespace()) {
            count += 1;
        }
        in_word = word;
    }
    count
}

/// Writes a value out, as much of it as `max_tokens` allow.
pub(super) fn fit(value: Value, max_tokens: usize, page: &Page) -> Fitted {
    let text = value.to_string();
    if fits(&text, max_tokens) {
        let note = value.as_array().and_then(|_| page.more());
        return Fitted { text, note };
    }
    match value {
        Value::Array(mut items) => {
            let all = items.len();
            let kept = how_many(&items, max_tokens);
            items.truncate(kept.max(1));
            let next = page.rest(items.len());
            let mut note = format!("These are the first {} of {all}. {next}", items.len());
            let mut value = Value::Array(items);
            if kept == 0 {
                value = shorten(value, max_tokens);
                note.push_str(" Long texts and lists were shortened.");
            }
            Fitted::cut(&value, note)
        }
        value => Fitted::cut(
            &shorten(value, max_tokens),
            "Too long to show whole: long texts and lists were shortened.".to_owned(),
        ),
    }
}

/// A text with as many of its first lines as fit, and a word about the others.
pub(super) fn fit_text(text: String, max_tokens: usize) -> String {
    if fits(&text, max_tokens) {
        return text;
    }
    let mut left = max_tokens;
    let kept: usize = text
        .split_inclusive('\n')
        .take_while(|line| {
            let cost = tokens(line);
            let affordable = cost <= left;
            left = left.saturating_sub(cost);
            affordable
        })
        .map(str::len)
        .sum();
    format!("{}\n(The rest is left out: too long.)\n", &text[..kept])
}

/// Whether JSON as Backlog sent it needs no closer look: it says something, and no text has more
/// tokens than bytes.
pub(super) fn surely_fits(json: &str, max_tokens: usize) -> bool {
    json.len() <= max_tokens && json != "null"
}

fn fits(text: &str, max_tokens: usize) -> bool {
    // No text has more tokens than bytes.
    text.len() <= max_tokens || tokens(text) <= max_tokens
}

/// How many of the first elements fit between brackets, with commas.
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

fn shorten(value: Value, max_tokens: usize) -> Value {
    for longest in [4096, 1024, 256, 64, 16, 4] {
        let candidate = shortened(&value, longest);
        if fits(&candidate.to_string(), max_tokens) {
            return candidate;
        }
    }
    first_fields(shortened(&value, 4), max_tokens)
}

/// Texts of at most `longest` characters, and lists of at most a quarter as many elements.
fn shortened(value: &Value, longest: usize) -> Value {
    match value {
        Value::String(text) => match text.char_indices().nth(longest) {
            None => Value::String(text.clone()),
            Some((end, _)) => Value::String(format!("{}…", &text[..end])),
        },
        Value::Array(items) => items
            .iter()
            .take(longest / 4)
            .map(|item| shortened(item, longest))
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), shortened(value, longest)))
            .collect(),
        other => other.clone(),
    }
}

/// The first fields that fit, of an object or of the only object in a list.
fn first_fields(value: Value, max_tokens: usize) -> Value {
    match value {
        Value::Array(items) => items
            .into_iter()
            .map(|item| first_fields(item, max_tokens.saturating_sub(2)))
            .collect(),
        Value::Object(fields) => {
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
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn words_and_signs_are_counted() {
        for (text, expected) in [
            ("", 0),
            ("  \n", 0),
            ("word_1 two", 2),
            ("{\"id\": 12}", 7),
            ("日本 語", 3),
            ("a-b", 3),
            ("é", 1),
        ] {
            assert_eq!(tokens(text), expected, "{text}");
        }
    }

    #[test]
    fn what_fits_is_left_alone() {
        let value = json!([{"id": 1}, {"id": 2}]);
        let fitted = fit(value, 50, &Page::default());
        assert_eq!(fitted.text, r#"[{"id":1},{"id":2}]"#);
        assert_eq!(fitted.note, None);
    }

    #[test]
    fn a_single_thing_is_shortened() {
        let text = "words and more ".repeat(500);
        for value in [
            json!({"id": 1, "content": text}),
            json!([{"id": 1, "content": text}]),
        ] {
            let fitted = fit(value, 300, &Page::default());
            assert!(tokens(&fitted.text) <= 300, "{}", fitted.text);
            assert!(fitted.text.contains("words and more"), "{}", fitted.text);
            assert!(fitted.text.contains('…'), "{}", fitted.text);
            assert!(fitted.note.unwrap().contains("shortened"));
        }
    }

    #[test]
    fn a_text_ends_at_a_line() {
        let text = "one two\nthree four\n五六七\n";
        assert_eq!(fit_text(text.to_owned(), 7), text);
        let cut = "one two\nthree four\n\n(The rest is left out: too long.)\n";
        assert_eq!(fit_text(text.to_owned(), 6), cut);
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
            let is_thing = matches!(value, Value::Array(_) | Value::Object(_));
            let fitted = fit(value.clone(), max_tokens, &Page::default());
            let read: Value = serde_json::from_str(&fitted.text).unwrap();
            prop_assert!(tokens(&fitted.text) <= max_tokens);
            prop_assert_eq!(fitted.note.is_none(), read == value);
            if is_thing {
                prop_assert!(matches!(read, Value::Array(_) | Value::Object(_)));
            }
        }
    }
}

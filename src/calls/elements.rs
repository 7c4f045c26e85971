//! The elements of a list in JSON that is not parsed.
//!
//! The JSON is valid, so only its brackets, commas and quotation marks are read, in one pass.

use serde_json::Value;

/// The number of elements of a list, and the last of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Elements<'a> {
    pub count: usize,
    /// The JSON of the last element; empty if there is none.
    last: &'a str,
}

impl<'a> Elements<'a> {
    /// `None` if the JSON is not a list.
    pub(crate) fn of(json: &'a str) -> Option<Self> {
        let list = json.trim_ascii().strip_prefix('[')?.strip_suffix(']')?;
        let inside = list.trim_ascii();
        let bytes = inside.as_bytes();
        let (mut commas, mut last) = (0, 0);
        let (mut depth, mut at) = (0_usize, 0);
        while let Some(byte) = bytes.get(at) {
            at += 1;
            match byte {
                b'"' => at = after_text(bytes, at),
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth = depth.saturating_sub(1),
                b',' if depth == 0 => (commas, last) = (commas + 1, at),
                _ => {}
            }
        }
        Some(Self {
            count: if inside.is_empty() { 0 } else { commas + 1 },
            last: &inside[last..],
        })
    }

    /// Parses the last element.
    pub(crate) fn last(&self) -> Option<Value> {
        serde_json::from_str(self.last).ok()
    }
}

/// The index after the quotation mark that ends a text, of which the first character is at `at`.
fn after_text(json: &[u8], mut at: usize) -> usize {
    while let Some(next) = memchr::memchr2(b'"', b'\\', json.get(at..).unwrap_or_default()) {
        at += next;
        if json[at] == b'"' {
            return at + 1;
        }
        // The character after a backslash does not end the text.
        at += 2;
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::calls::tests::arbitrary_json::{seed, value, written};

    fn of(json: &str) -> Option<(usize, Option<Value>)> {
        Elements::of(json).map(|elements| (elements.count, elements.last()))
    }

    #[test]
    fn elements_are_counted_and_the_last_one_is_parsed() {
        for (json, expected) in [
            ("[]", (0, None)),
            (" [ \n ] ", (0, None)),
            ("[1]", (1, Some(json!(1)))),
            ("[ 1 , null ]", (2, Some(Value::Null))),
            ("[[1,2],[3,4]]", (2, Some(json!([3, 4])))),
            (
                r#"[{"a":[1,2],"b":3}]"#,
                (1, Some(json!({"a": [1, 2], "b": 3}))),
            ),
            (r#"["],[","\",","\\"]"#, (3, Some(json!("\\")))),
            (r#"["\\\",",{"id":7}]"#, (2, Some(json!({"id": 7})))),
            (r#"["潮位,潮位"]"#, (1, Some(json!("潮位,潮位")))),
        ] {
            assert_eq!(of(json), Some(expected), "{json}");
        }
        for json in ["null", "17", "{}", r#"{"a":[1,2]}"#, r#""[1,2]""#, ""] {
            assert_eq!(of(json), None, "{json}");
        }
    }

    proptest! {
        #[test]
        fn they_are_those_of_the_parsed_list(
            items in prop::collection::vec(value(), 0..6),
            seed in seed(),
        ) {
            let text = written(&Value::from(items.clone()), seed);
            prop_assert_eq!(of(&text), Some((items.len(), items.last().cloned())));
        }

        #[test]
        fn any_text_ends(text in any::<String>(), list in r#"\[["\\,{}\[\]a ]{0,20}\]"#) {
            let _ = (of(&text), of(&list));
        }
    }
}

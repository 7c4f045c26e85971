//! Counts the values of a JSON text before it is parsed: a text of small values takes many times
//! its length in memory once parsed.

/// The maximum number of values in a response. Backlog's longest lists (all users of a large
/// space, a hundred issues with all their fields) stay below it.
pub(super) const MOST: usize = 200_000;
/// The memory of a value in addition to its text: a [`serde_json::Value`] or the entry of a map.
pub(super) const BYTES_EACH: usize = 72;

/// Estimates the number of values by `[`, `{` and `,` outside strings, in one pass. For a text that
/// is not JSON, the count has no meaning.
pub(super) fn count(json: &[u8]) -> usize {
    let mut values = 0;
    let mut rest = json;
    while let Some(at) = memchr::memchr(b'"', rest) {
        let (outside, text) = rest.split_at(at);
        values += separators(outside);
        rest = after_text(&text[1..]);
    }
    values + separators(rest)
}

fn separators(json: &[u8]) -> usize {
    let is_one = |byte: &&u8| matches!(byte, b'[' | b'{' | b',');
    json.iter().filter(is_one).count()
}

/// The rest after the quotation mark that ends a string; empty if there is none.
fn after_text(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
        match rest[at] {
            b'"' => return &rest[at + 1..],
            // The character after a backslash does not end the string.
            _ => rest = rest.get(at + 2..).unwrap_or_default(),
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_and_texts_are_not_looked_into() {
        for (json, expected) in [
            ("", 0),
            ("1", 0),
            ("[]", 1),
            ("[0,0,0]", 3),
            (r#"{"a":0,"b":[1,2]}"#, 4),
            (r#"{"text":"a, b, [c], {d}","n":1}"#, 2),
            (r#"["\"",",\\",",","\\\",[{"]"#, 4),
            (r#"["日本,語",1]"#, 2),
            // Truncated: the result does not matter, but counting ends.
            (r#"[1,"a\"#, 2),
            (r#"[1,"a"#, 2),
        ] {
            assert_eq!(count(json.as_bytes()), expected, "{json}");
        }
    }
}

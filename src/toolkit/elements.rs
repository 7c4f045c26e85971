//! Counts the values of a JSON text before any of them is built: a value of two bytes takes a
//! hundred in memory.

/// More than any message needs. Together they take about ten MiB.
pub(crate) const MAX_ELEMENTS: usize = 50_000;

/// Whether a text has more than [`MAX_ELEMENTS`] values. The characters that start a value are
/// counted outside strings. For text that is not JSON the count is meaningless, but harmless.
pub(crate) fn are_too_many(json: &[u8]) -> bool {
    // Each value has at least one byte.
    if json.len() <= MAX_ELEMENTS {
        return false;
    }
    let mut count = 0;
    let mut rest = json;
    while let Some((byte, after)) = rest.split_first() {
        rest = match byte {
            b'"' => after_string(after),
            b',' | b':' | b'[' | b'{' => {
                count += 1;
                after
            }
            _ => after,
        };
        if count > MAX_ELEMENTS {
            return true;
        }
    }
    false
}

/// Returns the text after a string, given the text after its opening quote.
fn after_string(mut text: &[u8]) -> &[u8] {
    while let Some(at) = memchr::memchr2(b'"', b'\\', text) {
        if text[at] == b'"' {
            return &text[at + 1..];
        }
        // An escaped character does not end the string.
        text = text.get(at + 2..).unwrap_or_default();
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_and_what_is_in_strings_is_not() {
        let list = |element: &str, number: usize| {
            let elements = format!("{element},").repeat(number);
            format!("[{elements}0]")
        };
        assert!(!are_too_many(list("0", MAX_ELEMENTS - 1).as_bytes()));
        assert!(are_too_many(list("0", MAX_ELEMENTS).as_bytes()));
        assert!(are_too_many(
            list("{\"a\":[]}", MAX_ELEMENTS / 3).as_bytes()
        ));
        let text = |signs: &str| format!("{{\"text\":\"{}\"}}", signs.repeat(MAX_ELEMENTS));
        assert!(!are_too_many(text(",[{:").as_bytes()));
        assert!(!are_too_many(text("\\\",\\\\,").as_bytes()));
    }

    #[test]
    fn invalid_json_is_read_to_its_end() {
        for broken in ["\"", "\"\\", "\\", "[\"a\\"] {
            let text = format!("{}{broken}", " ".repeat(MAX_ELEMENTS));
            assert!(!are_too_many(text.as_bytes()), "{broken}");
        }
    }
}

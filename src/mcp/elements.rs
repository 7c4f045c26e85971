//! How many values a JSON text has, before any of them is built: one of two bytes becomes a
//! hundred in memory.

/// More than any message needs. All of them together take some ten MiB.
pub(super) const MAX_ELEMENTS: usize = 50_000;

/// Whether a text has more than [`MAX_ELEMENTS`] values. What begins one is counted outside
/// strings; a text that is no JSON is counted somehow.
pub(super) fn are_too_many(json: &[u8]) -> bool {
    // Each has a byte at least.
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

/// What comes after a string whose beginning was read.
fn after_string(mut text: &[u8]) -> &[u8] {
    while let Some(at) = memchr::memchr2(b'"', b'\\', text) {
        if text[at] == b'"' {
            return &text[at + 1..];
        }
        // What follows a backslash ends nothing.
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
    fn what_is_no_json_is_read_to_its_end() {
        for broken in ["\"", "\"\\", "\\", "[\"a\\"] {
            let text = format!("{}{broken}", " ".repeat(MAX_ELEMENTS));
            assert!(!are_too_many(text.as_bytes()), "{broken}");
        }
    }
}

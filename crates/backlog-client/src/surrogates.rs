//! Unpaired surrogates in JSON text. JavaScript writes `"\ud83d"` for a text that was cut inside
//! an emoji; JSON allows it (RFC 8259 §8.2), but no Unicode text can contain it. Clients send it,
//! and Backlog returns it.

use std::borrow::Cow;

/// `\`, `u` and four hexadecimal digits.
const ESCAPE: usize = 6;

/// Returns the JSON text with `\ufffd` in place of every unpaired surrogate.
pub fn replaced(json: &[u8]) -> Cow<'_, [u8]> {
    let mut text = Cow::Borrowed(json);
    let mut at = 0;
    while let Some(next) = memchr::memchr(b'\\', &json[at..]) {
        at += next;
        at += match code_unit(&json[at..]) {
            None => 2,
            Some(0xd800..=0xdbff) if is_low(&json[at + ESCAPE..]) => 2 * ESCAPE,
            Some(0xd800..=0xdfff) => {
                text.to_mut()[at..at + ESCAPE].copy_from_slice(b"\\ufffd");
                ESCAPE
            }
            Some(_) => ESCAPE,
        };
        if at >= json.len() {
            break;
        }
    }
    text
}

fn is_low(json: &[u8]) -> bool {
    matches!(code_unit(json), Some(0xdc00..=0xdfff))
}

/// The code unit of an escape at the start of `json`.
fn code_unit(json: &[u8]) -> Option<u16> {
    let digits = json.get(..ESCAPE)?.strip_prefix(b"\\u")?;
    let digits = std::str::from_utf8(digits).ok()?;
    // `from_str_radix` accepts a sign as well.
    let all_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16).ok().filter(|_| all_digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(json: &str) -> String {
        let replaced = replaced(json.as_bytes());
        serde_json::from_slice(&replaced).expect("a text")
    }

    #[test]
    fn a_half_becomes_the_replacement_character_and_a_pair_stays() {
        for (json, expected) in [
            (r#""a\ud83d""#, "a\u{fffd}"),
            (r#""\uD83D\ude00""#, "😀"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
            (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
            (r#""\ud83d\n""#, "\u{fffd}\n"),
            (r#""\\ud83d""#, r"\ud83d"),
            (r#""\\\ud83d""#, "\\\u{fffd}"),
            (r#""\u00e9\"""#, "é\""),
            (r#""plain""#, "plain"),
        ] {
            assert_eq!(text(json), expected, "{json}");
        }
    }

    #[test]
    fn invalid_json_keeps_its_length() {
        for json in ["", "\\", "\"\\u", "\\u12", "\\ud83", "\\u+12f", "\\ud83d\\"] {
            let replaced = replaced(json.as_bytes());
            let same = replaced.len() == json.len();
            assert!(same, "{json}");
        }
    }

    proptest! {
        #[test]
        fn any_text_of_code_units_can_be_read(units in prop::collection::vec(any::<u16>(), 0..40)) {
            let escaped: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let expected = String::from_utf16_lossy(&units);
            prop_assert_eq!(text(&format!("\"{escaped}\"")), expected);
        }

        #[test]
        fn valid_json_is_unchanged(written in any::<String>()) {
            let json = serde_json::to_string(&written).expect("JSON");
            prop_assert!(matches!(replaced(json.as_bytes()), Cow::Borrowed(_)));
        }
    }
}

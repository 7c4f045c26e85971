//! Mends JSON that escapes one half of a surrogate pair, as JavaScript writes it where a text was
//! cut inside of an emoji: a strict reader refuses all of such JSON.

use std::borrow::Cow;

/// The replacement character, escaped; as long as what it stands for.
const REPLACEMENT: &[u8] = br"\ufffd";

/// The same JSON, with U+FFFD for each half that has no other half.
pub fn mended(json: &[u8]) -> Cow<'_, [u8]> {
    if !has_surrogate(json) {
        return Cow::Borrowed(json);
    }
    let mut mended = json.to_vec();
    let mut place = 0;
    while place < json.len() {
        let rest = &json[place..];
        place += match (rest, unit(rest), rest.get(6..).and_then(unit)) {
            (_, Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (_, Some(0xd800..=0xdfff), _) => {
                mended[place..place + 6].copy_from_slice(REPLACEMENT);
                6
            }
            // An escaped backslash begins no escape.
            ([b'\\', ..], None, _) => 2,
            _ => 1,
        };
    }
    Cow::Owned(mended)
}

/// Whether anything looks like half of a pair.
fn has_surrogate(json: &[u8]) -> bool {
    let mut escapes = memchr::memchr_iter(b'\\', json);
    escapes.any(|place| {
        let unit = json.get(place + 1..place + 4);
        let is_high = |digit: u8| !digit.is_ascii_digit() || digit >= b'8';
        matches!(unit, Some([b'u', b'd' | b'D', digit]) if is_high(*digit))
    })
}

/// The unit of UTF-16 that an escape at the beginning says.
fn unit(json: &[u8]) -> Option<u16> {
    let digits = json.strip_prefix(br"\u")?.get(..4)?;
    let digits = std::str::from_utf8(digits).ok()?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_half_is_replaced_and_all_else_stays() {
        for (json, expected) in [
            (r#""a\ud83d""#, r#""a\ufffd""#),
            (r#""\ud83d\ude00\ud83d""#, r#""\ud83d\ude00\ufffd""#),
            (r#""\uDE00\uD83D\uDE00""#, r#""\ufffd\uD83D\uDE00""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ud83dabcdef\udc00""#, r#""\ufffdabcdef\ufffd""#),
            // A backslash and letters.
            (r#""\\ud83d \\\ud83d""#, r#""\\ud83d \\\ufffd""#),
            (
                r#"{"a":"\u00e9\n\ud7ff\ue000"}"#,
                r#"{"a":"\u00e9\n\ud7ff\ue000"}"#,
            ),
            (r#""\ud8"#, r#""\ud8"#),
            ("[]", "[]"),
        ] {
            assert_eq!(mended(json.as_bytes()), expected.as_bytes(), "{json}");
        }
        assert!(matches!(mended(br#""\u00e9""#), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn the_result_is_json(units in prop::collection::vec(0xd7fe_u16..0xe002, 0..8)) {
            let escaped: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let json = format!("\"{escaped}\"");
            let text: String = serde_json::from_slice(&mended(json.as_bytes())).unwrap();
            prop_assert_eq!(text, String::from_utf16_lossy(&units));
        }
    }
}

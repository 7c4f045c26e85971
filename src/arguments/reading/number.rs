//! Checks and reads integers and decimals.

use serde_json::Number;

/// The largest integer that a JavaScript client represents exactly.
const MAX_SAFE: i64 = 1 << 53;

/// Whether a number has no fraction.
pub(super) fn is_whole(number: &Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|it| it.fract() == 0.0)
}

/// Reads an integer such as `5`, `-5`, `+5` or `5.0`.
pub(super) fn integer(text: &str) -> Option<i64> {
    let whole = text.split_once('.').map_or(text, |(whole, rest)| {
        let is_zero = !rest.is_empty() && rest.bytes().all(|byte| byte == b'0');
        if is_zero { whole } else { text }
    });
    let number = whole.strip_prefix('+').unwrap_or(whole);
    let is_number = number
        .trim_start_matches('-')
        .bytes()
        .all(|b| b.is_ascii_digit());
    let number = number.parse().ok().filter(|_| is_number)?;
    (-MAX_SAFE..=MAX_SAFE).contains(&number).then_some(number)
}

/// Reads a number such as `2.5`. A comma is rejected, because it is ambiguous.
pub(crate) fn decimal(text: &str) -> Option<Number> {
    if let Some(number) = integer(text) {
        return Some(number.into());
    }
    let is_number = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    let number: f64 = text.parse().ok().filter(|_| is_number)?;
    Number::from_f64(number)
}

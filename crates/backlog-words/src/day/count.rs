//! Numbers and units in which days are counted: `3 days`, `2週間`, `三日`.

use crate::calendar::Unit;

/// Numbers that English writes as words.
const WORDS: [&str; 12] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
];
const KANJI: [char; 9] = ['一', '二', '三', '四', '五', '六', '七', '八', '九'];
/// The units in Japanese. A longer word precedes those at its start.
const JAPANESE: [(&str, Unit); 17] = [
    ("日間", Unit::Day),
    ("日", Unit::Day),
    ("週間", Unit::Week),
    ("週", Unit::Week),
    ("か月間", Unit::Month),
    ("か月", Unit::Month),
    ("ヶ月間", Unit::Month),
    ("ヶ月", Unit::Month),
    ("カ月間", Unit::Month),
    ("カ月", Unit::Month),
    ("ヵ月", Unit::Month),
    ("ケ月", Unit::Month),
    ("箇月", Unit::Month),
    ("ヵ月間", Unit::Month),
    ("四半期", Unit::Quarter),
    ("年間", Unit::Year),
    ("年", Unit::Year),
];
/// The maximum number of digits of a count.
const MAX_DIGITS: usize = 6;

/// Reads `3`, `a`, `an` or `three`.
pub(crate) fn english(word: &str) -> Option<i64> {
    if matches!(word, "a" | "an") {
        return Some(1);
    }
    let place = WORDS.iter().position(|it| *it == word);
    let number = place.and_then(|place| i64::try_from(place + 1).ok());
    number.or_else(|| digits(word))
}

/// Reads `day`, `days`, `d` and the other units.
pub(crate) fn english_unit(word: &str) -> Option<Unit> {
    Some(match word {
        "d" | "day" | "days" => Unit::Day,
        "w" | "week" | "weeks" => Unit::Week,
        "m" | "mo" | "month" | "months" => Unit::Month,
        "q" | "quarter" | "quarters" => Unit::Quarter,
        "y" | "year" | "years" => Unit::Year,
        _ => return None,
    })
}

/// Reads a whole text such as `3日`, `三日` or `2週間`.
pub(crate) fn japanese(text: &str) -> Option<(i64, Unit)> {
    let read = |(word, unit): &(&str, Unit)| Some((kanji(text.strip_suffix(word)?)?, *unit));
    JAPANESE.iter().find_map(read)
}

/// Reads digits, or a number up to 99 in kanji.
pub(crate) fn kanji(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.is_ascii() {
        return digits(text);
    }
    let digit = |text: &str| {
        let mut chars = text.chars();
        let (sign, None) = (chars.next()?, chars.next()) else {
            return None;
        };
        let place = KANJI.iter().position(|it| *it == sign)?;
        i64::try_from(place + 1).ok()
    };
    let Some((tens, ones)) = text.split_once('十') else {
        return digit(text);
    };
    let tens = if tens.is_empty() { 1 } else { digit(tens)? };
    let ones = if ones.is_empty() { 0 } else { digit(ones)? };
    Some(tens * 10 + ones)
}

fn digits(text: &str) -> Option<i64> {
    crate::text::digits(text).filter(|_| text.len() <= MAX_DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_forms() {
        for (text, expected) in [
            ("3", Some(3)),
            ("三", Some(3)),
            ("十", Some(10)),
            ("十二", Some(12)),
            ("二十", Some(20)),
            ("九十九", Some(99)),
            ("百", None),
            ("二三", None),
            ("十十", None),
            ("", None),
            ("1234567", None),
        ] {
            assert_eq!(kanji(text), expected, "{text}");
        }
        assert_eq!(english("three"), Some(3));
        assert_eq!(english("thirteen"), None);
    }

    #[test]
    fn a_unit_follows_its_number() {
        assert_eq!(japanese("3日"), Some((3, Unit::Day)));
        assert_eq!(japanese("2週間"), Some((2, Unit::Week)));
        assert_eq!(japanese("1ヶ月"), Some((1, Unit::Month)));
        assert_eq!(japanese("日"), None);
    }
}

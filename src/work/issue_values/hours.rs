//! Hours in the forms in which users write them.

use backlog_words::removal::is_removal;
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;

use super::{Setting, Target};
use crate::toolkit::work::WorkError;

/// Units of hours. A longer word precedes those at its end.
const HOURS: [&str; 6] = ["hours", "hour", "hrs", "h", "時間", "H"];

/// Reads hours: `2.5`, `２．５`, `2.5h`, `2.5時間`, or a word that removes them.
pub(super) fn read(
    target: Target,
    label: &str,
    path: &str,
    text: &str,
) -> Result<Setting, WorkError> {
    if is_removal(text) {
        return Ok(Setting::new(target, label, Value::Null, None));
    }
    let plain: String = text.nfkc().collect();
    let number = HOURS
        .iter()
        .find_map(|unit| plain.trim().strip_suffix(unit));
    let number = number.unwrap_or(&plain).trim().parse::<f64>().ok();
    let number = number.filter(|number| number.is_finite());
    let Some(number) = number else {
        let reason = format!(
            "{path}: expected hours such as 2.5, or none, received {}",
            json!(text)
        );
        return Err(WorkError::Arguments(reason));
    };
    setting(target, label, path, number).map_err(WorkError::Arguments)
}

/// The setting of hours.
///
/// # Errors
/// The number is negative or too large.
pub(super) fn setting(
    target: Target,
    label: &str,
    path: &str,
    number: f64,
) -> Result<Setting, String> {
    if !(0.0..=100_000.0).contains(&number) {
        return Err(format!(
            "{path}: expected hours from 0 to 100000, received {number}"
        ));
    }
    let rounded = (number * 100.0).round() / 100.0;
    Ok(Setting::new(
        target,
        label,
        json!(rounded),
        Some(rounded.to_string()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_have_many_forms() {
        for (text, expected) in [
            ("2.5", Ok(Some("2.5"))),
            ("２．５", Ok(Some("2.5"))),
            (" 8 h ", Ok(Some("8"))),
            ("2.5時間", Ok(Some("2.5"))),
            ("3 hours", Ok(Some("3"))),
            ("1.005", Ok(Some("1"))),
            ("0", Ok(Some("0"))),
            ("none", Ok(None)),
            ("なし", Ok(None)),
            ("-1", Err("expected hours from 0 to 100000")),
            ("1,5", Err("expected hours such as 2.5, or none")),
            ("NaN", Err("expected hours such as 2.5, or none")),
            ("h", Err("expected hours such as 2.5, or none")),
        ] {
            match (read(Target::Hours, "hours", "hours", text), expected) {
                (Ok(setting), Ok(shown)) => {
                    assert_eq!(setting.shown.as_deref(), shown, "{text}");
                    assert_eq!(setting.value.is_null(), shown.is_none(), "{text}");
                }
                (Err(WorkError::Arguments(error)), Err(expected)) => {
                    assert!(error.contains(expected), "{text}: {error}");
                }
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }
}

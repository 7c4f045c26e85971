//! Reads the key of an issue.
//!
//! 1. A text with several keys is an error that lists them.
//! 2. The key is at the start; a title may follow it.

use std::fmt;

use super::{bare::bare, project_key::is_project};
use crate::{
    error::{MAX_LISTED, Unexpected},
    text::{clean, digits},
};

const EXPECTED: &str = "an issue key such as PROJ-12";
/// Names of standards, which look like keys in a title: `HARBOR-12 Support UTF-8`.
const STANDARDS: [&str; 11] = [
    "AES", "CVE", "ES", "EUC", "HTTP", "ISO", "MD", "RFC", "SHA", "TLS", "UTF",
];
/// The maximum number of digits of a number in a key.
const MAX_DIGITS: usize = 15;

/// The key of an issue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IssueKey {
    project: String,
    number: i64,
}

impl IssueKey {
    /// The key of its project.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// Its number in the project.
    pub fn number(&self) -> i64 {
        self.number
    }
}

/// `PROJ-12`
impl fmt::Display for IssueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.project, self.number)
    }
}

/// A text is not the key of one issue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssueKeyError {
    /// The text has no known form.
    #[error(transparent)]
    Unexpected(#[from] Unexpected),
    /// The text has several keys.
    #[error("expected one issue key, received {}", listed(.0))]
    Several(
        /// The keys, each once.
        Vec<IssueKey>,
    ),
}

/// Lists keys, of which there are at least two: `PROJ-1, PROJ-2 and PROJ-3`.
fn listed(keys: &[IssueKey]) -> String {
    let mut names: Vec<_> = keys.iter().map(IssueKey::to_string).collect();
    let last = match names.len() {
        0..=MAX_LISTED => names.pop().unwrap_or_default(),
        count => {
            names.truncate(MAX_LISTED);
            format!("{} more", count - MAX_LISTED)
        }
    };
    format!("{} and {last}", names.join(", "))
}

/// Reads the key of an issue: `harbor-12`, `ＨＡＲＢＯＲ－１２`, `#HARBOR-12`, `[HARBOR-12]`,
/// `HARBOR 12`, `HARBOR-012` and `HARBOR-12 Fix the crane` are `HARBOR-12`.
///
/// # Errors
/// The text is no key, or has several.
pub fn issue(text: &str) -> Result<IssueKey, IssueKeyError> {
    let unexpected = || Unexpected::new(EXPECTED, text);
    let plain = clean(text).ok_or_else(unexpected)?;
    let keys = keys_in(&plain);
    if keys.len() > 1 {
        return Err(IssueKeyError::Several(keys));
    }
    Ok(issue_of(bare(&plain)).ok_or_else(unexpected)?)
}

/// Whether a text is an issue key as Backlog writes it.
pub fn is_issue(text: &str) -> bool {
    text.rsplit_once('-').is_some_and(|(project, number)| {
        is_project(project)
            && !project.starts_with(|c: char| c.is_ascii_digit())
            && !number.starts_with('0')
            && number.len() <= MAX_DIGITS
            && digits(number).is_some()
    })
}

fn issue_of(text: &str) -> Option<IssueKey> {
    let end = text.find(|c: char| !is_sign(c)).unwrap_or(text.len());
    let (project, rest) = text.split_at(end);
    if !project.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let dashed = rest.strip_prefix(is_dash);
    let number = dashed.unwrap_or_else(|| rest.trim_start());
    // `HARBOR12` is not a key.
    if dashed.is_none() && number.len() == rest.len() {
        return None;
    }
    let is_number = |c: char| c.is_ascii_digit();
    let end = number.find(|c| !is_number(c)).unwrap_or(number.len());
    let (number, title) = number.split_at(end);
    let is_whole = match dashed {
        // Any title may contain a space.
        None => title.is_empty(),
        Some(_) => title.is_empty() || is_title(title),
    };
    let project = project.to_ascii_uppercase();
    let is_key = is_whole && number.len() <= MAX_DIGITS && is_project(&project);
    let number = digits(number).filter(|number| is_key && *number > 0)?;
    Some(IssueKey { project, number })
}

fn is_sign(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn is_dash(character: char) -> bool {
    matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | 'ー')
}

/// The keys in a text, each once.
///
/// A word in lowercase counts only beside a key that is written so or is of the same project:
/// a title may have words such as `phase-2`.
fn keys_in(text: &str) -> Vec<IssueKey> {
    let words = text.split(|c: char| !is_sign(c) && !is_dash(c));
    let mut keys: Vec<IssueKey> = Vec::new();
    let mut are_lowercase = false;
    for word in words {
        let Some(key) = whole_key(word) else {
            continue;
        };
        let is_lowercase = word.starts_with(|c: char| c.is_ascii_lowercase());
        match keys.first() {
            None => are_lowercase = is_lowercase,
            Some(first) if is_lowercase && !are_lowercase && first.project != key.project => {
                continue;
            }
            // It belongs to a title.
            Some(_) if STANDARDS.contains(&&*key.project) => continue,
            Some(_) => {}
        }
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// The key that a word is.
fn whole_key(word: &str) -> Option<IssueKey> {
    let (project, number) = word.split_once(is_dash)?;
    let is_key = project.starts_with(|c: char| c.is_ascii_alphabetic())
        && project.chars().all(is_sign)
        && number.len() <= MAX_DIGITS;
    let number = digits(number).filter(|number| is_key && *number > 0)?;
    let project = project.to_ascii_uppercase();
    is_project(&project).then_some(IssueKey { project, number })
}

/// Whether the text after a key may be a title.
fn is_title(rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_whitespace() || ":：])>}」』】".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_issue_has_many_forms() {
        for text in [
            "HARBOR-12",
            "HARBOR-12 Support UTF-8",
            "harbor-12",
            " ＨＡＲＢＯＲ－１２ ",
            "#HARBOR-12",
            "[HARBOR-12]",
            "【HARBOR-12】",
            "`HARBOR-12`",
            "HARBOR-012",
            "HARBOR 12",
            "HARBOR–12",
            "HARBOR-12 Fix the crane",
            "HARBOR-12: Fix the crane",
            "[HARBOR-12] クレーンを直す",
            "HARBOR-12.",
        ] {
            let key = issue(text).unwrap();
            assert_eq!(key.to_string(), "HARBOR-12", "{text}");
            assert_eq!((key.project(), key.number()), ("HARBOR", 12));
        }
        assert_eq!(issue("a_b2-1").unwrap().to_string(), "A_B2-1");
    }

    #[test]
    fn ambiguous_texts_are_not_keys() {
        for text in [
            "",
            "12",
            "HARBOR",
            "HARBOR-",
            "HARBOR-0",
            "HARBOR12",
            "-1",
            "A/B-1",
            "A-B-1",
            "HARBOR-12-3",
            "HARBOR-12, HARBOR-13",
            "HARBOR-12 HARBOR-13",
            "HARBOR-12 and HARBOR-13",
            "HARBOR-12 と HARBOR-13",
            "HARBOR-12/13",
            "Release 2 of the crane",
            "HARBOR-1234567890123456",
            "HARBOR-12\u{FFFD}",
            "../HARBOR-12",
            "港-12",
        ] {
            assert!(issue(text).is_err(), "{text}");
        }
        assert!(issue(&format!("{}-1", "A".repeat(65))).is_err());
    }

    #[test]
    fn a_key_as_backlog_writes_it_is_known() {
        for (text, expected) in [
            ("HARBOR-12", true),
            ("A_B2-1", true),
            ("harbor-12", false),
            ("HARBOR-012", false),
            ("HARBOR", false),
            ("12", false),
            ("1-1", false),
        ] {
            assert_eq!(is_issue(text), expected, "{text}");
            if expected {
                assert_eq!(issue(text).unwrap().to_string(), text);
            }
        }
    }

    #[test]
    fn a_text_with_several_keys_names_them() {
        for (text, expected) in [
            ("HARBOR-12 and HARBOR-13", "HARBOR-12 and HARBOR-13"),
            ("harbor-12 and harbor-13", "HARBOR-12 and HARBOR-13"),
            ("HARBOR-12, crane-4, Crane-5", "HARBOR-12 and CRANE-5"),
            ("HARBOR-12 と HARBOR-13", "HARBOR-12 and HARBOR-13"),
            ("ＨＡＲＢＯＲ－１２、harbor-013", "HARBOR-12 and HARBOR-13"),
            ("HARBOR-12 blocks HARBOR-13", "HARBOR-12 and HARBOR-13"),
            ("HARBOR-12: continue OPS-3", "HARBOR-12 and OPS-3"),
            ("see HARBOR-12 or HARBOR-13", "HARBOR-12 and HARBOR-13"),
            ("A-1 A-2 A-3", "A-1, A-2 and A-3"),
            (
                "A-1 A-2 A-3 A-4 A-5 A-6 A-7",
                "A-1, A-2, A-3, A-4, A-5 and 2 more",
            ),
        ] {
            let error = issue(text).unwrap_err().to_string();
            let expected = format!("expected one issue key, received {expected}");
            assert_eq!(error, expected, "{text}");
        }
        for text in [
            "HARBOR-12 phase-2",
            "[HARBOR-12](https://acme.backlog.com/view/HARBOR-12#comment-3)",
            "[HARBOR-12] harbor-12",
        ] {
            assert_eq!(issue(text).unwrap().to_string(), "HARBOR-12", "{text}");
        }
    }
}

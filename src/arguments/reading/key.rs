//! Reads keys of issues and projects in any common form.

use super::text::digits;

/// Returns `HARBOR-12` for `harbor-12`, `#HARBOR-12`, `[HARBOR-12]`, `HARBOR 12`, `HARBOR-012` and
/// `HARBOR-12 Fix the crane`. The text must be cleaned.
pub(super) fn issue(text: &str) -> Option<String> {
    let text = bare(text);
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
    let end = number
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(number.len());
    let (number, title) = number.split_at(end);
    let is_whole = match dashed {
        // Any title may contain a space.
        None => title.is_empty(),
        Some(_) => title.is_empty() || is_title(title),
    };
    let number = digits(number).filter(|_| is_whole && number.len() <= 15)?;
    Some(format!("{}-{number}", project.to_ascii_uppercase()))
}

/// Whether a text is a project key as Backlog writes it.
pub(crate) fn is_project(text: &str) -> bool {
    let sign = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    !text.is_empty() && text.len() <= 64 && text.bytes().all(sign)
}

/// Whether a text is an issue key as Backlog writes it.
pub(super) fn is_issue(text: &str) -> bool {
    text.rsplit_once('-').is_some_and(|(project, number)| {
        is_project(project)
            && !project.starts_with(|c: char| c.is_ascii_digit())
            && !number.starts_with('0')
            && number.len() <= 15
            && digits(number).is_some()
    })
}

/// Removes brackets, quotes and signs that mark a text as a key.
pub(super) fn bare(text: &str) -> &str {
    let opens = |c: char| "#[(<{\"'`「『【".contains(c) || c.is_whitespace();
    let closes = |c: char| "])>}\"'`」』】.,;:、。".contains(c) || c.is_whitespace();
    text.trim_start_matches(opens).trim_end_matches(closes)
}

fn is_sign(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn is_dash(character: char) -> bool {
    matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | 'ー')
}

/// Whether the text after a key is a title rather than more keys.
fn is_title(rest: &str) -> bool {
    let starts = |c: char| c.is_whitespace() || ":：])>}」』】".contains(c);
    rest.starts_with(starts)
        && rest
            .split(|c: char| !is_sign(c) && !is_dash(c))
            .find(|word| !word.is_empty())
            .is_none_or(|word| issue_like(word).is_none())
}

/// Whether a word is a key.
fn issue_like(word: &str) -> Option<()> {
    let (project, number) = word.split_once(is_dash)?;
    let is_key = project.starts_with(|c: char| c.is_ascii_uppercase());
    (is_key && digits(number).is_some()).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_issue_has_many_forms() {
        for text in [
            "HARBOR-12",
            "harbor-12",
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
            assert_eq!(issue(text).as_deref(), Some("HARBOR-12"), "{text}");
        }
        assert_eq!(issue("a_b2-1").as_deref(), Some("A_B2-1"));
    }

    #[test]
    fn ambiguous_texts_are_not_keys() {
        for text in [
            "",
            "12",
            "HARBOR",
            "HARBOR-",
            "HARBOR12",
            "-1",
            "A/B-1",
            "A-B-1",
            "HARBOR-12-3",
            "HARBOR-12, HARBOR-13",
            "HARBOR-12 HARBOR-13",
            "HARBOR-12/13",
            "Release 2 of the crane",
            "HARBOR-1234567890123456",
            "HARBOR-12\u{FFFD}",
            "../HARBOR-12",
            "港-12",
        ] {
            assert_eq!(issue(text), None, "{text}");
        }
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
                assert_eq!(issue(text).as_deref(), Some(text));
            }
        }
    }
}

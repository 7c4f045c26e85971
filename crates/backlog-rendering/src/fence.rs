//! Writes a text of a user inside a fence that the text cannot close.
//!
//! The fence is a line of backticks, more than are anywhere in a row in the text.

use crate::hidden;

/// The shortest fence of Markdown.
const SHORTEST: usize = 3;

/// Returns the text between two fences, without hidden characters, and with a line break at its
/// end.
pub fn fence(text: &str) -> String {
    let text = hidden::clean(text).text;
    let fence = "`".repeat(SHORTEST.max(longest_run(&text) + 1));
    let end = if text.ends_with('\n') || text.is_empty() {
        ""
    } else {
        "\n"
    };
    format!("{fence}\n{text}{end}{fence}\n")
}

/// The length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    let runs = text.split(|character| character != '`');
    runs.map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_fence_is_longer_than_any_in_the_text() {
        for (text, expected) in [
            ("", "```\n```\n"),
            ("潮位", "```\n潮位\n```\n"),
            ("a\n\n", "```\na\n\n```\n"),
            ("```\nx\n```", "````\n```\nx\n```\n````\n"),
            ("a ````` b", "``````\na ````` b\n``````\n"),
            // The rest is longer than each part.
            ("``\u{200b}``", "`````\n````\n`````\n"),
        ] {
            assert_eq!(fence(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_line_of_the_text_closes_the_fence(text in any::<String>(), more in "[`~\n\r \u{200b}a]{0,40}") {
            let fenced = fence(&(text + &more));
            let (opening, rest) = fenced.split_once('\n').unwrap();
            let inside = rest.strip_suffix(&format!("{opening}\n")).unwrap();
            prop_assert!(opening.len() >= 3 && opening.bytes().all(|byte| byte == b'`'));
            prop_assert!(!inside.contains(opening), "{fenced:?}");
            prop_assert!(inside.is_empty() || inside.ends_with('\n'));
        }
    }
}

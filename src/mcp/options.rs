//! How the tools are offered and how much they answer: the operator's choice, for every caller.

use std::{borrow::Cow, fmt, str::FromStr};

use thiserror::Error;

use super::Descriptions;

/// Choices that hold for the whole server; the default is the plain one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolOptions {
    /// Stands before the name of every tool.
    pub prefix: ToolPrefix,
    /// Whether callers can choose the fields of a result (the input `fields`).
    pub field_selection: bool,
    /// The most tokens that a result may have, by an estimate that is higher than the counts of
    /// the usual tokenizers. Longer ones are cut, with a note that says how to read on.
    pub max_tokens: usize,
    /// Texts in place of the built-in ones.
    pub descriptions: Descriptions,
    /// Whether a result is in the response a second time, as JSON for programs.
    pub structured_content: bool,
}

impl Default for ToolOptions {
    fn default() -> Self {
        Self {
            prefix: ToolPrefix::default(),
            field_selection: false,
            max_tokens: 20_000,
            descriptions: Descriptions::default(),
            structured_content: false,
        }
    }
}

/// What stands before the names of tools: letters, digits, `_`, `-` and `.`, 32 at most, so that
/// the names stay within the 64 characters that clients take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolPrefix(String);

/// A text that cannot stand before the names of tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("wants at most 32 letters, digits, `_`, `-` or `.`")]
pub struct BadPrefix;

impl FromStr for ToolPrefix {
    type Err = BadPrefix;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if text.len() <= 32 && text.chars().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadPrefix)
        }
    }
}

impl fmt::Display for ToolPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ToolPrefix {
    /// A text of ours, with the names of tools in it as they are offered.
    pub(super) fn name_tools<'a>(
        &self,
        text: &'a str,
        is_tool: impl Fn(&str) -> bool,
    ) -> Cow<'a, str> {
        if self.0.is_empty() {
            return text.into();
        }
        let in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let mut named = String::with_capacity(text.len());
        for part in text.split_inclusive(|c| !in_name(c)) {
            // A sentence may end with a name.
            let word = part.trim_end_matches(|c| !in_name(c) || c == '.');
            if is_tool(word) {
                named.push_str(&self.0);
            }
            named.push_str(part);
        }
        named.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_a_text_are_those_offered() {
        let is_tool = |word: &str| matches!(word, "get_issue" | "get_issues");
        let prefix: ToolPrefix = "acme.".parse().unwrap();
        for (text, expected) in [
            ("", ""),
            (
                "get_issue, get_issues; (get_issue).",
                "acme.get_issue, acme.get_issues; (acme.get_issue).",
            ),
            (
                "Call get_issues. あget_issue",
                "Call acme.get_issues. あacme.get_issue",
            ),
            (
                "acme.get_issue forget_issue get_issue_",
                "acme.get_issue forget_issue get_issue_",
            ),
        ] {
            assert_eq!(prefix.name_tools(text, is_tool), expected);
            assert_eq!(ToolPrefix::default().name_tools(text, is_tool), text);
        }
    }

    #[test]
    fn a_prefix_makes_names_that_clients_take() {
        for text in ["", "backlog_", "acme.", "A-1_"] {
            assert_eq!(text.parse::<ToolPrefix>().unwrap().to_string(), text);
        }
        for text in ["a b", "あ", "a/", &"a".repeat(33)] {
            assert_eq!(text.parse::<ToolPrefix>(), Err(BadPrefix), "{text}");
        }
    }
}

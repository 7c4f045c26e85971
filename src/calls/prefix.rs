//! The operator's prefix of tool names.

use std::{borrow::Cow, fmt, str::FromStr};

use thiserror::Error;

use crate::tools;

/// A prefix of tool names. With it every name is still valid for the providers of models: 1 to
/// [`LONGEST_NAME`] ASCII letters, digits, `_` and `-`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolPrefix(String);

/// OpenAI and Anthropic reject longer tool names.
const LONGEST_NAME: usize = 64;

/// The prefix that some clients add to tool names of a server named `backlog`.
const OF_CLIENTS: &str = "mcp__backlog__";

/// Why a text cannot be a prefix of tool names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadPrefix {
    #[error(
        "it has the character {0:?}, which OpenAI and Anthropic do not allow in tool names; use \
         ASCII letters, digits, '_' and '-'"
    )]
    Character(char),
    #[error(
        "it has {length} characters, which makes tool names longer than the {LONGEST_NAME} \
         that OpenAI and Anthropic allow; use at most {most}"
    )]
    Length { length: usize, most: usize },
}

impl FromStr for ToolPrefix {
    type Err = BadPrefix;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(wrong) = text.chars().find(|c| !in_name(*c)) {
            return Err(BadPrefix::Character(wrong));
        }
        let most = LONGEST_NAME.saturating_sub(tools::longest_name());
        match text.len() {
            length if length > most => Err(BadPrefix::Length { length, most }),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

/// Whether a character is allowed in a tool name.
fn in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

impl fmt::Display for ToolPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ToolPrefix {
    /// The number of characters by which names exceed the limit with clients that add
    /// [`OF_CLIENTS`]; `None` if there is no prefix or it fits.
    pub fn beyond_clients(&self) -> Option<usize> {
        let longest = OF_CLIENTS.len() + self.0.len() + tools::longest_name();
        let beyond = longest.checked_sub(LONGEST_NAME)?;
        (beyond > 0 && !self.0.is_empty()).then_some(beyond)
    }

    /// Adds the prefix to the tool names in one of the hub's texts. A name of one word, such as
    /// `comment`, is one only between backticks.
    pub(crate) fn name_tools<'a>(
        &self,
        text: &'a str,
        is_tool: impl Fn(&str) -> bool,
    ) -> Cow<'a, str> {
        if self.0.is_empty() {
            return text.into();
        }
        self.replace_tools(text, |name| {
            is_tool(name).then(|| format!("{}{name}", self.0))
        })
    }

    /// Replaces the tool names in one of the hub's texts, with or without the prefix; `None` if a
    /// word is no tool. A name of one word is one only between backticks.
    pub(crate) fn replace_tools<'a>(
        &self,
        text: &'a str,
        replace: impl Fn(&str) -> Option<String>,
    ) -> Cow<'a, str> {
        let mut named = String::with_capacity(text.len());
        for part in text.split_inclusive(|c| !in_name(c)) {
            let word = part.trim_end_matches(|c| !in_name(c));
            let is_marked = named.ends_with('`') && part.ends_with('`');
            let name = word.strip_prefix(&self.0).unwrap_or(word);
            match Some(name)
                .filter(|it| it.contains('_') || is_marked)
                .and_then(&replace)
            {
                Some(other) => {
                    named.push_str(&other);
                    named.push_str(&part[word.len()..]);
                }
                None => named.push_str(part),
            }
        }
        named.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_a_text_are_those_offered() {
        let is_tool = |word: &str| matches!(word, "get_issue" | "get_issues" | "comment");
        let prefix: ToolPrefix = "acme-".parse().unwrap();
        for (text, expected) in [
            ("", ""),
            (
                "get_issue, get_issues; (get_issue).",
                "acme-get_issue, acme-get_issues; (acme-get_issue).",
            ),
            (
                "Add a comment by `comment`, comment.",
                "Add a comment by `acme-comment`, comment.",
            ),
            (
                "Call get_issues. あget_issue",
                "Call acme-get_issues. あacme-get_issue",
            ),
            (
                "acme-get_issue forget_issue get_issue_",
                "acme-get_issue forget_issue get_issue_",
            ),
        ] {
            assert_eq!(prefix.name_tools(text, is_tool), expected);
            assert_eq!(ToolPrefix::default().name_tools(text, is_tool), text);
        }
    }

    #[test]
    fn a_prefix_makes_names_that_providers_take() {
        let provider = regex::Regex::new("^[a-zA-Z0-9_-]{1,64}$").unwrap();
        let most = LONGEST_NAME - tools::longest_name();
        assert_eq!(most, 33, "which docs/using-tools.md says");
        for text in ["", "backlog_", "A-1_", &"a".repeat(most)] {
            let prefix: ToolPrefix = text.parse().unwrap();
            for tool in tools::all() {
                let name = format!("{prefix}{}", tool.meta.name);
                assert!(provider.is_match(&name), "{name}");
            }
        }
        for (text, wrong) in [("a b", ' '), ("あ", 'あ'), ("a/", '/'), ("acme.", '.')] {
            let refused = text.parse::<ToolPrefix>().unwrap_err();
            assert_eq!(refused, BadPrefix::Character(wrong), "{text}");
        }
        let length = most + 1;
        let refused = "a".repeat(length).parse::<ToolPrefix>().unwrap_err();
        assert_eq!(refused, BadPrefix::Length { length, most });
        let text = refused.to_string();
        assert!(text.ends_with(&format!("use at most {most}")), "{text}");
    }

    #[test]
    fn a_prefix_that_is_long_for_some_clients_is_known() {
        let room = LONGEST_NAME - OF_CLIENTS.len() - tools::longest_name();
        assert_eq!(room, 19, "which docs/using-tools.md says");
        let beyond = |length: usize| {
            let prefix: ToolPrefix = "a".repeat(length).parse().unwrap();
            prefix.beyond_clients()
        };
        assert_eq!(beyond(0), None);
        assert_eq!(beyond(room), None);
        assert_eq!(beyond(room + 2), Some(2));
    }
}

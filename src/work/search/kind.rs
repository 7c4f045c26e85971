//! The kinds of things that are searched.

use std::fmt::{self, Display};

use crate::toolkit::{
    quoted::quoted,
    work::{Operations, WorkError},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Issues,
    Wiki,
    Documents,
    PullRequests,
}

const ALL: [Kind; 4] = [
    Kind::Issues,
    Kind::Wiki,
    Kind::Documents,
    Kind::PullRequests,
];

impl Kind {
    fn words(self) -> &'static [&'static str] {
        match self {
            Self::Issues => &["issue", "ticket", "task", "課題"],
            Self::Wiki => &["wiki", "wikipage", "page", "ウィキ"],
            Self::Documents => &["document", "doc", "ドキュメント"],
            Self::PullRequests => &["pullrequest", "pr", "mergerequest", "プルリクエスト"],
        }
    }

    /// The classic tools that a search of the kind needs.
    fn needs(self) -> &'static [&'static str] {
        match self {
            Self::Issues => &["get_issues"],
            Self::Wiki => &["get_wiki_pages"],
            Self::Documents => &["get_documents"],
            Self::PullRequests => &["get_git_repositories", "get_pull_requests"],
        }
    }
}

impl Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Issues => "issues",
            Self::Wiki => "wiki",
            Self::Documents => "documents",
            Self::PullRequests => "pull requests",
        })
    }
}

/// The kinds to search, and notes on those that the caller may not use.
///
/// # Errors
/// A text names no kind, or the caller may use none of them.
pub(super) fn chosen(
    given: &[String],
    operations: &dyn Operations,
) -> Result<(Vec<Kind>, Vec<String>), WorkError> {
    let mut wanted = Vec::new();
    for text in given {
        let kinds = read(text).ok_or_else(|| {
            let kinds = ALL.map(|kind| kind.to_string()).join(", ");
            let text = format!("in: expected {kinds} or all, received {}", quoted(text));
            WorkError::Arguments(text)
        })?;
        wanted.extend(kinds);
    }
    let is_wanted = |kind: &Kind| given.is_empty() || wanted.contains(kind);
    let may = |kind: &Kind| kind.needs().iter().all(|tool| operations.allows(tool));
    let (allowed, denied): (Vec<_>, Vec<_>) = ALL.into_iter().filter(is_wanted).partition(may);
    let denied: Vec<_> = denied.iter().map(Kind::to_string).collect();
    let text = format!(
        "Not searched, because this connection leaves them out: {}.",
        denied.join(", ")
    );
    match (allowed.is_empty(), denied.is_empty()) {
        (true, _) => Err(WorkError::Arguments(format!("in: {text}"))),
        (false, true) => Ok((allowed, Vec::new())),
        (false, false) => Ok((allowed, vec![text])),
    }
}

fn read(text: &str) -> Option<Vec<Kind>> {
    let letters = text.chars().flat_map(char::to_lowercase);
    let word: String = letters
        .filter(|letter| letter.is_alphanumeric() || *letter == 'ー')
        .collect();
    if matches!(&*word, "all" | "everything" | "すべて" | "全て") {
        return Some(ALL.to_vec());
    }
    let singular = word.strip_suffix('s').unwrap_or(&word);
    let is_it = |kind: &Kind| kind.words().contains(&singular);
    ALL.into_iter().find(is_it).map(|kind| vec![kind])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_many_names() {
        for (text, expected) in [
            ("issues", Some(Kind::Issues)),
            ("課題", Some(Kind::Issues)),
            ("Wiki pages", Some(Kind::Wiki)),
            ("wikis", Some(Kind::Wiki)),
            ("docs", Some(Kind::Documents)),
            ("pull_requests", Some(Kind::PullRequests)),
            ("PRs", Some(Kind::PullRequests)),
            ("プルリクエスト", Some(Kind::PullRequests)),
            ("people", None),
            ("", None),
        ] {
            let read = read(text).map(|kinds| kinds[0]);
            assert_eq!(read, expected, "{text}");
        }
        assert_eq!(read("all").map(|kinds| kinds.len()), Some(4));
    }
}

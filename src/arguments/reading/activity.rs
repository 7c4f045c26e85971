//! Resolves activity types by name.

use super::{
    similarity::{folded, near},
    text::quoted,
};

/// The names by number. Backlog may have other types, which can only be given as numbers.
const NAMES: [(i64, &str); 41] = [
    (1, "issueCreated"),
    (2, "issueUpdated"),
    (3, "issueCommented"),
    (4, "issueDeleted"),
    (5, "wikiCreated"),
    (6, "wikiUpdated"),
    (7, "wikiDeleted"),
    (8, "fileAdded"),
    (9, "fileUpdated"),
    (10, "fileDeleted"),
    (11, "svnCommitted"),
    (12, "gitPushed"),
    (13, "gitRepositoryCreated"),
    (14, "issueMultiUpdated"),
    (15, "projectUserAdded"),
    (16, "projectUserRemoved"),
    (17, "notifyAdded"),
    (18, "pullRequestAdded"),
    (19, "pullRequestUpdated"),
    (20, "pullRequestCommented"),
    (21, "pullRequestMerged"),
    (22, "milestoneCreated"),
    (23, "milestoneUpdated"),
    (24, "milestoneDeleted"),
    (25, "projectGroupAdded"),
    (26, "projectGroupDeleted"),
    (34, "statusDeleted"),
    (35, "issuesDatesUpdated"),
    (36, "documentCreated"),
    (37, "documentDeleted"),
    (38, "documentTitleUpdated"),
    (40, "documentCommentCreated"),
    (41, "documentCommentUpdated"),
    (42, "documentCommentDeleted"),
    (43, "documentCommentReplyCreated"),
    (44, "documentCommentReplyUpdated"),
    (45, "documentCommentReplyDeleted"),
    (46, "documentAttachmentCreated"),
    (47, "issueMultiCreated"),
    (48, "documentMultiCreated"),
    (-1, "undefined"),
];

/// Returns the number of a type by its name in any case, with or without separators.
pub(super) fn number(name: &str) -> Option<i64> {
    let name = folded(name);
    let mut kinds = NAMES.iter();
    kinds
        .find(|(_, word)| word.eq_ignore_ascii_case(&name))
        .map(|(number, _)| *number)
}

/// The error for an unknown name, with the available ones.
pub(super) fn unknown(name: &str) -> String {
    let names = || NAMES.iter().map(|(_, name)| *name);
    let quoted = quoted(name);
    match near(name, names(), 5).as_slice() {
        [] => format!(
            "unknown activity type {quoted}; available: {}",
            names().collect::<Vec<_>>().join(", ")
        ),
        near => format!(
            "unknown activity type {quoted}; the nearest are {}",
            near.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_a_name() {
        for name in [
            "issueCreated",
            "ISSUE_CREATED",
            "issue created",
            "IssueCreated",
        ] {
            assert_eq!(number(name), Some(1), "{name}");
        }
        assert_eq!(number("issueMade"), None);
        assert!(unknown("issueCreate").contains("the nearest are issueCreated, "));
        let unlike = unknown("xyz");
        assert!(
            unlike.contains("available: issueCreated, issueUpdated, "),
            "{unlike}"
        );
        let numbers: std::collections::BTreeSet<_> = NAMES.iter().map(|(n, _)| n).collect();
        assert_eq!(numbers.len(), NAMES.len());
    }
}

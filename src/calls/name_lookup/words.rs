//! Names that are the same in every space, in both languages of Backlog.

use super::entry::folded;
use crate::toolkit::name_kind::NameKind;

/// The statuses that every project has.
const STATUSES: [(i64, [&str; 2]); 4] = [
    (1, ["open", "未対応"]),
    (2, ["in progress", "処理中"]),
    (3, ["resolved", "処理済み"]),
    (4, ["closed", "完了"]),
];

const PRIORITIES: [(i64, [&str; 2]); 3] = [
    (2, ["high", "高"]),
    (3, ["normal", "中"]),
    (4, ["low", "低"]),
];

const RESOLUTIONS: [(i64, [&str; 2]); 5] = [
    (0, ["fixed", "対応済み"]),
    (1, ["won't fix", "対応しない"]),
    (2, ["invalid", "無効"]),
    (3, ["duplication", "重複"]),
    (4, ["cannot reproduce", "再現しない"]),
];

/// Words for the signed-in user.
const ME: [&str; 6] = ["me", "@me", "myself", "自分", "私", "わたし"];

/// Returns the id that a word has in every space.
pub(super) fn id(kind: NameKind, text: &str) -> Option<i64> {
    let words: &[(i64, [&str; 2])] = match kind {
        NameKind::Status => &STATUSES,
        NameKind::Priority => &PRIORITIES,
        NameKind::Resolution => &RESOLUTIONS,
        _ => return None,
    };
    // The longest word has sixteen bytes.
    let text = Some(text).filter(|text| text.len() <= 64).map(folded)?;
    let found = words
        .iter()
        .find(|(_, names)| names.contains(&text.as_str()));
    found.map(|(id, _)| *id)
}

/// Whether a text means the signed-in user.
pub(super) fn is_me(text: &str) -> bool {
    text.len() <= 64 && ME.contains(&folded(text).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_name_the_same() {
        for (kind, text, expected) in [
            (NameKind::Status, "Closed", Some(4)),
            (NameKind::Status, "完了", Some(4)),
            (NameKind::Status, "ＩＮ　ＰＲＯＧＲＥＳＳ", Some(2)),
            (NameKind::Status, "Done", None),
            (NameKind::Priority, "高", Some(2)),
            (NameKind::Priority, "low", Some(4)),
            (NameKind::Priority, "urgent", None),
            (NameKind::Resolution, "対応済み", Some(0)),
            (NameKind::Resolution, "Won't Fix", Some(1)),
            (NameKind::Category, "open", None),
        ] {
            assert_eq!(id(kind, text), expected, "{text}");
        }
        assert!(["me", "Me ", "@me", "自分", "私"].into_iter().all(is_me));
        assert!(!is_me("mei"));
    }
}

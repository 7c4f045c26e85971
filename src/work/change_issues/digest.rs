//! The digest of a preview: `34-k7qp`.
//!
//! It is of the issues to change with the moments of their last changes, and of what the call
//! sets. So a call with it makes exactly the changes that the preview showed.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::{call::ChangeIssues, plan::Change};

/// Digits and letters that are not taken for each other.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The digest of changes: their number, and four letters.
pub(super) fn of(changes: &[Change], call: &ChangeIssues) -> String {
    let mut stamps: Vec<_> = changes
        .iter()
        .map(|change| (&change.key, &change.updated))
        .collect();
    stamps.sort_unstable();
    let all = json!([stamps, call.set, call.comment, call.notify]);
    let hash = Sha256::digest(all.to_string().as_bytes());
    let letters = hash.iter().take(4);
    let letters: String = letters
        .map(|byte| char::from(LETTERS[usize::from(byte % 32)]))
        .collect();
    format!("{}-{letters}", changes.len())
}

/// A digest as users and models write it.
pub(super) fn written(text: &str) -> String {
    let is_sign = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    text.to_ascii_lowercase().chars().filter(is_sign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(key: &str, updated: &str) -> Change {
        Change {
            key: key.to_owned(),
            updated: updated.to_owned(),
            ..Change::default()
        }
    }

    fn call(arguments: serde_json::Value) -> ChangeIssues {
        serde_json::from_value(arguments).unwrap()
    }

    #[test]
    fn it_differs_where_anything_does() {
        let same = call(json!({"set": {"status": "Closed"}, "comment": "Done"}));
        let one = of(&[change("A-1", "1"), change("A-2", "1")], &same);
        assert!(one.starts_with("2-") && one.len() == 6, "{one}");
        // The order of the issues, and how they are selected, make no difference.
        let other =
            call(json!({"set": {"status": "Closed"}, "comment": "Done", "issues": ["A-1"]}));
        assert_eq!(of(&[change("A-2", "1"), change("A-1", "1")], &other), one);
        for (changes, call) in [
            (vec![change("A-1", "1")], same.clone()),
            (vec![change("A-1", "2"), change("A-2", "1")], same.clone()),
            (vec![change("A-1", "1"), change("A-3", "1")], same),
            (
                vec![change("A-1", "1"), change("A-2", "1")],
                call(json!({"set": {"status": "Open"}, "comment": "Done"})),
            ),
            (
                vec![change("A-1", "1"), change("A-2", "1")],
                call(json!({"set": {"status": "Closed"}})),
            ),
        ] {
            assert_ne!(of(&changes, &call), one);
        }
    }

    #[test]
    fn it_is_read_as_it_is_pasted() {
        for text in ["2-k7qp", " `2-K7QP`. ", "\"2-k7qp\""] {
            assert_eq!(written(text), "2-k7qp");
        }
    }
}

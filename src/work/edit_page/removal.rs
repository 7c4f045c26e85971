//! The word that removes a text of a page.

use unicode_normalization::UnicodeNormalization;

use crate::toolkit::work::WorkError;

/// Whether a new text is the word that removes the old one. The word must be in brackets, because
/// `none` and `なし` are also texts of pages.
///
/// # Errors
/// The text may be either, or removes a text that is not given.
pub(super) fn is_removal(new: &str, has_old: bool) -> Result<bool, WorkError> {
    let plain: String = new.trim().nfkc().collect::<String>().to_lowercase();
    match (plain.as_str(), has_old) {
        ("(none)" | "(なし)", true) => Ok(true),
        ("(none)" | "(なし)", false) => Err(WorkError::Arguments(format!(
            "new: {new} removes the text in old, which is not given"
        ))),
        ("none" | "なし" | "無し", true) => Err(WorkError::Arguments(format!(
            "new: {new} may be a text or a removal; give (none) to remove old, or old and new with \
             a word beside it to put {new} there"
        ))),
        _ => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_word_in_brackets_removes() {
        for new in ["(none)", " (None)\n", "(なし)", "（なし）"] {
            assert!(is_removal(new, true).unwrap(), "{new}");
            assert!(is_removal(new, false).is_err(), "{new}");
        }
        for new in ["none", "なし", "無し", "ＮＯＮＥ"] {
            assert!(is_removal(new, true).is_err(), "{new}");
            assert!(!is_removal(new, false).unwrap(), "{new}");
        }
        for new in ["", "none of them", "(none) yet", "未設定", "影響なし"] {
            assert!(!is_removal(new, true).unwrap(), "{new}");
        }
    }
}

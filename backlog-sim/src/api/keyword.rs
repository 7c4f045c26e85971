//! The keyword of a search.

/// Whether each word of a keyword, in lowercase, is in one of the texts.
pub(super) fn has_words(keyword: &str, texts: &[&str]) -> bool {
    let texts: Vec<_> = texts.iter().map(|text| text.to_lowercase()).collect();
    let is_in = |word: &str| texts.iter().any(|text| text.contains(word));
    keyword.split_whitespace().all(is_in)
}

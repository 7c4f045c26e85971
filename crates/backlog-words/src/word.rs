//! Words of a built-in value in both languages of Backlog.

use crate::{
    error::{Unknown, nearest_first},
    text::{bare, clean, folded, squeezed},
};

/// A built-in value with its id and its names.
pub(crate) struct Word<T> {
    pub(crate) value: T,
    pub(crate) id: i64,
    /// The names in English and Japanese, as Backlog writes them.
    pub(crate) names: [&'static str; 2],
    /// Other words for it.
    pub(crate) others: &'static [&'static str],
}

impl<T: Copy> Word<T> {
    /// Compares with the [key] of a text.
    fn is(&self, word: &str) -> bool {
        let is_it = |name: &&str| key(name).as_deref() == Some(word);
        self.names.iter().chain(self.others).any(is_it)
    }
}

/// Folds a text for comparison with words: brackets, quotes, spaces and hyphens make no difference.
pub(crate) fn key(text: &str) -> Option<String> {
    let word = squeezed(&folded(bare(&clean(text)?)));
    // `-closed` excludes a status, and is not one.
    let word = Some(word).filter(|word| !word.starts_with('-'))?;
    Some(word.replace(['-', '_', '’'], "").replace('\'', ""))
}

/// Finds the value of a word.
pub(crate) fn find<T: Copy>(words: &[Word<T>], text: &str) -> Option<T> {
    let text = key(text)?;
    let mut words = words.iter();
    words.find(|word| word.is(&text)).map(|word| word.value)
}

/// Finds the value of a word, or of an id.
pub(crate) fn find_or_id<T: Copy>(words: &[Word<T>], text: &str) -> Option<T> {
    let id = clean(text).and_then(|text| crate::text::digits(bare(&text)));
    let with_id = || words.iter().find(|word| Some(word.id) == id);
    find(words, text).or_else(|| with_id().map(|word| word.value))
}

/// Reports an unknown word with the names of the values, in the language of the text and the
/// nearest first.
pub(crate) fn unknown<T>(what: &'static str, words: &[Word<T>], text: &str) -> Unknown {
    let plain = clean(text).map(|text| folded(&text)).unwrap_or_default();
    let language = usize::from(!plain.is_ascii());
    let names = words.iter().map(|word| word.names[language]);
    Unknown::new(what, text, nearest_first(&plain, names, |name| *name))
}

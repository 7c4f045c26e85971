//! Compares names and words: equal ones in another spelling, and similar ones.

/// The number of characters of a name that are compared.
pub(super) const MAX_COMPARED: usize = 64;
/// The minimum number of characters in common for two words to be similar.
const SHORTEST_PART: usize = 3;

/// Folds a name to its lowercase letters and digits: `Issue_Key` → `issuekey`.
pub(super) fn folded(name: &str) -> String {
    let signs = name
        .chars()
        .filter(|c| c.is_alphanumeric())
        .take(MAX_COMPARED);
    signs.flat_map(char::to_lowercase).collect()
}

/// Returns the words that are similar to another, the nearest first: one contains the other, they
/// share a prefix, or they differ in few letters.
pub(super) fn near<'a>(
    word: &str,
    words: impl Iterator<Item = &'a str>,
    most: usize,
) -> Vec<&'a str> {
    let word = folded(word);
    let mut near: Vec<_> = words
        .filter_map(|other| Some((distance(&word, &folded(other))?, other)))
        .collect();
    near.sort_unstable();
    near.into_iter().take(most).map(|(_, word)| word).collect()
}

/// The distance of two folded words, if they are similar.
fn distance(word: &str, other: &str) -> Option<(usize, usize)> {
    let apart = strsim::osa_distance(word, other);
    let shorter = word.len().min(other.len());
    let is_within = shorter >= SHORTEST_PART && (other.contains(word) || word.contains(other));
    let alike = word.chars().zip(other.chars());
    let beginning = alike.take_while(|(one, other)| one == other).count();
    let is_near = is_within || beginning > SHORTEST_PART || apart <= 1 + shorter / 3;
    let bonus = if is_within { 4 } else { 0 };
    is_near.then(|| (apart.saturating_sub(bonus), apart))
}

//! Splits several names in one text at commas: `Open, Closed`. A name may itself contain a comma.

/// The maximum number of parts.
const MAX_PARTS: usize = 20;
const COMMAS: [char; 3] = [',', '、', '，'];

/// Looks up each of several names in a text, if the whole text can be split into names in exactly
/// one way.
pub(super) fn parted<T>(text: &str, find: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (place, comma) in text.match_indices(COMMAS) {
        parts.push((start, place));
        start = place + comma.len();
    }
    parts.push((start, text.len()));
    if parts.len() < 2 || parts.len() > MAX_PARTS {
        return None;
    }
    let name = |from: usize, to: usize| text[parts[from].0..parts[to].1].trim();
    // For each part: the number of ways to split the rest into names, and the last part of the
    // first name.
    let mut ways = vec![(0_usize, 0_usize); parts.len()];
    for from in (0..parts.len()).rev() {
        for to in from..parts.len() {
            let after = ways.get(to + 1).map_or(1, |(count, _)| *count);
            if after > 0 && find(name(from, to)).is_some() {
                ways[from] = (ways[from].0 + after, to);
            }
        }
    }
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((1, to)) = ways.get(from) {
        found.push(find(name(from, *to))?);
        from = to + 1;
    }
    (from == parts.len()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::parted;

    #[test]
    fn a_text_is_several_names_in_one_way_or_in_none() {
        let names = ["Open", "Closed", "Sea, Land", "Sea", "A", "A, B", "B"];
        let find = |text: &str| names.iter().position(|name| *name == text);
        for (text, expected) in [
            ("Open,Closed", Some(&[0, 1][..])),
            ("Open、 Closed", Some(&[0, 1])),
            ("Open, Sea, Land", Some(&[0, 2])),
            ("Sea, Land, Sea", Some(&[2, 3])),
            ("Open", None),
            ("Open, Nope", None),
            ("Open,", None),
            (",", None),
            // Two names, or three.
            ("A, B, Open", None),
        ] {
            assert_eq!(parted(text, find).as_deref(), expected, "{text}");
        }
        let many = ["Open"; 21].join(",");
        assert_eq!(parted(&many, find), None);
    }
}

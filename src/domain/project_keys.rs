//! Keys of projects, as clients, users and operators write them.

use std::collections::BTreeSet;

use thiserror::Error;

/// The most keys of one restriction. A longer list is not typed by anybody.
pub const MOST: usize = 100;
/// The longest key: the rule of the domain `hub.project_key`.
const LONGEST: usize = 64;
/// The characters that an error repeats of a key that is none.
const SHOWN: usize = 64;

/// A list of which the keys cannot be read. It is rejected rather than taken as no restriction.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadProjectKeys {
    #[error("no project key is given; expected keys such as ACME,OPS")]
    Missing,
    #[error("`{0}` is not a project key; expected letters, digits and _, such as ACME,OPS")]
    Malformed(String),
    #[error("more than {MOST} project keys are given; give fewer")]
    TooMany,
}

/// The key in Backlog's spelling, which has no lowercase letters; `None` if no project can have it.
pub fn project_key(text: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_key = (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_plain);
    is_key.then(|| text.to_ascii_uppercase())
}

/// Parses keys that are separated by commas or spaces.
///
/// # Errors
/// There is none, or one is not a key. The others are not used then, because the sender expected
/// more.
pub fn project_keys(list: &str) -> Result<BTreeSet<String>, BadProjectKeys> {
    let mut keys = BTreeSet::new();
    let texts = list.split(|c: char| c.is_whitespace() || matches!(c, ',' | '、'));
    for text in texts.filter(|text| !text.is_empty()) {
        let key = project_key(text).ok_or_else(|| {
            let shown = text.chars().filter(|c| !c.is_control()).take(SHOWN);
            BadProjectKeys::Malformed(shown.collect())
        })?;
        keys.insert(key);
        if keys.len() > MOST {
            return Err(BadProjectKeys::TooMany);
        }
    }
    match keys.is_empty() {
        true => Err(BadProjectKeys::Missing),
        false => Ok(keys),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_any_case_and_nothing_else_is() {
        let read = |list: &str| Some(project_keys(list).ok()?.into_iter().collect::<Vec<_>>());
        let two = Some(vec!["ACME".to_owned(), "OPS_2".to_owned()]);
        for list in [
            "ACME,OPS_2",
            " ops_2 , Acme,acme",
            "acme ops_2",
            "ACME、OPS_2,",
        ] {
            assert_eq!(read(list), two, "{list}");
        }
        for list in [
            "",
            " , ",
            "AC-ME",
            "ACME-1",
            "ＡＣＭＥ",
            "ACME;OPS",
            "A/B",
            "*",
            "all?",
        ] {
            assert_eq!(read(list), None, "{list}");
        }
        assert_eq!(project_key(&"A".repeat(64)).map(|key| key.len()), Some(64));
        assert_eq!(project_key(&"A".repeat(65)), None);
    }

    #[test]
    fn an_error_repeats_the_key_that_is_none() {
        let error = |list: &str| project_keys(list).unwrap_err();
        assert_eq!(
            error(",").to_string(),
            "no project key is given; expected keys such as ACME,OPS"
        );
        assert_eq!(
            error("ACME,O-PS"),
            BadProjectKeys::Malformed("O-PS".to_owned())
        );
        assert_eq!(
            error(&"-".repeat(9000)),
            BadProjectKeys::Malformed("-".repeat(SHOWN))
        );
        let many: Vec<_> = (0..=MOST).map(|number| format!("P{number}")).collect();
        assert_eq!(error(&many.join(",")), BadProjectKeys::TooMany);
        assert!(project_keys(&many[1..].join(",")).is_ok());
    }
}

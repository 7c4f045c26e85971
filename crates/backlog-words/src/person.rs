//! Reads how users are written: a name with `さん`, `@name`, `me`, a mail address, an id.

use crate::{
    error::Unexpected,
    removal,
    text::{bare, clean, folded, id},
};

const EXPECTED: &str = "a user as a name, a part of it, a mail address, me or nobody";
const ME: [&str; 9] = [
    "me",
    "myself",
    "自分",
    "自分自身",
    "私",
    "わたし",
    "僕",
    "俺",
    "当方",
];
const NOBODY: [&str; 10] = [
    "nobody",
    "no one",
    "noone",
    "unassigned",
    "not assigned",
    "未割り当て",
    "未割当",
    "未割当て",
    "担当者なし",
    "担当なし",
];
/// Titles after a name. A longer one precedes those at its end.
const TITLES: [&str; 8] = ["さん", "さま", "ちゃん", "くん", "様", "氏", "君", "殿"];

/// A user as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Person {
    /// The signed-in user.
    Me,
    /// There is no user.
    Nobody,
    /// The numeric id of a user.
    Id(i64),
    /// A mail address in lower case.
    Mail(String),
    /// A name, a part of it, or a sign-in name.
    Named {
        /// The text without whitespace, brackets and `@`.
        written: String,
        /// The same without a title such as `さん`. A name may end like a title, so the caller
        /// looks for `written` first.
        bare: String,
    },
}

/// Reads a user.
///
/// # Errors
/// The text is empty, or too long for a name.
pub fn read(text: &str) -> Result<Person, Unexpected> {
    let unexpected = || Unexpected::new(EXPECTED, text);
    let plain = clean(text).ok_or_else(unexpected)?;
    if removal::is_removal(&plain) {
        return Ok(Person::Nobody);
    }
    if let Some(mail) = mail(&plain) {
        return Ok(Person::Mail(mail));
    }
    let name = bare(bare(&plain).trim_start_matches('@'));
    if name.is_empty() {
        return Err(unexpected());
    }
    let word = folded(name);
    if ME.contains(&word.as_str()) {
        return Ok(Person::Me);
    }
    if NOBODY.contains(&word.as_str()) {
        return Ok(Person::Nobody);
    }
    if let Some(id) = id(name) {
        return Ok(Person::Id(id));
    }
    Ok(Person::Named {
        written: name.to_owned(),
        bare: without_title(name).to_owned(),
    })
}

/// Reads `h.sato@example.com`, `<h.sato@example.com>` and `佐藤 遥 <h.sato@example.com>`.
fn mail(text: &str) -> Option<String> {
    let address = match text.rsplit_once('<') {
        Some((_, rest)) => rest.split('>').next()?,
        None => bare(text),
    };
    let address = address.trim();
    let address = address.strip_prefix("mailto:").unwrap_or(address);
    let (name, host) = address.split_once('@')?;
    let is_sign = |c: char| !c.is_whitespace() && !c.is_control() && !"<>,;\"@".contains(c);
    let is_host = host.contains('.') && !host.starts_with('.') && !host.ends_with('.');
    let is_mail = !name.is_empty() && is_host && address.replacen('@', "", 1).chars().all(is_sign);
    is_mail.then(|| address.to_lowercase())
}

/// Removes a title after a name; a name is never a title alone.
fn without_title(name: &str) -> &str {
    let japanese = TITLES.iter().find_map(|title| name.strip_suffix(title));
    let place = name.len().saturating_sub("-san".len());
    let english = || {
        let (start, title) = name.split_at_checked(place)?;
        let is_title = title.eq_ignore_ascii_case("-san") || title.eq_ignore_ascii_case(" san");
        is_title.then_some(start)
    };
    let bare = japanese.or_else(english).map(str::trim_end);
    bare.filter(|bare| !bare.is_empty()).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(written: &str, bare: &str) -> Person {
        Person::Named {
            written: written.to_owned(),
            bare: bare.to_owned(),
        }
    }

    #[test]
    fn a_title_is_not_a_part_of_a_name() {
        for (text, written, bare) in [
            ("佐藤さん", "佐藤さん", "佐藤"),
            ("佐藤 遥 様", "佐藤 遥 様", "佐藤 遥"),
            ("@m.lind", "m.lind", "m.lind"),
            ("Sato-san", "Sato-san", "Sato"),
            ("さん", "さん", "さん"),
            ("Susan", "Susan", "Susan"),
        ] {
            assert_eq!(read(text), Ok(named(written, bare)), "{text}");
        }
    }

    #[test]
    fn a_mail_address_is_recognized() {
        for text in [
            "h.sato@example.com",
            "<H.Sato@example.com>",
            "佐藤 遥 <h.sato@example.com>",
            "mailto:h.sato@example.com",
            "ｈ．ｓａｔｏ＠ｅｘａｍｐｌｅ．ｃｏｍ",
        ] {
            assert_eq!(
                read(text),
                Ok(Person::Mail("h.sato@example.com".into())),
                "{text}"
            );
        }
        for text in ["@sato", "sato@", "a@b", "a b@example.com"] {
            assert!(matches!(read(text), Ok(Person::Named { .. })), "{text}");
        }
    }

    #[test]
    fn an_empty_text_is_an_error() {
        for text in ["", " ", "@", "「」"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read(&"x".repeat(100_000)).is_err());
    }
}

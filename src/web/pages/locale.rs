//! The language of a page, and its texts.
//!
//! The locale is a value of the page: nothing here changes the process-wide locale of the
//! translation crate.

use std::fmt;

use askama::filters::HtmlSafe;
use url::form_urlencoded;

/// The path that chooses a language.
pub const LANGUAGE_PATH: &str = "/language";

/// A language of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Locale {
    #[default]
    En,
    Ja,
}

impl Locale {
    pub const ALL: [Self; 2] = [Self::En, Self::Ja];

    /// Selects the preferred language of an `Accept-Language` (RFC 9110 §12.5.4): the highest
    /// weight wins, the first among equals, and English if nothing fits. Malformed entries are
    /// ignored.
    pub fn from_accept_language(header: &str) -> Self {
        let mut best = (Self::default(), 0.0);
        for (locale, weight) in header.split(',').filter_map(weighted) {
            if weight > best.1 {
                best = (locale, weight);
            }
        }
        best.0
    }

    /// The language tag, as in `<html lang>`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ja => "ja",
        }
    }

    /// The language that a tag such as `ja` or `ja-JP` names.
    pub fn named(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next()?;
        let is_named = |locale: &Self| primary.eq_ignore_ascii_case(locale.tag());
        Self::ALL.into_iter().find(is_named)
    }

    /// The first of a client's `ui_locales` in which the pages exist (OpenID Connect Core 1.0
    /// §3.1.2.1).
    pub fn from_ui_locales(tags: &str) -> Option<Self> {
        tags.split(' ').find_map(Self::named)
    }

    /// The language in its own language.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Ja => "日本語",
        }
    }

    /// The link that chooses this language and returns to a path of the hub.
    pub(super) fn link(self, here: &str) -> String {
        let here: String = form_urlencoded::byte_serialize(here.as_bytes()).collect();
        format!("{LANGUAGE_PATH}?to={}&back={here}", self.tag())
    }

    /// The text of `key` in `locales/`, with its placeholder.
    pub fn text(self, key: &str) -> String {
        rust_i18n::t!(key, locale = self.tag()).into_owned()
    }

    /// The text of `key` with `value` in place of its one placeholder.
    pub fn phrase(self, key: &str, value: impl fmt::Display) -> Phrase {
        Phrase::fill(&self.text(key), &value)
    }
}

/// One entry of `Accept-Language`, if the pages exist in its language.
fn weighted(entry: &str) -> Option<(Locale, f32)> {
    let mut parts = entry.split(';').map(str::trim);
    let range = parts.next()?;
    let primary = range.split('-').next()?;
    let locale = if primary.eq_ignore_ascii_case("ja") {
        Locale::Ja
    } else if primary.eq_ignore_ascii_case("en") || primary == "*" {
        Locale::En
    } else {
        return None;
    };
    let weight = match parts.next() {
        None => 1.0,
        Some(parameter) => parameter
            .strip_prefix("q=")
            .or_else(|| parameter.strip_prefix("Q="))?
            .parse()
            .ok()?,
    };
    (0.0..=1.0).contains(&weight).then_some((locale, weight))
}

/// A sentence with an untrusted value in it.
///
/// In a template it is safe HTML: the parts are escaped, and the value is isolated in `<bdi>`, so
/// that right-to-left text cannot reorder the sentence.
#[derive(Clone, Debug)]
pub struct Phrase {
    before: String,
    /// The value and the text after it; absent if the text has no placeholder.
    rest: Option<(String, String)>,
}

impl Phrase {
    fn fill(text: &str, value: &dyn fmt::Display) -> Self {
        let placeholder = text
            .split_once("%{")
            .and_then(|(before, rest)| Some((before, rest.split_once('}')?.1)));
        match placeholder {
            None => Self {
                before: text.to_owned(),
                rest: None,
            },
            Some((before, after)) => Self {
                before: before.to_owned(),
                rest: Some((value.to_string(), after.to_owned())),
            },
        }
    }

    /// The sentence as plain text, for a terminal or a code block.
    pub fn plain(&self) -> String {
        match &self.rest {
            None => self.before.clone(),
            Some((value, after)) => [self.before.as_str(), value, after].concat(),
        }
    }
}

impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_escaped(f, &self.before)?;
        if let Some((value, after)) = &self.rest {
            f.write_str("<bdi>")?;
            write_escaped(f, value)?;
            f.write_str("</bdi>")?;
            write_escaped(f, after)?;
        }
        Ok(())
    }
}

impl HtmlSafe for Phrase {}

fn write_escaped(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    askama::filters::Escaper::write_escaped_str(&askama::filters::Html, f, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_language_wins() {
        for (header, expected) in [
            ("", Locale::En),
            ("ja", Locale::Ja),
            ("JA-jp", Locale::Ja),
            ("ja-JP,ja;q=0.9,en-US;q=0.8,en;q=0.7", Locale::Ja),
            ("en-US,en;q=0.9,ja;q=0.8", Locale::En),
            ("en;q=0.5, ja;q=0.6", Locale::Ja),
            ("fr, de;q=0.9, ja;q=0.1", Locale::Ja),
            ("ja;q=0, fr", Locale::En),
            ("*, ja;q=0.5", Locale::En),
            ("*;q=0.1, ja;q=0.5", Locale::Ja),
            ("jam, jav", Locale::En),
            ("ja;q=NaN", Locale::En),
            ("ja;q=2", Locale::En),
            ("ja;level=1", Locale::En),
            (";;;,,q=1", Locale::En),
        ] {
            assert_eq!(Locale::from_accept_language(header), expected, "{header}");
        }
    }

    #[test]
    fn a_client_names_languages_in_its_order() {
        for (tags, expected) in [
            ("ja", Some(Locale::Ja)),
            ("ja-JP en", Some(Locale::Ja)),
            ("fr-CA EN-us ja", Some(Locale::En)),
            ("fr", None),
            ("", None),
            ("jam", None),
        ] {
            assert_eq!(Locale::from_ui_locales(tags), expected, "{tags}");
        }
    }

    #[test]
    fn a_phrase_escapes_and_isolates_its_value() {
        let phrase = Phrase::fill("<%{name}> & co", &"<script>%{name}");
        assert_eq!(
            phrase.to_string(),
            "&#60;<bdi>&#60;script&#62;%{name}</bdi>&#62; &#38; co"
        );
        assert_eq!(phrase.plain(), "<<script>%{name}> & co");
    }
}

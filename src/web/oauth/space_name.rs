//! Reads how a user names a space: what the address bar shows in Backlog, in any spelling.
//!
//! | typed | is read as |
//! |---|---|
//! | `acme.backlog.com`, `ACME.backlog.com/`, `ａｃｍｅ．ｂａｃｋｌｏｇ．ｃｏｍ` | the space's host name |
//! | `https://acme.backlog.com/view/ACME-1#comment-2` | the space's host name |
//! | `acme` | the space key, or the name of the space in this hub's URLs |
//! | `https://mcp.example.com/spaces/acme/mcp` | the space at that path, if the host is the hub's |

use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;
use url::Url;

use crate::web::AppState;
use crate::{
    db,
    domain::{Authority, Space, space::is_slug},
};

/// Longer than any URL that a user pastes.
pub(super) const LONGEST: usize = 2048;

/// The names that a text may contain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) struct SpaceName {
    /// With the port, if it is not the scheme's default; possibly a single word.
    host: String,
    /// The slug in a path of the hub.
    slug: Option<String>,
}

/// The space that a name identifies.
#[derive(Debug)]
pub(in crate::web) enum Found {
    One(Arc<Space>),
    /// The name is ambiguous.
    Several,
    None,
}

impl SpaceName {
    /// Reads the input; `None` if it cannot be a name.
    pub(in crate::web) fn read(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        // Full-width letters, dots, colons and slashes are read as their ASCII forms.
        let text: String = text
            .nfkc()
            .map(|c| if c == '。' { '.' } else { c })
            .collect();
        let text = text.trim_matches(|c: char| c.is_whitespace() || "<>\"'「」".contains(c));
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => ("https".to_owned(), text),
        };
        if !matches!(scheme.as_str(), "https" | "http") {
            return None;
        }
        let url = Url::parse(&format!("{scheme}://{rest}")).ok()?;
        let name = url.host_str()?.trim_end_matches('.');
        let host = match url.port() {
            Some(port) => format!("{name}:{port}"),
            None => name.to_owned(),
        };
        let mut path = url.path_segments()?;
        let slug = match (path.next(), path.next()) {
            (Some("spaces"), Some(slug)) if is_slug(slug) => Some(slug.to_owned()),
            _ => None,
        };
        (!name.is_empty()).then_some(Self { host, slug })
    }

    /// The space of this name, enabled or disabled.
    pub(in crate::web) async fn find(&self, hub: &AppState) -> Result<Found, sqlx::Error> {
        if let Some(slug) = &self.slug
            && Authority::parse(&self.host).is_some_and(|host| hub.is_own_host(&host))
        {
            let space = hub.sessions.space_by_slug(&hub.db, slug).await?;
            return Ok(space.map_or(Found::None, Found::One));
        }
        let named = db::spaces::named(&hub.db, &self.host, self.word()).await?;
        Ok(self.choose(named))
    }

    /// A name without a dot, which is not a host name in any network.
    fn word(&self) -> Option<&str> {
        is_slug(&self.host).then_some(self.host.as_str())
    }

    /// If several spaces share one Backlog site, their slugs distinguish them. A slug is ambiguous
    /// if it is also the space key of another site.
    fn choose(&self, mut named: Vec<Space>) -> Found {
        if let Some(word) = self.word()
            && let Some(at) = named.iter().position(|space| space.slug == word)
        {
            let site = named[at].base_url.clone();
            if named.iter().all(|space| space.base_url == site) {
                return Found::One(Arc::new(named.swap_remove(at)));
            }
        }
        match (named.pop(), named.is_empty()) {
            (None, _) => Found::None,
            (Some(only), true) => Found::One(Arc::new(only)),
            (Some(_), false) => Found::Several,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, Option<String>)> {
        SpaceName::read(text).map(|name| (name.host, name.slug))
    }

    #[test]
    fn a_site_is_read_however_it_is_written() {
        for text in [
            "acme.backlog.com",
            " ACME.Backlog.com ",
            "acme.backlog.com/",
            "acme.backlog.com.",
            "https://acme.backlog.com",
            "HTTPS://acme.backlog.com:443/dashboard",
            "https://acme.backlog.com/view/ACME-1?a=b#comment-2",
            "ａｃｍｅ．ｂａｃｋｌｏｇ．ｃｏｍ",
            "ａｃｍｅ。ｂａｃｋｌｏｇ。ｃｏｍ",
            "ｈｔｔｐｓ：／／ａｃｍｅ．ｂａｃｋｌｏｇ．ｃｏｍ／",
            "<https://acme.backlog.com>",
            "「acme.backlog.com」",
            "\u{3000}acme.backlog.com\u{3000}",
        ] {
            let expected = Some(("acme.backlog.com".to_owned(), None));
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn a_key_a_port_and_a_path_of_the_hub_are_kept() {
        let pair = |host: &str, slug: Option<&str>| Some((host.into(), slug.map(Into::into)));
        assert_eq!(read("ＡＣＭＥ"), pair("acme", None));
        assert_eq!(read("127.0.0.1:8443"), pair("127.0.0.1:8443", None));
        let at_hub = "https://mcp.example.com/spaces/acme/mcp";
        assert_eq!(read(at_hub), pair("mcp.example.com", Some("acme")));
        let no_slug = "https://mcp.example.com/spaces/A%20B";
        assert_eq!(read(no_slug), pair("mcp.example.com", None));
    }

    #[test]
    fn a_text_without_a_space_name_is_none() {
        let long = "a".repeat(LONGEST + 1);
        for text in [
            "",
            "  ",
            "://",
            "a b",
            "ftp://acme.backlog.com",
            "https://",
            &long,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

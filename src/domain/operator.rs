//! Who operates the hub or a space, for the pages that users see.

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use url::Url;

/// The operator as its users know it. A space can have its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operator {
    pub name: Option<String>,
    pub logo: Option<Logo>,
    /// An e-mail address, or a text such as `Help desk, extension 1234`.
    pub contact: Option<String>,
    pub help_url: Option<Url>,
}

impl Operator {
    /// The operator of a space: what the space says, otherwise what the hub says.
    #[must_use]
    pub fn of_space(&self, own: Self) -> Self {
        Self {
            name: own.name.or_else(|| self.name.clone()),
            logo: own.logo.or_else(|| self.logo.clone()),
            contact: own.contact.or_else(|| self.contact.clone()),
            help_url: own.help_url.or_else(|| self.help_url.clone()),
        }
    }
}

/// An image inside the page: no browser asks another host for it, and the content security policy
/// of the pages allows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Logo {
    data_url: String,
}

/// The size of a `data:` URL, in bytes.
const LONGEST: usize = 50_000;

/// The image types that browsers show, by the extension of a file.
const TYPES: [(&str, &str); 5] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("webp", "image/webp"),
    ("svg", "image/svg+xml"),
];

impl Logo {
    /// The image in a file with this extension. `None`: it has another type or is too large.
    pub fn from_file(extension: &str, content: &[u8]) -> Option<Self> {
        let (_, kind) = TYPES
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(extension))?;
        Self::parse(&format!(
            "data:{kind};base64,{}",
            BASE64_STANDARD.encode(content)
        ))
    }

    /// The image in a `data:` URL (RFC 2397).
    pub fn parse(data_url: &str) -> Option<Self> {
        let (kind, content) = data_url.strip_prefix("data:")?.split_once(";base64,")?;
        let is_image = TYPES.iter().any(|(_, known)| *known == kind);
        let is_content = !content.is_empty() && BASE64_STANDARD.decode(content).is_ok();
        (is_image && is_content && data_url.len() <= LONGEST).then(|| Self {
            data_url: data_url.to_owned(),
        })
    }

    pub fn as_str(&self) -> &str {
        &self.data_url
    }
}

impl fmt::Debug for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Logo({} characters)", self.data_url.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_becomes_a_part_of_the_page() {
        let logo = Logo::from_file("PNG", b"\x89PNG").expect("an image");
        assert_eq!(logo.as_str(), "data:image/png;base64,iVBORw==");
        assert_eq!(Logo::parse(logo.as_str()), Some(logo));
        assert!(Logo::from_file("svg", b"<svg/>").is_some());
    }

    #[test]
    fn another_type_an_address_and_a_large_image_are_refused() {
        assert_eq!(Logo::from_file("html", b"x"), None);
        assert_eq!(Logo::from_file("png", b""), None);
        assert_eq!(Logo::from_file("png", &vec![0; LONGEST]), None);
        for text in [
            "https://example.com/logo.png",
            "data:text/html;base64,eA==",
            "data:image/png,x",
            "data:image/png;base64,x\" onerror=\"",
        ] {
            assert_eq!(Logo::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_space_says_what_it_says_and_the_hub_the_rest() {
        let text = |text: &str| Some(text.to_owned());
        let hub = Operator {
            name: text("Hub"),
            contact: text("hub@example.com"),
            ..Operator::default()
        };
        let own = Operator {
            name: text("Acme"),
            ..Operator::default()
        };
        let shown = hub.of_space(own);
        assert_eq!((shown.name, shown.contact), (text("Acme"), hub.contact));
    }
}

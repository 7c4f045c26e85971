//! The content of a response, by its headers and first bytes.

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

/// The content of a response that is not Backlog's JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Empty,
    /// A page of a proxy, a firewall or a sign-in.
    Html,
    Other,
    /// The content was not read to its end.
    Unread,
}

impl Content {
    pub(super) fn of(headers: &HeaderMap, body: &[u8]) -> Self {
        match without_mark(body).trim_ascii_start().first() {
            None => Self::Empty,
            Some(b'<') => Self::Html,
            Some(_) if is_html(headers) => Self::Html,
            Some(_) => Self::Other,
        }
    }

    /// Classifies a response that broke off, by the part that was read.
    pub(super) fn of_part(headers: &HeaderMap, body: &[u8]) -> Self {
        match Self::of(headers, body) {
            Self::Html => Self::Html,
            _ if is_html(headers) => Self::Html,
            _ => Self::Unread,
        }
    }

    /// As in `Backlog returned 502 with …`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "no content",
            Self::Html => "a web page instead of JSON",
            Self::Other => "content that is not JSON",
            Self::Unread => "content that could not be read",
        }
    }
}

fn is_html(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    kind.starts_with(b"text/html") || kind.starts_with(b"application/xhtml")
}

/// Removes the byte order mark that some proxies prepend.
pub(super) fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn a_page_is_known_by_its_type_or_its_first_bytes() {
        for (kind, body, expected) in [
            ("application/json", &b""[..], Content::Empty),
            ("text/html", b"", Content::Empty),
            ("text/html", b" \n", Content::Empty),
            ("application/json", b"{\"id\":1", Content::Other),
            ("application/json", b"\xef\xbb\xbf{", Content::Other),
            ("application/json", b"{\"id\":NaN}", Content::Other),
            ("application/json", b"\x83\x65", Content::Other),
            ("text/plain", b"OK", Content::Other),
            ("application/json", b"<html>", Content::Html),
            ("", b"\r\n <!DOCTYPE html>", Content::Html),
            ("", b"\xef\xbb\xbf<html>", Content::Html),
            ("Text/HTML; charset=utf-8", b"sign in", Content::Html),
            ("application/xhtml+xml", b"sign in", Content::Html),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            assert_eq!(Content::of(&headers, body), expected, "{kind} {body:?}");
        }
    }
}

//! Redirect URIs: which ones may be registered, and how a presented one is matched.

use url::{Host, Url};

/// Schemes that a browser or an operating system handles itself, instead of handing
/// them to the application that registered the redirect URI.
const FORBIDDEN_SCHEMES: &[&str] = &[
    "about",
    "afp",
    "android-app",
    "applescript",
    "blob",
    "brave",
    "callto",
    "chrome",
    "cid",
    "data",
    "dav",
    "davs",
    "edge",
    "facetime",
    "facetime-audio",
    "feed",
    "file",
    "filesystem",
    "ftp",
    "ftps",
    "git",
    "gopher",
    "hcp",
    "help",
    "imap",
    "intent",
    "ios-app",
    "irc",
    "ircs",
    "its",
    "jar",
    "javascript",
    "jnlp",
    "jnlps",
    "ldap",
    "ldaps",
    "livescript",
    "magnet",
    "mailto",
    "market",
    "mhtml",
    "mid",
    "mk",
    "mms",
    "mmst",
    "news",
    "nfs",
    "nntp",
    "opera",
    "pop",
    "rdp",
    "res",
    "resource",
    "rlogin",
    "rtsp",
    "scp",
    "search",
    "search-ms",
    "sftp",
    "shell",
    "sip",
    "sips",
    "sms",
    "smb",
    "ssh",
    "svn",
    "tel",
    "telnet",
    "tn3270",
    "urn",
    "vbscript",
    "view-source",
    "vnc",
    "webcal",
    "webdav",
    "ws",
    "wss",
    "wyciwyg",
];
/// The prefixes of more such schemes.
const FORBIDDEN_PREFIXES: &[&str] = &[
    "app-prefs",
    "chrome-",
    "itms",
    "moz-",
    "ms-",
    "prefs",
    "safari-",
    "x-apple",
];
const MAX_LENGTH: usize = 2048;

/// A redirect URI that the hub may redirect a browser to. It keeps the original text, because the
/// authorization code is bound to those bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectUri {
    text: String,
    url: Url,
}

/// Where a redirect URI leads, as the user needs to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectKind {
    /// A web site.
    Https,
    /// A web site without TLS, in an intranet, which only an operator may register.
    PlainHttp,
    /// A program on the user's own computer (RFC 8252 §7.3).
    Loopback,
    /// An application that owns a private-use scheme (RFC 8252 §7.1).
    PrivateScheme,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriError {
    #[error("is not an absolute URI")]
    NotAbsolute,
    #[error("is longer than {MAX_LENGTH} characters")]
    TooLong,
    #[error("has a fragment (RFC 6749 §3.1.2)")]
    Fragment,
    #[error("contains a backslash, which URL parsers interpret differently")]
    Backslash,
    #[error("contains a user name or password")]
    UserInfo,
    #[error("uses the scheme \"{0}\", which is not allowed")]
    ForbiddenScheme(String),
    #[error("uses http for a host that is not loopback; use https")]
    PlainHttp,
}

impl RedirectUri {
    /// Parses a redirect URI that an unauthenticated client may register.
    pub fn parse(text: &str) -> Result<Self, RedirectUriError> {
        let uri = Self::parse_trusted(text)?;
        match uri.kind() {
            RedirectKind::PlainHttp => Err(RedirectUriError::PlainHttp),
            RedirectKind::Https | RedirectKind::Loopback | RedirectKind::PrivateScheme => Ok(uri),
        }
    }

    /// Parses a redirect URI that an operator registers, or that is compared with one. It also
    /// accepts http to another computer.
    pub fn parse_trusted(text: &str) -> Result<Self, RedirectUriError> {
        if text.len() > MAX_LENGTH {
            return Err(RedirectUriError::TooLong);
        }
        if text.bytes().any(|b| !(0x21..0x7f).contains(&b)) {
            return Err(RedirectUriError::NotAbsolute);
        }
        if text.contains('\\') {
            return Err(RedirectUriError::Backslash);
        }
        let url = Url::parse(text).map_err(|_| RedirectUriError::NotAbsolute)?;
        if is_forbidden(url.scheme()) {
            return Err(RedirectUriError::ForbiddenScheme(url.scheme().to_owned()));
        }
        if url.fragment().is_some() {
            return Err(RedirectUriError::Fragment);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(RedirectUriError::UserInfo);
        }
        Ok(Self {
            text: text.to_owned(),
            url,
        })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn url(&self) -> &Url {
        &self.url
    }

    pub fn kind(&self) -> RedirectKind {
        match self.url.scheme() {
            "http" | "https" if is_loopback(&self.url) => RedirectKind::Loopback,
            "https" => RedirectKind::Https,
            "http" => RedirectKind::PlainHttp,
            _ => RedirectKind::PrivateScheme,
        }
    }

    /// Whether this URI, which a client presents, equals the registered one. Only the port of a
    /// loopback address may differ (RFC 8252 §7.3).
    pub fn matches(&self, registered: &Self) -> bool {
        if self.text == registered.text {
            return true;
        }
        self.kind() == RedirectKind::Loopback
            && self.url.scheme() == "http"
            && registered.url.scheme() == "http"
            && self.url.host() == registered.url.host()
            && raw_path_and_query(&self.text) == raw_path_and_query(&registered.text)
    }

    /// This URI with the parameters of an authorization response added to its query
    /// (RFC 6749 §4.1.2).
    pub fn with_params(&self, params: &[(&str, &str)]) -> String {
        let mut url = self.url.clone();
        url.query_pairs_mut().extend_pairs(params);
        url.into()
    }
}

/// The unparsed text after the authority; a parser would normalize `/a/../b`.
fn raw_path_and_query(text: &str) -> &str {
    let after_scheme = text.find("://").map_or(0, |at| at + 3);
    text[after_scheme..]
        .find(['/', '?'])
        .map_or("/", |at| &text[after_scheme + at..])
}

/// `scheme` is in lower case, as the parser returns it.
fn is_forbidden(scheme: &str) -> bool {
    FORBIDDEN_SCHEMES.contains(&scheme)
        || FORBIDDEN_PREFIXES
            .iter()
            .any(|prefix| scheme.starts_with(prefix))
}

/// Whether the host is a loopback address or `localhost`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn uri(text: &str) -> RedirectUri {
        RedirectUri::parse(text).expect(text)
    }

    #[test]
    fn rule_13_accepts_https_loopback_and_private_schemes() {
        assert_eq!(
            uri("https://claude.ai/api/mcp/auth_callback").kind(),
            RedirectKind::Https
        );
        for text in [
            "http://127.0.0.1:33418/",
            "http://localhost/cb",
            "http://[::1]:1/cb",
            "http://127.8.8.8/x",
        ] {
            assert_eq!(uri(text).kind(), RedirectKind::Loopback, "{text}");
        }
        for text in [
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "vscode://vscode.github-authentication/did-authenticate",
            "vscode-insiders://x/cb",
            "com.example.app:/oauth2redirect",
        ] {
            assert_eq!(uri(text).kind(), RedirectKind::PrivateScheme, "{text}");
        }
    }

    #[test]
    fn rule_13_refuses_what_a_browser_would_run_or_send_in_clear() {
        for text in [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "vbscript:x",
            "blob:https://a.example/1",
            "about:blank",
            "MS-Settings:privacy",
            "search-ms:query=x",
            "intent://x#Intent;end",
            "mailto:a@a.example",
            "tel:+81",
            "view-source:https://a.example/",
            "chrome-extension://abc/x",
            "moz-extension://abc/x",
            "jar:https://a.example/x!/y",
            "itms-services://?action=x",
            "x-apple.systempreferences:x",
            "ssh://a.example/",
            "smb://a.example/share",
            "magnet:?xt=x",
            "https://a.example\\@b.example/cb",
            "https:\\\\a.example/cb",
            "myapp://a\\b",
            "http://evil.example/cb",
            "http://localhost.evil.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "https://a.example/cb#frag",
            "https://user@a.example/cb",
            "/relative",
            "",
            "https://a.example/\u{e9}",
        ] {
            assert!(RedirectUri::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn http_to_another_computer_is_for_operators_and_matches_exactly() {
        let text = "http://chat.intra.example:3080/cb";
        assert_eq!(RedirectUri::parse(text), Err(RedirectUriError::PlainHttp));
        let registered = RedirectUri::parse_trusted(text).expect(text);
        assert_eq!(registered.kind(), RedirectKind::PlainHttp);
        for other in [
            "http://chat.intra.example:3081/cb",
            "http://chat.intra.example:3080/",
            "https://chat.intra.example:3080/cb",
        ] {
            let other = RedirectUri::parse_trusted(other).expect(other);
            assert!(!other.matches(&registered), "{other:?}");
        }
        for wrong in [
            "javascript:alert(1)",
            "http://user@a.example/cb",
            "http://a.example/#x",
        ] {
            assert!(RedirectUri::parse_trusted(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn rule_15_only_the_loopback_port_may_differ() {
        let registered = uri("http://127.0.0.1:3000/cb?a=1");
        assert!(uri("http://127.0.0.1:9999/cb?a=1").matches(&registered));
        assert!(uri("http://127.0.0.1/cb?a=1").matches(&registered));
        for other in [
            "http://localhost:3000/cb?a=1",
            "http://127.0.0.1:3000/cb",
            "http://127.0.0.1:3000/cb/?a=1",
            "http://127.0.0.1:3000/x/../cb?a=1",
            "https://127.0.0.1:3000/cb?a=1",
        ] {
            assert!(!uri(other).matches(&registered), "{other}");
        }
        assert!(!uri("https://a.example:8443/cb").matches(&uri("https://a.example/cb")));
    }

    #[test]
    fn a_response_keeps_the_query_that_was_registered() {
        assert_eq!(
            uri("https://a.example/cb?x=1").with_params(&[("code", "c d"), ("iss", "https://h")]),
            "https://a.example/cb?x=1&code=c+d&iss=https%3A%2F%2Fh"
        );
    }

    proptest! {
        #[test]
        fn no_text_panics_and_every_uri_matches_itself(text in "\\PC{0,80}") {
            if let Ok(parsed) = RedirectUri::parse(&text) {
                prop_assert!(parsed.matches(&parsed));
            }
        }

        #[test]
        fn a_match_never_changes_the_host(host in "[a-z]{1,8}\\.example", port in 1u16..) {
            let registered = uri("http://127.0.0.1/cb");
            if let Ok(other) = RedirectUri::parse(&format!("https://{host}:{port}/cb")) {
                prop_assert!(!other.matches(&registered));
            }
        }
    }
}

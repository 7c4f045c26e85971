//! The URL of a Backlog space.

use std::{fmt, net::IpAddr, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::{Host, Url};

use super::segment::Segment;

/// The origin of a space, such as `https://acme.backlog.com`: no trailing
/// slash, no path. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BacklogUrl(Arc<str>);

/// Why a text is not the URL of a space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BacklogUrlError {
    #[error("not a host name or URL, such as acme.backlog.com")]
    Malformed,
    #[error("must use https; http is allowed for loopback hosts only")]
    NotHttps,
    #[error("must be a bare host: no path, query, fragment or user name")]
    MoreThanAHost,
}

impl BacklogUrl {
    /// Parses a bare host (`acme.backlog.com`, with https) or a URL.
    pub fn parse(text: &str) -> Result<Self, BacklogUrlError> {
        let text = text.trim();
        let url = if text.contains("://") {
            Url::parse(text)
        } else {
            Url::parse(&format!("https://{text}"))
        }
        .map_err(|_| BacklogUrlError::Malformed)?;

        let host = url.host().ok_or(BacklogUrlError::Malformed)?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&host) => {}
            _ => return Err(BacklogUrlError::NotHttps),
        }
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !bare {
            return Err(BacklogUrlError::MoreThanAHost);
        }
        Ok(Self(url.origin().ascii_serialization().into()))
    }

    /// The origin, without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the space is on this machine, as the simulated Backlog is.
    pub(super) fn is_loopback(&self) -> bool {
        self.join("").host().as_ref().is_some_and(is_loopback)
    }

    /// A URL of the REST API. Each segment is percent-encoded as one.
    pub fn api(&self, path: &[Segment]) -> Url {
        let mut url = self.join("api/v2");
        url.path_segments_mut()
            .expect("an http URL has path segments")
            .extend(path.iter().map(Segment::as_str));
        url
    }

    /// The URL of a path of the space that needs no encoding.
    pub(super) fn join(&self, path: &'static str) -> Url {
        Url::parse(&format!("{}/{path}", self.0)).expect("an origin and a path are a URL")
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => IpAddr::from(*address).is_loopback(),
        Host::Ipv6(address) => IpAddr::from(*address).is_loopback(),
    }
}

impl FromStr for BacklogUrl {
    type Err = BacklogUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for BacklogUrl {
    type Error = BacklogUrlError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<BacklogUrl> for String {
    fn from(url: BacklogUrl) -> Self {
        url.0.as_ref().to_owned()
    }
}

impl fmt::Display for BacklogUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BacklogUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BacklogUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_hosts_and_urls() {
        for (text, origin) in [
            ("acme.backlog.com", "https://acme.backlog.com"),
            (" ACME.backlog.jp ", "https://acme.backlog.jp"),
            ("https://acme.backlog.com/", "https://acme.backlog.com"),
            ("https://acme.backlog.com:443", "https://acme.backlog.com"),
            (
                "backlog.example.com:8443",
                "https://backlog.example.com:8443",
            ),
            ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
            ("http://[::1]:9000/", "http://[::1]:9000"),
            ("http://localhost", "http://localhost"),
        ] {
            assert_eq!(BacklogUrl::parse(text).unwrap().as_str(), origin, "{text}");
        }
    }

    #[test]
    fn refuses_everything_else() {
        use BacklogUrlError::{Malformed, MoreThanAHost, NotHttps};
        for (text, error) in [
            ("", Malformed),
            ("https://", Malformed),
            ("a b", Malformed),
            ("http://acme.backlog.com", NotHttps),
            ("http://10.0.0.1", NotHttps),
            ("http://localhost.example.com", NotHttps),
            ("file:///etc/passwd", Malformed),
            ("ftp://acme.backlog.com", NotHttps),
            ("acme.backlog.com/api", MoreThanAHost),
            ("https://acme.backlog.com/?a=1", MoreThanAHost),
            ("https://acme.backlog.com#x", MoreThanAHost),
            ("https://user@acme.backlog.com", MoreThanAHost),
            ("acme.backlog.com@evil.example", MoreThanAHost),
        ] {
            assert_eq!(BacklogUrl::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_segment_stays_one_segment() {
        let url = BacklogUrl::parse("acme.backlog.com").unwrap();
        let path = [
            Segment::fixed("issues"),
            Segment::parse("a/../b?c#d%2F 日本".to_owned()).unwrap(),
        ];
        assert_eq!(
            url.api(&path).as_str(),
            "https://acme.backlog.com/api/v2/issues/a%2F..%2Fb%3Fc%23d%252F%20%E6%97%A5%E6%9C%AC"
        );
    }

    #[test]
    fn a_segment_that_could_climb_is_refused() {
        // A URL parser removes tabs and line breaks, and then finds the dots.
        for text in ["", ".", "..", ".\t.", "\n..", ".\r", "a\0", "\u{85}"] {
            assert!(Segment::parse(text.to_owned()).is_err(), "{text:?}");
        }
        for text in ["...", "%2e%2e", ". ."] {
            let url = BacklogUrl::parse("acme.backlog.com").unwrap();
            let segment = Segment::parse(text.to_owned()).unwrap();
            let path = url.api(&[Segment::fixed("wikis"), segment]).to_string();
            assert_eq!(path.split('/').count(), 7, "{path}");
        }
    }

    #[test]
    fn is_a_string_in_json() {
        let url: BacklogUrl = serde_json::from_str("\"acme.backlog.com\"").unwrap();
        assert_eq!(
            serde_json::to_string(&url).unwrap(),
            "\"https://acme.backlog.com\""
        );
        assert!(serde_json::from_str::<BacklogUrl>("\"http://example.com\"").is_err());
    }
}

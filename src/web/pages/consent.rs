//! The consent page: which client requests access, what for, and where the browser goes with it.
//!
//! The form posts to `form_action` with `request`, `csrf`, `space` (a slug) or `named_space` (the
//! user's input), `access` (`read` or `read_write`) and `decision` (`approve` or `deny`). If there
//! is only one space, it is a hidden field. The access is never preselected, even if there is only
//! one kind: a page that makes a user click twice in one place (double-click hijacking) cannot
//! approve, because the form needs a choice elsewhere on the page first.

use askama::Template;
use url::Url;

use super::display;
use super::locale::{Locale, Phrase};
use crate::oauth::{Scope, Scopes};

/// The number of characters shown of a name that a client or an operator chose.
const NAME_MAX: usize = 60;
/// The number of characters shown of a host; longer than any honest one.
const HOST_MAX: usize = 80;

/// The content of the consent page, with the values that it sends back.
#[derive(Clone, Debug, Template)]
#[template(path = "consent.html")]
pub struct ConsentPage {
    pub locale: Locale,
    /// The host of the client's metadata document, which is proven.
    pub document_host: Option<String>,
    /// Whether the host is not known to belong to the receiver of the response.
    pub published_elsewhere: bool,
    /// The name the client registered; not trusted.
    pub client_name: Option<String>,
    /// The website the client registered; not trusted, shown as a host only.
    pub client_uri: Option<Url>,
    /// Whether the response goes to a host known to belong to this client.
    pub client_is_known_host: bool,
    pub redirect: RedirectTarget,
    pub space: SpaceChoice,
    /// The requested scopes; the user can grant less.
    pub scopes: Scopes,
    /// The id of the authorization request, sent back as `request`.
    pub request: String,
    /// The CSRF value of this page, sent back as `csrf`.
    pub csrf: String,
    /// The form's action, on this origin.
    pub form_action: String,
}

/// The place where the client runs, from its redirect URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedirectTarget {
    /// A service on the web.
    Https { host: String },
    /// A service on the web without TLS, as an operator registered it.
    PlainHttp { host: String },
    /// A program that listens on the user's own computer (RFC 8252 §7.3).
    Loopback { host: String },
    /// A program that registered its own scheme (RFC 8252 §7.1).
    PrivateScheme { scheme: String },
}

/// The space of the sign-in: the only one, or for the user to choose or name.
#[derive(Clone, Debug)]
pub enum SpaceChoice {
    One(SpaceLine),
    Open {
        shown: Vec<SpaceLine>,
        problem: Option<NamingProblem>,
    },
}

/// Why the user's choice and input identify no space, with the input.
#[derive(Clone, Debug)]
pub enum NamingProblem {
    /// No space was chosen or typed.
    Missing,
    /// The hub has no such space.
    Unknown { typed: String },
    /// Several spaces have this name.
    Several { typed: String },
    /// One space was chosen and another one typed.
    Both { typed: String },
}

impl NamingProblem {
    fn typed(&self) -> &str {
        match self {
            Self::Missing => "",
            Self::Unknown { typed } | Self::Several { typed } | Self::Both { typed } => typed,
        }
    }

    fn text(&self, locale: Locale) -> Phrase {
        let key = match self {
            Self::Missing => "consent.space_missing",
            Self::Unknown { .. } => "consent.space_unknown",
            Self::Several { .. } => "consent.space_several",
            Self::Both { .. } => "consent.space_both",
        };
        let typed = display::line(self.typed(), NAME_MAX);
        locale.phrase(key, typed.unwrap_or_default())
    }
}

/// One space as a user knows it.
#[derive(Clone, Debug)]
pub struct SpaceLine {
    pub slug: String,
    pub name: String,
    pub domain: String,
}

impl SpaceLine {
    fn shown_name(&self) -> String {
        display::line(&self.name, NAME_MAX).unwrap_or_else(|| self.slug.clone())
    }

    fn shown_domain(&self) -> String {
        display::host(&self.domain, HOST_MAX)
    }
}

/// The choice of access that the requested scopes allow.
enum Access {
    ReadOnly,
    WriteOnly,
    Choice,
}

impl ConsentPage {
    /// The page. The template uses no fallible filter, so this cannot fail.
    pub fn html(&self) -> String {
        self.to_string()
    }

    fn name(&self) -> Option<String> {
        display::line(self.client_name.as_deref()?, NAME_MAX)
    }

    /// The client's name on the page: the name known to the hub, otherwise its proven host,
    /// otherwise the name that it claims.
    fn subject(&self) -> Option<String> {
        if self.name_is_checked() {
            return self.name();
        }
        self.published_at().or_else(|| self.name())
    }

    fn published_at(&self) -> Option<String> {
        let host = self.document_host.as_deref()?;
        Some(display::host(host, HOST_MAX))
    }

    /// The name that it claims, if the page names it differently.
    fn claimed_name(&self) -> Option<String> {
        let name = self.name()?;
        (self.subject().as_ref() != Some(&name)).then_some(name)
    }

    fn website(&self) -> Option<String> {
        let uri = self.client_uri.as_ref()?;
        let host = uri
            .host_str()
            .filter(|_| uri.scheme().starts_with("http"))?;
        Some(display::host(host, HOST_MAX))
    }

    fn destination(&self) -> Phrase {
        let (key, value) = match &self.redirect {
            RedirectTarget::Https { host } | RedirectTarget::PlainHttp { host } => {
                ("consent.to_web", host)
            }
            RedirectTarget::Loopback { host } => ("consent.to_loopback", host),
            RedirectTarget::PrivateScheme { scheme } => ("consent.to_device", scheme),
        };
        self.locale.phrase(key, display::host(value, HOST_MAX))
    }

    fn warnings(&self) -> Vec<Phrase> {
        let phrase = |key, value: &str| self.locale.phrase(key, display::host(value, HOST_MAX));
        let of_target = match &self.redirect {
            RedirectTarget::Https { .. } if self.client_is_known_host => None,
            RedirectTarget::Https { host } => Some(phrase("consent.warn_web", host)),
            RedirectTarget::PlainHttp { host } => Some(phrase("consent.warn_plain", host)),
            RedirectTarget::Loopback { host } => Some(phrase("consent.warn_loopback", host)),
            RedirectTarget::PrivateScheme { scheme } => Some(phrase("consent.warn_device", scheme)),
        };
        let elsewhere = self.document_host.as_deref();
        let elsewhere = elsewhere.filter(|_| self.published_elsewhere);
        let elsewhere = elsewhere.map(|host| phrase("consent.warn_elsewhere", host));
        of_target.into_iter().chain(elsewhere).collect()
    }

    /// A loopback program or a device app may claim any name.
    fn name_is_checked(&self) -> bool {
        self.client_is_known_host && matches!(self.redirect, RedirectTarget::Https { .. })
    }

    fn access(&self) -> Access {
        match (
            self.scopes.contains(Scope::Read),
            self.scopes.contains(Scope::Write),
        ) {
            (true, true) => Access::Choice,
            (false, true) => Access::WriteOnly,
            (_, false) => Access::ReadOnly,
        }
    }
}

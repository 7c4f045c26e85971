//! The consent page: who asks, where the answer goes, for what.
//!
//! The form posts to `form_action` with `request`, `csrf`, `space` (a slug) or
//! `named_space` (what the user typed), `access` (`read` or `read_write`) and
//! `decision` (`approve` or `deny`). The only space is a hidden field. The access is
//! never chosen beforehand, even if there is one kind only: a page that gets a user to
//! click twice in one place (double-click hijacking) cannot approve with that, because
//! the form is not sent before a choice elsewhere on the page.

use askama::Template;
use url::Url;

use super::display;
use super::locale::{Locale, Phrase};
use crate::oauth::{Scope, Scopes};

/// Characters shown of a name that somebody else chose.
const NAME_MAX: usize = 60;
/// Characters shown of a host; longer than any honest one.
const HOST_MAX: usize = 80;

/// What the consent page shows and sends back.
#[derive(Clone, Debug, Template)]
#[template(path = "consent.html")]
pub struct ConsentPage {
    pub locale: Locale,
    /// Where the client's description was read; that much is proven.
    pub document_host: Option<String>,
    /// Whether that host is not known to belong to who gets the answer.
    pub published_elsewhere: bool,
    /// The name the client registered; not trusted.
    pub client_name: Option<String>,
    /// The website the client registered; not trusted, shown as a host only.
    pub client_uri: Option<Url>,
    /// Whether the answer goes to a host known to belong to this client.
    pub client_is_known_host: bool,
    pub redirect: RedirectTarget,
    pub space: SpaceChoice,
    /// What the client asked for; the person can give less.
    pub scopes: Scopes,
    /// The id of the authorization request, sent back as `request`.
    pub request: String,
    /// The value of this rendering, sent back as `csrf`.
    pub csrf: String,
    /// Where the form posts to, on this origin.
    pub form_action: String,
}

/// Where the client runs, from its redirect URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedirectTarget {
    /// A service on the web.
    Https { host: String },
    /// The same without TLS, as an operator registered it.
    PlainHttp { host: String },
    /// A program listening on the person's own computer (RFC 8252 §7.3).
    Loopback { host: String },
    /// A program that registered a scheme of its own (RFC 8252 §7.1).
    PrivateScheme { scheme: String },
}

/// The space of the sign-in: settled, or for the user to choose or to name.
#[derive(Clone, Debug)]
pub enum SpaceChoice {
    One(SpaceLine),
    Open {
        shown: Vec<SpaceLine>,
        problem: Option<NamingProblem>,
    },
}

/// Why what the user chose and typed leads to no space; with what was typed.
#[derive(Clone, Debug)]
pub enum NamingProblem {
    /// Nothing was chosen, and nothing typed.
    Missing,
    /// There is no such space here.
    Unknown { typed: String },
    /// Several spaces have this name.
    Several { typed: String },
    /// One was chosen, and another one typed.
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

/// One space as a person knows it.
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

/// The question about access that the requested scopes leave open.
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

    /// What the client is called here: as the hub knows it, else by what is proven of it, else as
    /// it calls itself.
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

    /// What it calls itself, where it is called something else here.
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

    /// A loopback program or a device app may call itself anything, whoever it is.
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

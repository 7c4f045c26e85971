//! The client that asks for access: what is proven about it, what it claims, and where the browser
//! goes with the response.

use crate::web::pages::{
    display,
    locale::{Locale, Phrase},
};

/// The number of characters shown of a name that a client chose.
const NAME_MAX: usize = 60;
/// The number of characters shown of a host; longer than any honest one.
const HOST_MAX: usize = 80;

#[derive(Clone, Debug)]
pub struct AskingClient {
    /// The host of the client's metadata document, which is proven.
    pub document_host: Option<String>,
    /// Whether that host is not known to belong to the receiver of the response.
    pub published_elsewhere: bool,
    /// The name the client registered; not trusted.
    pub name: Option<String>,
    /// Whether the response goes to a host known to belong to this client.
    pub is_known_host: bool,
    pub redirect: RedirectTarget,
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
    /// Any device, which shows a code to its user (RFC 8628).
    Device,
}

impl AskingClient {
    fn shown_name(&self) -> Option<String> {
        display::line(self.name.as_deref()?, NAME_MAX)
    }

    /// The client's name on the page: the name known to the hub, otherwise its proven host,
    /// otherwise the name that it claims.
    pub(in crate::web::pages) fn subject(&self) -> Option<String> {
        if self.name_is_checked() {
            return self.shown_name();
        }
        self.published_at().or_else(|| self.shown_name())
    }

    /// The host of its document. Whoever asks for a device need not be the client that is published there.
    pub(in crate::web::pages) fn published_at(&self) -> Option<String> {
        let is_proven = self.redirect != RedirectTarget::Device;
        let host = self.document_host.as_deref().filter(|_| is_proven)?;
        Some(display::host(host, HOST_MAX))
    }

    /// The name that it claims, if the page names it differently.
    pub(in crate::web::pages) fn claimed_name(&self) -> Option<String> {
        let name = self.shown_name()?;
        (self.subject().as_ref() != Some(&name)).then_some(name)
    }

    pub(in crate::web::pages) fn destination(&self, locale: Locale) -> Phrase {
        let (key, value) = match &self.redirect {
            RedirectTarget::Https { host } | RedirectTarget::PlainHttp { host } => {
                ("consent.to_web", host)
            }
            RedirectTarget::Loopback { host } => ("consent.to_loopback", host),
            RedirectTarget::PrivateScheme { scheme } => ("consent.to_device", scheme),
            RedirectTarget::Device => return locale.phrase("device.destination", ""),
        };
        locale.phrase(key, display::host(value, HOST_MAX))
    }

    /// What to know about a program on the user's own device. Most clients are one, so it is a line
    /// and not a warning.
    pub(in crate::web::pages) fn advice(&self, locale: Locale) -> Option<String> {
        match &self.redirect {
            RedirectTarget::Loopback { .. } => Some(locale.text("consent.any_program")),
            RedirectTarget::PrivateScheme { .. } => Some(locale.text("consent.any_app")),
            RedirectTarget::Https { .. }
            | RedirectTarget::PlainHttp { .. }
            | RedirectTarget::Device => None,
        }
    }

    pub(super) fn warnings(&self, locale: Locale) -> Vec<Phrase> {
        let phrase = |key, value: &str| locale.phrase(key, display::host(value, HOST_MAX));
        let of_target = match &self.redirect {
            RedirectTarget::Https { .. } if self.is_known_host => None,
            RedirectTarget::Https { host } => Some(phrase("consent.warn_web", host)),
            RedirectTarget::PlainHttp { host } => Some(phrase("consent.warn_plain", host)),
            RedirectTarget::Loopback { .. }
            | RedirectTarget::PrivateScheme { .. }
            | RedirectTarget::Device => None,
        };
        let elsewhere = self.document_host.as_deref();
        let elsewhere = elsewhere.filter(|_| self.published_elsewhere);
        let elsewhere = elsewhere.map(|host| phrase("consent.warn_elsewhere", host));
        of_target.into_iter().chain(elsewhere).collect()
    }

    /// Whether a line has to say that the name is not verified, because no other line does.
    pub(in crate::web::pages) fn is_unverified(&self) -> bool {
        let is_on_device = matches!(
            self.redirect,
            RedirectTarget::Loopback { .. } | RedirectTarget::PrivateScheme { .. }
        );
        !self.name_is_checked() && self.published_at().is_none() && !is_on_device
    }

    /// A loopback program or a device app may claim any name.
    pub(in crate::web::pages) fn name_is_checked(&self) -> bool {
        self.is_known_host && matches!(self.redirect, RedirectTarget::Https { .. })
    }
}

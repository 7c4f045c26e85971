//! The surroundings of every page: its language, who operates the hub, and the link to the page in
//! the other language.

use std::{fmt, sync::Arc};

use super::{
    display,
    locale::{Locale, Phrase},
};
use crate::domain::Operator;

/// The number of characters shown of what an operator wrote.
const NAME_MAX: usize = 60;
const CONTACT_MAX: usize = 200;

/// The language of a page, and what its header and footer show.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    pub locale: Locale,
    pub operator: Arc<Operator>,
    /// The path and query of this page; `None` if it cannot be requested again.
    pub here: Option<String>,
}

impl Frame {
    /// The same page, for users of a space with an operator of its own.
    #[must_use]
    pub fn of_space(self, own: Operator) -> Self {
        Self {
            operator: Arc::new(self.operator.of_space(own)),
            ..self
        }
    }

    /// The same page, where a request for this path shows it.
    #[must_use]
    pub fn at(self, path: String) -> Self {
        Self {
            here: self.here.or(Some(path)),
            ..self
        }
    }

    pub fn text(&self, key: &str) -> String {
        self.locale.text(key)
    }

    pub fn phrase(&self, key: &str, value: impl fmt::Display) -> Phrase {
        self.locale.phrase(key, value)
    }

    pub(super) fn tag(&self) -> &'static str {
        self.locale.tag()
    }

    /// The name of the operator, otherwise of the hub.
    pub(super) fn name(&self) -> String {
        let name = self.operator.name.as_deref();
        let name = name.and_then(|name| display::line(name, NAME_MAX));
        name.unwrap_or_else(|| self.text("app.name"))
    }

    pub(super) fn logo(&self) -> Option<&str> {
        Some(self.operator.logo.as_ref()?.as_str())
    }

    pub(super) fn contact(&self) -> Option<String> {
        display::line(self.operator.contact.as_deref()?, CONTACT_MAX)
    }

    /// The link to an e-mail address, if the contact is one.
    pub(super) fn mail(&self) -> Option<String> {
        let contact = self.operator.contact.as_deref()?.trim();
        let (name, host) = contact.split_once('@')?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-_+".contains(c);
        let is_address = !name.is_empty()
            && host.contains('.')
            && name.chars().all(is_plain)
            && host.chars().all(is_plain);
        is_address.then(|| format!("mailto:{contact}"))
    }

    pub(super) fn help_url(&self) -> Option<&str> {
        self.operator.help_url.as_ref().map(url::Url::as_str)
    }

    /// The languages in which this page can be requested, and the link to each of the others.
    pub(super) fn languages(&self) -> Vec<Language> {
        let Some(here) = &self.here else {
            return Vec::new();
        };
        let language = |locale: Locale| Language {
            tag: locale.tag(),
            name: locale.name(),
            link: (locale != self.locale).then(|| locale.link(here)),
        };
        Locale::ALL.into_iter().map(language).collect()
    }
}

/// An entry of the choice of a language.
pub(super) struct Language {
    pub(super) tag: &'static str,
    pub(super) name: &'static str,
    /// `None` for the language of the page.
    pub(super) link: Option<String>,
}

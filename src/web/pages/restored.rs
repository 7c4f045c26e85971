//! The page after a sign-in that has restored an account: the other connections work again, and
//! each can be ended.
//!
//! Each form posts to `form_action` with `connection` and `page`, the sealed state of the page.

use askama::Template;
use chrono::{DateTime, Utc};
use url::Url;

use super::display;
use super::forward;
use super::{
    frame::Frame,
    locale::{Locale, Phrase},
};

/// The number of characters shown of a name that a client chose.
const NAME_MAX: usize = 60;
const HOST_MAX: usize = 80;

/// The connections that work again, and a link to `target`, the client that signed in.
#[derive(Clone, Debug, Template)]
#[template(path = "restored.html")]
pub struct RestoredPage {
    pub frame: Frame,
    pub target: Url,
    /// Sent back as `page`.
    pub page: String,
    /// The forms' action, on this origin.
    pub form_action: String,
    /// Empty once the user has ended all of them.
    pub connections: Vec<ConnectionLine>,
    /// The page on which the user sees and ends all connections.
    pub account: Option<String>,
}

/// A connection as its user knows it.
#[derive(Clone, Debug)]
pub struct ConnectionLine {
    /// Sent back as `connection`.
    pub id: String,
    /// The name the client registered; not trusted.
    pub client_name: Option<String>,
    /// The host of its metadata document, which is proven.
    pub document_host: Option<String>,
    pub made_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

impl ConnectionLine {
    fn name(&self, locale: Locale) -> String {
        let name = display::line(self.client_name.as_deref().unwrap_or_default(), NAME_MAX);
        name.unwrap_or_else(|| locale.text("consent.no_name"))
    }

    fn host(&self) -> Option<String> {
        Some(display::host(self.document_host.as_deref()?, HOST_MAX))
    }

    fn made(&self, locale: Locale) -> Phrase {
        locale.phrase("restored.made", day(self.made_at))
    }

    fn used(&self, locale: Locale) -> Option<Phrase> {
        Some(locale.phrase("restored.used", day(self.last_used_at?)))
    }
}

fn day(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}

impl RestoredPage {
    /// The page. The template uses no fallible filter, so this cannot fail.
    pub fn html(&self) -> String {
        self.to_string()
    }

    fn link(&self) -> Phrase {
        forward::link(self.frame.locale, &self.target)
    }
}

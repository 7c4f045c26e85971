//! The page that continues to Backlog or the client after a decision.
//!
//! A redirect in response to a form is subject to the `form-action` of the page with the form.
//! Chromium blocks it, and every further hop, unless all hosts are listed, which is not possible
//! for a client's redirect URI. So the response to the consent form is this page, which continues
//! with a refresh. A link does the same for a browser without refresh.

use askama::Template;
use url::Url;

use super::display;
use super::{
    frame::Frame,
    locale::{Locale, Phrase},
};

/// A page that continues to `target` by itself.
///
/// `target` must have been validated: it is Backlog's authorization URL or the redirect URI of the
/// request, never a scheme that runs code.
#[derive(Clone, Debug, Template)]
#[template(path = "forward.html")]
pub struct ForwardPage {
    pub frame: Frame,
    pub target: Url,
    /// The page on which the user sees and ends connections, where one may have been made.
    pub account: Option<String>,
}

impl ForwardPage {
    /// The page. The template uses no fallible filter, so this cannot fail.
    pub fn html(&self) -> String {
        self.to_string()
    }

    fn title(&self) -> Phrase {
        let texts = ("forward.title_host", "forward.title_app");
        destination(self.frame.locale, &self.target, texts)
    }

    fn link(&self) -> Phrase {
        link(self.frame.locale, &self.target)
    }

    /// The `content` of the refresh; the URL is unquoted and extends to its end.
    fn refresh(&self) -> String {
        format!("0;url={}", self.target)
    }
}

/// The text of a link, with its destination.
pub(super) fn link(locale: Locale, target: &Url) -> Phrase {
    destination(locale, target, ("forward.to_host", "forward.to_app"))
}

/// A text that names the host of `target`, or its scheme if it opens an application.
fn destination(locale: Locale, target: &Url, (to_host, to_app): (&str, &str)) -> Phrase {
    match target.host_str() {
        Some(host) if target.scheme().starts_with("http") => {
            locale.phrase(to_host, display::host(host, 80))
        }
        _ => locale.phrase(to_app, display::host(target.scheme(), 80)),
    }
}

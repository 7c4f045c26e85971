//! The way out after a decision.
//!
//! A redirect in answer to a form is subject to the `form-action` of the page
//! that held the form: Chromium blocks it, and every further hop, unless all the
//! hosts are listed, which a client's redirect URI cannot be. So the answer to
//! the consent form is this page, which leaves by a refresh; a link does the
//! same for a browser that does not.

use askama::Template;
use url::Url;

use super::display;
use super::locale::{Locale, Phrase};

/// A page that goes on to `target` by itself.
///
/// `target` must have been validated: it is Backlog's authorization address or
/// the redirect URI of the request, never a scheme that runs code.
#[derive(Clone, Debug, Template)]
#[template(path = "forward.html")]
pub struct ForwardPage {
    pub locale: Locale,
    pub target: Url,
}

impl ForwardPage {
    /// The page. The template uses no fallible filter, so this cannot fail.
    pub fn html(&self) -> String {
        self.to_string()
    }

    fn link(&self) -> Phrase {
        link(self.locale, &self.target)
    }

    /// The `content` of the refresh; unquoted, the address runs to its end.
    fn refresh(&self) -> String {
        format!("0;url={}", self.target)
    }
}

/// The text of a link that says where it goes.
pub(super) fn link(locale: Locale, target: &Url) -> Phrase {
    match target.host_str() {
        Some(host) if target.scheme().starts_with("http") => {
            locale.phrase("forward.to_host", display::host(host, 80))
        }
        _ => locale.phrase("forward.to_app", display::host(target.scheme(), 80)),
    }
}

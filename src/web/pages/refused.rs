//! A request that is refused before the person has seen anything of it.
//!
//! The client must hear of it, but to send the browser on at once would let anybody who
//! registers an address use the hub to lead people there (RFC 9700 §4.11.2). So the
//! person sees where it goes, and decides.

use askama::Template;
use url::Url;

use super::display;
use super::forward;
use super::locale::{Locale, Phrase};

/// A page with a link to `target`, which nothing follows by itself.
///
/// `target` is the redirect URI of the request with the error in it; `detail` is shown.
#[derive(Clone, Debug, Template)]
#[template(path = "refused.html")]
pub struct RefusedPage {
    pub locale: Locale,
    pub target: Url,
    pub detail: String,
}

impl RefusedPage {
    /// The page. The template uses no fallible filter, so this cannot fail.
    pub fn html(&self) -> String {
        self.to_string()
    }

    fn what(&self) -> Phrase {
        let detail = display::line(&self.detail, 200).unwrap_or_default();
        self.locale.phrase("problem.invalid_request.what", detail)
    }

    fn link(&self) -> Phrase {
        forward::link(self.locale, &self.target)
    }
}

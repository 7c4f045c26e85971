//! The page for an invalid request from a client that the hub does not know.
//!
//! The client must receive the error, but an immediate redirect would let any client that registers
//! a URL use the hub as an open redirector (RFC 9700 §4.11.2). So the user sees the destination and
//! decides.

use askama::Template;
use url::Url;

use super::display;
use super::forward;
use super::{frame::Frame, locale::Phrase};

/// A page with a link to `target`, and no automatic redirect.
///
/// `target` is the redirect URI of the request with the error in it; `detail` is shown.
#[derive(Clone, Debug, Template)]
#[template(path = "refused.html")]
pub struct RefusedPage {
    pub frame: Frame,
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
        self.frame.phrase("problem.invalid_request.what", detail)
    }

    fn link(&self) -> Phrase {
        forward::link(self.frame.locale, &self.target)
    }
}

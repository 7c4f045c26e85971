//! The page for a user who wants to sign in as another one. Backlog's authorization has no `prompt`:
//! it uses the session of the browser, so the user signs out at the space first.

use askama::Template;
use url::Url;

use super::{confirm, consent::SpaceLine, frame::Frame};

#[derive(Clone, Debug, Template)]
#[template(path = "switch.html")]
pub struct SwitchPage {
    pub frame: Frame,
    /// The name of the user who signed in.
    pub user: String,
    pub space: SpaceLine,
    /// The space, where the user signs out.
    pub space_url: Option<Url>,
    /// The URL that starts the same sign-in again.
    pub again: Option<Url>,
}

impl SwitchPage {
    /// The page. The template uses no fallible filter, so this cannot fail.
    pub fn html(&self) -> String {
        self.to_string()
    }

    fn shown_user(&self) -> String {
        confirm::shown(&self.user)
    }
}

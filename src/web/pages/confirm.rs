//! The page after Backlog's response: who has signed in, and what continues as that user.
//!
//! The form posts to `form_action` with `page`, the sealed identity of the sign-in, and `decision`
//! (`continue` or `switch`).

use std::collections::BTreeSet;

use askama::Template;
use oauth_values::Scopes;

use super::{
    consent::{AskingClient, SpaceLine, in_words},
    display,
    frame::Frame,
};

/// The number of characters shown of a user's name.
const NAME_MAX: usize = 60;
/// The number of characters shown of a list of projects.
const PROJECTS_MAX: usize = 300;

#[derive(Clone, Debug, Template)]
#[template(path = "confirm.html")]
pub struct ConfirmPage {
    pub frame: Frame,
    /// The name of the user at Backlog.
    pub user: String,
    pub space: SpaceLine,
    pub client: AskingClient,
    pub granted: Scopes,
    /// The keys of the only projects that it is for; `None` for no restriction.
    pub projects: Option<BTreeSet<String>>,
    /// Sent back as `page`.
    pub page: String,
    /// The form's action, on this origin.
    pub form_action: String,
}

impl ConfirmPage {
    /// The page. The template uses no fallible filter, so this cannot fail.
    pub fn html(&self) -> String {
        self.to_string()
    }

    fn shown_user(&self) -> String {
        shown(&self.user)
    }

    fn access(&self) -> String {
        in_words(self.granted, &self.frame)
    }

    fn shown_projects(&self) -> Option<String> {
        let keys: Vec<_> = self.projects.as_ref()?.iter().cloned().collect();
        display::line(
            &keys.join(&self.frame.text("consent.list_separator")),
            PROJECTS_MAX,
        )
    }
}

/// A user's name in one line; Backlog's users choose their names.
pub(super) fn shown(name: &str) -> String {
    display::line(name, NAME_MAX).unwrap_or_else(|| "?".to_owned())
}

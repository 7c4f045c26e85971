//! The consent page: which client requests access, what for, and where the browser goes with it.
//!
//! The form posts to `form_action` with `request`, `csrf`, `space` (a slug) or `named_space` (the
//! user's input), `access` and the levels that are added to it ([`levels`]), the chosen projects
//! ([`projects`]), and `decision` (`approve` or `deny`). If there is only one space, it is a hidden field. The buttons come before
//! everything that the decision does not need, so that they are in sight without scrolling.

mod asking_client;
mod levels;
mod projects;
mod space_choice;

use std::time::Duration;

use askama::Template;

use super::{
    frame::Frame,
    locale::{Locale, Phrase},
};

pub use asking_client::{AskingClient, RedirectTarget};
pub(super) use levels::in_words;
pub use levels::{AccessLimits, Levels, level_field};
pub use projects::{PROJECT_BOX, PROJECTS_FIELD, ProjectChoice, ProjectOptions, ProjectsProblem};
pub use space_choice::{NamingProblem, SpaceChoice, SpaceLine};

/// The content of the consent page, with the values that it sends back.
#[derive(Clone, Debug, Template)]
#[template(path = "consent.html")]
pub struct ConsentPage {
    pub frame: Frame,
    pub client: AskingClient,
    pub space: SpaceChoice,
    pub levels: Levels,
    pub projects: ProjectChoice,
    pub lifetimes: AccessLifetimes,
    /// The id of the authorization request, sent back as `request`.
    pub request: String,
    /// The CSRF value of this page, sent back as `csrf`.
    pub csrf: String,
    /// The form's action, on this origin.
    pub form_action: String,
    /// The page on which the user sees and ends connections.
    pub account: String,
}

/// How long the access lasts, and how long the browser remembers the approval.
#[derive(Clone, Copy, Debug)]
pub struct AccessLifetimes {
    /// Without use.
    pub idle: Duration,
    /// In any case; `None` for no bound.
    pub longest: Option<Duration>,
    pub remembered: Duration,
}

impl ConsentPage {
    /// The page. The template uses no fallible filter, so this cannot fail.
    pub fn html(&self) -> String {
        self.to_string()
    }

    /// Sentences about the time.
    fn ends(&self) -> Vec<Phrase> {
        let frame = &self.frame;
        let phrase = |key, time| frame.phrase(key, duration(frame.locale, time));
        let idle = phrase("consent.ends_unused", self.lifetimes.idle);
        let longest = self.lifetimes.longest;
        let longest = longest.map(|time| phrase("consent.ends_always", time));
        let remembered = phrase("consent.remembered", self.lifetimes.remembered);
        let sentences = [Some(idle), longest, Some(remembered)];
        sentences.into_iter().flatten().collect()
    }
}

/// A time in the largest unit that it fills, rounded up.
fn duration(locale: Locale, time: Duration) -> String {
    const HOUR: u64 = 3_600;
    const DAY: u64 = 24 * HOUR;
    let (unit, key) = match time.as_secs() {
        DAY.. => (DAY, "time.days"),
        HOUR.. => (HOUR, "time.hours"),
        _ => (60, "time.minutes"),
    };
    locale.phrase(key, time.as_secs().div_ceil(unit)).plain()
}

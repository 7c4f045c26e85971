//! The pages on which users see and end their connections, sign in for it, and name their space.
//!
//! The forms of [`AccountPage`] post to `form_action` with `page`, the value that is valid for the
//! session only, `action` (`end`, `end_all`, `end_token`, `make_token`, `forget` or `sign_out`), and
//! for `end` and `end_token` the `connection`. That of [`AccountSignInPage`] has `page` alone. [`AccountSpacePage`] changes
//! nothing, so its form is a `GET` with `named_space`.

use std::collections::BTreeSet;

use askama::Template;
use chrono::{DateTime, Utc};
use oauth_values::Scopes;

use super::{
    confirm,
    consent::{
        AskingClient, Levels, NamingProblem, ProjectChoice, ProjectOptions, RedirectTarget,
        SpaceLine, in_words,
    },
    display,
    frame::Frame,
    locale::Phrase,
    personal_tokens::{MadeToken, Making, TOKEN_DAYS, TokenSection},
};

/// The number of characters shown of the places where access goes.
const PLACES_MAX: usize = 200;
/// The number of characters shown of a host; longer than any honest one.
const HOST_MAX: usize = 80;

#[derive(Clone, Debug, Template)]
#[template(path = "account.html")]
pub struct AccountPage {
    pub frame: Frame,
    /// The name of the user at Backlog.
    pub user: String,
    pub space: SpaceLine,
    /// Most recently used first.
    pub connections: Vec<OwnConnectionLine>,
    /// `None` where there are no personal tokens.
    pub tokens: Option<TokenSection>,
    /// The access that a new token can have.
    pub levels: Levels,
    /// The projects that a new token can be restricted to.
    pub projects: ProjectChoice,
    /// The token that was just made.
    pub made: Option<MadeToken>,
    /// The result of the previous form.
    pub done: Option<Done>,
    /// Sent back as `page`.
    pub page: String,
    /// The forms' action, on this origin.
    pub form_action: String,
}

impl AccountPage {
    /// The page. The template uses no fallible filter, so this cannot fail.
    pub fn html(&self) -> String {
        self.to_string()
    }

    fn shown_user(&self) -> String {
        confirm::shown(&self.user)
    }
}

/// The result of a form of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    Ended,
    AllEnded,
    TokenEnded,
    Forgotten,
}

impl Done {
    fn text(self, frame: &Frame) -> String {
        frame.text(match self {
            Self::Ended => "account.done_ended",
            Self::AllEnded => "account.done_all_ended",
            Self::TokenEnded => "account.done_token_ended",
            Self::Forgotten => "account.done_forgotten",
        })
    }
}

/// A connection as its user knows it.
#[derive(Clone, Debug)]
pub struct OwnConnectionLine {
    /// Sent back as `connection`.
    pub id: String,
    /// The client with the place that its code was sent to, or else once for each place that it has
    /// registered for responses.
    pub clients: Vec<AskingClient>,
    pub scopes: Scopes,
    /// The keys of the only projects; `None` for no restriction.
    pub projects: Option<BTreeSet<String>>,
    pub made_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
    /// The network of the last use, if it is kept.
    pub last_used_from: Option<String>,
}

impl OwnConnectionLine {
    /// The client; its name is checked only if that is so for each of its places.
    fn client(&self) -> Option<&AskingClient> {
        let mut clients = self.clients.iter();
        let unchecked = clients.find(|client| !client.name_is_checked());
        unchecked.or_else(|| self.clients.first())
    }

    fn name(&self, frame: &Frame) -> String {
        let subject = self.client().and_then(AskingClient::subject);
        subject.unwrap_or_else(|| frame.text("consent.no_name"))
    }

    /// The proven facts about the client. and what it only claims.
    fn about(&self, frame: &Frame) -> Vec<Phrase> {
        let Some(client) = self.client() else {
            return Vec::new();
        };
        let host = client.published_at();
        let is_unverified = host.is_none() && !client.name_is_checked();
        let published = host.map(|host| frame.phrase("consent.published", host));
        let claimed = client.claimed_name();
        let claimed = claimed.map(|name| frame.phrase("consent.calls_itself", name));
        let unverified = is_unverified.then(|| frame.phrase("consent.unverified", ""));
        [published, claimed, unverified]
            .into_iter()
            .flatten()
            .collect()
    }

    /// The places where access goes. Unlike on the consent page, a program need not be on the computer
    /// at which the user reads this.
    fn places(&self, frame: &Frame) -> String {
        let place = |client: &AskingClient| {
            let (key, value) = match &client.redirect {
                RedirectTarget::Https { host } | RedirectTarget::PlainHttp { host } => {
                    ("consent.to_web", host)
                }
                RedirectTarget::Loopback { host } => ("account.to_computer", host),
                RedirectTarget::PrivateScheme { scheme } => ("account.to_device", scheme),
                RedirectTarget::Device => return frame.text("account.to_any_device"),
            };
            frame.phrase(key, display::host(value, HOST_MAX)).plain()
        };
        let places: BTreeSet<_> = self.clients.iter().map(place).collect();
        let places: Vec<_> = places.into_iter().collect();
        let places = places.join(&frame.text("consent.list_separator"));
        display::line(&places, PLACES_MAX).unwrap_or_default()
    }

    fn shown_projects(&self) -> Option<String> {
        let keys: Vec<_> = self.projects.as_ref()?.iter().cloned().collect();
        display::line(&keys.join(", "), PLACES_MAX)
    }

    fn access(&self, frame: &Frame) -> String {
        in_words(self.scopes, frame)
    }

    /// Since when, the last use, and where that came from.
    fn times(&self, frame: &Frame) -> Vec<Phrase> {
        let made = frame.phrase("restored.made", day(self.made_at));
        let used = match self.last_used_at {
            Some(at) => frame.phrase("restored.used", day(at)),
            None => frame.phrase("account.not_used", ""),
        };
        let from = self.last_used_from.as_deref();
        let from = from.map(|network| frame.phrase("account.from", network));
        [Some(made), Some(used), from]
            .into_iter()
            .flatten()
            .collect()
    }
}

fn day(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}

/// The page without a session.
#[derive(Clone, Debug, Template)]
#[template(path = "account_sign_in.html")]
pub struct AccountSignInPage {
    pub frame: Frame,
    pub space: SpaceLine,
    /// Why there is no session, if it is not because the user has just come.
    pub because: Option<SignedOut>,
    /// Whether the user has come to connect a device; sent back as `for`.
    pub for_device: bool,
    /// Sent back as `page`.
    pub page: String,
    /// The form's action, on this origin.
    pub form_action: String,
}

impl AccountSignInPage {
    /// The page. The template uses no fallible filter, so this cannot fail.
    pub fn html(&self) -> String {
        self.to_string()
    }
}

/// Why a user is not signed in to the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedOut {
    ByUser,
    /// The session has ended; the form did nothing.
    Expired,
    /// The user declined at Backlog, or the space no longer allows it.
    Denied,
    /// Backlog or the hub could not complete the sign-in.
    Failed,
}

impl SignedOut {
    /// The HTTP status of the page.
    pub fn status(self) -> u16 {
        match self {
            Self::ByUser | Self::Denied => 200,
            Self::Expired => 403,
            Self::Failed => 502,
        }
    }

    fn text(self, frame: &Frame) -> String {
        frame.text(match self {
            Self::ByUser => "account.out_by_user",
            Self::Expired => "account.out_expired",
            Self::Denied => "account.out_denied",
            Self::Failed => "account.out_failed",
        })
    }

    /// Whether the user should know before anything else.
    fn is_alert(self) -> bool {
        self != Self::ByUser
    }
}

/// The hub's own page, which asks for the space and names none.
#[derive(Clone, Debug, Template)]
#[template(path = "account_space.html")]
pub struct AccountSpacePage {
    pub frame: Frame,
    pub problem: Option<NamingProblem>,
    /// Whether the user has come to connect a device.
    pub for_device: bool,
    /// The form's action, on this origin.
    pub form_action: String,
}

impl AccountSpacePage {
    /// The page. The template uses no fallible filter, so this cannot fail.
    pub fn html(&self) -> String {
        self.to_string()
    }
}

//! The part of the connections page about personal tokens.
//!
//! The form that makes one sends `action` (`make_token`), `name`, `access` and the levels that are
//! added to it, the chosen projects as on the consent page, and `days`. Nothing is preselected.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use oauth_values::Scopes;
use secrecy::{ExposeSecret, SecretString};

use super::{
    consent::{ProjectsProblem, in_words},
    display,
    frame::Frame,
    locale::Phrase,
};

/// How many days a token can be valid.
pub const TOKEN_DAYS: [u16; 4] = [7, 30, 90, 365];
/// The longest name of a token, in characters: the rule of the column.
pub const TOKEN_NAME_MAX: usize = 100;
/// The number of characters shown of a list of projects.
const PROJECTS_MAX: usize = 200;

#[derive(Clone, Debug)]
pub struct TokenSection {
    /// Most recently used first.
    pub own: Vec<OwnTokenLine>,
    pub making: Making,
    /// The name that the user has typed.
    pub name: String,
    /// The problem of the previous form.
    pub problem: Option<TokenProblem>,
}

/// Whether the user can make a token.
#[derive(Clone, Debug)]
pub enum Making {
    /// The operator does not allow it.
    NotAllowed,
    /// After another sign-in, which lets the hub use Backlog.
    SignIn(SignInAgain),
    Form,
}

/// The form of a sign-in from the page.
#[derive(Clone, Debug)]
pub struct SignInAgain {
    /// Sent back as `page`.
    pub page: String,
    /// The form's action, on this origin.
    pub form_action: String,
}

/// A token as its user knows it.
#[derive(Clone, Debug)]
pub struct OwnTokenLine {
    /// Sent back as `connection`.
    pub id: String,
    pub name: String,
    pub scopes: Scopes,
    /// The keys of the only projects; `None` for no restriction.
    pub projects: Option<BTreeSet<String>>,
    pub expires_at: DateTime<Utc>,
    pub is_expired: bool,
    pub last_used_at: Option<DateTime<Utc>>,
    /// The network of the last use, if it is kept.
    pub last_used_from: Option<String>,
}

impl OwnTokenLine {
    pub(super) fn shown_name(&self) -> String {
        display::line(&self.name, TOKEN_NAME_MAX).unwrap_or_default()
    }

    pub(super) fn access(&self, frame: &Frame) -> String {
        in_words(self.scopes, frame)
    }

    pub(super) fn shown_projects(&self) -> Option<String> {
        let keys: Vec<_> = self.projects.as_ref()?.iter().cloned().collect();
        display::line(&keys.join(", "), PROJECTS_MAX)
    }

    /// Until when, the last use, and where that came from.
    pub(super) fn times(&self, frame: &Frame) -> Vec<Phrase> {
        let expires = match self.is_expired {
            true => frame.phrase("account.token_expired", day(self.expires_at)),
            false => frame.phrase("account.token_expires", day(self.expires_at)),
        };
        let used = match self.last_used_at {
            Some(at) => frame.phrase("restored.used", day(at)),
            None => frame.phrase("account.not_used", ""),
        };
        let from = self.last_used_from.as_deref();
        let from = from.map(|network| frame.phrase("account.from", network));
        [Some(expires), Some(used), from]
            .into_iter()
            .flatten()
            .collect()
    }
}

/// A token that was just made, on the only page that shows it.
#[derive(Clone, Debug)]
pub struct MadeToken {
    pub token: SecretString,
    /// The MCP endpoint where it is valid.
    pub endpoint: String,
    pub expires_at: DateTime<Utc>,
}

impl MadeToken {
    pub(super) fn reveal(&self) -> &str {
        self.token.expose_secret()
    }

    pub(super) fn expiry(&self) -> String {
        day(self.expires_at)
    }
}

/// Why a token was not made.
#[derive(Clone, Debug)]
pub enum TokenProblem {
    /// The name is missing or too long.
    Name,
    Access,
    Days,
    /// The problem is shown with the projects.
    Projects(ProjectsProblem),
    /// The user has as many as one may have.
    TooMany(i64),
    /// The operator no longer allows it.
    NotAllowed,
    /// The operator does not allow the network of the request.
    Network,
    /// The hub has no Backlog tokens of the user any more.
    NoSignIn,
}

impl TokenProblem {
    /// The HTTP status of the page.
    pub fn status(&self) -> u16 {
        match self {
            Self::Name | Self::Access | Self::Days | Self::Projects(_) => 400,
            Self::TooMany(_) | Self::NoSignIn => 409,
            Self::NotAllowed | Self::Network => 403,
        }
    }

    pub(super) fn text(&self, frame: &Frame) -> Option<Phrase> {
        let key = match self {
            Self::Name => "account.token_no_name",
            Self::Access => "account.token_no_access",
            Self::Days => "account.token_no_days",
            Self::Projects(_) => return None,
            Self::TooMany(count) => return Some(frame.phrase("account.token_too_many", count)),
            Self::NotAllowed => "account.token_not_allowed",
            Self::Network => "account.token_network",
            Self::NoSignIn => "account.token_sign_in",
        };
        Some(frame.phrase(key, ""))
    }
}

fn day(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}

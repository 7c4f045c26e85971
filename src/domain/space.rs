//! A Backlog site with its OAuth application.

use chrono::{DateTime, Utc};
use sealing::Place;

use super::{AllowedClients, AllowedNetworks, SpaceId};

/// A tenant of the hub.
#[derive(Clone, Debug)]
pub struct Space {
    pub id: SpaceId,
    pub slug: String,
    pub name: String,
    /// `https://acme.backlog.com`, without a trailing slash.
    pub base_url: String,
    pub oauth_client_id: String,
    /// Sealed; opens with [`sealing::KeyRing`] at [`secret_place`]. `None` until a
    /// replica has sealed the operator's secret.
    pub oauth_client_secret: Option<String>,
    pub hostnames: Vec<String>,
    pub is_default: bool,
    pub read_only: bool,
    pub toolsets: Option<Vec<String>>,
    /// The names of the only tools that may be used; `None` for all.
    pub tools: Option<Vec<String>>,
    /// The names of tools that may not be used.
    pub exclude_tools: Vec<String>,
    /// Keys of the projects that tools may access; `None` for all.
    pub allowed_projects: Option<Vec<String>>,
    /// Where Backlog sends the browser back: a path below the URL of the hub, or a URL at one of
    /// the space's own host names. Fixed when the space is created.
    pub redirect_uri: String,
    /// Whether the space selection offers it to users who have not signed in to it before.
    pub listed: bool,
    pub clients: AllowedClients,
    /// From where clients may call tools and get tokens.
    pub networks: AllowedNetworks,
    pub state: SpaceState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpaceState {
    Enabled,
    /// Its users cannot sign in or call tools until it is enabled again.
    Disabled {
        since: DateTime<Utc>,
    },
}

/// The redirect URI of the environment's space, and of spaces created before each had its own.
pub const SHARED_REDIRECT_URI: &str = "/callback";

/// Whether a text can be a slug: the rule of the column `spaces.slug`.
pub fn is_slug(text: &str) -> bool {
    let is_inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(is_inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// The place of a space's client secret, for sealing and opening. It is bound to the site at
/// `base_url`, so that changing the URL does not reveal the secret to another site.
pub fn secret_place<'a>(row: &'a str, base_url: &'a str) -> Place<'a> {
    Place {
        table: "spaces",
        column: "oauth_client_secret",
        row,
        bound_to: base_url,
    }
}

/// The place of the code verifier (RFC 7636) of a sign-in at a Backlog site, for sealing and
/// opening.
pub fn verifier_place<'a>(row: &'a str, base_url: &'a str) -> Place<'a> {
    Place {
        table: "authorization_requests",
        column: "backlog_verifier",
        row,
        bound_to: base_url,
    }
}

/// The place of the response to the client of a sign-in at a Backlog site, for sealing and opening.
pub fn confirmed_response_place<'a>(row: &'a str, base_url: &'a str) -> Place<'a> {
    Place {
        table: "authorization_requests",
        column: "confirmed_answer",
        row,
        bound_to: base_url,
    }
}

/// The place of a client secret in transfer to the database. The row may not exist yet, so it is
/// bound to the site alone; a replica seals it again for the row.
pub fn given_secret_place(base_url: &str) -> Place<'_> {
    Place {
        table: "given_secrets",
        column: "value",
        row: "",
        bound_to: base_url,
    }
}

impl Space {
    pub fn is_enabled(&self) -> bool {
        self.state == SpaceState::Enabled
    }

    /// The host name that users know the space by: `acme.backlog.com`.
    pub fn host(&self) -> &str {
        self.base_url
            .split_once("://")
            .map_or(self.base_url.as_str(), |(_, host)| host)
    }
}

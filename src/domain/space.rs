//! A Backlog site and the OAuth application registered there.

use chrono::{DateTime, Utc};

use super::SpaceId;

/// A tenant of the hub.
#[derive(Clone, Debug)]
pub struct Space {
    pub id: SpaceId,
    pub slug: String,
    pub name: String,
    /// `https://acme.backlog.com`, without a trailing slash.
    pub base_url: String,
    pub oauth_client_id: String,
    /// Sealed; opens with [`crate::crypto::KeyRing`] at `spaces.oauth_client_secret`.
    pub oauth_client_secret: String,
    pub hostnames: Vec<String>,
    pub is_default: bool,
    pub read_only: bool,
    pub toolsets: Option<Vec<String>>,
    /// Keys of the projects that tools may touch; `None` for all.
    pub allowed_projects: Option<Vec<String>>,
    pub state: SpaceState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpaceState {
    Enabled,
    /// Its people cannot sign in or call tools until it is enabled again.
    Disabled {
        since: DateTime<Utc>,
    },
}

/// Can this be a slug at all? The rule of the column `spaces.slug`.
pub fn is_slug(text: &str) -> bool {
    let is_inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(is_inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

impl Space {
    pub fn is_enabled(&self) -> bool {
        self.state == SpaceState::Enabled
    }

    /// The host a person knows the space by: `acme.backlog.com`.
    pub fn host(&self) -> &str {
        self.base_url
            .split_once("://")
            .map_or(self.base_url.as_str(), |(_, host)| host)
    }
}

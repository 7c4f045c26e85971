//! The principal of a request.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use oauth_values::Scopes;

use super::{Grant, Space};

/// The grant, space and scopes of a live access token: cached for seconds, dropped on any change.
#[derive(Clone, Debug)]
pub struct Principal {
    pub grant: Grant,
    pub space: Arc<Space>,
    /// The token's scopes, at most the grant's.
    pub scopes: Scopes,
    pub token_expires_at: DateTime<Utc>,
}

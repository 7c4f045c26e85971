//! The settings of a simulated space.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use crate::{rate_limit::RateLimits, tokens::RefreshRotation};

/// The settings of a [`BacklogSim`](crate::BacklogSim); the defaults suit tests.
#[derive(Clone)]
pub struct SimOptions {
    /// The address to listen on; port 0 selects a free one. Default: `127.0.0.1:0`.
    pub addr: SocketAddr,
    /// The space's key, as in `{key}.backlog.com`. Its name is derived from it.
    pub space_key: String,
    pub oauth_client_id: String,
    pub oauth_client_secret: String,
    /// The allowed values of `redirect_uri`, exactly. Empty: any.
    pub redirect_uris: Vec<String>,
    /// Default: an hour.
    pub access_token_lifetime: Duration,
    pub refresh_rotation: RefreshRotation,
    pub rate_limits: RateLimits,
    /// The number of requests that the journal keeps; 0 turns it off. Default: 10,000.
    pub journal_capacity: usize,
    /// Server threads. Default: 1.
    pub workers: usize,
}

impl Default for SimOptions {
    fn default() -> Self {
        Self {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            space_key: "harbor-works".to_owned(),
            oauth_client_id: "sim-client".to_owned(),
            oauth_client_secret: "sim-secret".to_owned(),
            redirect_uris: Vec::new(),
            access_token_lifetime: Duration::from_hours(1),
            refresh_rotation: RefreshRotation::default(),
            rate_limits: RateLimits::default(),
            journal_capacity: 10_000,
            workers: 1,
        }
    }
}

impl std::fmt::Debug for SimOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimOptions")
            .field("addr", &self.addr)
            .field("space_key", &self.space_key)
            .field("oauth_client_id", &self.oauth_client_id)
            .field("redirect_uris", &self.redirect_uris)
            .finish_non_exhaustive()
    }
}

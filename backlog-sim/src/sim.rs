//! The parts of one simulated space, shared by its handlers and its controls.

use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::{
    SimOptions, clock::Clock, faults::Faults, journal::Journal, rate_limit::RateLimiter, seed,
    state::State, tokens::Tokens,
};

pub(crate) struct Sim {
    pub oauth_client_id: String,
    pub oauth_client_secret: String,
    pub redirect_uris: Vec<String>,
    pub clock: Clock,
    pub journal: Journal,
    pub faults: Faults,
    pub rate_limiter: RateLimiter,
    pub tokens: Mutex<Tokens>,
    state: RwLock<State>,
}

impl Sim {
    pub(crate) fn new(options: &SimOptions) -> Self {
        Self {
            oauth_client_id: options.oauth_client_id.clone(),
            oauth_client_secret: options.oauth_client_secret.clone(),
            redirect_uris: options.redirect_uris.clone(),
            clock: Clock::default(),
            journal: Journal::new(options.journal_capacity),
            faults: Faults::default(),
            rate_limiter: RateLimiter::new(options.rate_limits),
            tokens: Mutex::new(Tokens::new(
                options.access_token_lifetime,
                options.refresh_rotation,
            )),
            state: RwLock::new(seed::space(&options.space_key)),
        }
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

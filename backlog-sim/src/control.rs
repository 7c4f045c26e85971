//! What tests look at and turn. `control_http.rs` offers the same over HTTP.

use std::{sync::Arc, time::Duration};

use actix_web::http::StatusCode;

use crate::{
    error::ApiError,
    faults::{Ending, Matcher, ServedFile},
    journal::Entry,
    locked::Locked,
    model::{Id, User},
    rate_limit::RateLimits,
    sim::Sim,
    tokens::{RefreshRotation, TokenPair},
};

/// How long [`Control::wait_for_held`] waits.
const HELD_DEADLINE: Duration = Duration::from_secs(30);

/// The controls of one simulated space; clones turn the same one.
#[derive(Clone)]
pub struct Control {
    sim: Arc<Sim>,
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Control")
    }
}

impl Control {
    pub(crate) fn new(sim: Arc<Sim>) -> Self {
        Self { sim }
    }

    /// The requests received, oldest first. Those for `/_sim/` are not among them.
    pub fn journal(&self) -> Vec<Entry> {
        self.sim.journal.entries()
    }

    pub fn clear_journal(&self) {
        self.sim.journal.clear();
    }

    /// How many requests in the journal match.
    pub fn count(&self, matcher: &Matcher) -> usize {
        self.sim.journal.count(matcher)
    }

    /// Answers the next `times` matching requests with `status` and `body` instead of handling
    /// them. A body that starts with `{` or `[` is sent as JSON, any other as HTML.
    ///
    /// # Panics
    /// `status` is not an HTTP status.
    pub fn fail_next(&self, matcher: Matcher, status: u16, body: impl Into<String>, times: usize) {
        let ending = Ending::Fail {
            status: StatusCode::from_u16(status).expect("an HTTP status"),
            body: body.into(),
        };
        self.sim.faults.end(matcher, ending, times);
    }

    /// Answers the next `times` matching requests with a file instead of handling them.
    pub fn serve_file(&self, matcher: Matcher, file: ServedFile, times: usize) {
        self.sim.faults.end(matcher, Ending::Serve(file), times);
    }

    /// A body in the form of Backlog's errors, for [`Control::fail_next`].
    pub fn error_body(code: u8, message: &str) -> String {
        ApiError::body(code, message)
    }

    /// Delays the next `times` matching requests before they are handled.
    pub fn delay(&self, matcher: Matcher, duration: Duration, times: usize) {
        self.sim.faults.delay(matcher, duration, times);
    }

    /// Closes the connection of the next `times` matching requests, which are not handled.
    pub fn drop_connection(&self, matcher: Matcher, times: usize) {
        self.sim.faults.end(matcher, Ending::DropRequest, times);
    }

    /// Handles the next `times` matching requests, then closes the connection without the answer.
    pub fn drop_answer(&self, matcher: Matcher, times: usize) {
        self.sim.faults.end(matcher, Ending::DropAnswer, times);
    }

    /// Holds matching requests, before they are handled, until [`Control::release`].
    pub fn hold(&self, matcher: Matcher) {
        self.sim.faults.hold(matcher);
    }

    /// Lets the held requests go on and holds no more.
    pub fn release(&self) {
        self.sim.faults.release();
    }

    /// How many requests are held now.
    pub fn held(&self) -> usize {
        *self.sim.faults.held().borrow()
    }

    /// Returns once at least `n` requests are held.
    ///
    /// # Panics
    /// Not so many were held within 30 seconds: a test that waits in vain fails.
    pub async fn wait_for_held(&self, n: usize) {
        let mut held = self.sim.faults.held();
        let reached = tokio::time::timeout(HELD_DEADLINE, held.wait_for(|held| *held >= n)).await;
        assert!(reached.is_ok(), "{n} requests were not held in time");
    }

    /// Forgets every fault; held requests go on.
    pub fn clear_faults(&self) {
        self.sim.faults.clear();
    }

    /// Every access token issued so far has expired. Refresh tokens stay good.
    pub fn expire_access_tokens(&self) {
        self.sim.tokens.locked().expire_access(self.sim.clock.now());
    }

    /// Every user withdraws what they allowed: access tokens are refused, refresh tokens and
    /// codes are an `invalid_grant`. API keys stay good.
    pub fn revoke_all(&self) {
        self.sim.tokens.locked().revoke(None);
    }

    /// As [`Control::revoke_all`], for one user.
    pub fn revoke_user(&self, user: Id) {
        self.sim.tokens.locked().revoke(Some(user));
    }

    /// How long access tokens issued from now on are good.
    pub fn set_access_token_lifetime(&self, lifetime: Duration) {
        self.sim.tokens.locked().access_lifetime = lifetime;
    }

    pub fn set_refresh_rotation(&self, rotation: RefreshRotation) {
        self.sim.tokens.locked().rotation = rotation;
    }

    /// Whether a new sign-in of a user is given the pair of the one before, while that is good.
    pub fn share_pairs(&self, shares: bool) {
        self.sim.tokens.locked().shares_pairs = shares;
    }

    /// Takes effect at once, with nothing used so far.
    pub fn set_rate_limits(&self, limits: RateLimits) {
        self.sim.rate_limiter.set_limits(limits);
    }

    /// Moves the space's clock forward: tokens expire and rate limits start anew.
    pub fn advance_clock(&self, duration: Duration) {
        // Further than this the calendar ends.
        let seconds = u32::try_from(duration.as_secs()).unwrap_or(u32::MAX);
        self.sim.clock.advance(seconds);
    }

    /// The seeded users, in the order of their ids.
    pub fn users(&self) -> Vec<User> {
        self.sim.read().users.values().cloned().collect()
    }

    pub(crate) fn has_user(&self, user: Id) -> bool {
        self.sim.read().users.contains_key(&user)
    }

    /// A new API key of a user.
    ///
    /// # Panics
    /// No user has this id.
    pub fn issue_api_key(&self, user: Id) -> String {
        assert!(self.has_user(user), "no user has the id {user}");
        self.sim.tokens.locked().issue_api_key(user)
    }

    /// OAuth tokens of a user, as after a sign-in.
    ///
    /// # Panics
    /// No user has this id.
    pub fn tokens_for(&self, user: Id) -> TokenPair {
        assert!(self.has_user(user), "no user has the id {user}");
        let now = self.sim.clock.now();
        self.sim.tokens.locked().issue_pair(user, now)
    }
}

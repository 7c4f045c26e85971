//! The controls for tests. `control_http.rs` offers the same over HTTP.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};

use crate::{
    error::ApiError,
    faults::{Ending, Matcher, ServedFile},
    journal::Entry,
    locked::Locked,
    model::{Id, User},
    rate_limit::RateLimits,
    seed,
    sim::Sim,
    tokens::{RefreshRotation, TokenPair},
};

/// The timeout of [`Control::wait_for_held`].
const HELD_DEADLINE: Duration = Duration::from_secs(30);

/// The controls of one simulated space; clones control the same one.
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

    /// The received requests, oldest first, without those for `/_sim/`.
    pub fn journal(&self) -> Vec<Entry> {
        self.sim.journal.entries()
    }

    pub fn clear_journal(&self) {
        self.sim.journal.clear();
    }

    /// The number of matching requests in the journal.
    pub fn count(&self, matcher: &Matcher) -> usize {
        self.sim.journal.count(matcher)
    }

    /// How often the token endpoint was asked to renew the tokens of each user since the journal
    /// was cleared, whatever came of it. It counts beyond the capacity of the journal.
    pub fn renewals(&self) -> BTreeMap<Id, usize> {
        let presented = self.sim.journal.renewals();
        let tokens = self.sim.tokens.locked();
        let mut renewals = BTreeMap::new();
        for (fingerprint, times) in presented {
            if let Some(user) = tokens.owner(&fingerprint) {
                *renewals.entry(user).or_default() += times;
            }
        }
        renewals
    }

    /// How many refresh tokens a user was ever given: one with each sign-in, and one with each
    /// renewal that replaces it.
    pub fn issued_refresh_tokens(&self, user: Id) -> usize {
        self.sim.tokens.locked().issued(user)
    }

    /// Responds to the next `times` matching requests with `status` and `body` instead of handling
    /// them. A body that starts with `{` or `[` is sent as JSON, any other as HTML.
    ///
    /// # Panics
    /// If `status` is not an HTTP status.
    pub fn fail_next(&self, matcher: Matcher, status: u16, body: impl Into<String>, times: usize) {
        let ending = Ending::Fail {
            status: StatusCode::from_u16(status).expect("an HTTP status"),
            body: body.into(),
        };
        self.sim.faults.end(matcher, ending, times);
    }

    /// Responds to the next `times` matching requests with a file instead of handling them.
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

    /// Closes the connection of the next `times` matching requests, without handling them.
    pub fn drop_connection(&self, matcher: Matcher, times: usize) {
        self.sim.faults.end(matcher, Ending::DropRequest, times);
    }

    /// Handles the next `times` matching requests, then closes the connection without a response.
    pub fn drop_response(&self, matcher: Matcher, times: usize) {
        self.sim.faults.end(matcher, Ending::DropResponse, times);
    }

    /// Holds matching requests, before they are handled, until [`Control::release`].
    pub fn hold(&self, matcher: Matcher) {
        self.sim.faults.hold(matcher);
    }

    /// Releases the held requests and holds no more.
    pub fn release(&self) {
        self.sim.faults.release();
    }

    /// The number of requests held now.
    pub fn held(&self) -> usize {
        *self.sim.faults.held().borrow()
    }

    /// Returns once at least `n` requests are held.
    ///
    /// # Panics
    /// If fewer were held within 30 seconds.
    pub async fn wait_for_held(&self, n: usize) {
        let mut held = self.sim.faults.held();
        let reached = tokio::time::timeout(HELD_DEADLINE, held.wait_for(|held| *held >= n)).await;
        assert!(reached.is_ok(), "{n} requests were not held in time");
    }

    /// Removes all faults; held requests continue.
    pub fn clear_faults(&self) {
        self.sim.faults.clear();
    }

    /// Expires every access token issued so far. Refresh tokens stay valid.
    pub fn expire_access_tokens(&self) {
        self.sim.tokens.locked().expire_access(self.sim.clock.now());
    }

    /// Revokes the grants of every user: access tokens are rejected, and refresh tokens and codes
    /// are an `invalid_grant`. API keys stay valid.
    pub fn revoke_all(&self) {
        self.sim.tokens.locked().revoke(None);
    }

    /// Like [`Control::revoke_all`], for one user.
    pub fn revoke_user(&self, user: Id) {
        self.sim.tokens.locked().revoke(Some(user));
    }

    /// Sets the lifetime of access tokens issued from now on.
    pub fn set_access_token_lifetime(&self, lifetime: Duration) {
        self.sim.tokens.locked().access_lifetime = lifetime;
    }

    pub fn set_refresh_rotation(&self, rotation: RefreshRotation) {
        self.sim.tokens.locked().rotation = rotation;
    }

    /// Whether a user's new sign-in receives the previous token pair while that is valid.
    pub fn share_pairs(&self, shares: bool) {
        self.sim.tokens.locked().shares_pairs = shares;
    }

    /// Takes effect at once, and resets the counts.
    pub fn set_rate_limits(&self, limits: RateLimits) {
        self.sim.rate_limiter.set_limits(limits);
    }

    /// Moves the space's clock forward: tokens expire and rate limits are reset.
    pub fn advance_clock(&self, duration: Duration) {
        // The calendar ends beyond this.
        let seconds = u32::try_from(duration.as_secs()).unwrap_or(u32::MAX);
        self.sim.clock.advance(seconds);
    }

    /// Stops the space's clock at a time, so that what is done there has that time.
    pub fn stop_clock_at(&self, time: DateTime<Utc>) {
        self.sim.clock.stop_at(time);
    }

    /// The seeded users, in the order of their ids.
    pub fn users(&self) -> Vec<User> {
        self.sim.read().users.values().cloned().collect()
    }

    /// More members of the space, who have joined no project; their ids.
    pub fn add_users(&self, number: usize) -> Vec<Id> {
        let mut state = self.sim.write();
        let add = |_| {
            let user = seed::member(state.next_id());
            let id = user.id;
            state.users.insert(id, user);
            id
        };
        (0..number).map(add).collect()
    }

    pub(crate) fn has_user(&self, user: Id) -> bool {
        self.sim.read().users.contains_key(&user)
    }

    /// Issues an API key for a user.
    ///
    /// # Panics
    /// If no user has this id.
    pub fn issue_api_key(&self, user: Id) -> String {
        assert!(self.has_user(user), "no user has the id {user}");
        self.sim.tokens.locked().issue_api_key(user)
    }

    /// Issues OAuth tokens for a user, like a sign-in.
    ///
    /// # Panics
    /// If no user has this id.
    pub fn tokens_for(&self, user: Id) -> TokenPair {
        assert!(self.has_user(user), "no user has the id {user}");
        let now = self.sim.clock.now();
        self.sim.tokens.locked().issue_pair(user, now)
    }
}

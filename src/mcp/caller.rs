//! Who a request acts as, and what the HTTP layer has to know afterwards.

use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use rmcp::{RoleServer, model::Extensions, service::RequestContext};
use tracing::Span;

use super::{BacklogAccess, Policy, Subscriber};
use crate::oauth::Scopes;

/// The principal of one MCP request, as far as the tools are concerned.
#[derive(Clone)]
pub struct Caller {
    /// What the grant allows.
    pub scopes: Scopes,
    /// What the operator and the request's own narrowing allow.
    pub policy: Policy,
    /// The way to Backlog.
    pub access: Arc<dyn BacklogAccess>,
    /// Where a tool call leaves word for the HTTP layer.
    pub verdict: Verdict,
    /// Who hears of changes of the above, if anybody does.
    pub subscriber: Option<Subscriber>,
}

impl Caller {
    /// The caller that the HTTP layer attached to the request.
    pub(super) fn of(context: &RequestContext<RoleServer>) -> Option<&Self> {
        from_http(context)
    }
}

/// The span of the HTTP request, if there is one.
pub(super) fn request_span(context: &RequestContext<RoleServer>) -> Span {
    from_http(context).cloned().unwrap_or_else(Span::current)
}

/// What the HTTP layer attached to the request.
fn from_http<T: Send + Sync + 'static>(context: &RequestContext<RoleServer>) -> Option<&T> {
    context
        .extensions
        .get::<http::request::Parts>()?
        .extensions
        .get::<Extensions>()?
        .get()
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("scopes", &self.scopes)
            .field("policy", &self.policy)
            .field("space", self.access.url())
            .finish_non_exhaustive()
    }
}

/// Why an answer must be an HTTP 401 or 403 with a challenge instead of the
/// tool's result: clients sign in again on a status, never on a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 401: Backlog rejected the credentials, and renewed ones as well.
    SignInAgain,
    /// 403 `insufficient_scope`: the scopes that a new grant should have.
    InsufficientScope(Scopes),
}

/// What a tool call found while the request ran, read by the HTTP layer when it ended.
/// Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Verdict(Arc<Found>);

#[derive(Debug, Default)]
struct Found {
    refusal: OnceLock<Refusal>,
    changed: AtomicBool,
}

impl Verdict {
    /// Refuses the request; the first refusal stays.
    pub fn refuse(&self, refusal: Refusal) {
        // A later refusal of the same request has nothing to add.
        let _ = self.0.refusal.set(refusal);
    }

    pub fn refusal(&self) -> Option<Refusal> {
        self.0.refusal.get().copied()
    }

    /// Notes that a tool has changed something, so that a lost answer is no reason to try again.
    pub fn note_change(&self) {
        self.0.changed.store(true, Ordering::Release);
    }

    pub fn has_changed(&self) -> bool {
        self.0.changed.load(Ordering::Acquire)
    }
}

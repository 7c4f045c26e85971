//! The caller of a request, and the results of a tool call that the HTTP layer reads afterwards.

use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use oauth_values::Scopes;
use rmcp::{RoleServer, model::Extensions, service::RequestContext};
use tracing::Span;

use super::policy::Policy;
use crate::{accounts::access::BacklogAccess, calls::subscriber::Subscriber};

/// The principal of one MCP request, with what the tools need.
#[derive(Clone)]
pub struct Caller {
    /// The scopes of the grant.
    pub scopes: Scopes,
    /// The limits set by the operator and by the request itself.
    pub policy: Policy,
    /// The access to Backlog.
    pub access: Arc<dyn BacklogAccess>,
    /// Where a tool call reports an authentication challenge to the HTTP layer.
    pub challenge: ChallengeSlot,
    /// The page on which the user sees and ends connections; `None` without a sign-in.
    pub account_url: Option<String>,
    /// The subscriber to changes of the above, if there is one.
    pub subscriber: Option<Subscriber>,
}

impl Caller {
    /// Returns the caller that the HTTP layer attached to the request.
    pub(crate) fn of(context: &RequestContext<RoleServer>) -> Option<&Self> {
        from_http(context)
    }
}

/// The span of the HTTP request, or else the current one.
pub(crate) fn request_span(context: &RequestContext<RoleServer>) -> Span {
    from_http(context).cloned().unwrap_or_else(Span::current)
}

/// Returns an extension that the HTTP layer attached to the request.
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

/// Why the response must be an HTTP 401 or 403 with a challenge instead of the tool's result:
/// clients sign in again on a status, never on a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthChallenge {
    /// 401: Backlog rejected the credentials, and renewed ones as well.
    SignInAgain,
    /// 403 `insufficient_scope`: the scopes of the operation.
    InsufficientScope(Scopes),
}

/// Where a tool call reports to the HTTP layer, which reads it when the call has ended. Clones
/// share it.
#[derive(Clone, Debug, Default)]
pub struct ChallengeSlot(Arc<Reported>);

#[derive(Debug, Default)]
struct Reported {
    challenge: OnceLock<AuthChallenge>,
    changed: AtomicBool,
}

impl ChallengeSlot {
    /// Sets the challenge. Only the first one of a request counts.
    pub fn set(&self, challenge: AuthChallenge) {
        // A later challenge of the same request adds nothing.
        let _ = self.0.challenge.set(challenge);
    }

    pub fn get(&self) -> Option<AuthChallenge> {
        self.0.challenge.get().copied()
    }

    /// Records that a tool has changed something, so that a lost response is not retried.
    pub fn note_change(&self) {
        self.0.changed.store(true, Ordering::Release);
    }

    pub fn has_changed(&self) -> bool {
        self.0.changed.load(Ordering::Acquire)
    }
}

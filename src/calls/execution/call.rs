//! A call of a tool, by any transport.

use rmcp::model::JsonObject;
use tracing::Span;

use crate::{
    calls::caller::Caller,
    toolkit::{
        attempt::Backlog,
        consent::Consent,
        progress::{ProgressNotifier, ProgressSink},
        tool::ToolMeta,
    },
    trace,
};

/// A call of a tool, by any transport.
pub(crate) struct Call<'a> {
    pub caller: Caller,
    pub arguments: JsonObject,
    /// The span of the HTTP request.
    pub request: Span,
    /// The caller's own span (W3C Trace Context), if there is one.
    pub traceparent: Option<&'a str>,
    pub progress: ProgressSink,
    pub notifier: ProgressNotifier,
    /// The user's consent to the call.
    pub consent: Consent,
}

/// Returns the span of a call, or that of its request at a lower log level.
pub(super) fn span(
    meta: &ToolMeta,
    request: Span,
    traceparent: Option<&str>,
    backlog: &Backlog<'_>,
) -> Span {
    let span = tracing::debug_span!(
        parent: &request, "tool", name = meta.name, space = %backlog.access.url()
    );
    if let Some(parent) = traceparent {
        trace::link(&span, parent);
    }
    if span.is_disabled() { request } else { span }
}

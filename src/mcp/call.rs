//! Executes the call of a tool. The steps are in [`execution`]:
//!
//! 1. Refuse what the operator's policy or the grant's scopes do not allow.
//! 2. Normalize the arguments ([`reading`](super::reading)), before any request to Backlog.
//! 3. Keep the call within the allowed projects ([`projects`](super::projects)), before and after
//!    the names among the arguments are looked up ([`names`](super::names)).
//! 4. Run the tool against Backlog.
//! 5. Reduce the outcome to the requested fields and part, and to the limit
//!    ([`ToolOutput`](super::output::ToolOutput)). Backlog's JSON is passed on unread where nothing
//!    has to be left out.
//! 6. Remove hidden characters ([`CallOutcome::cleaned`]).
//! 7. Set a challenge for the HTTP layer if the user must sign in again.
//!
//! The [`CallOutcome`] is written by [`answer`], or by the HTTP layer itself.

mod execution;

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};
use rmcp::{
    ErrorData,
    handler::server::tool::ToolCallContext,
    model::{CallToolResponse, JsonObject},
};
use tracing::Span;

use super::{
    Caller, HubServer, arguments,
    call_outcome::CallOutcome,
    caller::request_span,
    failure::ToolError,
    names::{Named, Unresolved},
    progress::{self, ProgressNotifier, ProgressSink},
    structured,
    tool::{Backlog, Outcome, Spec, Tool},
};

/// A tool, ready to be called.
#[derive(Clone, Debug)]
pub(super) struct Callable {
    tool: Spec,
    /// The inputs that take names.
    named: Arc<[Named]>,
    run: Run,
}

impl Callable {
    pub fn of<T: Tool>(tool: Spec, named: Arc<[Named]>) -> Self {
        Self {
            tool,
            named,
            run: run::<T>,
        }
    }
}

/// A call, whatever brought it.
pub(super) struct Call<'a> {
    pub caller: Caller,
    pub arguments: JsonObject,
    /// Of the HTTP request.
    pub request: Span,
    /// The caller's own span (W3C Trace Context), if it said so.
    pub traceparent: Option<&'a str>,
    pub progress: ProgressSink,
    pub notifier: ProgressNotifier,
}

/// Answers a call that came by the protocol's library.
pub(super) async fn answer(
    callable: Callable,
    call: ToolCallContext<'_, HubServer>,
) -> Result<CallToolResponse, ErrorData> {
    let (server, context) = (call.service, &call.request_context);
    let Some(caller) = server.caller(context) else {
        return Err(ErrorData::internal_error("the request has no caller", None));
    };
    let (progress, notifier) = progress::of(context);
    let made = Call {
        caller,
        arguments: call.arguments.unwrap_or_default(),
        request: request_span(context),
        traceparent: context.meta.get_traceparent(),
        progress,
        notifier,
    };
    let structure = structured::is_enabled(server.options(), context.protocol_version().as_ref());
    let called = make(server, &callable, made).await;
    Ok(called.into_result(structure).into())
}

/// Why a call has no result; every case is a text for the assistant.
enum Failure {
    Arguments(String),
    Tool(ToolError),
}

impl From<Unresolved> for Failure {
    fn from(unresolved: Unresolved) -> Self {
        match unresolved {
            Unresolved::Names(reason) => Self::Arguments(reason),
            Unresolved::Tool(error) => Self::Tool(error),
        }
    }
}

type Run = for<'a> fn(JsonObject, &'a Backlog<'a>) -> BoxFuture<'a, Result<Outcome, Failure>>;

fn run<'a, T: Tool>(
    arguments: JsonObject,
    backlog: &'a Backlog<'a>,
) -> BoxFuture<'a, Result<Outcome, Failure>> {
    async move {
        let input: T = arguments::parse(arguments).map_err(Failure::Arguments)?;
        input.run(backlog).await.map_err(Failure::Tool)
    }
    .boxed()
}

/// Makes the call. What it comes to has no hidden characters.
pub(super) async fn make(server: &HubServer, callable: &Callable, call: Call<'_>) -> CallOutcome {
    execution::carry_out(server, callable, call).await.cleaned()
}

//! What stands around every call of a tool:
//!
//! 1. Refuse what the operator's policy or the grant's scopes do not allow.
//! 2. Read the arguments ([`reading`](super::reading)): what is wrong with them is said before
//!    anything is asked.
//! 3. Keep the call within the projects that are allowed ([`projects`](super::projects)), before
//!    and after the names among the arguments are looked up ([`names`]).
//! 4. Run the tool against Backlog.
//! 5. Of the outcome, keep the fields and the part asked for, and what the limit allows
//!    ([`ToolOutput`]). Where nothing is to be left out, Backlog's JSON goes on as it came, unread.
//! 6. Remove hidden characters from all of it ([`CallOutcome::cleaned`]).
//! 7. Tell the HTTP layer if the person must sign in again.
//!
//! What it comes to ([`CallOutcome`]) is written by [`answer`], or by the HTTP layer itself.

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};
use reqwest::Method;
use rmcp::{
    ErrorData,
    handler::server::tool::ToolCallContext,
    model::{CallToolResponse, ContentBlock, JsonObject},
};
use serde_json::{Value, json, value::RawValue};
use tracing::{Instrument, Span};

use super::{
    AccessError, AuthChallenge, Caller, HubServer, arguments,
    attempt::About,
    call_outcome::CallOutcome,
    caller::request_span,
    failure::{Context, ToolError},
    names::{self, FieldHint, Named, ProjectRestriction, Unresolved},
    notes::Given,
    output::ToolOutput,
    progress::{self, ProgressNotifier, ProgressSink},
    projects::Filtered,
    rest::Rest,
    router::Entry,
    structured,
    tool::{Backlog, Outcome, Read, Rooms, Spec, Tool},
};
use crate::{
    backlog::{BacklogError, ErrorItem},
    domain::audit_event::ToolOutcome,
    oauth::Scopes,
    observe::trace,
};

/// Of a success without any content where something was to be read.
const NOTHING: &str = "Backlog returned an empty response, so there is nothing to show. This does \
    not say that there is none.";

/// A tool, ready to be called.
#[derive(Clone, Debug)]
pub(super) struct Callable {
    tool: Spec,
    /// How the rest of a long answer is read.
    rest: Rest,
    /// The inputs that take names.
    named: Arc<[Named]>,
    run: Run,
}

impl Callable {
    pub fn of<T: Tool>(tool: Spec, rest: Rest, named: Arc<[Named]>) -> Self {
        Self {
            tool,
            rest,
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

/// What a tool brought, as far as it may be shown.
enum Shown {
    /// All of it, as it came.
    Whole(Box<RawValue>),
    Part(Filtered),
}

/// Makes the call. What it comes to has no hidden characters.
pub(super) async fn make(server: &HubServer, callable: &Callable, call: Call<'_>) -> CallOutcome {
    carry_out(server, callable, call).await.cleaned()
}

async fn carry_out(server: &HubServer, callable: &Callable, call: Call<'_>) -> CallOutcome {
    let Callable {
        tool,
        rest,
        named,
        run,
    } = callable;
    let caller = call.caller;
    let failed = |text: String| CallOutcome::Failed(server.table().name_tools(&text).into_owned());
    let invalid = |reason| {
        failed(format!(
            "Invalid arguments for tool {}: {reason}",
            tool.name
        ))
    };

    let mut record = server
        .recorder()
        .tool_call(tool.name, caller.access.actor());

    // First: what is not allowed here stays so after another sign-in.
    if let Err(denied) = caller.policy.check(tool) {
        record.ended(ToolOutcome::Denied);
        return failed(format!("{} cannot be used: {denied}.", tool.name));
    }
    let scope = tool.access.scope();
    if !caller.scopes.contains(scope) {
        let wanted: Scopes = caller.scopes.iter().chain([scope]).collect();
        let refusal = AuthChallenge::InsufficientScope(wanted);
        caller.challenge.set(refusal);
        record.ended(ToolOutcome::InsufficientScope);
        return failed(format!(
            "{} needs the scope {}; connect again and allow it.",
            tool.name,
            scope.as_str()
        ));
    }

    let options = server.options();
    let mut arguments = call.arguments;
    let given = Given::of(&arguments);
    // Usually there is nothing to read, and what is taken out below does not change that.
    let entry = server.table().own(tool.name);
    let to_read = entry.filter(|entry| !entry.inputs.are_right(&arguments));
    if let Some(Entry { inputs, route, .. }) = to_read
        && let Err(reason) = inputs.name(&mut arguments, &route.attr.input_schema, tool)
    {
        record.ended(ToolOutcome::InvalidArguments);
        return invalid(reason);
    }
    let access = match server.organizations() {
        None => caller.access,
        Some(all) => match all.chosen(&mut arguments, &options.prefix) {
            Ok(access) => access,
            Err(reason) => {
                record.ended(ToolOutcome::InvalidArguments);
                return failed(reason);
            }
        },
    };
    let backlog = Backlog {
        client: server.client(),
        access: access.as_ref(),
        files: server.files(),
        progress: call.progress,
        rooms: Rooms::default(),
    };
    let span = tracing::debug_span!(
        parent: &call.request, "tool", name = tool.name, space = %backlog.access.url()
    );
    if let Some(parent) = call.traceparent {
        trace::link(&span, parent);
    }
    // Unless somebody looks so closely, what the call says is said of its request.
    let span = if span.is_disabled() {
        call.request
    } else {
        span
    };
    // What was read is what the projects, names and tools see.
    let read = to_read.map(|entry| entry.inputs.read(&mut arguments, backlog.access.url()));
    let mut said = match read.transpose() {
        Ok(said) => said.unwrap_or_default(),
        Err(reason) => {
            record.ended(ToolOutcome::InvalidArguments);
            return invalid(options.descriptions.reword(tool.name, reason));
        }
    };
    // Before Backlog is asked: a wrong selection must not come after a change.
    let mut output = match ToolOutput::of(tool, *rest, given, &mut arguments, options) {
        Ok(output) => output,
        Err(reason) => {
            record.ended(ToolOutcome::InvalidArguments);
            return invalid(reason);
        }
    };
    // What the custom fields are that Backlog refuses.
    let mut hint = None;
    let work = async {
        let (projects, policy) = (server.projects(), &caller.policy);
        let authorized = projects.authorize(tool.name, policy, &backlog, &mut arguments);
        let mut filter = authorized.await.map_err(Failure::Tool)?;
        let bounds = ProjectRestriction { projects, policy };
        let resolved = names::resolve(named, &mut arguments, server.lists(), bounds, &backlog);
        let resolved = resolved.await?;
        said.extend(resolved.notes);
        if resolved.any {
            // Again, because looking a name up was asking already, and because it may have
            // become the id of something else.
            let authorized = projects.authorize(tool.name, policy, &backlog, &mut arguments);
            filter = authorized.await.map_err(Failure::Tool)?;
        }
        let outcome = if tool.access.read_only {
            run(arguments, &backlog).await?
        } else {
            // Before, because a renewal may come between.
            let credentials = backlog.access.credentials().await;
            let credentials = credentials.map_err(|error| Failure::Tool(error.into()))?;
            let whose = credentials.fingerprint(backlog.access.url());
            let fields = FieldHint::of(named, &arguments);
            let outcome = run(arguments, &backlog).await;
            // Whatever it says: a change may have been made all the same.
            server.lists().forget_changed_by(tool.name, whose);
            if is_done(&outcome) {
                caller.challenge.note_change();
            }
            if let (Some(fields), Some(errors)) = (fields, refused_values(&outcome)) {
                hint = names::explain(&fields, errors, server.lists(), bounds, &backlog).await;
            }
            outcome?
        };
        let all = filter.is_open();
        let outcome = match outcome {
            Outcome::Text(json) if all && output.takes_whole(&json, options.max_tokens) => {
                return Ok(Shown::Whole(json));
            }
            outcome => {
                let read = outcome.read(backlog.client).await;
                read.map_err(|error| unreadable(tool, error))?
            }
        };
        if let Read::Json(value) = &outcome {
            output.page.received(value);
        }
        let filtered = projects.filter(filter, outcome, &backlog).await;
        if let Read::Json(value) = &filtered.outcome {
            output.page.filtered(value);
        }
        Ok(Shown::Part(filtered))
    };
    let shown = call.notifier.during(work.instrument(span.clone())).await;

    record.ended(match &shown {
        Ok(_) => ToolOutcome::Ok,
        Err(Failure::Arguments(_)) => ToolOutcome::InvalidArguments,
        Err(Failure::Tool(error)) => error.outcome(),
    });
    let error = match shown {
        Ok(Shown::Whole(json)) => return CallOutcome::json(json, said),
        Ok(Shown::Part(Filtered { outcome, note })) => {
            return match outcome {
                Read::Content(mut content) => {
                    content.extend(said.into_iter().map(ContentBlock::text));
                    CallOutcome::Content(content)
                }
                Read::Json(Value::Null) => {
                    let (shown, nothing) = of_nothing(tool);
                    let notes = said.into_iter().chain(nothing).chain(note).collect();
                    CallOutcome::json(shown.to_string(), notes)
                }
                Read::Json(value) => {
                    let notes = said.into_iter().chain(note).collect();
                    output.write(value, notes, options)
                }
            };
        }
        Err(Failure::Arguments(reason)) => {
            let reason = options.descriptions.reword(tool.name, reason);
            return invalid(reason);
        }
        Err(Failure::Tool(error)) => error,
    };
    let outcome = error.outcome();
    let text = error.explain(Context {
        what: tool.name,
        named,
        now: server.now(),
    });
    if outcome == ToolOutcome::Ok {
        // It was done; only the answer is missing.
        return CallOutcome::json(json!({"success": true}).to_string(), vec![text]);
    }
    // Not the error itself, which has the path that was asked for.
    let (outcome, (status, code)) = (outcome.as_str(), error.response_codes());
    span.in_scope(|| tracing::debug!(outcome, status, code, "the tool failed"));
    if matches!(error, ToolError::Access(AccessError::SignInAgain)) {
        caller.challenge.set(AuthChallenge::SignInAgain);
    }
    let text = match hint {
        Some(hint) => format!("{hint}\n{text}"),
        None => text,
    };
    failed(options.descriptions.reword(tool.name, text))
}

/// What Backlog said of the values of a change that it refused.
fn refused_values(outcome: &Result<Outcome, Failure>) -> Option<&[ErrorItem]> {
    match outcome {
        Err(Failure::Tool(ToolError::Backlog {
            error:
                BacklogError::Api {
                    status: 400,
                    errors,
                },
            ..
        })) => Some(errors),
        _ => None,
    }
}

/// Whether a call that changes something has done so, as far as is known.
fn is_done(outcome: &Result<Outcome, Failure>) -> bool {
    match outcome {
        Ok(_) => true,
        Err(Failure::Tool(error)) => error.is_done(),
        Err(Failure::Arguments(_)) => false,
    }
}

/// Backlog's JSON that could not be read.
fn unreadable(tool: &Spec, error: BacklogError) -> Failure {
    let (method, error) = match tool.access.read_only {
        true => (Method::GET, error),
        false => (Method::POST, BacklogError::Unread),
    };
    let about = About {
        method,
        path: tool.name.to_owned(),
        template: "",
    };
    Failure::Tool(about.failed(error))
}

/// What to show of an answer of nothing, and a word about it: a change is done without one, and
/// for a reader it is no list of nothing.
fn of_nothing(tool: &Spec) -> (Value, Option<String>) {
    match tool.access.read_only {
        true => (Value::Null, Some(NOTHING.to_owned())),
        false => (json!({"success": true}), None),
    }
}

//! Executes the call of a tool:
//!
//! 1. Refuse what the operator's policy or the grant's scopes do not allow.
//! 2. Normalize the arguments ([`reading`](crate::arguments::reading)), before any request to Backlog.
//! 3. Keep the call within the allowed projects ([`projects`](crate::calls::project_guard)), before and after
//!    the names among the arguments are looked up ([`names`](crate::calls::name_lookup)).
//! 4. Run the tool against Backlog.
//! 5. Reduce the outcome to the requested fields and part, and to the limit
//!    ([`ToolOutput`](crate::calls::output::ToolOutput)). Backlog's JSON is passed on unread where nothing
//!    has to be left out.
//! 6. Remove hidden characters ([`CallOutcome::cleaned`]).
//! 7. Set a challenge for the HTTP layer if the user must sign in again.
//!
//! The [`CallOutcome`] is written by the caller.

use std::sync::Arc;

use reqwest::Method;
use rmcp::model::{ContentBlock, JsonObject};
use serde_json::{Value, json, value::RawValue};
use tracing::{Instrument, Span};

use super::{
    call_outcome::CallOutcome,
    caller::{AuthChallenge, Caller},
    failure::Context,
    name_lookup::{self, FieldHint, ProjectRestriction, Unresolved},
    notes::Given,
    organizations,
    output::ToolOutput,
    project_guard::{Filtered, ProjectFilter},
    registry::{Entry, Handler},
    services::Services,
};
use crate::{
    accounts::access::{AccessError, BacklogAccess},
    backlog::{BacklogError, ErrorItem},
    domain::audit_event::ToolOutcome,
    oauth::Scopes,
    observe::trace,
    toolkit::{
        attempt::{Backlog, HeldResponses},
        declaration::{Failure, Run},
        error::{About, ToolError},
        outcome::{Outcome, Read},
        progress::{ProgressNotifier, ProgressSink},
        tool::Spec,
    },
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
}

impl From<Unresolved> for Failure {
    fn from(unresolved: Unresolved) -> Self {
        match unresolved {
            Unresolved::Names(reason) => Self::Arguments(reason),
            Unresolved::Tool(error) => Self::Tool(error),
        }
    }
}

/// The note for an empty response to a tool that reads.
const NOTHING: &str = "Backlog returned an empty response, so there is nothing to show. This does \
    not say that there is none.";

/// The outcome of a tool, reduced to the part that may be shown.
enum Shown {
    /// The whole response, unparsed.
    Whole(Box<RawValue>),
    Part(Filtered),
}

/// Executes the call of a tool. Its outcome has no hidden characters.
pub(crate) async fn execute(services: &Services, entry: &Entry, call: Call<'_>) -> CallOutcome {
    let outcome = match entry.handler {
        Handler::Backlog(run) => execute_on_backlog(services, (entry, run), call).await,
        Handler::ListOrganizations => {
            organizations::list(services.organizations(), &call.arguments)
        }
    };
    outcome.cleaned()
}

async fn execute_on_backlog(
    services: &Services,
    (entry, run): (&Entry, Run),
    call: Call<'_>,
) -> CallOutcome {
    let tool = &entry.spec;
    let mut record = services
        .recorder()
        .tool_call(tool.name, call.caller.access.actor());
    let execution = Execution {
        services,
        entry,
        run,
        caller: call.caller,
    };
    let given = Given::of(&call.arguments);
    let mut arguments = call.arguments;
    let begun = match execution.begin(&mut arguments) {
        Ok(begun) => begun,
        Err(Stopped { outcome, called }) => {
            record.ended(outcome);
            return called;
        }
    };
    let backlog = Backlog {
        client: services.client(),
        access: begun.access.as_ref(),
        files: services.files(),
        progress: call.progress,
        held: HeldResponses::default(),
    };
    let span = span(tool, call.request, call.traceparent, &backlog);
    let mut read = match execution.read(begun.is_right, given, &mut arguments, &backlog) {
        Ok(read) => read,
        Err(Stopped { outcome, called }) => {
            record.ended(outcome);
            return called;
        }
    };
    let work = execution.work(&backlog, arguments, &mut read);
    let shown = call.notifier.during(work.instrument(span.clone())).await;

    record.ended(match &shown {
        Ok(_) => ToolOutcome::Ok,
        Err(Failure::Arguments(_)) => ToolOutcome::InvalidArguments,
        Err(Failure::Tool(error)) => error.outcome(),
    });
    match shown {
        Ok(shown) => execution.show(shown, read),
        Err(Failure::Arguments(reason)) => {
            let descriptions = &services.options().descriptions;
            execution.invalid(&descriptions.reword(tool.name, reason))
        }
        Err(Failure::Tool(error)) => execution.explain(&error, read.hint, &span),
    }
}

/// Returns the span of a call, or that of its request at a lower log level.
fn span(tool: &Spec, request: Span, traceparent: Option<&str>, backlog: &Backlog<'_>) -> Span {
    let span = tracing::debug_span!(
        parent: &request, "tool", name = tool.name, space = %backlog.access.url()
    );
    if let Some(parent) = traceparent {
        trace::link(&span, parent);
    }
    if span.is_disabled() { request } else { span }
}

/// A call in progress; its methods are the steps.
struct Execution<'a> {
    services: &'a Services,
    entry: &'a Entry,
    run: Run,
    caller: Caller,
}

/// A call that ended before any request to Backlog.
struct Stopped {
    outcome: ToolOutcome,
    called: CallOutcome,
}

/// An allowed call, with arguments named like the inputs.
struct Begun {
    access: Arc<dyn BacklogAccess>,
    /// Whether the arguments need no normalization.
    is_right: bool,
}

/// A call with normalized arguments.
struct ReadCall {
    output: ToolOutput,
    /// The notes of the result.
    said: Vec<String>,
    /// A hint about the custom fields that Backlog rejected.
    hint: Option<String>,
}

impl Execution<'_> {
    /// Checks the policy and the scopes, renames the arguments to the names of inputs, and removes
    /// the choice of a space from them.
    fn begin(&self, arguments: &mut JsonObject) -> Result<Begun, Stopped> {
        self.authorize()?;
        // Usually the arguments are valid, and removing the choice below does not change that.
        let Entry {
            spec, tool, inputs, ..
        } = self.entry;
        let is_right = inputs.are_right(arguments);
        if !is_right {
            let named = inputs.name(arguments, &tool.input_schema, spec);
            named.map_err(|reason| Stopped::invalid(self.invalid(&reason)))?;
        }
        let access = match self.services.organizations() {
            None => Arc::clone(&self.caller.access),
            Some(all) => {
                let chosen = all.chosen(arguments, &self.services.options().prefix);
                chosen.map_err(|reason| Stopped::invalid(self.failed(&reason)))?
            }
        };
        Ok(Begun { access, is_right })
    }

    /// The policy is checked first, because a new sign-in does not change it.
    fn authorize(&self) -> Result<(), Stopped> {
        let (tool, caller) = (&self.entry.spec, &self.caller);
        if let Err(denied) = caller.policy.check(tool) {
            return Err(Stopped {
                outcome: ToolOutcome::Denied,
                called: self.failed(&format!("{} cannot be used: {denied}.", tool.name)),
            });
        }
        let scope = tool.access.scope();
        if caller.scopes.contains(scope) {
            return Ok(());
        }
        let wanted: Scopes = caller.scopes.iter().chain([scope]).collect();
        caller
            .challenge
            .set(AuthChallenge::InsufficientScope(wanted));
        Err(Stopped {
            outcome: ToolOutcome::InsufficientScope,
            called: self.failed(&format!(
                "{} needs the scope {}; connect again and allow it.",
                tool.name,
                scope.as_str()
            )),
        })
    }

    /// Normalizes the arguments before any request to Backlog: an invalid selection must not be
    /// reported after a change. Projects, names and tools see the normalized arguments.
    fn read(
        &self,
        is_right: bool,
        given: Given,
        arguments: &mut JsonObject,
        backlog: &Backlog<'_>,
    ) -> Result<ReadCall, Stopped> {
        let (tool, options) = (&self.entry.spec, self.services.options());
        let said = match is_right {
            true => Vec::new(),
            false => {
                let read = self.entry.inputs.read(arguments, backlog.access.url());
                read.map_err(|reason| {
                    let reason = options.descriptions.reword(tool.name, reason);
                    Stopped::invalid(self.invalid(&reason))
                })?
            }
        };
        let output = ToolOutput::of(tool, given, arguments, options)
            .map_err(|reason| Stopped::invalid(self.invalid(&reason)))?;
        Ok(ReadCall {
            output,
            said,
            hint: None,
        })
    }

    /// Runs the tool within the allowed projects, with the names among the arguments as ids.
    async fn work(
        &self,
        backlog: &Backlog<'_>,
        mut arguments: JsonObject,
        read: &mut ReadCall,
    ) -> Result<Shown, Failure> {
        let (services, tool) = (self.services, &self.entry.spec);
        let filter = self.restrict(backlog, &mut arguments, read).await?;
        let outcome = match tool.access.read_only {
            true => (self.run)(arguments, backlog).await?,
            false => self.change(backlog, arguments, read).await?,
        };
        let output = &mut read.output;
        let all = filter.is_open();
        let outcome = match outcome {
            Outcome::Text(json)
                if all && output.takes_whole(&json, services.options().max_tokens) =>
            {
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
        let filtered = services.projects().filter(filter, outcome, backlog).await;
        if let Read::Json(value) = &filtered.outcome {
            output.page.filtered(value);
        }
        Ok(Shown::Part(filtered))
    }

    /// Keeps the call within the allowed projects, before and after names are looked up.
    async fn restrict(
        &self,
        backlog: &Backlog<'_>,
        arguments: &mut JsonObject,
        read: &mut ReadCall,
    ) -> Result<ProjectFilter, Failure> {
        let (services, tool) = (self.services, &self.entry.spec);
        let (projects, policy) = (services.projects(), &self.caller.policy);
        let authorized = projects.authorize(tool.name, policy, backlog, arguments);
        let filter = authorized.await.map_err(Failure::Tool)?;
        let (named, lists) = (&self.entry.named, services.lists());
        let resolved =
            name_lookup::resolve(named, arguments, lists, self.restriction(), backlog).await?;
        read.said.extend(resolved.notes);
        if !resolved.any {
            return Ok(filter);
        }
        // Again, because the id of a name may belong to another project.
        let authorized = projects.authorize(tool.name, policy, backlog, arguments);
        authorized.await.map_err(Failure::Tool)
    }

    /// Runs a tool that changes something.
    async fn change(
        &self,
        backlog: &Backlog<'_>,
        arguments: JsonObject,
        read: &mut ReadCall,
    ) -> Result<Outcome, Failure> {
        let (tool, named) = (&self.entry.spec, &self.entry.named);
        let lists = self.services.lists();
        // Before the run, because the tokens may be renewed meanwhile.
        let credentials = backlog.access.credentials().await;
        let credentials = credentials.map_err(|error| Failure::Tool(error.into()))?;
        let holder = credentials.fingerprint(backlog.access.url());
        let fields = FieldHint::of(named, &arguments);
        let outcome = (self.run)(arguments, backlog).await;
        // After a failure too, because the change may have been made.
        lists.forget(tool.changes, holder);
        if is_done(&outcome) {
            self.caller.challenge.note_change();
        }
        if let (Some(fields), Some(errors)) = (fields, refused_values(&outcome)) {
            read.hint =
                name_lookup::explain(&fields, errors, lists, self.restriction(), backlog).await;
        }
        outcome
    }

    fn restriction(&self) -> ProjectRestriction<'_> {
        ProjectRestriction {
            projects: self.services.projects(),
            policy: &self.caller.policy,
        }
    }

    /// The result of a call that succeeded.
    fn show(&self, shown: Shown, read: ReadCall) -> CallOutcome {
        let ReadCall { output, said, .. } = read;
        let Filtered { outcome, note } = match shown {
            Shown::Whole(json) => return CallOutcome::json(json, said),
            Shown::Part(filtered) => filtered,
        };
        match outcome {
            Read::Content(mut content) => {
                content.extend(said.into_iter().map(ContentBlock::text));
                CallOutcome::Content(content)
            }
            Read::Json(Value::Null) => {
                let (shown, nothing) = for_empty(&self.entry.spec);
                let notes = said.into_iter().chain(nothing).chain(note).collect();
                CallOutcome::json(shown.to_string(), notes)
            }
            Read::Json(value) => {
                let notes = said.into_iter().chain(note).collect();
                output.write(value, notes, self.services.options())
            }
        }
    }

    /// The result of a call that failed, or that only lacks its response.
    fn explain(&self, error: &ToolError, hint: Option<String>, span: &Span) -> CallOutcome {
        let tool = &self.entry.spec;
        let outcome = error.outcome();
        let text = error.explain(Context {
            what: tool.name,
            inputs: self.entry.inputs.own(),
            named: &self.entry.named,
            now: self.services.now(),
        });
        if outcome == ToolOutcome::Ok {
            // The change was made; only the response is missing.
            return CallOutcome::json(json!({"success": true}).to_string(), vec![text]);
        }
        // The error itself is not logged, because it has the requested path.
        let (outcome, (status, code)) = (outcome.as_str(), error.response_codes());
        span.in_scope(|| tracing::debug!(outcome, status, code, "the tool failed"));
        if matches!(error, ToolError::Access(AccessError::SignInAgain)) {
            self.caller.challenge.set(AuthChallenge::SignInAgain);
        }
        let text = match hint {
            Some(hint) => format!("{hint}\n{text}"),
            None => text,
        };
        let descriptions = &self.services.options().descriptions;
        self.failed(&descriptions.reword(tool.name, text))
    }

    fn failed(&self, text: &str) -> CallOutcome {
        CallOutcome::Failed(self.services.registry().name_tools(text).into_owned())
    }

    fn invalid(&self, reason: &str) -> CallOutcome {
        let tool = self.entry.spec.name;
        self.failed(&format!("Invalid arguments for tool {tool}: {reason}"))
    }
}

impl Stopped {
    fn invalid(called: CallOutcome) -> Self {
        Self {
            outcome: ToolOutcome::InvalidArguments,
            called,
        }
    }
}

/// Returns Backlog's errors about the values of a change that it rejected.
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

/// Whether a call is known to have made its change.
fn is_done(outcome: &Result<Outcome, Failure>) -> bool {
    match outcome {
        Ok(_) => true,
        Err(Failure::Tool(error)) => error.is_done(),
        Err(Failure::Arguments(_)) => false,
    }
}

/// The failure for JSON of Backlog that could not be parsed.
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

/// Returns the value and the note for an empty response. For a change it means success; for a read
/// it does not mean an empty list.
fn for_empty(tool: &Spec) -> (Value, Option<String>) {
    match tool.access.read_only {
        true => (Value::Null, Some(NOTHING.to_owned())),
        false => (json!({"success": true}), None),
    }
}

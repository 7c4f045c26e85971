//! The steps of a call before and at Backlog.

use std::sync::Arc;

use backlog_client::{BacklogError, ErrorItem};
use chrono::DateTime;
use chrono_tz::Tz;
use reqwest::Method;
use rmcp::model::JsonObject;
use serde_json::value::RawValue;

use super::authorization::{self, Stopped};
use crate::{
    accounts::access::BacklogAccess,
    arguments::reading::{CallSpace, Inputs},
    calls::{
        caller::Caller,
        concise::Shortening,
        name_lookup::{self, FieldHint, Lookup, ProjectRestriction, Unresolved},
        notes::Given,
        output::ToolOutput,
        project_guard::{Filtered, ProjectFilter},
        registered_tool::RegisteredTool,
        response_format::{self, ResponseFormat},
        services::Services,
        time_zone,
    },
    toolkit::{
        attempt::Backlog,
        declaration::{Failure, Run},
        error::{About, ToolError},
        outcome::{Outcome, Read},
        tool::ToolMeta,
    },
};

/// The outcome of a tool, reduced to the part that may be shown.
pub(super) enum Shown {
    /// The whole response, unparsed.
    Whole(Box<RawValue>),
    Part(Filtered),
}

/// A call in progress; its methods are the steps.
pub(super) struct Execution<'a> {
    pub services: &'a Services,
    pub tool: &'a RegisteredTool,
    pub run: Run,
    pub caller: Caller,
}

/// An allowed call, with arguments named like the inputs.
pub(super) struct Begun {
    pub access: Arc<dyn BacklogAccess>,
    /// Whether the arguments need no normalization.
    pub is_right: bool,
    pub format: ResponseFormat,
}

/// A call with normalized arguments.
pub(super) struct ReadCall {
    /// The current time, in the time zone of the space where a day of the arguments needs it.
    pub now: DateTime<Tz>,
    pub output: ToolOutput,
    /// The notes of the result.
    pub said: Vec<String>,
    /// A hint about the custom fields that Backlog rejected.
    pub hint: Option<String>,
}

impl Execution<'_> {
    /// Checks the policy and the scopes, renames the arguments to the names of inputs, and removes
    /// the choices of a format and of a space from them.
    pub(super) fn begin(&self, arguments: &mut JsonObject) -> Result<Begun, Stopped> {
        authorization::authorize(self.services, self.tool, &self.caller)?;
        // Usually the arguments are valid, and removing the choice below does not change that.
        let RegisteredTool {
            meta,
            listed,
            inputs,
            ..
        } = self.tool;
        let format = response_format::take(arguments, inputs.own())
            .map_err(|reason| Stopped::invalid(self.invalid(&reason)))?
            .unwrap_or_else(|| self.services.registry().format(&self.caller));
        let is_right = inputs.are_right(arguments);
        if !is_right {
            let named = Inputs::name(arguments, &listed.input_schema, meta);
            named.map_err(|reason| Stopped::invalid(self.invalid(&reason)))?;
        }
        let access = match self.services.organizations() {
            None => Arc::clone(&self.caller.access),
            Some(all) => {
                let chosen = all.chosen(arguments, &self.services.options().prefix);
                chosen.map_err(|reason| Stopped::invalid(self.failed(&reason)))?
            }
        };
        Ok(Begun {
            access,
            is_right,
            format,
        })
    }

    /// The current time. Only if a day among the arguments is counted from today, the time zone of
    /// the space is looked up for it.
    ///
    /// # Errors
    /// Backlog does not return the space.
    pub(super) async fn now(
        &self,
        arguments: &JsonObject,
        backlog: &Backlog<'_>,
    ) -> Result<DateTime<Tz>, ToolError> {
        let now = self.services.now();
        let zone = match self.tool.inputs.have_relative_day(arguments, &now) {
            // In a box, because most calls do not need its memory.
            true => Box::pin(time_zone::of(self.services, backlog)).await?,
            false => Tz::UTC,
        };
        Ok(now.with_timezone(&zone))
    }

    /// Normalizes the arguments before any other request to Backlog: an invalid selection must not
    /// be reported after a change. Projects, names and tools see the normalized arguments.
    pub(super) fn read(
        &self,
        is_right: bool,
        given: Given,
        arguments: &mut JsonObject,
        space: &CallSpace<'_>,
    ) -> Result<ReadCall, Stopped> {
        let (meta, options) = (&self.tool.meta, self.services.options());
        let said = match is_right {
            true => Vec::new(),
            false => {
                let read = self.tool.inputs.read(arguments, space);
                read.map_err(|reason| {
                    let reason = options.descriptions.reword(meta.name, reason);
                    Stopped::invalid(self.invalid(&reason))
                })?
            }
        };
        let output = ToolOutput::of(meta, given, arguments, options)
            .map_err(|reason| Stopped::invalid(self.invalid(&reason)))?;
        Ok(ReadCall {
            now: space.now,
            output,
            said,
            hint: None,
        })
    }

    /// Reads what the concise form of the result needs.
    pub(super) async fn shortening(
        &self,
        backlog: &Backlog<'_>,
        arguments: &JsonObject,
    ) -> Shortening {
        let tool = (&self.tool.meta, self.tool.method.as_ref());
        // In a box, because most calls do not need its memory.
        Box::pin(Shortening::of(self.services, backlog, tool, arguments)).await
    }

    /// Runs the tool within the allowed projects, with the names among the arguments as ids.
    pub(super) async fn work(
        &self,
        backlog: &Backlog<'_>,
        mut arguments: JsonObject,
        read: &mut ReadCall,
    ) -> Result<Shown, Failure> {
        let (services, meta) = (self.services, &self.tool.meta);
        let mut filter = self.restrict(backlog, &mut arguments, read).await?;
        let outcome = match meta.effect.read_only {
            true => (self.run)(arguments, backlog).await?,
            false => self.change(backlog, arguments, read).await?,
        };
        let output = &mut read.output;
        let outcome = match outcome {
            Outcome::Text(json) => {
                let projects = services.projects();
                let is_whole = output.takes_whole(&json, services.options().max_tokens)
                    && projects.passes(&mut filter, json.get(), backlog).await;
                if is_whole {
                    return Ok(Shown::Whole(json));
                }
                Outcome::Text(json)
            }
            outcome => outcome,
        };
        let outcome = outcome.read(backlog.client).await;
        let outcome = outcome.map_err(|error| unreadable(meta, error))?;
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
    pub(super) async fn restrict(
        &self,
        backlog: &Backlog<'_>,
        arguments: &mut JsonObject,
        read: &mut ReadCall,
    ) -> Result<ProjectFilter, Failure> {
        let (services, meta) = (self.services, &self.tool.meta);
        let (projects, policy) = (services.projects(), &self.caller.policy);
        let authorized = projects.authorize(meta.name, policy, backlog, arguments);
        let filter = authorized.await.map_err(Failure::Tool)?;
        let lookup = Lookup {
            lists: services.lists(),
            restriction: self.restriction(),
            now: read.now,
        };
        let resolved = name_lookup::resolve(&self.tool.named, arguments, lookup, backlog).await?;
        read.said.extend(resolved.notes);
        if !resolved.any {
            return Ok(filter);
        }
        // Again, because the id of a name may belong to another project.
        let authorized = projects.authorize(meta.name, policy, backlog, arguments);
        authorized.await.map_err(Failure::Tool)
    }

    /// Runs a tool that changes something.
    pub(super) async fn change(
        &self,
        backlog: &Backlog<'_>,
        arguments: JsonObject,
        read: &mut ReadCall,
    ) -> Result<Outcome, Failure> {
        let (meta, named) = (&self.tool.meta, &self.tool.named);
        let lists = self.services.lists();
        // Before the run, because the tokens may be renewed meanwhile.
        let credentials = backlog.access.credentials().await;
        let credentials = credentials.map_err(|error| Failure::Tool(error.into()))?;
        let holder = credentials.fingerprint(backlog.access.url());
        let fields = FieldHint::of(named, &arguments);
        let outcome = (self.run)(arguments, backlog).await;
        // After a failure too, because the change may have been made.
        lists.forget(meta.changes, holder);
        if is_done(&outcome) {
            self.caller.challenge.note_change();
        }
        if let (Some(fields), Some(errors)) = (fields, refused_values(&outcome)) {
            read.hint =
                name_lookup::explain(&fields, errors, lists, self.restriction(), backlog).await;
        }
        outcome
    }

    pub(super) fn restriction(&self) -> ProjectRestriction<'_> {
        ProjectRestriction {
            projects: self.services.projects(),
            policy: &self.caller.policy,
        }
    }
}

impl From<Unresolved> for Failure {
    fn from(unresolved: Unresolved) -> Self {
        match unresolved {
            Unresolved::Names(reason) => Self::Arguments(reason),
            Unresolved::Tool(error) => Self::Tool(error),
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
pub(super) fn unreadable(meta: &ToolMeta, error: BacklogError) -> Failure {
    let (method, error) = match meta.effect.read_only {
        true => (Method::GET, error),
        false => (Method::POST, BacklogError::Unread),
    };
    let about = About {
        method,
        path: meta.name.to_owned(),
        template: "",
    };
    Failure::Tool(about.failed(error))
}

//! Runs classic tools for a work tool.
//!
//! Each operation is authorized, read, restricted and run like a call of its tool, but its result
//! is returned whole, and the audit trail has the work tool's call instead of it.

use std::{collections::BTreeSet, time::Duration};

use async_trait::async_trait;
use backlog_client::{BacklogUrl, Left, Request, Segment};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};
use tracing::Span;

use super::{
    authorization::{self, Stopped},
    steps::{Execution, ReadCall, unreadable},
    uploaded,
};
use crate::{
    arguments::reading::{CallSpace, Inputs},
    calls::{
        call_outcome::CallOutcome,
        caller::Caller,
        name_lookup,
        notes::Given,
        registered_tool::{Handler, RegisteredTool},
        services::Services,
        time_zone,
    },
    domain::upload_link::UploadedFile,
    toolkit::{
        attempt::Backlog,
        consent::Consent,
        declaration::{Failure, Run},
        error::ToolError,
        name_kind::NameKind,
        outcome::Read,
        progress::ProgressSink,
        work::{NamedId, Operated, OperationError, Operations},
    },
};

/// The operations of one call of a work tool.
pub(super) struct CallOperations<'a> {
    pub services: &'a Services,
    pub caller: &'a Caller,
    pub backlog: &'a Backlog<'a>,
    pub span: &'a Span,
    /// The user's consent to the call.
    pub consent: &'a Consent,
}

#[async_trait]
impl Operations for CallOperations<'_> {
    fn allows(&self, tool: &str) -> bool {
        let entry = self.services.registry().own(tool);
        entry.is_some_and(|entry| entry.is_allowed_operation(self.caller))
    }

    async fn run(&self, tool: &'static str, arguments: Value) -> Result<Operated, OperationError> {
        let execution = self.execution(tool);
        let (entry, caller) = (execution.tool, &execution.caller);
        authorization::authorize_operation(self.services, entry, caller)?;
        let mut arguments = match arguments {
            Value::Object(arguments) => arguments,
            other => unreachable!("the arguments of {tool} are an object, not {other}"),
        };
        let (inputs, entry) = (&execution.tool.inputs, execution.tool);
        let is_right = inputs.are_right(&arguments);
        if !is_right {
            let named = Inputs::name(&mut arguments, &entry.listed.input_schema, &entry.meta);
            named.map_err(|reason| invalid(execution.invalid(&reason)))?;
        }
        let given = Given::of(&arguments);
        let space = CallSpace {
            url: self.space(),
            // A work tool reads its days itself.
            now: self.now().with_timezone(&Tz::UTC),
        };
        let read = execution.read(is_right, given, &mut arguments, &space);
        let mut read = read.map_err(OperationError::from)?;
        match execution.operate(self.backlog, arguments, &mut read).await {
            Ok(operated) => Ok(operated),
            Err(Failure::Arguments(reason)) => Err(invalid(execution.invalid(&reason))),
            Err(Failure::Tool(error)) => self.explained(&execution, &error, read.hint),
        }
    }

    async fn names(
        &self,
        kind: NameKind,
        project: Option<&str>,
    ) -> Result<Vec<NamedId>, OperationError> {
        let execution = self.execution("get_project");
        let lists = self.services.lists();
        let restriction = execution.restriction();
        let found = name_lookup::all(kind, project, lists, restriction, self.backlog).await;
        match found {
            Ok(found) => Ok(found),
            Err(error) => self.explained(&execution, &error, None).map(|_| Vec::new()),
        }
    }

    async fn myself(&self) -> Result<NamedId, OperationError> {
        let execution = self.execution("get_myself");
        let lists = self.services.lists();
        let found = name_lookup::myself(lists, execution.restriction(), self.backlog).await;
        let nobody = NamedId {
            id: 0,
            name: String::new(),
            others: Vec::new(),
        };
        match found {
            Ok(found) => Ok(found.unwrap_or(nobody)),
            Err(error) => self.explained(&execution, &error, None).map(|_| nobody),
        }
    }

    async fn time_zone(&self) -> Result<Tz, OperationError> {
        match time_zone::of(self.services, self.backlog).await {
            Ok(zone) => Ok(zone),
            Err(error) => {
                let execution = self.execution("get_space");
                self.explained(&execution, &error, None).map(|_| Tz::UTC)
            }
        }
    }

    async fn left(&self, tool: &'static str) -> Result<Option<Left>, OperationError> {
        let execution = self.execution(tool);
        let credentials = match self.backlog.access.credentials().await {
            Ok(credentials) => credentials,
            Err(error) => {
                self.explained(&execution, &error.into(), None)?;
                return Ok(None);
            }
        };
        let mut request = Request::get([Segment::fixed("projects")]);
        if !execution.tool.meta.effect.read_only {
            request.method = reqwest::Method::POST;
        }
        let url = self.backlog.access.url();
        Ok(self.backlog.client.left(url, &credentials, &request).await)
    }

    async fn uploaded(&self, link: &str) -> Result<UploadedFile, OperationError> {
        let actor = self.backlog.access.actor();
        match uploaded::file(self.services, actor, link).await {
            Ok(file) => Ok(file),
            Err((outcome, text)) => Err(OperationError {
                outcome,
                status: None,
                text: self.services.registry().name_tools(&text).into_owned(),
            }),
        }
    }

    fn space(&self) -> &BacklogUrl {
        self.backlog.access.url()
    }

    fn now(&self) -> DateTime<Utc> {
        self.services.now()
    }

    async fn wait(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn progress(&self) -> &ProgressSink {
        &self.backlog.progress
    }

    fn max_tokens(&self) -> usize {
        self.services.options().max_tokens
    }

    fn consent(&self) -> &Consent {
        self.consent
    }

    fn allowed_projects(&self) -> Option<&BTreeSet<String>> {
        self.caller.policy.projects.as_ref()
    }
}

impl CallOperations<'_> {
    fn execution(&self, tool: &'static str) -> Execution<'_> {
        let entry = self.services.registry().own(tool);
        let found = entry.and_then(|entry| Some((entry, backlog_run(entry)?)));
        let Some((entry, run)) = found else {
            unreachable!("{tool} is a classic tool");
        };
        Execution {
            services: self.services,
            tool: entry,
            run,
            caller: self.caller.clone(),
        }
    }

    /// The error of an operation; its result, if only the response to a change is missing.
    fn explained(
        &self,
        execution: &Execution<'_>,
        error: &ToolError,
        hint: Option<String>,
    ) -> Result<Operated, OperationError> {
        let (outcome, (status, _)) = (error.outcome(), error.response_codes());
        match execution.explain(error, hint, self.span) {
            CallOutcome::Json { notes, .. } => Ok(Operated {
                value: json!({"success": true}),
                notes,
                ..Operated::default()
            }),
            CallOutcome::Failed(text) => Err(OperationError {
                outcome,
                status,
                text,
            }),
            other => unreachable!("an explanation is a text, not {other:?}"),
        }
    }
}

fn backlog_run(entry: &RegisteredTool) -> Option<Run> {
    match entry.handler {
        Handler::Backlog(run) => Some(run),
        _ => None,
    }
}

impl Execution<'_> {
    /// Runs the tool within the allowed projects and returns its whole result.
    async fn operate(
        &self,
        backlog: &Backlog<'_>,
        mut arguments: serde_json::Map<String, Value>,
        read: &mut ReadCall,
    ) -> Result<Operated, Failure> {
        let filter = self.restrict(backlog, &mut arguments, read).await?;
        let outcome = match self.tool.meta.effect.read_only {
            true => (self.run)(arguments, backlog).await?,
            false => self.change(backlog, arguments, read).await?,
        };
        let outcome = outcome.read(backlog.client).await;
        let outcome = outcome.map_err(|error| unreadable(&self.tool.meta, error))?;
        let projects = self.services.projects();
        let filtered = projects.filter(filter, outcome, backlog).await;
        let mut operated = Operated {
            notes: std::mem::take(&mut read.said),
            ..Operated::default()
        };
        operated.notes.extend(filtered.note);
        match filtered.outcome {
            Read::Json(value) => operated.value = value,
            Read::Content(content) => operated.content = content,
        }
        Ok(operated)
    }
}

impl From<Stopped> for OperationError {
    fn from(stopped: Stopped) -> Self {
        Self {
            outcome: stopped.outcome,
            status: None,
            text: match stopped.called {
                CallOutcome::Failed(text) => text,
                other => unreachable!("a stopped call is a text, not {other:?}"),
            },
        }
    }
}

fn invalid(called: CallOutcome) -> OperationError {
    Stopped::invalid(called).into()
}

//! Reads Backlog for what is no tool: resources and completions. Whatever is read is bound as
//! the tool that reads the same: by the scopes, by the policy and the projects that it allows, by
//! what Backlog answers.

use std::{fmt, sync::Arc};

use rmcp::{ErrorData, RoleServer, service::RequestContext};
use serde_json::{Map, Value};

use super::{
    AccessError, Caller, HubServer, Refusal,
    attempt::About,
    failure::{Context, ToolError},
    hidden,
    progress::Progress,
    projects::{Sieve, Sifted},
    tool::{Backlog, Read, Rooms},
};
use crate::{
    backlog::{BacklogError, Content, Request},
    domain::audit_event::ToolOutcome,
    oauth::{Scope, Scopes},
    observe::ToolCall,
};

/// A caller who reads.
pub(super) struct Reader<'a> {
    server: &'a HubServer,
    caller: Caller,
    rooms: Rooms,
}

/// Why a caller may not read something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Barred {
    /// The grant lacks it; another sign-in can give it.
    Scope(Scope),
    /// What the policy says.
    Policy(String),
}

impl fmt::Display for Barred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scope(scope) => write!(
                f,
                "it needs the scope {}; connect again and allow it",
                scope.as_str()
            ),
            Self::Policy(reason) => f.write_str(reason),
        }
    }
}

impl Barred {
    /// What kind of refusal it is, for the record.
    pub fn outcome(&self) -> ToolOutcome {
        match self {
            Self::Scope(_) => ToolOutcome::InsufficientScope,
            Self::Policy(_) => ToolOutcome::Denied,
        }
    }
}

impl<'a> Reader<'a> {
    pub fn new(server: &'a HubServer, caller: Caller) -> Self {
        Self {
            server,
            caller,
            rooms: Rooms::default(),
        }
    }

    /// The caller of a request.
    pub fn of(
        server: &'a HubServer,
        context: &RequestContext<RoleServer>,
    ) -> Result<Self, ErrorData> {
        let caller = server
            .caller(context)
            .ok_or_else(|| ErrorData::internal_error("the request has no caller", None))?;
        Ok(Self::new(server, caller))
    }

    /// The same caller at each space of the server: at the default organization first, where
    /// there are several.
    pub fn spaces(&self) -> Vec<Self> {
        let at = |access| {
            let caller = Caller {
                access,
                ..self.caller.clone()
            };
            Self::new(self.server, caller)
        };
        match self.server.organizations() {
            None => vec![at(Arc::clone(&self.caller.access))],
            Some(organizations) => organizations.accesses().map(at).collect(),
        }
    }

    /// Whether the caller may read what `tool` (without the prefix) reads.
    pub fn check(&self, tool: &str) -> Result<(), Barred> {
        let Some(spec) = self.server.tool(tool) else {
            return Err(Barred::Policy(format!("there is no tool {tool} here")));
        };
        // First: what is not allowed here stays so after another sign-in.
        let allowed = self.caller.policy.check(spec);
        allowed.map_err(|denied| Barred::Policy(denied.to_string()))?;
        let scope = spec.access.scope();
        match self.caller.scopes.contains(scope) {
            true => Ok(()),
            false => Err(Barred::Scope(scope)),
        }
    }

    /// Begins the record of what is read: counted and audited as a call of a tool, by this name.
    pub fn record(&self, name: &'static str) -> ToolCall {
        let actor = self.caller.access.actor();
        self.server.recorder().tool_call(name, actor)
    }

    pub fn may(&self, tool: &str) -> bool {
        self.check(tool).is_ok()
    }

    /// The host of the caller's space, with the port if there is one.
    pub fn host(&self) -> &str {
        let url = self.caller.access.url().as_str();
        url.split_once("://").map_or(url, |(_, host)| host)
    }

    /// The address of the caller's space, without a trailing slash.
    pub fn space(&self) -> &str {
        self.caller.access.url().as_str()
    }

    fn backlog(&self) -> Backlog<'_> {
        Backlog {
            client: self.server.client(),
            access: self.caller.access.as_ref(),
            files: self.server.files(),
            progress: Progress::default(),
            rooms: self.rooms.clone(),
        }
    }

    /// What Backlog has at an address; nothing is an error.
    pub async fn fetch(&self, request: Request) -> Result<Value, ToolError> {
        let about = About::of(&request);
        match self.backlog().fetch(request).await? {
            Value::Null => Err(about.failed(BacklogError::UnexpectedBody {
                status: 200,
                body: Content::Empty,
            })),
            value => Ok(value),
        }
    }

    /// Whether a project, by its key, is one of those that are allowed here.
    pub fn allows_project(&self, key: &str) -> bool {
        let allowed = &self.caller.policy.projects;
        allowed.as_ref().is_none_or(|keys| keys.contains(key))
    }

    /// Checks, before anything is read of a thing, that it is of an allowed project: as a call of
    /// `tool` with this `id` for its `input`. What it returns is for [`Self::sift`].
    pub async fn admit(
        &self,
        tool: &'static str,
        input: &str,
        id: &str,
    ) -> Result<Sieve, ToolError> {
        let mut arguments = Map::from_iter([(input.to_owned(), Value::from(id))]);
        let (projects, policy) = (self.server.projects(), &self.caller.policy);
        let backlog = self.backlog();
        let admitted = projects.admit(tool, policy, &backlog, &mut arguments);
        admitted.await
    }

    /// What of an answer may be shown, and a word about what may not.
    pub async fn sift(&self, sieve: Sieve, answer: Value) -> (Value, Option<String>) {
        let (answer, backlog) = (Read::Json(answer), self.backlog());
        let sifted = self.server.projects().sift(sieve, answer, &backlog);
        match sifted.await {
            Sifted {
                outcome: Read::Json(value),
                note,
            } => (value, note),
            Sifted { note, .. } => (Value::Null, note),
        }
    }

    /// The protocol error for somebody who is barred from `what`; one that a sign-in mends also
    /// leaves word for the HTTP layer.
    pub fn barred(&self, what: &str, barred: &Barred) -> ErrorData {
        if let Barred::Scope(scope) = barred {
            let wanted: Scopes = self.caller.scopes.iter().chain([*scope]).collect();
            let refusal = Refusal::InsufficientScope(wanted);
            self.caller.verdict.refuse(refusal);
        }
        let text = format!("{what} cannot be read: {barred}.");
        ErrorData::invalid_params(self.name_tools(&text), None)
    }

    /// The protocol error for a failure of Backlog.
    pub fn failed(&self, what: &str, error: &ToolError) -> ErrorData {
        if matches!(error, ToolError::Access(AccessError::SignInAgain)) {
            self.caller.verdict.refuse(Refusal::SignInAgain);
        }
        let text = match error {
            ToolError::OutOfBounds(reason) => format!(
                "{what} cannot be read, because only some projects are allowed here: {reason}."
            ),
            error => error.explain(Context {
                what,
                named: &[],
                now: self.server.now(),
            }),
        };
        let text = self.name_tools(&text);
        match error {
            ToolError::OutOfBounds(_)
            | ToolError::Backlog {
                error: BacklogError::Api { status: 404, .. },
                ..
            } => ErrorData::resource_not_found(text, None),
            _ => ErrorData::internal_error(text, None),
        }
    }

    /// An error of ours, with the names of tools in it as they are offered. What it repeats of
    /// Backlog has no hidden characters.
    fn name_tools(&self, text: &str) -> String {
        let hidden::Cleaned { text, removed } = hidden::clean(text);
        let mut named = self.server.table().name_tools(&text).into_owned();
        let note = hidden::note(removed).into_iter();
        named.extend(note.flat_map(|note| ["\n".to_owned(), note]));
        named
    }
}

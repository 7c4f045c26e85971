//! Reads from Backlog for resources and completions, which are not tools. The same limits apply as
//! to the tool that reads the same data: the scopes, the policy with its allowed projects, and
//! Backlog's own permissions.

use std::{fmt, sync::Arc};

use backlog_client::{BacklogError, Content, Request};
use backlog_rendering::Renderer;
use oauth_values::Scopes;
use rmcp::ErrorData;
use serde_json::{Map, Value};

use crate::{
    accounts::access::AccessError,
    audit::ToolCall,
    calls::{
        caller::{AuthChallenge, Caller},
        failure::Context,
        project_guard::{Filtered, ProjectFilter},
        registry::Registry,
        services::Services,
        time_zone,
    },
    domain::audit_event::ToolOutcome,
    toolkit::{
        attempt::{Backlog, HeldResponses},
        error::{About, ToolError},
        hidden,
        outcome::Read,
        progress::ProgressSink,
    },
};

/// Reads from Backlog on behalf of a caller.
pub(super) struct Reader<'a> {
    services: &'a Services,
    caller: Caller,
    held: HeldResponses,
}

/// Why a caller may not read something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReadDenied {
    /// The grant lacks one of these scopes; a new sign-in can grant it.
    Scope(Scopes),
    /// The policy forbids it; the text says why.
    Policy(String),
}

impl fmt::Display for ReadDenied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scope(scopes) => {
                write!(f, "the scope {scopes} is required; reconnect and allow it")
            }
            Self::Policy(reason) => f.write_str(reason),
        }
    }
}

impl ReadDenied {
    /// The kind of refusal, for metrics and the audit trail.
    pub(super) fn outcome(&self) -> ToolOutcome {
        match self {
            Self::Scope(_) => ToolOutcome::InsufficientScope,
            Self::Policy(_) => ToolOutcome::Denied,
        }
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(services: &'a Services, caller: Caller) -> Self {
        Self {
            services,
            caller,
            held: HeldResponses::default(),
        }
    }

    pub(super) fn registry(&self) -> &Registry {
        self.services.registry()
    }

    /// Returns the same caller for each space of the server, with the default organization first.
    pub(super) fn spaces(&self) -> Vec<Self> {
        let at = |access| {
            let caller = Caller {
                access,
                ..self.caller.clone()
            };
            Self::new(self.services, caller)
        };
        match self.services.organizations() {
            None => vec![at(Arc::clone(&self.caller.access))],
            Some(organizations) => organizations.accesses().map(at).collect(),
        }
    }

    /// Whether the caller may read what `tool` (without the prefix) reads.
    pub(super) fn check(&self, tool: &str) -> Result<(), ReadDenied> {
        let Some(meta) = self.services.tool(tool) else {
            return Err(ReadDenied::Policy(format!(
                "the tool {tool} is not available here"
            )));
        };
        // The policy is checked first, because a new sign-in does not change it.
        let allowed = self.caller.policy.check(meta);
        allowed.map_err(|denied| ReadDenied::Policy(denied.to_string()))?;
        let scopes = meta.scopes();
        match self.caller.scopes.contains_all(scopes) {
            true => Ok(()),
            false => Err(ReadDenied::Scope(scopes)),
        }
    }

    /// Starts a record under this name, counted and audited like a tool call.
    pub(super) fn record(&self, name: &'static str) -> ToolCall {
        let actor = self.caller.access.actor();
        self.services.recorder().tool_call(name, actor)
    }

    pub(super) fn may(&self, tool: &str) -> bool {
        self.check(tool).is_ok() && self.registry().can_work(tool, &self.caller)
    }

    /// Returns the host of the caller's space, with the port if there is one.
    pub(super) fn host(&self) -> &str {
        let url = self.caller.access.url().as_str();
        url.split_once("://").map_or(url, |(_, host)| host)
    }

    /// Returns the renderer for the caller's space and its time zone.
    pub(super) async fn renderer(&self) -> Result<Renderer, ToolError> {
        let zone = time_zone::of(self.services, &self.backlog()).await?;
        Ok(Renderer::new(self.caller.access.url().as_str(), zone))
    }

    fn backlog(&self) -> Backlog<'_> {
        Backlog {
            client: self.services.client(),
            access: self.caller.access.as_ref(),
            files: self.services.files(),
            progress: ProgressSink::default(),
            held: self.held.clone(),
        }
    }

    /// Requests data from Backlog; an empty response is an error.
    pub(super) async fn fetch(&self, request: Request) -> Result<Value, ToolError> {
        let about = About::of(&request);
        match self.backlog().fetch(request).await? {
            Value::Null => Err(about.failed(BacklogError::UnexpectedBody {
                status: 200,
                body: Content::Empty,
            })),
            value => Ok(value),
        }
    }

    /// Whether the project with this key is allowed here.
    pub(super) fn allows_project(&self, key: &str) -> bool {
        let allowed = &self.caller.policy.projects;
        allowed.as_ref().is_none_or(|keys| keys.contains(key))
    }

    /// Checks, before an item is read, that it is in an allowed project, like a call of `tool` with
    /// this `id` as its `input`. Returns the filter for [`Self::filter`].
    pub(super) async fn authorize(
        &self,
        tool: &'static str,
        input: &str,
        id: &str,
    ) -> Result<ProjectFilter, ToolError> {
        let mut arguments = Map::from_iter([(input.to_owned(), Value::from(id))]);
        let (projects, policy) = (self.services.projects(), &self.caller.policy);
        let backlog = self.backlog();
        let authorized = projects.authorize(tool, policy, &backlog, &mut arguments);
        authorized.await
    }

    /// Returns the part of a response that may be shown, and a note about the rest.
    pub(super) async fn filter(
        &self,
        filter: ProjectFilter,
        response: Value,
    ) -> (Value, Option<String>) {
        let (response, backlog) = (Read::Json(response), self.backlog());
        let filtered = self.services.projects().filter(filter, response, &backlog);
        match filtered.await {
            Filtered {
                outcome: Read::Json(value),
                note,
            } => (value, note),
            Filtered { note, .. } => (Value::Null, note),
        }
    }

    /// The protocol error for a caller who may not read `what`. If a new sign-in can fix it, the
    /// HTTP layer gets a challenge.
    pub(super) fn denied(&self, what: &str, denied: &ReadDenied) -> ErrorData {
        if let ReadDenied::Scope(scopes) = denied {
            let refusal = AuthChallenge::InsufficientScope(*scopes);
            self.caller.challenge.set(refusal);
        }
        let text = format!("{what} cannot be read: {denied}.");
        ErrorData::invalid_params(self.name_tools(&text), None)
    }

    /// The protocol error for a failure of Backlog; `tool` reads the same.
    pub(super) fn failed(&self, what: &str, tool: Option<&str>, error: &ToolError) -> ErrorData {
        if matches!(error, ToolError::Access(AccessError::SignInAgain)) {
            self.caller.challenge.set(AuthChallenge::SignInAgain);
        }
        let registered = tool.and_then(|tool| self.services.registry().own(tool));
        let text = match error {
            ToolError::OutsideProjects(reason) => format!(
                "{what} cannot be read, because only some projects are allowed here: {reason}."
            ),
            error => error.explain(Context {
                what,
                inputs: registered.map_or(&[], |tool| tool.inputs.own()),
                named: &[],
                now: self.services.now(),
            }),
        };
        let text = self.name_tools(&text);
        match error {
            ToolError::OutsideProjects(_)
            | ToolError::Backlog {
                error: BacklogError::Api { status: 404, .. },
                ..
            } => ErrorData::resource_not_found(text, None),
            _ => ErrorData::internal_error(text, None),
        }
    }

    /// Writes the tool names in an error as they are offered, and removes hidden characters that
    /// came from Backlog.
    fn name_tools(&self, text: &str) -> String {
        let hidden::Cleaned { text, removed } = hidden::clean(text);
        let mut named = self.services.registry().name_tools(&text).into_owned();
        let note = hidden::note(removed).into_iter();
        named.extend(note.flat_map(|note| ["\n".to_owned(), note]));
        named
    }
}

//! The MCP server: who it is, which tools it lists, whom it lets call them.

use std::{borrow::Cow, sync::Arc};

use chrono::{DateTime, Utc};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    handler::server::tool::ToolCallContext,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, DiscoverResult, Implementation,
        InitializeResult, ListToolsResult, PaginatedRequestParams, ProtocolVersion,
        ServerCapabilities,
    },
    service::RequestContext,
};

use super::{Caller, Organizations, ToolOptions, Verdict, projects::Projects, router::Table};
use crate::{backlog::BacklogClient, clock::Clock, observe::Recorder};

const VERSIONS: [ProtocolVersion; 4] = [
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2026_07_28,
];

/// How long a client may keep the list of tools, in milliseconds.
const LIST_TTL_MS: u64 = 300_000;

const INSTRUCTIONS: &str = "Tools for one Nulab Backlog space: its projects, issues, wiki pages, \
    documents, Git repositories and notifications. They act as the signed-in Backlog user. Where a \
    tool takes an id or a key, give one of them; get_project_list, get_issue_types and \
    get_priorities find the ids that add_issue needs. Dates are yyyy-MM-dd. Lists come in pages \
    (count with offset, minId or maxId); Backlog limits calls per minute, so prefer filters to many \
    calls.";

const SEVERAL_SPACES: &str = " Several spaces are configured: give the organization that a call is \
    for, by a name from list_organizations; without one, the default is used.";

/// The MCP server; cheap to clone.
#[derive(Clone, Debug)]
pub struct HubServer {
    table: Arc<Table>,
    projects: Arc<Projects>,
    options: ToolOptions,
    client: BacklogClient,
    clock: Clock,
    recorder: Recorder,
    caller: Option<Caller>,
    organizations: Option<Organizations>,
}

impl HubServer {
    /// A server whose callers come with their HTTP requests.
    pub fn new(client: BacklogClient, clock: Clock) -> Self {
        let options = ToolOptions::default();
        let table = Table::new(&options);
        Self {
            projects: Arc::new(Projects::new(table.entries())),
            table: Arc::new(table),
            options,
            client,
            clock,
            recorder: Recorder::default(),
            caller: None,
            organizations: None,
        }
    }

    /// The same with other options.
    #[must_use]
    pub fn with_options(mut self, options: ToolOptions) -> Self {
        self.options = options;
        self.retable();
        self
    }

    /// The same for several spaces, among which each call chooses.
    #[must_use]
    pub fn with_organizations(mut self, organizations: Organizations) -> Self {
        self.organizations = Some(organizations);
        self.retable();
        self
    }

    /// The same, and every call is recorded.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Recorder) -> Self {
        self.recorder = recorder;
        self
    }

    fn retable(&mut self) {
        let table = Table::new(&self.options);
        self.table = Arc::new(match self.organizations {
            None => table,
            Some(_) => table.with_organizations(&self.options),
        });
    }

    /// A server with one caller, for transports without a sign-in (stdio).
    #[must_use]
    pub fn for_caller(mut self, caller: Caller) -> Self {
        self.caller = Some(caller);
        self
    }

    pub(super) fn options(&self) -> &ToolOptions {
        &self.options
    }

    pub(super) fn projects(&self) -> &Projects {
        &self.projects
    }

    pub(super) fn organizations(&self) -> Option<&Organizations> {
        self.organizations.as_ref()
    }

    pub(super) fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    pub(super) fn client(&self) -> &BacklogClient {
        &self.client
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The caller of the request, or the one that the server is for.
    pub(super) fn caller(&self, context: &RequestContext<RoleServer>) -> Option<Caller> {
        Caller::of(context).cloned().or_else(|| {
            let caller = self.caller.clone()?;
            Some(Caller {
                verdict: Verdict::default(),
                ..caller
            })
        })
    }
}

impl ServerHandler for HubServer {
    fn get_info(&self) -> InitializeResult {
        let implementation =
            Implementation::new("backlog-mcp-hub", env!("CARGO_PKG_VERSION")).with_title("Backlog");
        InitializeResult::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(implementation)
            .with_instructions(match self.organizations {
                None => INSTRUCTIONS.to_owned(),
                Some(_) => [INSTRUCTIONS, SEVERAL_SPACES].concat(),
            })
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(&VERSIONS)
    }

    async fn discover(
        &self,
        _context: RequestContext<RoleServer>,
    ) -> Result<DiscoverResult, ErrorData> {
        let versions = self.supported_protocol_versions().into_owned();
        Ok(DiscoverResult::from_server_info(versions, self.get_info())
            .with_ttl_ms(LIST_TTL_MS)
            .with_cache_scope(CacheScope::Public))
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let caller = self
            .caller(&context)
            .ok_or_else(|| ErrorData::internal_error("the request has no caller", None))?;
        // Private: the list depends on the caller's scopes.
        Ok(
            ListToolsResult::with_all_items(self.table.listed_for(&caller))
                .with_ttl_ms(LIST_TTL_MS)
                .with_cache_scope(CacheScope::Private),
        )
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(entry) = self.table.get(&request.name) else {
            let message = format!("Tool {} not found", request.name);
            return Err(ErrorData::invalid_params(message, None));
        };
        (entry.route.call)(ToolCallContext::new(self, request, context)).await
    }
}

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

use super::{Caller, ToolOptions, Verdict, names::Lists, router::Table};
use crate::{backlog::BacklogClient, clock::Clock};

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
    tool takes an id or a key, give one of them. Where it takes an id as a number or a string, the \
    string is a name, so there is no need to look ids up: projects by key or name, issue types, \
    statuses, categories, versions and milestones by name in the project of the call, priorities, \
    resolutions, custom fields and their items by name, users by name, sign-in name or mail \
    address, and `me` for the signed-in user. A wrong name is answered with the right ones. Dates \
    are yyyy-MM-dd. Lists come in pages (count with offset, minId or maxId), and say when there \
    may be more; Backlog limits calls per minute, so prefer filters to many calls.";

/// The MCP server; cheap to clone.
#[derive(Clone, Debug)]
pub struct HubServer {
    table: Arc<Table>,
    options: ToolOptions,
    client: BacklogClient,
    lists: Lists,
    clock: Clock,
    caller: Option<Caller>,
}

impl HubServer {
    /// A server whose callers come with their HTTP requests.
    pub fn new(client: BacklogClient, clock: Clock) -> Self {
        let options = ToolOptions::default();
        Self {
            table: Arc::new(Table::new(&options)),
            options,
            client,
            lists: Lists::default(),
            clock,
            caller: None,
        }
    }

    /// The same with other options.
    #[must_use]
    pub fn with_options(mut self, options: ToolOptions) -> Self {
        self.table = Arc::new(Table::new(&options));
        self.options = options;
        self
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

    pub(super) fn client(&self) -> &BacklogClient {
        &self.client
    }

    pub(super) fn table(&self) -> &Table {
        &self.table
    }

    pub(super) fn lists(&self) -> &Lists {
        &self.lists
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
            .with_instructions(self.table.name_tools(INSTRUCTIONS))
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

//! One place of the matrix: a request, and the conditions under which it is measured.

use std::{fmt, time::Duration};

use clap::ValueEnum;
use serde_json::json;

use crate::cases::requests::{Message, Version};

/// The kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Work {
    /// `tools/call get_issue`, a small response
    GetIssue,
    /// `tools/call get_issues` of 20, a large response
    GetIssues,
    /// `tools/list`
    ToolsList,
    /// `tools/call update_issue`, a write
    UpdateIssue,
    /// `tools/call project_info`, a work tool with several requests to Backlog
    ProjectInfo,
    /// `POST /token` with a refresh token
    Refresh,
    /// A sign-in, from the authorization request to the tokens
    SignIn,
}

/// Who responds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Server {
    /// The hub
    Hub,
    /// actix-web and reqwest with nothing between
    PassThrough,
    /// nginx as a proxy
    Nginx,
    /// backlog-mcp-server
    Upstream,
}

/// The bytes that reach Backlog for a call, for servers that only pass requests on.
#[derive(Clone, Copy)]
pub(super) struct Direct {
    pub method: &'static str,
    pub path: &'static str,
    pub form: Option<&'static str>,
}

/// The conditions of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub work: Work,
    pub version: Version,
    pub connections: usize,
    pub latency: Duration,
}

impl Work {
    /// The message in a protocol version; `None` if the work is not one message.
    pub(super) fn message(self, version: Version) -> Option<Message> {
        Some(match self {
            Self::GetIssue => version.call("get_issue", &json!({"issueKey": "HARBOR-1"})),
            Self::GetIssues => {
                version.call("get_issues", &json!({"projectId": [88104], "count": 20}))
            }
            Self::ToolsList => version.tools_list(),
            Self::UpdateIssue => version.call(
                "update_issue",
                &json!({"issueKey": "HARBOR-2", "priorityId": 3}),
            ),
            // A toolset of the hub, which a request can choose.
            Self::ProjectInfo => version
                .call("project_info", &json!({"project": "HARBOR"}))
                .with_header("x-mcp-toolsets", "work"),
            Self::Refresh | Self::SignIn => return None,
        })
    }

    /// The request that reaches Backlog; `None` if there are several or none.
    pub(super) fn direct(self) -> Option<Direct> {
        let (method, path, form) = match self {
            Self::GetIssue => ("GET", "/api/v2/issues/HARBOR-1", None),
            Self::GetIssues => ("GET", "/api/v2/issues?projectId%5B%5D=88104&count=20", None),
            Self::UpdateIssue => ("PATCH", "/api/v2/issues/HARBOR-2", Some("priorityId=3")),
            Self::ToolsList | Self::ProjectInfo | Self::Refresh | Self::SignIn => return None,
        };
        Some(Direct { method, path, form })
    }

    /// A text in every correct response.
    pub(super) fn proof(self) -> &'static str {
        match self {
            Self::GetIssue => "HARBOR-1",
            Self::GetIssues => "HARBOR-",
            Self::ToolsList => "get_issue",
            Self::UpdateIssue => "HARBOR-2",
            Self::ProjectInfo => "Harbor booking portal",
            Self::Refresh | Self::SignIn => "refresh_token",
        }
    }

    /// Whether the work is the same in every protocol version.
    fn has_version(self) -> bool {
        !matches!(self, Self::Refresh | Self::SignIn)
    }

    /// Whether a server does it at all.
    pub(super) fn is_done_by(self, server: Server) -> bool {
        match server {
            Server::Hub => true,
            Server::PassThrough | Server::Nginx => self.direct().is_some(),
            Server::Upstream => self != Self::ProjectInfo,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::GetIssue => "`get_issue`",
            Self::GetIssues => "`get_issues` of 20",
            Self::ToolsList => "`tools/list`",
            Self::UpdateIssue => "`update_issue`",
            Self::ProjectInfo => "`project_info`",
            Self::Refresh => "`/token` refresh",
            Self::SignIn => "sign-in",
        }
    }
}

impl Server {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hub => "hub",
            Self::PassThrough => "pass-through",
            Self::Nginx => "nginx",
            Self::Upstream => "backlog-mcp-server",
        }
    }
}

impl Cell {
    pub(super) fn version_name(&self) -> &'static str {
        match self.work.has_version() {
            true => self.version.name(),
            false => "",
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}, {} connections, Backlog at {} ms",
            self.work.name(),
            self.version_name(),
            self.connections,
            self.latency.as_millis()
        )
    }
}

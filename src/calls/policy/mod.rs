//! Which tools a caller may use: the limits that operators set, which can only be narrowed, and the
//! request's choice within them.

mod allowed_tools;
mod allowed_toolsets;
mod intersection;
mod of_space;

use std::{borrow::Cow, collections::BTreeSet};

use thiserror::Error;

use self::{allowed_tools::Refused, intersection::both};
pub use self::{allowed_tools::ToolLimit, allowed_toolsets::ToolsetLimit};
use super::{
    response_format::{ResponseFormat, UnknownFormat},
    tool_names::{ToolNames, UnknownTool},
};
use crate::{
    domain::project_keys::{BadProjectKeys, project_keys},
    toolkit::{
        tool::ToolMeta,
        toolset::{Toolset, UnknownToolset},
    },
};

/// The tools that are listed where neither a limit nor the request names toolsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UsualList {
    /// The seven toolsets of the upstream server, for programs that replace it.
    Classic,
    /// The toolset `work`, for connections of users who sign in.
    Work,
}

/// Limits on the tools of a caller, and the choice within them. The default has no limits and
/// lists the classic toolsets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Policy {
    /// Whether only tools that change nothing are allowed.
    pub read_only: bool,
    /// The allowed toolsets; `None` for no limit.
    pub toolsets: Option<ToolsetLimit>,
    /// The tools that are allowed by name.
    pub tools: ToolLimit,
    /// The toolsets that the request chose; `None` if it did not. Then the allowed ones are
    /// offered, or without a limit the usual ones.
    pub chosen: Option<BTreeSet<Toolset>>,
    /// The usual tools of the server, or those that the request asked for; `None` for classic.
    pub usual: Option<UsualList>,
    /// The keys of the allowed projects; `None` for all (`calls::project_guard`).
    pub projects: Option<BTreeSet<String>>,
    /// The form of results that the request chose; `None` if it did not.
    pub format: Option<ResponseFormat>,
    /// Whether the request named toolsets or tools. There are countless such choices.
    pub names_chosen: bool,
}

/// Why a tool may not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Denied {
    #[error("this connection is read-only")]
    ReadOnly,
    #[error("the toolset `{0}` is not enabled here")]
    Toolset(Toolset),
    #[error("it is not one of the tools that are enabled here")]
    Tool,
    #[error("it is excluded here")]
    Excluded,
    #[error("{0}, and only some projects are allowed here")]
    Projects(&'static str),
    #[error(
        "the toolset `{0}` is off by default; enable it for this connection with the header \
         X-MCP-Toolsets: default,{0} or ?toolsets=default,{0} in its URL, or for the server with \
         ENABLE_TOOLSETS=default,{0}"
    )]
    NotChosen(Toolset),
}

impl From<Refused> for Denied {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotAllowed => Self::Tool,
            Refused::Excluded => Self::Excluded,
        }
    }
}

/// A request with an invalid limit or choice.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadRequest {
    #[error(transparent)]
    Toolset(#[from] UnknownToolset),
    #[error(transparent)]
    Tool(#[from] UnknownTool),
    #[error("tools or X-MCP-Tools names no tool; leave it out for no limit")]
    NoTools,
    #[error("projects or X-MCP-Projects: {0}")]
    Projects(#[from] BadProjectKeys),
    #[error("readonly or X-MCP-Readonly is `{0}`; expected true or false")]
    Switch(String),
    #[error("format or X-MCP-Format: {0}")]
    Format(#[from] UnknownFormat),
    #[error("format and X-MCP-Format choose both concise and full; expected one of them")]
    TwoFormats,
}

impl Policy {
    /// Reads the policy that a request asks for, by header or query parameter:
    ///
    /// | header | query | value |
    /// |---|---|---|
    /// | `X-MCP-Toolsets` | `toolsets` | names as [`Toolset::parse_list`] reads them; `all` is the usual list of the upstream server |
    /// | `X-MCP-Tools` | `tools` | names of tools; only these are allowed |
    /// | `X-MCP-Exclude-Tools` | `exclude_tools` | names of tools; these are not allowed |
    /// | `X-MCP-Projects` | `projects` | keys of projects, in any case; only these may be reached |
    /// | `X-MCP-Readonly` | `readonly` | `true` or `false` |
    /// | `X-MCP-Format` | `format` | `concise` or `full` |
    ///
    /// If a value is given more than once, all of them apply; two formats are an error. `headers`
    /// are the lowercase names and the values of all headers of the request; `query` is
    /// percent-encoded; `tools` are the names that exist.
    ///
    /// # Errors
    /// A value is invalid. It is rejected rather than treated as no limit.
    pub fn asked_for<'a>(
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
        query: &'a str,
        tools: &ToolNames,
    ) -> Result<Self, BadRequest> {
        let headers = headers.into_iter().filter_map(|(name, value)| {
            let key = match name {
                "x-mcp-toolsets" => "toolsets",
                "x-mcp-tools" => "tools",
                "x-mcp-exclude-tools" => "exclude_tools",
                "x-mcp-projects" => "projects",
                "x-mcp-readonly" => "readonly",
                "x-mcp-format" => "format",
                _ => return None,
            };
            Some((Cow::from(key), String::from_utf8_lossy(value)))
        });
        let mut asked = Self::default();
        for (key, value) in headers.chain(form_urlencoded::parse(query.as_bytes())) {
            let bound = match &*key {
                "toolsets" => chosen(&value)?,
                "tools" => Self::of_tools(match tools.parse_list(&value)? {
                    names if names.is_empty() => return Err(BadRequest::NoTools),
                    names => ToolLimit::only(names),
                }),
                "exclude_tools" => {
                    Self::of_tools(ToolLimit::default().without(tools.parse_list(&value)?))
                }
                "projects" => Self::of_projects(Some(project_keys(&value)?)),
                "readonly" => Self {
                    read_only: switch(&value)?,
                    ..Self::default()
                },
                "format" => Self {
                    format: Some(value.parse()?),
                    ..Self::default()
                },
                _ => continue,
            };
            if asked.format.is_some() && bound.format.is_some() && asked.format != bound.format {
                return Err(BadRequest::TwoFormats);
            }
            asked = asked.narrowed_by(&bound);
        }
        Ok(asked)
    }

    /// Combines two policies: the result allows only what both allow. The usual list is that of
    /// `other`, if it has one.
    #[must_use]
    pub fn narrowed_by(&self, other: &Self) -> Self {
        Self {
            read_only: self.read_only || other.read_only,
            toolsets: match (&self.toolsets, &other.toolsets) {
                (Some(one), Some(other)) => Some(one.and(other)),
                (limit, None) | (None, limit) => limit.clone(),
            },
            tools: self.tools.and(&other.tools),
            chosen: both(self.chosen.as_ref(), other.chosen.as_ref()),
            usual: other.usual.or(self.usual),
            projects: both(self.projects.as_ref(), other.projects.as_ref()),
            // The request is the second one, and its choice the more specific.
            format: other.format.or(self.format),
            names_chosen: self.names_chosen || other.names_chosen,
        }
    }

    /// The choice of a request that names tools.
    fn of_tools(tools: ToolLimit) -> Self {
        Self {
            tools,
            names_chosen: true,
            ..Self::default()
        }
    }

    /// Whether a caller may use a tool.
    pub(crate) fn check(&self, tool: &ToolMeta) -> Result<(), Denied> {
        self.check_name(tool)?;
        // The set `work` is a choice of what to list: its tools use those of the other sets.
        if tool.toolset != Toolset::Work && self.lists_work() {
            return self.check_operation(tool);
        }
        if self.read_only && !tool.effect.read_only {
            return Err(Denied::ReadOnly);
        }
        let bound = self.toolsets.as_ref().map(|limit| &limit.tools);
        let chosen = self.chosen.as_ref();
        let in_bound = |it: &Toolset| bound.is_none_or(|bound| bound.contains(it));
        if !tool.toolsets().any(|it| in_bound(&it)) {
            return Err(Denied::Toolset(tool.toolset));
        }
        let offered = match chosen.or(bound) {
            Some(chosen) => tool
                .toolsets()
                .any(|it| in_bound(&it) && chosen.contains(&it)),
            None => self.tools.is_choice() || self.is_usual(tool),
        };
        if !offered {
            return Err(Denied::NotChosen(tool.toolset));
        }
        self.check_projects(tool)
    }

    /// Whether a caller may use a tool of this name.
    pub(crate) fn check_name(&self, tool: &ToolMeta) -> Result<(), Denied> {
        self.tools.check(tool.name).map_err(Denied::from)
    }

    /// Whether a work tool may run a classic tool for the caller. The request's choice of toolsets
    /// does not count. A limit that has only `work` allows every operation.
    pub(crate) fn check_operation(&self, tool: &ToolMeta) -> Result<(), Denied> {
        self.tools.check_operation(tool.name)?;
        if self.read_only && !tool.effect.read_only {
            return Err(Denied::ReadOnly);
        }
        let limit = self.toolsets.as_ref();
        if limit.is_some_and(|limit| !tool.toolsets().any(|it| limit.allows_operation(it))) {
            return Err(Denied::Toolset(tool.toolset));
        }
        self.check_projects(tool)
    }

    /// Whether `tools/list` has a tool that the caller may use.
    pub(crate) fn lists(&self, tool: &ToolMeta) -> bool {
        match self.listed() {
            Some(listed) => tool.toolsets().any(|it| listed.contains(&it)),
            None => self.tools.is_choice() || self.is_usual(tool),
        }
    }

    /// The toolsets that the request chose or a limit names.
    fn listed(&self) -> Option<&BTreeSet<Toolset>> {
        let limit = self.toolsets.as_ref().map(|limit| &limit.tools);
        self.chosen.as_ref().or(limit)
    }

    /// Whether the list is that of the work tools, alone or with others.
    fn lists_work(&self) -> bool {
        match self.listed() {
            Some(listed) => listed.contains(&Toolset::Work),
            None => self.usual == Some(UsualList::Work),
        }
    }

    fn is_usual(&self, tool: &ToolMeta) -> bool {
        match self.usual {
            Some(UsualList::Work) => tool.toolset == Toolset::Work,
            Some(UsualList::Classic) | None => tool.is_usual(),
        }
    }

    fn check_projects(&self, tool: &ToolMeta) -> Result<(), Denied> {
        match tool.projects.refusal() {
            Some(reason) if self.projects.is_some() => Err(Denied::Projects(reason)),
            _ => Ok(()),
        }
    }
}

/// The choice of a request. `all`, the upstream server's word, asks for that server's list.
fn chosen(names: &str) -> Result<Policy, UnknownToolset> {
    let chosen = Toolset::parse_list(names)?;
    let is_all = chosen.is_none() && names.contains("all");
    Ok(Policy {
        names_chosen: chosen.is_some(),
        chosen,
        usual: is_all.then_some(UsualList::Classic),
        ..Policy::default()
    })
}

fn switch(value: &str) -> Result<bool, BadRequest> {
    match value.trim() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        other => Err(BadRequest::Switch(other.to_owned())),
    }
}

#[cfg(test)]
mod tests;

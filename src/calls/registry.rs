//! The registry of tools: their names, and the callers that may see them.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use oauth_values::Scope;
use rmcp::model;
use serde_json::Value;

use super::{
    advised_tool,
    caller::Caller,
    find_tools, list_organizations,
    options::ToolOptions,
    organizations,
    prefix::ToolPrefix,
    registered_tool::{Handler, RegisteredTool},
    response_format::{self, ResponseFormat},
    run_tool,
    tool_names::Likeness,
    tool_search::ToolSearch,
    upload_tools,
};
use crate::{toolkit::work::Needs, tools, work};

/// Whether a caller may change something at all.
fn may_change(caller: &Caller) -> bool {
    !caller.policy.read_only && caller.scopes.contains(Scope::Write)
}

/// Returns the classic tools, in the order of the list.
pub(crate) fn all() -> Vec<RegisteredTool> {
    tools::all().into_iter().map(RegisteredTool::of).collect()
}

/// Every tool, in the order of the list.
#[derive(Debug)]
pub(crate) struct Registry {
    tools: Vec<RegisteredTool>,
    by_name: HashMap<String, usize>,
    /// The index of each tool by its name without the prefix.
    by_own_name: HashMap<&'static str, usize>,
    prefix: ToolPrefix,
    search: ToolSearch,
    /// The form of results, unless a connection chooses another.
    format: ResponseFormat,
}

impl Registry {
    pub(crate) fn new(options: &ToolOptions) -> Self {
        Self::of(all(), options)
    }

    /// With the tools for upload links, which need a sign-in.
    pub(crate) fn with_uploads(options: &ToolOptions) -> Self {
        let uploads = upload_tools::all()
            .into_iter()
            .map(|(meta, tool, kind)| RegisteredTool::of_list(meta, tool, Handler::Uploads(kind)));
        Self::of(all().into_iter().chain(uploads).collect(), options)
    }

    /// # Panics
    /// If two tools have one name.
    fn of(mut tools: Vec<RegisteredTool>, options: &ToolOptions) -> Self {
        tools.extend(work::all().into_iter().map(RegisteredTool::of_work));
        tools.push(RegisteredTool::of_list(
            find_tools::META,
            find_tools::tool(),
            Handler::FindTools,
        ));
        tools.push(RegisteredTool::of_list(
            run_tool::META,
            run_tool::tool(),
            Handler::RunTool,
        ));
        let mut by_name = HashMap::new();
        for (index, tool) in tools.iter_mut().enumerate() {
            let name = format!("{}{}", options.prefix, tool.meta.name);
            options.descriptions.apply(tool.meta.name, &mut tool.listed);
            tool.listed.name = name.clone().into();
            by_name.insert(name, index);
            if !options.schema_unions {
                tool.publish();
            }
            if options.field_selection {
                tool.offer_fields();
            }
            if options.confirm_deletes {
                tool.offer_confirmation();
            }
        }
        assert_eq!(by_name.len(), tools.len(), "tool names are unique");
        let mut registry = Self {
            tools: Vec::new(),
            by_name,
            by_own_name: HashMap::new(),
            prefix: options.prefix.clone(),
            search: ToolSearch::default(),
            format: options.response_format,
        };
        for tool in &mut tools {
            registry.name_tools_of(&mut tool.listed);
        }
        registry.by_own_name = tools.iter().map(|entry| entry.meta.name).zip(0..).collect();
        registry.search = ToolSearch::of(tools.iter().map(|entry| &entry.listed));
        registry.tools = tools;
        registry
            .tools
            .iter_mut()
            .for_each(RegisteredTool::know_inputs);
        registry
    }

    /// Adds the choice of an organization to each tool, and the tool that lists them.
    pub(crate) fn with_organizations(mut self, options: &ToolOptions) -> Self {
        for tool in &mut self.tools {
            organizations::offer_choice(&mut tool.listed);
            tool.know_inputs();
        }
        let mut list = RegisteredTool::of_list(
            list_organizations::META,
            list_organizations::tool(),
            Handler::ListOrganizations,
        );
        let (own_name, tool) = (list.meta.name, &mut list.listed);
        options.descriptions.apply(own_name, tool);
        let name = format!("{}{own_name}", options.prefix);
        tool.name = name.clone().into();
        self.by_name.insert(name, self.tools.len());
        self.by_own_name.insert(own_name, self.tools.len());
        self.tools.push(list);
        self
    }

    /// Returns a tool by its name without the prefix.
    pub(crate) fn own(&self, name: &str) -> Option<&RegisteredTool> {
        self.by_own_name.get(name).map(|index| &self.tools[*index])
    }

    pub(crate) fn tools(&self) -> &[RegisteredTool] {
        &self.tools
    }

    /// Adds the prefix to the names of tools in one of the hub's texts.
    pub(crate) fn name_tools<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let offered = |name: &str| format!("{}{name}", self.prefix);
        self.prefix
            .name_tools(text, |name| self.is_tool(&offered(name)))
    }

    fn is_tool(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    fn name_tools_of(&self, tool: &mut model::Tool) {
        let texts = tool.description.iter_mut();
        texts.for_each(|text| *text = self.name_tools(text).into_owned().into());
        let schema = Arc::make_mut(&mut tool.input_schema);
        schema
            .values_mut()
            .for_each(|part| self.name_tools_in(part));
    }

    /// Adds the prefix in all descriptions of a schema.
    fn name_tools_in(&self, schema: &mut Value) {
        match schema {
            Value::Array(parts) => parts.iter_mut().for_each(|part| self.name_tools_in(part)),
            Value::Object(parts) => {
                for (keyword, part) in parts {
                    match part {
                        Value::String(text) if keyword == "description" => {
                            *text = self.name_tools(text).into_owned();
                        }
                        part => self.name_tools_in(part),
                    }
                }
            }
            _ => {}
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&RegisteredTool> {
        self.by_name.get(name).map(|index| &self.tools[*index])
    }

    /// The tools that a caller may use.
    pub(crate) fn listed_for(&self, caller: &Caller) -> Vec<model::Tool> {
        self.tools
            .iter()
            .filter(|entry| self.lists(entry, caller))
            .map(|entry| match entry.handler {
                Handler::RunTool if !may_change(caller) => run_tool::reading(entry.listed.clone()),
                Handler::Backlog(_) if self.format(caller) == ResponseFormat::Concise => {
                    let mut listed = entry.listed.clone();
                    response_format::offer(&mut listed.input_schema);
                    listed
                }
                _ => entry.listed.clone(),
            })
            .collect()
    }

    /// The form of a caller's results.
    pub(crate) fn format(&self, caller: &Caller) -> ResponseFormat {
        caller.policy.format.unwrap_or(self.format)
    }

    /// The tools of Backlog's operations that fit a query and that the policy allows, whatever the
    /// scopes: a user can grant more of those.
    pub(crate) fn find(&self, query: &str, caller: &Caller) -> Vec<&RegisteredTool> {
        let policy = &caller.policy;
        let is_allowed = |place: usize| {
            let entry = &self.tools[place];
            let leaves = |needed: &RegisteredTool| policy.check_operation(&needed.meta).is_ok();
            entry.is_runnable()
                && policy.check(&entry.meta).is_ok()
                && self.has_each(entry.needs(), leaves)
        };
        let found = self.search.find(query, is_allowed);
        found.into_iter().map(|place| &self.tools[place]).collect()
    }

    /// Names tools in one of the hub's texts as a caller can use them: with the prefix, and
    /// instead of one that is not listed the work tool that does the same, or `run_tool`. The
    /// tool that the text is about keeps its name.
    pub(crate) fn advise(&self, text: &str, caller: &Caller, about: &str) -> String {
        let is_listed = |name: &str| self.own(name).is_some_and(|it| self.lists(it, caller));
        let named = self.prefix.replace_tools(text, |name| {
            let entry = self.own(name)?;
            let is_kept = name == about || !matches!(entry.handler, Handler::Backlog(_));
            if is_kept || is_listed(name) {
                return Some(format!("{}{name}", self.prefix));
            }
            Some(
                match advised_tool::instead_of(name).filter(|it| is_listed(it)) {
                    Some(other) => format!("{}{other}", self.prefix),
                    None if is_listed("run_tool") => {
                        format!("{0}{name} by {0}run_tool", self.prefix)
                    }
                    None => format!("{}{name}", self.prefix),
                },
            )
        });
        named.into_owned()
    }

    fn lists(&self, entry: &RegisteredTool, caller: &Caller) -> bool {
        if !entry.is_allowed(caller) {
            return false;
        }
        match entry.handler {
            Handler::ListOrganizations => true,
            _ => caller.policy.lists(&entry.meta) && self.has_needs(entry, caller),
        }
    }

    /// Whether what a tool needs is there for a caller who may use it.
    pub(crate) fn can_work(&self, name: &str, caller: &Caller) -> bool {
        let entry = self.own(name);
        entry.is_none_or(|entry| self.has_needs(entry, caller))
    }

    /// Whether a caller may use what a tool needs.
    pub(crate) fn has_needs(&self, entry: &RegisteredTool, caller: &Caller) -> bool {
        self.has_each(entry.needs(), |needed| needed.is_allowed_operation(caller))
    }

    /// Whether of each group at least one tool is allowed.
    fn has_each(&self, groups: Needs, is_allowed: impl Fn(&RegisteredTool) -> bool) -> bool {
        let allowed = |name: &&str| self.own(name).is_some_and(&is_allowed);
        groups.iter().all(|group| group.iter().any(&allowed))
    }

    /// Returns the names similar to this one, of the tools that a caller may use, nearest first.
    pub(crate) fn near(&self, name: &str, caller: &Caller) -> Vec<Cow<'static, str>> {
        const SHOWN: usize = 5;
        let likeness = Likeness::to(name);
        let mut names: Vec<_> = self
            .listed_for(caller)
            .into_iter()
            .map(|tool| (likeness.of(&tool.name), tool.name))
            .filter(|(likeness, _)| *likeness >= Likeness::LEAST)
            .collect();
        names.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        names.truncate(SHOWN);
        names.into_iter().map(|(_, name)| name).collect()
    }
}

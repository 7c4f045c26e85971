//! Which tools a caller may use: the limits that operators set, which can only be narrowed, and the
//! request's choice within them.

use std::{borrow::Cow, collections::BTreeSet};

use thiserror::Error;

use super::response_format::{ResponseFormat, UnknownFormat};
use crate::toolkit::{
    tool::ToolMeta,
    toolset::{Toolset, UnknownToolset},
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
    /// The toolsets that the request chose; `None` if it did not. Then the allowed ones are
    /// offered, or without a limit the usual ones.
    pub chosen: Option<BTreeSet<Toolset>>,
    /// The usual tools of the server, or those that the request asked for; `None` for classic.
    pub usual: Option<UsualList>,
    /// The keys of the allowed projects; `None` for all (`mcp::projects`).
    pub projects: Option<BTreeSet<String>>,
    /// The form of results that the request chose; `None` if it did not.
    pub format: Option<ResponseFormat>,
}

/// The toolsets that an operator allows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ToolsetLimit {
    /// Their tools may be listed and called.
    tools: BTreeSet<Toolset>,
    /// The toolsets whose operations a work tool may perform; `None` for all.
    operations: Option<BTreeSet<Toolset>>,
}

impl ToolsetLimit {
    /// Reads the names that are stored for a space. An unknown name, which another release may have
    /// stored, allows nothing, but limits like a known one.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut tools = BTreeSet::new();
        let mut are_known = true;
        for name in names {
            match Toolset::named(name) {
                Ok(toolsets) => tools.extend(toolsets),
                Err(_) => are_known = false,
            }
        }
        let limit = Self::from_iter(tools);
        Self {
            operations: limit
                .operations
                .or_else(|| (!are_known).then(BTreeSet::new)),
            ..limit
        }
    }

    /// Both limits. A limit of only `work` allows the operations that the other one allows.
    fn and(&self, other: &Self) -> Self {
        Self {
            tools: &self.tools & &other.tools,
            operations: both(self.operations.as_ref(), other.operations.as_ref()),
        }
    }

    fn allows_operation(&self, toolset: Toolset) -> bool {
        let operations = self.operations.as_ref();
        operations.is_none_or(|operations| operations.contains(&toolset))
    }
}

/// A limit of these toolsets. Only `work` limits no operation.
impl FromIterator<Toolset> for ToolsetLimit {
    fn from_iter<I: IntoIterator<Item = Toolset>>(toolsets: I) -> Self {
        let tools = BTreeSet::from_iter(toolsets);
        let mut operations = tools.clone();
        let has_work = operations.remove(&Toolset::Work);
        let is_only_work = has_work && operations.is_empty();
        Self {
            tools,
            operations: (!is_only_work).then_some(operations),
        }
    }
}

impl<const COUNT: usize> From<[Toolset; COUNT]> for ToolsetLimit {
    fn from(toolsets: [Toolset; COUNT]) -> Self {
        Self::from_iter(toolsets)
    }
}

/// Why a tool may not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Denied {
    #[error("this connection is read-only")]
    ReadOnly,
    #[error("the toolset `{0}` is not enabled here")]
    Toolset(Toolset),
    #[error("{0}, and only some projects are allowed here")]
    Projects(&'static str),
    #[error(
        "the toolset `{0}` is off by default; enable it for this connection with the header \
         X-MCP-Toolsets: default,{0} or ?toolsets=default,{0} in its URL, or for the server with \
         ENABLE_TOOLSETS=default,{0}"
    )]
    NotChosen(Toolset),
}

/// A request with an invalid limit or choice.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadRequest {
    #[error(transparent)]
    Toolset(#[from] UnknownToolset),
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
    /// | `X-MCP-Readonly` | `readonly` | `true` or `false` |
    /// | `X-MCP-Format` | `format` | `concise` or `full` |
    ///
    /// If a value is given more than once, all of them apply; two formats are an error. `headers` are the lowercase names and
    /// the values of all headers of the request; `query` is percent-encoded.
    ///
    /// # Errors
    /// A value is invalid. It is rejected rather than treated as no limit.
    pub fn asked_for<'a>(
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
        query: &'a str,
    ) -> Result<Self, BadRequest> {
        let headers = headers.into_iter().filter_map(|(name, value)| {
            let key = match name {
                "x-mcp-toolsets" => "toolsets",
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
            chosen: both(self.chosen.as_ref(), other.chosen.as_ref()),
            usual: other.usual.or(self.usual),
            projects: both(self.projects.as_ref(), other.projects.as_ref()),
            // The request is the second one, and its choice the more specific.
            format: other.format.or(self.format),
        }
    }

    /// Whether a caller may use a tool.
    pub(crate) fn check(&self, tool: &ToolMeta) -> Result<(), Denied> {
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
            None => self.is_usual(tool),
        };
        if !offered {
            return Err(Denied::NotChosen(tool.toolset));
        }
        self.check_projects(tool)
    }

    /// Whether a work tool may run a classic tool for the caller. The request's choice of toolsets
    /// does not count. A limit that has only `work` allows every operation.
    pub(crate) fn check_operation(&self, tool: &ToolMeta) -> Result<(), Denied> {
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
            None => self.is_usual(tool),
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
        chosen,
        usual: is_all.then_some(UsualList::Classic),
        ..Policy::default()
    })
}

/// The intersection of two limits; `None` is no limit.
fn both<T: Clone + Ord>(
    ours: Option<&BTreeSet<T>>,
    theirs: Option<&BTreeSet<T>>,
) -> Option<BTreeSet<T>> {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => Some(ours & theirs),
        (Some(one), None) | (None, Some(one)) => Some(one.clone()),
        (None, None) => None,
    }
}

fn switch(value: &str) -> Result<bool, BadRequest> {
    match value.trim() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        other => Err(BadRequest::Switch(other.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use backlog_client::Method;

    use super::*;
    use crate::toolkit::{
        project_binding::ProjectBinding,
        rest::{Paging, Rest},
        tool::Effect,
    };

    fn set(toolsets: &[Toolset]) -> BTreeSet<Toolset> {
        toolsets.iter().copied().collect()
    }

    fn limit(toolsets: &[Toolset]) -> ToolsetLimit {
        toolsets.iter().copied().collect()
    }

    fn bound(read_only: bool, toolsets: Option<&[Toolset]>) -> Policy {
        Policy {
            read_only,
            toolsets: toolsets.map(limit),
            ..Policy::default()
        }
    }

    #[test]
    fn narrowing_never_widens() {
        use Toolset::{Activity, Git, Issue, Wiki, Work};
        let space = bound(true, Some(&[Issue, Wiki]));
        let operator = bound(false, Some(&[Wiki, Git]));
        assert_eq!(space.narrowed_by(&operator), bound(true, Some(&[Wiki])));
        assert_eq!(space.narrowed_by(&Policy::default()), space);
        assert_eq!(Policy::default().narrowed_by(&space), space);
        assert_eq!(
            bound(false, Some(&[Git])).narrowed_by(&space),
            bound(true, Some(&[])),
            "nothing in common allows nothing, not everything"
        );
        // Of limits with `work`, the operations are those that both allow.
        let operations = |one: ToolsetLimit, other: ToolsetLimit| {
            let limit = |toolsets| Policy {
                toolsets: Some(toolsets),
                ..Policy::default()
            };
            let both = limit(one).narrowed_by(&limit(other));
            let sets = Toolset::ALL.into_iter();
            let allowed = |set: &Toolset| both.check_operation(&meta(*set)).is_ok();
            sets.filter(allowed).collect::<Vec<_>>()
        };
        let work = || limit(&[Work]);
        assert_eq!(operations(limit(&[Issue, Work]), work()), [Issue]);
        assert_eq!(operations(work(), limit(&[Work, Issue])), [Issue]);
        assert!(operations(limit(&[Issue, Work]), limit(&[Wiki, Work])).is_empty());
        assert_eq!(operations(work(), work()), Toolset::ALL);
        assert_eq!(operations(work(), limit(&[Activity])), [Activity]);
        let unknown = ToolsetLimit::named(["work", "of_another_release"]);
        assert!(operations(unknown.clone(), work()).is_empty());
        assert!(operations(work(), unknown).is_empty());
        let of = |keys: &[&str]| Policy {
            projects: Some(keys.iter().map(|key| (*key).to_owned()).collect()),
            ..Policy::default()
        };
        assert_eq!(
            of(&["KURA", "OPS"]).narrowed_by(&of(&["HARBOR", "OPS"])),
            of(&["OPS"])
        );
        assert_eq!(of(&["OPS"]).narrowed_by(&Policy::default()), of(&["OPS"]));
        assert_eq!(of(&["OPS"]).narrowed_by(&of(&["KURA"])), of(&[]));
    }

    fn meta(toolset: Toolset) -> ToolMeta {
        ToolMeta {
            name: "a_tool",
            title: "A tool",
            toolset,
            also_in: &[],
            effect: Effect::of(Method::Get),
            projects: ProjectBinding::SpaceWide,
            changes: &[],
            fields: &[],
            rest: Rest::SHORT,
            paging: Paging::None,
            usual_count: 0,
            takes_project: false,
        }
    }

    /// The toolsets that are offered.
    fn offered(policy: &Policy) -> Vec<Toolset> {
        let sets = Toolset::ALL.into_iter();
        sets.filter(|set| policy.check(&meta(*set)).is_ok())
            .collect()
    }

    #[test]
    fn a_request_chooses_within_the_bounds() {
        use Toolset::{Files, Git, Issue};
        let asked = |toolsets: &'static str| {
            Policy::asked_for([("x-mcp-toolsets", toolsets.as_bytes())], "").unwrap()
        };
        let with_files = [&Toolset::DEFAULT[..], &[Files]].concat();
        for (bound, header, expected) in [
            (None, "", &Toolset::DEFAULT[..]),
            (None, "all", &Toolset::DEFAULT),
            (None, "default,files", &with_files),
            (None, "files", &[Files]),
            (None, "everything", &Toolset::ALL),
            // A toolset that an operator names is offered even if it is off by default.
            (Some(&[Issue, Files][..]), "", &[Issue, Files]),
            (Some(&[Issue, Files]), "all", &[Issue, Files]),
            (Some(&[Issue, Files]), "default", &[Issue]),
            (Some(&[Issue, Git]), "everything", &[Issue, Git]),
            (Some(&[Issue, Git]), "files", &[]),
            (Some(&[]), "everything", &[]),
        ] {
            let bounds = Policy {
                toolsets: bound.map(limit),
                ..Policy::default()
            };
            let policy = bounds.narrowed_by(&asked(header));
            assert_eq!(offered(&policy), expected, "{bound:?} {header}");
        }
    }

    #[test]
    fn without_a_limit_or_a_choice_the_list_is_the_usual_one_and_nothing_is_out_of_reach() {
        use Toolset::{Files, Issue, Work};
        let signed_in = |toolsets: Option<&[Toolset]>| Policy {
            usual: Some(UsualList::Work),
            ..bound(false, toolsets)
        };
        let asked = |toolsets: &'static str| {
            Policy::asked_for([("x-mcp-toolsets", toolsets.as_bytes())], "").unwrap()
        };
        let with_work = [&Toolset::ALL[..], &[Work]].concat();
        for (limit, header, expected_list, expected_calls) in [
            (None, "", &[Work][..], &with_work[..]),
            (None, "all", &Toolset::DEFAULT, &Toolset::DEFAULT),
            (None, "classic", &Toolset::DEFAULT, &Toolset::DEFAULT),
            (None, "files", &[Files], &[Files]),
            (None, "work,files", &[Files, Work], &with_work),
            // A limit without `work` lists what it names.
            (
                Some(&[Issue, Files][..]),
                "",
                &[Issue, Files],
                &[Issue, Files],
            ),
            (Some(&[Issue, Work]), "", &[Issue, Work], &[Issue, Work]),
            (Some(&[Work]), "", &[Work], &with_work),
        ] {
            let policy = signed_in(limit).narrowed_by(&asked(header));
            let policy = policy.narrowed_by(&Policy::default());
            let sets = Toolset::NAMED.into_iter();
            let listed: Vec<_> = sets.filter(|set| policy.lists(&meta(*set))).collect();
            assert_eq!(listed, expected_list, "listed: {limit:?} {header}");
            let sets = Toolset::NAMED.into_iter();
            let called: Vec<_> = sets
                .filter(|set| policy.check(&meta(*set)).is_ok())
                .collect();
            assert_eq!(called, expected_calls, "called: {limit:?} {header}");
        }
    }

    #[test]
    fn a_request_asks_by_header_or_query() {
        use Toolset::{Git, Issue, Wiki};
        let asks = |read_only, toolsets: Option<&[Toolset]>| Policy {
            read_only,
            chosen: toolsets.map(set),
            ..Policy::default()
        };
        let asked = |toolsets: &[&'static str], readonly: &[&'static str], query| {
            let toolsets = toolsets
                .iter()
                .map(|value| ("x-mcp-toolsets", value.as_bytes()));
            let readonly = readonly
                .iter()
                .map(|value| ("x-mcp-readonly", value.as_bytes()));
            let others = [("accept", &b"toolsets"[..])];
            Policy::asked_for(toolsets.chain(readonly).chain(others), query)
        };
        for (toolsets, readonly, query, expected) in [
            (&[][..], &[][..], "", asks(false, None)),
            (
                &["issue,wiki"],
                &["true"],
                "",
                asks(true, Some(&[Issue, Wiki][..])),
            ),
            (
                &[],
                &[],
                "toolsets=issue%2Cgit&readonly=1&a=b",
                asks(true, Some(&[Issue, Git])),
            ),
            (
                &["issue,wiki"],
                &["false"],
                "toolsets=wiki,git",
                asks(false, Some(&[Wiki])),
            ),
            (
                &["issue", "git"],
                &["false", "true"],
                "",
                asks(true, Some(&[])),
            ),
            (
                &["all"],
                &[" 0 "],
                "toolsets=git&readonly=false",
                Policy {
                    usual: Some(UsualList::Classic),
                    ..asks(false, Some(&[Git]))
                },
            ),
        ] {
            assert_eq!(asked(toolsets, readonly, query), Ok(expected), "{query}");
        }
        assert!(matches!(
            asked(&["issues"], &[], ""),
            Err(BadRequest::Toolset(_))
        ));
        for (readonly, query) in [
            (&["yes"][..], ""),
            (&[""], ""),
            (&["true", " "], ""),
            (&[], "readonly"),
            (&[], "readonly="),
            (&["true"], "readonly=&readonly=true"),
        ] {
            let refused = asked(&[], readonly, query);
            assert!(matches!(refused, Err(BadRequest::Switch(_))), "{refused:?}");
        }
        let garbled = [("x-mcp-toolsets", &b"issue\xff"[..])];
        assert!(Policy::asked_for(garbled, "").is_err(), "not unbounded");
        assert!(matches!(
            asked(&[], &[], "toolsets=x"),
            Err(BadRequest::Toolset(_))
        ));
    }

    #[test]
    fn a_request_chooses_one_of_two_formats() {
        use ResponseFormat::{Concise, Full};
        let asked = |headers: &[&'static str], query| {
            let headers = headers
                .iter()
                .map(|value| ("x-mcp-format", value.as_bytes()));
            Policy::asked_for(headers, query).map(|policy| policy.format)
        };
        for (headers, query, expected) in [
            (&[][..], "", None),
            (&["concise"][..], "", Some(Concise)),
            (&["Full"], "", Some(Full)),
            (&[], "a=b&format=concise", Some(Concise)),
            (&["concise"], "format=concise", Some(Concise)),
        ] {
            assert_eq!(asked(headers, query), Ok(expected), "{headers:?} {query}");
        }
        let both = asked(&["concise"], "format=full");
        assert_eq!(both, Err(BadRequest::TwoFormats));
        for (headers, query) in [(&["brief"][..], ""), (&[""], ""), (&[], "format=")] {
            let error = asked(headers, query).unwrap_err().to_string();
            let names_both = error.contains("expected concise or full");
            assert!(names_both && error.contains("X-MCP-Format"), "{error}");
        }
        let server = Policy {
            format: Some(Full),
            ..Policy::default()
        };
        let request = Policy {
            format: Some(Concise),
            ..Policy::default()
        };
        assert_eq!(server.narrowed_by(&request).format, Some(Concise));
        assert_eq!(
            request.narrowed_by(&Policy::default()).format,
            Some(Concise)
        );
    }
}

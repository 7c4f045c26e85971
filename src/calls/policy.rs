//! Which tools a caller may use: the limits that operators set, which can only be narrowed, and the
//! request's choice within them.

use std::{borrow::Cow, collections::BTreeSet};

use thiserror::Error;

use crate::toolkit::{
    tool::Spec,
    toolset::{Toolset, UnknownToolset},
};

/// Limits on the tools of a caller, and the choice within them. The default has no limits and
/// offers the default toolsets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Policy {
    /// Whether only tools that change nothing are allowed.
    pub read_only: bool,
    /// The allowed toolsets; `None` for no limit.
    pub toolsets: Option<BTreeSet<Toolset>>,
    /// The toolsets that the request chose; `None` if it did not. Then the allowed ones are
    /// offered, or without a limit the default ones.
    pub chosen: Option<BTreeSet<Toolset>>,
    /// The keys of the allowed projects; `None` for all (`mcp::projects`).
    pub projects: Option<BTreeSet<String>>,
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
}

impl Policy {
    /// Reads the policy that a request asks for, by header or query parameter:
    ///
    /// | header | query | value |
    /// |---|---|---|
    /// | `X-MCP-Toolsets` | `toolsets` | names as [`Toolset::parse_list`] reads them |
    /// | `X-MCP-Readonly` | `readonly` | `true` or `false` |
    ///
    /// If a value is given more than once, all of them apply. `headers` are the lowercase names and
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
                _ => return None,
            };
            Some((Cow::from(key), String::from_utf8_lossy(value)))
        });
        let mut asked = Self::default();
        for (key, value) in headers.chain(form_urlencoded::parse(query.as_bytes())) {
            let bound = match &*key {
                "toolsets" => Self {
                    chosen: Toolset::parse_list(&value)?,
                    ..Self::default()
                },
                "readonly" => Self {
                    read_only: switch(&value)?,
                    ..Self::default()
                },
                _ => continue,
            };
            asked = asked.narrowed_by(&bound);
        }
        Ok(asked)
    }

    /// Combines two policies: the result allows only what both allow.
    #[must_use]
    pub fn narrowed_by(&self, other: &Self) -> Self {
        Self {
            read_only: self.read_only || other.read_only,
            toolsets: both(&self.toolsets, &other.toolsets),
            chosen: both(&self.chosen, &other.chosen),
            projects: both(&self.projects, &other.projects),
        }
    }

    pub(crate) fn check(&self, tool: &Spec) -> Result<(), Denied> {
        if self.read_only && !tool.access.read_only {
            return Err(Denied::ReadOnly);
        }
        let (bound, chosen) = (self.toolsets.as_ref(), self.chosen.as_ref());
        let in_bound = |it: &Toolset| bound.is_none_or(|bound| bound.contains(it));
        if !tool.toolsets().any(|it| in_bound(&it)) {
            return Err(Denied::Toolset(tool.toolset));
        }
        let offered = match chosen.or(bound) {
            Some(chosen) => tool
                .toolsets()
                .any(|it| in_bound(&it) && chosen.contains(&it)),
            None => tool.is_usual(),
        };
        if !offered {
            return Err(Denied::NotChosen(tool.toolset));
        }
        match tool.projects.refusal() {
            Some(reason) if self.projects.is_some() => Err(Denied::Projects(reason)),
            _ => Ok(()),
        }
    }
}

/// The intersection of two limits; `None` is no limit.
fn both<T: Clone + Ord>(
    ours: &Option<BTreeSet<T>>,
    theirs: &Option<BTreeSet<T>>,
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
    use super::*;
    use crate::{
        backlog::Method,
        toolkit::{
            project_binding::ProjectBinding,
            rest::{Paging, Rest},
            tool::Access,
        },
    };

    fn set(toolsets: &[Toolset]) -> Option<BTreeSet<Toolset>> {
        Some(toolsets.iter().copied().collect())
    }

    fn bound(read_only: bool, toolsets: Option<&[Toolset]>) -> Policy {
        Policy {
            read_only,
            toolsets: toolsets.and_then(set),
            ..Policy::default()
        }
    }

    #[test]
    fn narrowing_never_widens() {
        use Toolset::{Git, Issue, Wiki};
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

    /// The toolsets that are offered.
    fn offered(policy: &Policy) -> Vec<Toolset> {
        let spec = |toolset| Spec {
            name: "a_tool",
            title: "A tool",
            toolset,
            also_in: &[],
            access: Access::of(Method::Get),
            projects: ProjectBinding::SpaceWide,
            changes: &[],
            fields: &[],
            rest: Rest::SHORT,
            paging: Paging::None,
            usual_count: 0,
            takes_project: false,
        };
        let sets = Toolset::ALL.into_iter();
        sets.filter(|set| policy.check(&spec(*set)).is_ok())
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
                toolsets: bound.and_then(set),
                ..Policy::default()
            };
            let policy = bounds.narrowed_by(&asked(header));
            assert_eq!(offered(&policy), expected, "{bound:?} {header}");
        }
    }

    #[test]
    fn a_request_asks_by_header_or_query() {
        use Toolset::{Git, Issue, Wiki};
        let asks = |read_only, toolsets: Option<&[Toolset]>| Policy {
            read_only,
            chosen: toolsets.and_then(set),
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
                asks(false, Some(&[Git])),
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
}

//! What a caller may use: the bounds that operators set, which can only be narrowed, and what
//! the request chose within them.

use std::{borrow::Cow, collections::BTreeSet};

use thiserror::Error;

use super::{Toolset, projects, tool::Spec, toolset::UnknownToolset};

/// Bounds on the tools of a caller, and the choice within them. The default bounds nothing and
/// offers the default toolsets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Policy {
    /// Only tools that change nothing.
    pub read_only: bool,
    /// Only tools of these sets; `None` for no bound.
    pub toolsets: Option<BTreeSet<Toolset>>,
    /// The sets that the request chose; `None` where it did not. Then those of the bound are
    /// offered, and without a bound the default ones.
    pub chosen: Option<BTreeSet<Toolset>>,
    /// Only what belongs to the projects with these keys; `None` for all (`mcp::projects`).
    pub projects: Option<BTreeSet<String>>,
}

/// Why a tool is out of bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum Denied {
    #[error("only tools that read are allowed here")]
    ReadOnly,
    #[error("the toolset `{0}` is not enabled here")]
    Toolset(Toolset),
    #[error("{0}, and only some projects are allowed here")]
    Projects(&'static str),
    #[error(
        "the toolset `{0}` is off unless someone asks for it: the connection, with the header \
         X-MCP-Toolsets: default,{0} or ?toolsets=default,{0} in its URL, or the server, with \
         ENABLE_TOOLSETS=default,{0}"
    )]
    NotChosen(Toolset),
}

/// A request that asks for bounds nobody can read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadRequest {
    #[error(transparent)]
    Toolset(#[from] UnknownToolset),
    #[error("`{0}` for readonly or X-MCP-Readonly is neither true nor false")]
    Switch(String),
}

impl Policy {
    /// What a request asks for, by header or query parameter:
    ///
    /// | header | query | value |
    /// |---|---|---|
    /// | `X-MCP-Toolsets` | `toolsets` | names as [`Toolset::parse_list`] reads them |
    /// | `X-MCP-Readonly` | `readonly` | `true` or `false` |
    ///
    /// Given more than once, what each of them asks for holds. `headers` are the names, in small
    /// letters, and values of all of the request's headers; `query` is percent-encoded.
    ///
    /// # Errors
    /// A value cannot be read: refused rather than taken for no bound.
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

    /// Both at once: the result allows what each of them allows.
    #[must_use]
    pub fn narrowed_by(&self, other: &Self) -> Self {
        Self {
            read_only: self.read_only || other.read_only,
            toolsets: both(&self.toolsets, &other.toolsets),
            chosen: both(&self.chosen, &other.chosen),
            projects: both(&self.projects, &other.projects),
        }
    }

    pub(super) fn check(&self, tool: &Spec) -> Result<(), Denied> {
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
        match projects::refusal(tool.name) {
            Some(reason) if self.projects.is_some() => Err(Denied::Projects(reason)),
            _ => Ok(()),
        }
    }
}

/// What two bounds have in common; `None` is no bound.
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
        mcp::tool::{Access, Paging},
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
            fields: &[],
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
            // What an operator names is offered, also where it is off by default.
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

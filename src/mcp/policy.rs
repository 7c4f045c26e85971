//! What an operator lets callers do: upper bounds that can only be narrowed.

use std::{borrow::Cow, collections::BTreeSet};

use thiserror::Error;

use super::{Toolset, projects, tool::Spec, toolset::UnknownToolset};

/// Bounds on the tools of a caller. The default allows everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Policy {
    /// Only tools that change nothing.
    pub read_only: bool,
    /// Only tools of these sets; `None` for all.
    pub toolsets: Option<BTreeSet<Toolset>>,
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
}

/// A request that asks for bounds nobody can read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadRequest {
    #[error(transparent)]
    Toolset(#[from] UnknownToolset),
    #[error("`{0}` is neither true nor false")]
    Switch(String),
}

impl Policy {
    /// What a request asks to be bound to, by header or query parameter:
    ///
    /// | header | query | value |
    /// |---|---|---|
    /// | `X-MCP-Toolsets` | `toolsets` | names separated by commas, or `all` |
    /// | `X-MCP-Readonly` | `readonly` | `true` or `false` |
    ///
    /// Given more than once, the narrowest bound holds. `headers` are the names, in small
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
                    toolsets: Toolset::parse_list(&value)?,
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

    /// Both bounds at once: the result allows what each of them allows.
    #[must_use]
    pub fn narrowed_by(&self, other: &Self) -> Self {
        Self {
            read_only: self.read_only || other.read_only,
            toolsets: both(&self.toolsets, &other.toolsets),
            projects: both(&self.projects, &other.projects),
        }
    }

    pub(super) fn check(&self, tool: &Spec) -> Result<(), Denied> {
        if self.read_only && !tool.access.read_only {
            return Err(Denied::ReadOnly);
        }
        if let Some(allowed) = &self.toolsets
            && !allowed.contains(&tool.toolset)
        {
            return Err(Denied::Toolset(tool.toolset));
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
        "false" | "0" | "" => Ok(false),
        other => Err(BadRequest::Switch(other.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(read_only: bool, toolsets: Option<&[Toolset]>) -> Policy {
        Policy {
            read_only,
            toolsets: toolsets.map(|sets| sets.iter().copied().collect()),
            projects: None,
        }
    }

    #[test]
    fn narrowing_never_widens() {
        use Toolset::{Git, Issue, Wiki};
        let bound = policy(true, Some(&[Issue, Wiki]));
        let asked = policy(false, Some(&[Wiki, Git]));
        assert_eq!(bound.narrowed_by(&asked), policy(true, Some(&[Wiki])));
        assert_eq!(bound.narrowed_by(&Policy::default()), bound);
        assert_eq!(Policy::default().narrowed_by(&bound), bound);
        assert_eq!(
            policy(false, Some(&[Git])).narrowed_by(&bound),
            policy(true, Some(&[])),
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

    #[test]
    fn a_request_asks_by_header_or_query() {
        use Toolset::{Git, Issue, Wiki};
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
            (&[][..], &[][..], "", policy(false, None)),
            (
                &["issue,wiki"],
                &["true"],
                "",
                policy(true, Some(&[Issue, Wiki][..])),
            ),
            (
                &[],
                &[],
                "toolsets=issue%2Cgit&readonly=1&a=b",
                policy(true, Some(&[Issue, Git])),
            ),
            (
                &["issue,wiki"],
                &["false"],
                "toolsets=wiki,git",
                policy(false, Some(&[Wiki])),
            ),
            (
                &["issue", "git"],
                &["false", "true"],
                "",
                policy(true, Some(&[])),
            ),
            (
                &["all"],
                &[""],
                "toolsets=git&readonly=false",
                policy(false, Some(&[Git])),
            ),
        ] {
            assert_eq!(asked(toolsets, readonly, query), Ok(expected), "{query}");
        }
        assert!(matches!(
            asked(&["issues"], &[], ""),
            Err(BadRequest::Toolset(_))
        ));
        assert!(matches!(
            asked(&[], &["yes"], ""),
            Err(BadRequest::Switch(_))
        ));
        let garbled = [("x-mcp-toolsets", &b"issue\xff"[..])];
        assert!(Policy::asked_for(garbled, "").is_err(), "not unbounded");
        assert!(matches!(
            asked(&[], &[], "toolsets=x"),
            Err(BadRequest::Toolset(_))
        ));
    }
}

//! The names of tools, as an operator or a client may write them.

use std::collections::BTreeSet;

use thiserror::Error;

/// The names of all tools, known with the operator's prefix or without it.
#[derive(Clone, Debug)]
pub struct ToolNames {
    known: BTreeSet<&'static str>,
    prefix: String,
}

/// A name that is not that of a tool.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown tool `{name}`; {}", match nearest {
    Some(nearest) => format!("the nearest is `{nearest}`"),
    None => "no tool has a similar name".to_owned(),
})]
pub struct UnknownTool {
    name: String,
    nearest: Option<&'static str>,
}

impl ToolNames {
    pub(super) fn new(known: BTreeSet<&'static str>, prefix: String) -> Self {
        Self { known, prefix }
    }

    /// The names without the prefix, in alphabetical order.
    pub fn all(&self) -> impl Iterator<Item = &'static str> {
        self.known.iter().copied()
    }

    /// Parses names separated by commas; none for an empty text.
    ///
    /// # Errors
    /// A name is unknown. The others are not used then, because the sender expected more.
    pub fn parse_list(&self, names: &str) -> Result<BTreeSet<&'static str>, UnknownTool> {
        names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(|name| self.parse(name))
            .collect()
    }

    fn parse(&self, name: &str) -> Result<&'static str, UnknownTool> {
        let without_prefix = name.strip_prefix(self.prefix.as_str()).unwrap_or(name);
        let known = [name, without_prefix].into_iter();
        let mut known = known.filter_map(|name| self.known.get(name));
        known.next().copied().ok_or_else(|| UnknownTool {
            name: name.to_owned(),
            nearest: self.nearest(without_prefix),
        })
    }

    fn nearest(&self, name: &str) -> Option<&'static str> {
        let likeness = Likeness::to(name);
        let similar = self.all().map(|known| (likeness.of(known), known));
        let similar = similar.filter(|(likeness, _)| *likeness >= Likeness::LEAST);
        let nearest = similar.max_by(|(one, _), (other, _)| one.total_cmp(other));
        nearest.map(|(_, known)| known)
    }
}

/// How similar names of tools are to one that was written, from 0 to 1.
pub(super) struct Likeness([String; 2]);

impl Likeness {
    /// The least likeness of a name that may be meant: half of the pairs of letters are the same.
    pub(super) const LEAST: f64 = 0.5;

    pub(super) fn to(name: &str) -> Self {
        let name = name.to_lowercase();
        let with_own_verbs = with_own_verbs(&name);
        Self([name, with_own_verbs])
    }

    pub(super) fn of(&self, tool: &str) -> f64 {
        let [likeness, with_own_verbs] =
            [0, 1].map(|form| strsim::sorensen_dice(&self.0[form], tool));
        likeness.max(with_own_verbs)
    }
}

/// Replaces the verb of a tool's name with the one that the hub's tools use for it.
fn with_own_verbs(name: &str) -> String {
    let words = name.split('_').map(|word| match word {
        "create" | "new" | "make" | "insert" | "post" => "add",
        "search" | "list" | "find" | "fetch" | "read" | "query" | "show" => "get",
        "edit" | "change" | "modify" | "set" | "patch" => "update",
        "remove" | "destroy" => "delete",
        word => word,
    });
    words.collect::<Vec<_>>().join("_")
}

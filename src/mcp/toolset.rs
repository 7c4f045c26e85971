//! The groups of tools that an operator can offer or leave out.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A named group of tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Toolset {
    Space,
    Project,
    Issue,
    Wiki,
    Git,
    Document,
    Notifications,
}

/// A name that is no toolset's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown toolset `{0}`")]
pub struct UnknownToolset(String);

impl Toolset {
    pub const ALL: [Self; 7] = [
        Self::Space,
        Self::Project,
        Self::Issue,
        Self::Wiki,
        Self::Git,
        Self::Document,
        Self::Notifications,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Space => "space",
            Self::Project => "project",
            Self::Issue => "issue",
            Self::Wiki => "wiki",
            Self::Git => "git",
            Self::Document => "document",
            Self::Notifications => "notifications",
        }
    }

    /// Reads names separated by commas, such as `issue,wiki`; `None` where `all` is among them, or
    /// none is.
    ///
    /// # Errors
    /// A name is no toolset's: whoever wrote it expected something else than the others.
    pub fn parse_list(names: &str) -> Result<Option<BTreeSet<Self>>, UnknownToolset> {
        let mut toolsets = BTreeSet::new();
        let mut all = false;
        for name in names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            match name {
                "all" => all = true,
                name => {
                    toolsets.insert(name.parse()?);
                }
            }
        }
        Ok((!all && !toolsets.is_empty()).then_some(toolsets))
    }

    /// One sentence for people who choose among them.
    pub fn description(self) -> &'static str {
        match self {
            Self::Space => "The space, its users and what they do",
            Self::Project => "Projects and their members",
            Self::Issue => {
                "Issues with their comments, files, links and watchers, and what classifies them"
            }
            Self::Wiki => "Wiki pages",
            Self::Git => "Git repositories, pull requests and the comments on them",
            Self::Document => "Documents and their tree",
            Self::Notifications => "The signed-in user's notifications",
        }
    }
}

impl FromStr for Toolset {
    type Err = UnknownToolset;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|toolset| toolset.as_str() == name)
            .ok_or_else(|| UnknownToolset(name.to_owned()))
    }
}

impl fmt::Display for Toolset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read() {
        for everything in ["", " , ", "all", "issue, all"] {
            assert_eq!(Toolset::parse_list(everything), Ok(None), "{everything}");
        }
        let some = BTreeSet::from([Toolset::Issue, Toolset::Wiki]);
        assert_eq!(Toolset::parse_list("wiki, issue,,wiki"), Ok(Some(some)));
        for unknown in ["issues", "all,wikis", "Issue"] {
            let error = Toolset::parse_list(unknown).unwrap_err();
            assert!(unknown.contains(&error.0), "{error}");
        }
    }
}

//! The groups of tools that an operator can offer or leave out.

use std::{collections::BTreeSet, fmt};

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
    Files,
    Activity,
    Settings,
    Members,
    Webhooks,
    Administration,
}

/// A name that is no toolset's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown toolset `{0}`")]
pub struct UnknownToolset(String);

impl Toolset {
    /// Those that are offered where nobody chose: what the upstream server has.
    pub const DEFAULT: [Self; 7] = [
        Self::Space,
        Self::Project,
        Self::Issue,
        Self::Wiki,
        Self::Git,
        Self::Document,
        Self::Notifications,
    ];

    pub const ALL: [Self; 13] = [
        Self::Space,
        Self::Project,
        Self::Issue,
        Self::Wiki,
        Self::Git,
        Self::Document,
        Self::Notifications,
        Self::Files,
        Self::Activity,
        Self::Settings,
        Self::Members,
        Self::Webhooks,
        Self::Administration,
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
            Self::Files => "files",
            Self::Activity => "activity",
            Self::Settings => "settings",
            Self::Members => "members",
            Self::Webhooks => "webhooks",
            Self::Administration => "administration",
        }
    }

    /// The sets that one name stands for: its own, those of `default` (or `all`, as the upstream
    /// server calls them), or with `everything` each one.
    ///
    /// # Errors
    /// It is no toolset's name.
    pub fn named(name: &str) -> Result<&'static [Self], UnknownToolset> {
        match name {
            "default" | "all" => Ok(&Self::DEFAULT),
            "everything" => Ok(&Self::ALL),
            name => Self::ALL
                .iter()
                .find(|toolset| toolset.as_str() == name)
                .map(std::slice::from_ref)
                .ok_or_else(|| UnknownToolset(name.to_owned())),
        }
    }

    /// Reads names separated by commas, such as `default,files`; `None` where there is none, or
    /// only `all`, which says no more than saying nothing.
    ///
    /// # Errors
    /// A name is no toolset's: whoever wrote it expected something else than the others.
    pub fn parse_list(names: &str) -> Result<Option<BTreeSet<Self>>, UnknownToolset> {
        let names: Vec<_> = names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .collect();
        if names.iter().all(|name| *name == "all") {
            return Ok(None);
        }
        let mut toolsets = BTreeSet::new();
        for name in names {
            toolsets.extend(Self::named(name)?);
        }
        Ok(Some(toolsets))
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
            Self::Files => {
                "Files: uploads, what is attached to issues, wiki pages and pull requests, and \
                 shared files"
            }
            Self::Activity => {
                "What is around content: comments one by one, who is told, histories, stars, \
                 tags, what was looked at last"
            }
            Self::Settings => "What a project's issues are made of: statuses, types, fields",
            Self::Members => "Who belongs to a project, and the teams",
            Self::Webhooks => "The webhooks of a project",
            Self::Administration => "The space as its administrators see it",
        }
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
        use Toolset::{Files, Issue, Wiki};
        for nothing in ["", " , ", "all", "all, all"] {
            assert_eq!(Toolset::parse_list(nothing), Ok(None), "{nothing}");
        }
        let with_files = [&Toolset::DEFAULT[..], &[Files]].concat();
        for (names, expected) in [
            ("wiki, issue,,wiki", &[Issue, Wiki][..]),
            ("default", &Toolset::DEFAULT),
            ("all,issue", &Toolset::DEFAULT),
            ("default,files", &with_files),
            ("files,all", &with_files),
            ("everything", &Toolset::ALL),
        ] {
            let expected = expected.iter().copied().collect();
            assert_eq!(Toolset::parse_list(names), Ok(Some(expected)), "{names}");
        }
        for unknown in ["issues", "all,wikis", "Issue", "everything,x"] {
            let error = Toolset::parse_list(unknown).unwrap_err();
            assert!(unknown.contains(&error.0), "{error}");
        }
    }

    #[test]
    fn a_name_stands_for_its_own_set() {
        for toolset in Toolset::ALL {
            assert_eq!(Toolset::named(toolset.as_str()), Ok(&[toolset][..]));
        }
    }
}

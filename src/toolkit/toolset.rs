//! The groups of tools that an operator can enable or disable.

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
    Work,
}

/// A name that is not that of a toolset.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown toolset `{0}`")]
pub struct UnknownToolset(String);

/// The facts about one toolset.
struct Row {
    toolset: Toolset,
    name: &'static str,
    kind: Kind,
    /// A phrase for operators who choose toolsets.
    description: &'static str,
}

/// When a toolset is offered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// By default, because the upstream server has it.
    Classic,
    /// If it is named, or with `everything`.
    OptIn,
    /// If it is named: its tools use those of the other toolsets.
    Work,
}

const fn row(toolset: Toolset, name: &'static str, kind: Kind, description: &'static str) -> Row {
    Row {
        toolset,
        name,
        kind,
        description,
    }
}

/// Every toolset, in the order of the variants, in which they are also listed.
const TABLE: [Row; 14] = {
    use Kind::{Classic, OptIn};
    use Toolset::{
        Activity, Administration, Document, Files, Git, Issue, Members, Notifications, Project,
        Settings, Space, Webhooks, Wiki,
    };
    [
        row(
            Space,
            "space",
            Classic,
            "The space, its users and their activity",
        ),
        row(Project, "project", Classic, "Projects and their members"),
        row(
            Issue,
            "issue",
            Classic,
            "Issues, comments, attachments, links, watchers, and their categories, versions and types",
        ),
        row(Wiki, "wiki", Classic, "Wiki pages"),
        row(
            Git,
            "git",
            Classic,
            "Git repositories, pull requests and the comments on them",
        ),
        row(Document, "document", Classic, "Documents and their tree"),
        row(
            Notifications,
            "notifications",
            Classic,
            "The signed-in user's notifications",
        ),
        row(
            Files,
            "files",
            OptIn,
            "Uploads, attachments of issues, wiki pages and pull requests, and shared files",
        ),
        row(
            Activity,
            "activity",
            OptIn,
            "Comments, notifications, history, stars, tags and recently viewed items",
        ),
        row(
            Settings,
            "settings",
            OptIn,
            "Statuses, categories, issue types and custom fields of a project",
        ),
        row(
            Members,
            "members",
            OptIn,
            "Project members, project administrators and teams",
        ),
        row(Webhooks, "webhooks", OptIn, "The webhooks of a project"),
        row(
            Administration,
            "administration",
            OptIn,
            "Storage, plan, notice and rate limit of the space",
        ),
        row(
            Toolset::Work,
            "work",
            Kind::Work,
            "Thirteen tools for everyday work, each of which does what takes several of the others",
        ),
    ]
};

/// Returns the toolsets of these kinds.
const fn toolsets<const COUNT: usize>(kinds: &[Kind]) -> [Toolset; COUNT] {
    let mut chosen = [Toolset::Space; COUNT];
    let (mut at, mut count) = (0, 0);
    while at < TABLE.len() {
        assert!(
            TABLE[at].toolset as usize == at,
            "the rows are out of order"
        );
        let mut kind = 0;
        while kind < kinds.len() {
            if kinds[kind] as u8 == TABLE[at].kind as u8 {
                chosen[count] = TABLE[at].toolset;
                count += 1;
            }
            kind += 1;
        }
        at += 1;
    }
    assert!(count == COUNT, "unexpected number of toolsets");
    chosen
}

impl Toolset {
    /// The toolsets that are offered by default: those of the upstream server.
    pub const DEFAULT: [Self; 7] = toolsets(&[Kind::Classic]);

    /// The toolsets of Backlog's operations, without [`Self::Work`].
    pub const ALL: [Self; 13] = toolsets(&[Kind::Classic, Kind::OptIn]);

    /// Every toolset that can be named.
    pub const NAMED: [Self; TABLE.len()] = toolsets(&[Kind::Classic, Kind::OptIn, Kind::Work]);

    const fn row(self) -> &'static Row {
        const ROWS: &[Row] = &TABLE;
        &ROWS[self as usize]
    }

    pub fn as_str(self) -> &'static str {
        self.row().name
    }

    /// Whether its changes are of settings, members or webhooks.
    pub fn administers(self) -> bool {
        matches!(
            self,
            Self::Settings | Self::Members | Self::Webhooks | Self::Administration
        )
    }

    /// A phrase for operators who choose toolsets.
    pub fn description(self) -> &'static str {
        self.row().description
    }

    /// Returns the toolsets of a name: one, the default ones for `classic` (or `default`, or `all`,
    /// its name in the upstream server), or every one for `everything`.
    ///
    /// # Errors
    /// The name is unknown.
    pub fn named(name: &str) -> Result<&'static [Self], UnknownToolset> {
        match name {
            "default" | "classic" | "all" => Ok(&Self::DEFAULT),
            "everything" => Ok(&Self::ALL),
            name => Self::NAMED
                .iter()
                .find(|toolset| toolset.as_str() == name)
                .map(std::slice::from_ref)
                .ok_or_else(|| UnknownToolset(name.to_owned())),
        }
    }

    /// Parses names separated by commas, such as `default,files`; `None` if there is none, or only
    /// `all`, which has the same meaning as none.
    ///
    /// # Errors
    /// A name is unknown. The others are not used then, because the operator expected more.
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
    fn a_name_returns_its_own_toolset() {
        for toolset in Toolset::ALL {
            assert_eq!(Toolset::named(toolset.as_str()), Ok(&[toolset][..]));
        }
    }
}

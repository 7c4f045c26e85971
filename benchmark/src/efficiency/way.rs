//! The four ways to do a task.

use std::fmt;

use backlog_mcp_hub::calls::{policy::UsualList, response_format::ResponseFormat};

use super::hub::Choice;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// With upstream's server.
    Upstream,
    /// With the hub's classic tools.
    Classic,
    /// With the hub's classic tools and `RESPONSE_FORMAT=concise`.
    Concise,
    /// With the hub's work tools.
    Work,
}

impl Way {
    pub(super) const ALL: [Self; 4] = [Self::Upstream, Self::Classic, Self::Concise, Self::Work];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Classic => "classic",
            Self::Concise => "concise",
            Self::Work => "work",
        }
    }

    /// The choice of the hub's tools; `None` for upstream's server.
    pub(super) fn hub(self) -> Option<Choice> {
        let (usual, format) = match self {
            Self::Upstream => return None,
            Self::Classic => (UsualList::Classic, ResponseFormat::Full),
            Self::Concise => (UsualList::Classic, ResponseFormat::Concise),
            Self::Work => (UsualList::Work, ResponseFormat::Full),
        };
        Some(Choice { usual, format })
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

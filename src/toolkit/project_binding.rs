//! The rule that each tool declares for the project restriction ([`projects`](crate::calls::project_guard)).
//!
//! The trait of tools has this constant without a default, so a tool without a project rule does
//! not compile.

/// How the calls of a tool relate to projects. Under every rule, all items that the inputs name are
/// checked, according to the types of the inputs ([`Entity`](crate::toolkit::entity::Entity)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProjectBinding {
    /// The inputs identify the project: a call must name a project, issue, wiki page, …, and returns
    /// nothing beyond it.
    Inputs,
    /// Nothing is checked beyond the inputs: unless they name a project, the call reads and changes
    /// no item of a project.
    SpaceWide,
    /// The tool accepts a list of projects; a call without one is narrowed to the allowed ones.
    Narrowed,
    /// The tool returns a list over all projects; only the entries of allowed ones are kept.
    Filtered(ProjectOf),
    /// The tool cannot be restricted to projects, for this reason (a clause). It is neither listed
    /// nor run if only some projects are allowed.
    Refused(&'static str),
}

/// The JSON pointer to the project of an entry in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProjectOf {
    /// A pointer to the project's key.
    Key(&'static str),
    /// A pointer to the project's id.
    Id(&'static str),
}

impl ProjectBinding {
    /// Returns why the tool cannot be used if only some projects are allowed.
    pub(crate) const fn refusal(self) -> Option<&'static str> {
        match self {
            Self::Refused(reason) => Some(reason),
            _ => None,
        }
    }
}

//! The rule that each tool declares for the project restriction ([`projects`](super::projects)).
//!
//! The trait of tools has this constant without a default, so a tool without a project rule does
//! not compile.

/// The rule that ties the calls of a tool to projects. In any case everything that the inputs of a
/// call name is checked, as their types say ([`Entity`](super::entity::Entity)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProjectBinding {
    /// Its inputs: a call must name a project, issue, wiki page, …, and returns nothing beyond
    /// it.
    Inputs,
    /// Nothing is needed: unless its inputs name a project, nothing that it takes or returns is
    /// of one.
    SpaceWide,
    /// It takes a list of projects; a call that leaves it out gets the allowed ones.
    Narrowed,
    /// It returns a list over all projects, of which only the entries of allowed ones are kept.
    Filtered(ProjectOf),
    /// It cannot keep to some projects, for this reason (a clause), and is neither offered nor
    /// run where only some are allowed.
    Refused(&'static str),
}

/// Where an entry of a list says which project it is of, as a JSON pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProjectOf {
    /// The pointer leads to the project's key.
    Key(&'static str),
    /// The pointer leads to the project's id.
    Id(&'static str),
}

impl ProjectBinding {
    /// Returns why the tool cannot be used where only some projects are allowed.
    pub const fn refusal(self) -> Option<&'static str> {
        match self {
            Self::Refused(reason) => Some(reason),
            _ => None,
        }
    }
}

//! The tools, one file per toolset.

pub(super) mod issue;
mod project;
mod space;

use super::router::Entry;

/// Every tool, in the order in which they are listed.
pub(super) fn all() -> Vec<Entry> {
    let mut tools = space::tools();
    tools.extend(project::tools());
    tools.extend(issue::tools());
    tools
}

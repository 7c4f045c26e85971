//! The tools, one file per toolset.

mod activity;
mod administration;
mod document;
mod files;
mod git;
pub(crate) mod issue;
mod members;
mod notifications;
mod project;
mod settings;
mod space;
mod webhooks;
mod wiki;

use crate::toolkit::declaration::Declaration;

/// Every tool, in the order in which they are listed.
pub(crate) fn all() -> Vec<Declaration> {
    [
        space::tools(),
        project::tools(),
        issue::tools(),
        wiki::tools(),
        git::tools(),
        document::tools(),
        notifications::tools(),
        files::tools(),
        activity::tools(),
        settings::tools(),
        members::tools(),
        webhooks::tools(),
        administration::tools(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The number of characters in the longest name of a tool.
pub(crate) fn longest_name() -> usize {
    let lengths = all().into_iter().map(|tool| tool.spec.name.len());
    lengths.max().unwrap_or_default()
}

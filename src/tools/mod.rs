//! The tools, one file per resource of Backlog: `project/status.rs` has `get_statuses`, `add_status`
//! and the others. Their toolsets and their order are in `list`.

mod activity;
mod document;
mod icon;
pub(crate) mod issue;
mod list;
mod notification;
mod project;
mod pull_request;
mod recently_viewed;
mod repository;
mod shared_file;
mod space;
mod star;
mod team;
mod upload;
mod user;
mod wiki;

pub(crate) use list::all;

/// The number of characters in the longest name of a tool.
pub(crate) fn longest_name() -> usize {
    let lengths = all().into_iter().map(|tool| tool.meta.name.len());
    lengths.max().unwrap_or_default()
}

//! The entities of a space, serialized with everything they refer to embedded.

pub(crate) mod activity;
pub(crate) mod admin;
pub(crate) mod content;
pub(crate) mod feed;
pub(crate) mod file;
mod issue;
mod notified;
pub(crate) mod star;

pub(crate) use issue::{CommentView, IssueView, RelatedIssueView};
pub(crate) use notified::notified;

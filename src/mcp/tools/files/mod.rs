//! Files: uploads, what is attached to issues, wiki pages, pull requests and documents, what
//! projects share, and pictures.

mod document;
mod icon;
mod issue;
mod pull_request;
mod shared;
mod upload;
mod wiki;

use crate::mcp::{Toolset, router::Entry};

/// The fields of an attached file.
const ATTACHMENT_FIELDS: &[&str] = &["id", "name", "size", "createdUser", "created"];

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<upload::UploadAttachment>(Toolset::Files),
        Entry::of::<issue::GetIssueAttachments>(Toolset::Files),
        Entry::of::<issue::DeleteIssueAttachment>(Toolset::Files),
        Entry::of::<issue::GetIssueSharedFiles>(Toolset::Files),
        Entry::of::<issue::AddIssueSharedFiles>(Toolset::Files),
        Entry::of::<issue::RemoveIssueSharedFile>(Toolset::Files),
        Entry::of::<wiki::GetWikiAttachments>(Toolset::Files),
        Entry::of::<wiki::GetWikiAttachment>(Toolset::Files),
        Entry::of::<wiki::AddWikiAttachments>(Toolset::Files),
        Entry::of::<wiki::DeleteWikiAttachment>(Toolset::Files),
        Entry::of::<wiki::GetWikiSharedFiles>(Toolset::Files),
        Entry::of::<wiki::AddWikiSharedFiles>(Toolset::Files),
        Entry::of::<wiki::RemoveWikiSharedFile>(Toolset::Files),
        Entry::of::<pull_request::GetPullRequestAttachments>(Toolset::Files),
        Entry::of::<pull_request::GetPullRequestAttachment>(Toolset::Files),
        Entry::of::<pull_request::DeletePullRequestAttachment>(Toolset::Files),
        Entry::of::<document::GetDocumentAttachment>(Toolset::Files),
        Entry::of::<shared::GetSharedFiles>(Toolset::Files),
        Entry::of::<shared::GetSharedFile>(Toolset::Files),
        Entry::of::<icon::GetIcon>(Toolset::Files),
    ]
}

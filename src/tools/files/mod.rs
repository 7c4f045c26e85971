//! Uploads, attachments of issues, wiki pages, pull requests and documents, shared files, and
//! icons.

mod document;
mod icon;
mod issue;
mod pull_request;
mod shared;
mod upload;
mod wiki;

use crate::toolkit::{declaration::Declaration, toolset::Toolset};

pub(super) fn tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<upload::UploadAttachment>(Toolset::Files),
        Declaration::of::<issue::GetIssueAttachments>(Toolset::Files),
        Declaration::of::<issue::DeleteIssueAttachment>(Toolset::Files),
        Declaration::of::<issue::GetIssueSharedFiles>(Toolset::Files),
        Declaration::of::<issue::AddIssueSharedFiles>(Toolset::Files),
        Declaration::of::<issue::RemoveIssueSharedFile>(Toolset::Files),
        Declaration::of::<wiki::GetWikiAttachments>(Toolset::Files),
        Declaration::of::<wiki::GetWikiAttachment>(Toolset::Files),
        Declaration::of::<wiki::AddWikiAttachments>(Toolset::Files),
        Declaration::of::<wiki::DeleteWikiAttachment>(Toolset::Files),
        Declaration::of::<wiki::GetWikiSharedFiles>(Toolset::Files),
        Declaration::of::<wiki::AddWikiSharedFiles>(Toolset::Files),
        Declaration::of::<wiki::RemoveWikiSharedFile>(Toolset::Files),
        Declaration::of::<pull_request::GetPullRequestAttachments>(Toolset::Files),
        Declaration::of::<pull_request::GetPullRequestAttachment>(Toolset::Files),
        Declaration::of::<pull_request::DeletePullRequestAttachment>(Toolset::Files),
        Declaration::of::<document::GetDocumentAttachment>(Toolset::Files),
        Declaration::of::<shared::GetSharedFiles>(Toolset::Files),
        Declaration::of::<shared::GetSharedFile>(Toolset::Files),
        Declaration::of::<icon::GetIcon>(Toolset::Files),
    ]
}

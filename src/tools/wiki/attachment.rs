//! Files attached to a wiki page, and shared files that it links to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Operation,
    toolkit::{
        file::{Format, MaxBytes, TextLength, TextOffset, View},
        inputs::{SharedFileId, UploadedFileId, WikiAttachmentId, WikiId, WikiSharedFileId},
        project_binding::ProjectBinding,
        rest::Rest,
        tool::{Access, Endpoint},
    },
    tools::files::{issue::ATTACHMENT_FIELDS, shared::SHARED_FILE_FIELDS},
};

/// Lists the files attached to a wiki page.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetWikiAttachments {
    /// Page id (get_wiki_pages)
    wiki_id: WikiId,
}

impl Endpoint for GetWikiAttachments {
    const NAME: &'static str = "get_wiki_attachments";
    const TITLE: &'static str = "List wiki attachments";
    const CALL: Operation = Operation::get("wikis/{wikiId}/attachments");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT.paged();
    const FIELDS: &'static [&'static str] = ATTACHMENT_FIELDS;
}

/// Returns a file attached to a wiki page.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetWikiAttachment {
    /// Page id (get_wiki_pages)
    wiki_id: WikiId,
    /// Id (get_wiki_attachments)
    attachment_id: WikiAttachmentId,
    #[serde(skip_serializing)]
    format: Option<Format>,
    #[serde(skip_serializing)]
    max_bytes: Option<MaxBytes>,
    #[serde(skip_serializing)]
    text_offset: Option<TextOffset>,
    #[serde(skip_serializing)]
    text_length: Option<TextLength>,
}

impl Endpoint for GetWikiAttachment {
    const NAME: &'static str = "get_wiki_attachment";
    const TITLE: &'static str = "Get wiki attachment";
    const CALL: Operation = Operation::get("wikis/{wikiId}/attachments/{attachmentId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::FILE;

    fn view(&self) -> Option<View> {
        Some(View::new(
            self.format,
            self.max_bytes,
            self.text_offset,
            self.text_length,
        ))
    }
}

/// Attaches uploaded files to a wiki page.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddWikiAttachments {
    /// Page id (get_wiki_pages)
    wiki_id: WikiId,
    /// Ids from upload_attachment
    attachment_id: Vec<UploadedFileId>,
}

impl Endpoint for AddWikiAttachments {
    const NAME: &'static str = "add_wiki_attachments";
    const TITLE: &'static str = "Attach files to wiki page";
    const CALL: Operation = Operation::post("wikis/{wikiId}/attachments");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

/// Deletes a file attached to a wiki page.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeleteWikiAttachment {
    /// Page id (get_wiki_pages)
    wiki_id: WikiId,
    /// Id (get_wiki_attachments)
    attachment_id: WikiAttachmentId,
}

impl Endpoint for DeleteWikiAttachment {
    const NAME: &'static str = "delete_wiki_attachment";
    const TITLE: &'static str = "Delete wiki attachment";
    const CALL: Operation = Operation::delete("wikis/{wikiId}/attachments/{attachmentId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

/// Lists the shared files that a wiki page links to.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetWikiSharedFiles {
    /// Page id (get_wiki_pages)
    wiki_id: WikiId,
}

impl Endpoint for GetWikiSharedFiles {
    const NAME: &'static str = "get_wiki_shared_files";
    const TITLE: &'static str = "List a wiki page's shared files";
    const CALL: Operation = Operation::get("wikis/{wikiId}/sharedFiles");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT.paged();
    const FIELDS: &'static [&'static str] = SHARED_FILE_FIELDS;
}

/// Links shared files of the project to a wiki page.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddWikiSharedFiles {
    /// Page id (get_wiki_pages)
    wiki_id: WikiId,
    /// Shared file ids (get_shared_files)
    file_id: Vec<SharedFileId>,
}

impl Endpoint for AddWikiSharedFiles {
    const NAME: &'static str = "add_wiki_shared_files";
    const TITLE: &'static str = "Link shared files to wiki page";
    const CALL: Operation = Operation::post("wikis/{wikiId}/sharedFiles");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
    const ACCESS: Access = Access::of(Self::CALL.method()).idempotent();
}

/// Removes the link of a wiki page to a shared file; the file remains.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RemoveWikiSharedFile {
    /// Page id (get_wiki_pages)
    wiki_id: WikiId,
    /// Id (get_wiki_shared_files)
    shared_file_id: WikiSharedFileId,
}

impl Endpoint for RemoveWikiSharedFile {
    const NAME: &'static str = "remove_wiki_shared_file";
    const TITLE: &'static str = "Unlink shared file from wiki page";
    const CALL: Operation = Operation::delete("wikis/{wikiId}/sharedFiles/{sharedFileId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

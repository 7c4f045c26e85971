//! The files attached to a wiki page.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    toolkit::{
        file::{Format, MaxBytes, TextLength, TextOffset, View},
        inputs::{UploadedFileId, WikiAttachmentId, WikiId},
        project_binding::ProjectBinding,
        rest::Rest,
        tool::ApiTool,
    },
    tools::upload::ATTACHMENT_FIELDS,
};

/// Lists the files attached to a wiki page.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetWikiAttachments {
    /// Page id (get_wiki_pages)
    wiki_id: WikiId,
}

impl ApiTool for GetWikiAttachments {
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
pub(in crate::tools) struct GetWikiAttachment {
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

impl ApiTool for GetWikiAttachment {
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
pub(in crate::tools) struct AddWikiAttachments {
    /// Page id (get_wiki_pages)
    wiki_id: WikiId,
    /// Ids from upload_attachment
    attachment_id: Vec<UploadedFileId>,
}

impl ApiTool for AddWikiAttachments {
    const NAME: &'static str = "add_wiki_attachments";
    const TITLE: &'static str = "Attach files to wiki page";
    const CALL: Operation = Operation::post("wikis/{wikiId}/attachments");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

/// Deletes a file attached to a wiki page.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct DeleteWikiAttachment {
    /// Page id (get_wiki_pages)
    wiki_id: WikiId,
    /// Id (get_wiki_attachments)
    attachment_id: WikiAttachmentId,
}

impl ApiTool for DeleteWikiAttachment {
    const NAME: &'static str = "delete_wiki_attachment";
    const TITLE: &'static str = "Delete wiki attachment";
    const CALL: Operation = Operation::delete("wikis/{wikiId}/attachments/{attachmentId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}

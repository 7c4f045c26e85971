//! The files in a document.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    file::{Format, MaxBytes, TextLength, TextOffset, View},
    inputs::{DocumentAttachmentId, DocumentId},
    project_binding::ProjectBinding,
    rest::Rest,
    tool::ApiTool,
};

/// Returns a file in a document.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetDocumentAttachment {
    /// Id (get_documents)
    document_id: DocumentId,
    /// Id in the attachments of the document (get_document)
    attachment_id: DocumentAttachmentId,
    #[serde(skip_serializing)]
    format: Option<Format>,
    #[serde(skip_serializing)]
    max_bytes: Option<MaxBytes>,
    #[serde(skip_serializing)]
    text_offset: Option<TextOffset>,
    #[serde(skip_serializing)]
    text_length: Option<TextLength>,
}

impl ApiTool for GetDocumentAttachment {
    const NAME: &'static str = "get_document_attachment";
    const TITLE: &'static str = "Get document attachment";
    const CALL: Operation = Operation::get("documents/{documentId}/attachments/{attachmentId}");
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

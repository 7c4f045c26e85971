//! Files in a document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Call,
    mcp::{
        inputs::{DocumentId, Integer},
        tool::Endpoint,
    },
};

/// Returns a file in a document.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetDocumentAttachment {
    /// Document id
    document_id: DocumentId,
    /// From the document's attachments (get_document)
    attachment_id: Integer,
}

impl Endpoint for GetDocumentAttachment {
    const NAME: &'static str = "get_document_attachment";
    const TITLE: &'static str = "Get document attachment";
    const CALL: Call = Call::get("documents/{documentId}/attachments/{attachmentId}");
    const IS_FILE: bool = true;
}

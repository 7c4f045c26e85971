//! Uploaded files.

use actix_web::web::Bytes;
use chrono::{DateTime, Utc};

use super::id::Id;

/// An uploaded file, attached or not.
#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    pub id: Id,
    pub name: String,
    pub bytes: Bytes,
    pub created_user: Id,
    pub created: DateTime<Utc>,
}

/// The file that a change is about.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub(crate) struct AttachmentInfo {
    pub id: Id,
    pub name: String,
}

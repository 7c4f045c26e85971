//! Uploaded files.

use actix_web::web::Bytes;
use chrono::{DateTime, Utc};

use super::id::Id;

/// A file that was uploaded: attached to something, or not yet.
#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    pub id: Id,
    pub name: String,
    pub bytes: Bytes,
    pub created_user: Id,
    pub created: DateTime<Utc>,
}

/// Which file a change is about.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub(crate) struct AttachmentInfo {
    pub id: Id,
    pub name: String,
}

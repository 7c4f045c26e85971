//! Upload links: each takes one file of a user to Backlog.

/// A file that Backlog has taken and that no issue or comment has yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedFile {
    /// Backlog's id, for `attachmentId`. Backlog attaches it once.
    pub attachment_id: i64,
    pub name: String,
    /// In bytes.
    pub size: i64,
}

/// The state of a link of a live grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadLinkState {
    Open,
    /// A file is arriving.
    InProgress,
    Used(UploadedFile),
    Expired,
}

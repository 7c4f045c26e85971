//! Content: wiki pages, documents, repositories, pull requests, files.

use std::collections::BTreeSet;

use actix_web::web::Bytes;
use chrono::{DateTime, Utc};

use super::{attachment::Attachment, id::Id, issue::Comment};

#[derive(Clone, Debug)]
pub(crate) struct Wiki {
    pub id: Id,
    pub project_id: Id,
    pub name: String,
    pub content: String,
    pub tags: Vec<Tag>,
    pub attachments: Vec<Attachment>,
    /// Ids of the project's shared files that it links to.
    pub shared_files: BTreeSet<Id>,
    pub created_user: Id,
    pub created: DateTime<Utc>,
    pub updated_user: Id,
    pub updated: DateTime<Utc>,
    /// All versions, oldest first; the last one is the current one.
    pub history: Vec<WikiVersion>,
}

impl Wiki {
    /// Sets name and text, which adds a version.
    pub(crate) fn write(&mut self, name: String, content: String, user: Id, now: DateTime<Utc>) {
        self.history.push(WikiVersion {
            name: name.clone(),
            content: content.clone(),
            created_user: user,
            created: now,
        });
        self.name = name;
        self.content = content;
        self.updated_user = user;
        self.updated = now;
    }
}

#[derive(Clone, Debug)]
pub(crate) struct WikiVersion {
    pub name: String,
    pub content: String,
    pub created_user: Id,
    pub created: DateTime<Utc>,
}

#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Tag {
    pub id: Id,
    pub name: String,
}

/// A document; its place among its siblings is its place in the state.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// 32 hexadecimal digits.
    pub id: String,
    pub project_id: Id,
    pub parent: Option<String>,
    pub title: String,
    pub plain: String,
    pub emoji: Option<String>,
    pub tags: Vec<Tag>,
    pub attachments: Vec<Attachment>,
    pub comments: Vec<DocumentComment>,
    pub created_user: Id,
    pub created: DateTime<Utc>,
    pub updated_user: Id,
    pub updated: DateTime<Utc>,
}

#[derive(Clone, Debug)]
pub(crate) struct DocumentComment {
    pub id: String,
    pub plain: String,
    pub created_user: Id,
    pub created: DateTime<Utc>,
}

#[derive(Clone, Debug)]
pub(crate) struct Repository {
    pub id: Id,
    pub project_id: Id,
    pub name: String,
    pub description: Option<String>,
    pub display_order: u32,
    pub created_user: Id,
    pub created: DateTime<Utc>,
    pub pushed_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug)]
pub(crate) struct PullRequest {
    pub id: Id,
    pub project_id: Id,
    pub repository_id: Id,
    pub number: u32,
    pub summary: String,
    pub description: String,
    pub base: String,
    pub branch: String,
    /// 1 open, 2 closed, 3 merged.
    pub status: Id,
    pub assignee: Option<Id>,
    pub issue: Option<Id>,
    pub closed: Option<DateTime<Utc>>,
    pub attachments: Vec<Attachment>,
    pub created_user: Id,
    pub created: DateTime<Utc>,
    pub updated_user: Id,
    pub updated: DateTime<Utc>,
    /// In the order written.
    pub comments: Vec<Comment>,
}

/// A shared file of a project, or a directory of them.
#[derive(Clone, Debug)]
pub(crate) struct SharedFile {
    pub id: Id,
    pub project_id: Id,
    /// Its directory; starts and ends with a slash.
    pub dir: String,
    pub name: String,
    /// `None` for a directory.
    pub bytes: Option<Bytes>,
    pub created_user: Id,
    pub created: DateTime<Utc>,
}

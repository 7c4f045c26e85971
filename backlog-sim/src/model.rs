//! The entities of a space, serialized as Backlog does where they embed nothing else. The entities
//! that refer to others by ID are serialized by `view`.

mod admin;
mod attachment;
mod content;
mod custom_field;
mod feed;
mod id;
mod issue;
mod project;
mod space;

pub(crate) use admin::{SpaceNotice, Team, Thing, Viewed, Webhook};
pub(crate) use attachment::{Attachment, AttachmentInfo};
pub(crate) use content::{
    Document, DocumentComment, PullRequest, Repository, SharedFile, Tag, Wiki, WikiVersion,
};
pub(crate) use custom_field::{
    CustomField, FieldItem, FieldSettings, FieldType, FieldValue, InitialDate,
};
pub(crate) use feed::{
    Activity, ActivityKind, Notification, Reason, Star, Starred, Subject, Watching,
};
pub use id::Id;
pub(crate) use issue::{AttributeInfo, Change, Comment, Issue};
pub(crate) use project::{Category, IssueType, Project, ProjectRecord, Status, Version};
pub use space::User;
pub(crate) use space::{Master, NulabAccount, PRIORITIES, RESOLUTIONS, Space};

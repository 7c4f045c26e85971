//! Ids, numbers and texts that name one entity, as Backlog writes them.
//!
//! Each says in its schema which entity that is. None has a description: the field that uses the
//! type has it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::plain::Integer;
use crate::toolkit::{
    entity::{ENTITY, Entity},
    input_kind::{Mark, READ},
};

macro_rules! ids {
    ($($type:ident: $entity:ident),+ $(,)?) => {$(
        #[derive(Clone, Copy, Debug, Deserialize, Serialize)]
        #[serde(transparent)]
        pub(crate) struct $type(Integer);

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "number", READ: Mark::Integer, ENTITY: Entity::$entity})
            }
        }
    )+};
}

macro_rules! texts {
    ($($type:ident: $entity:ident $(as $mark:ident)?),+ $(,)?) => {$(
        #[derive(Clone, Debug, Deserialize, Serialize)]
        #[serde(transparent)]
        pub(crate) struct $type(String);

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    $(READ: Mark::$mark,)?
                    ENTITY: Entity::$entity
                })
            }
        }
    )+};
}

ids!(
    ActivityId: Activity,
    DocumentAttachmentId: DocumentAttachment,
    IssueAttachmentId: IssueAttachment,
    IssueCommentId: IssueComment,
    IssueSharedFileId: IssueSharedFile,
    ListedIssueId: ListedIssue,
    NotificationId: Notification,
    PageBound: PageBound,
    PullRequestAttachmentId: PullRequestAttachment,
    PullRequestCommentId: PullRequestComment,
    PullRequestNumber: PullRequest,
    SharedFileId: SharedFile,
    StarId: Star,
    StarredId: StarredThing,
    UploadedFileId: UploadedFile,
    UserId: User,
    WatchingId: Watching,
    WebhookId: Webhook,
    WikiAttachmentId: WikiAttachment,
    WikiSharedFileId: WikiSharedFile,
);

texts!(
    AddedProjectKey: AddedProjectKey,
    ChangedProjectKey: ChangedProjectKey,
    DocumentId: Document as Document,
    HookUrl: ExternalUrl,
    SharedDirectory: SharedDirectory,
);

macro_rules! get {
    ($($type:ident),+) => {$(
        impl $type {
            pub(crate) fn get(self) -> i64 {
                self.0.get()
            }
        }
    )+};
}

get!(NotificationId, StarredId, WatchingId);

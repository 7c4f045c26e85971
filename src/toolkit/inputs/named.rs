//! Ids that callers may also give as names. These types hold numbers only, because the names are
//! resolved earlier ([`names`](crate::calls::name_lookup)).

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::plain::Integer;
use crate::toolkit::{
    entity::{ENTITY, Entity},
    name_kind::{KEYWORD, NameKind},
};

macro_rules! named {
    ($($type:ident: $kind:ident, $entity:ident;)+) => {$(
        #[derive(Clone, Copy, Debug, Deserialize, Serialize)]
        #[serde(transparent)]
        pub(crate) struct $type(Integer);

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": ["number", "string"],
                    KEYWORD: NameKind::$kind,
                    ENTITY: Entity::$entity
                })
            }
        }
    )+};
}

// Each row has the type, the list in which a name is looked up, and the entity that it names.
named! {
    Project: Project, Project;
    Issue: Issue, Issue;
    RelatedIssue: Issue, RelatedIssue;
    User: User, User;
    SpaceUser: SpaceUser, User;
    Priority: Priority, Priority;
    Resolution: Resolution, Resolution;
    IssueType: IssueType, IssueType;
    Status: Status, Status;
    Category: Category, Category;
    Version: Version, Version;
    PullRequestStatus: PullRequestStatus, PullRequestStatus;
    CustomField: CustomField, CustomField;
    CustomFieldItem: CustomFieldItem, CustomFieldItem;
    Team: Team, Team;
}

impl CustomField {
    pub(crate) fn get(self) -> i64 {
        self.0.get()
    }
}

//! A space, its users, and the lists that every project shares.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::id::Id;
use crate::wire::{optional_timestamp, timestamp};

#[expect(clippy::struct_field_names, reason = "Backlog names the fields")]
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Space {
    pub space_key: String,
    pub name: String,
    pub owner_id: Id,
    pub lang: &'static str,
    pub timezone: &'static str,
    pub report_send_time: &'static str,
    pub text_formatting_rule: &'static str,
    #[serde(serialize_with = "timestamp")]
    pub created: DateTime<Utc>,
    #[serde(serialize_with = "timestamp")]
    pub updated: DateTime<Utc>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: Id,
    pub user_id: String,
    pub name: String,
    /// 1 administrator, 2 member, 3 may only add issues, 4 may only read.
    pub role_type: u8,
    pub lang: Option<&'static str>,
    pub nulab_account: Option<NulabAccount>,
    pub mail_address: Option<String>,
    #[serde(serialize_with = "optional_timestamp")]
    pub last_login_time: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NulabAccount {
    pub nulab_id: String,
    pub name: String,
    pub unique_id: String,
}

/// A priority or a resolution, the same in every project.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Master {
    pub id: Id,
    pub name: &'static str,
}

pub(crate) const PRIORITIES: [Master; 3] = [
    Master {
        id: 2,
        name: "High",
    },
    Master {
        id: 3,
        name: "Normal",
    },
    Master { id: 4, name: "Low" },
];

/// 0 is a valid id.
pub(crate) const RESOLUTIONS: [Master; 5] = [
    Master {
        id: 0,
        name: "Fixed",
    },
    Master {
        id: 1,
        name: "Won't Fix",
    },
    Master {
        id: 2,
        name: "Invalid",
    },
    Master {
        id: 3,
        name: "Duplication",
    },
    Master {
        id: 4,
        name: "Cannot Reproduce",
    },
];

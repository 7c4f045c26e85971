//! The space and its users.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Call,
    mcp::{Toolset, router::Entry, tool::Endpoint},
};

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<GetSpace>(Toolset::Space),
        Entry::of::<GetUsers>(Toolset::Space),
        Entry::of::<GetMyself>(Toolset::Space),
    ]
}

/// Returns the Backlog space: its key, name, language and time zone.
#[derive(Deserialize, Serialize, JsonSchema)]
struct GetSpace {}

impl Endpoint for GetSpace {
    const NAME: &'static str = "get_space";
    const TITLE: &'static str = "Get space";
    const CALL: Call = Call::get("space");
}

/// Lists the users of the space.
#[derive(Deserialize, Serialize, JsonSchema)]
struct GetUsers {}

impl Endpoint for GetUsers {
    const NAME: &'static str = "get_users";
    const TITLE: &'static str = "List users";
    const CALL: Call = Call::get("users");
}

/// Returns the Backlog user that these tools act as.
#[derive(Deserialize, Serialize, JsonSchema)]
struct GetMyself {}

impl Endpoint for GetMyself {
    const NAME: &'static str = "get_myself";
    const TITLE: &'static str = "Get signed-in user";
    const CALL: Call = Call::get("users/myself");
}

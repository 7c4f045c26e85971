//! What a space leaves of the access that a client requests.

use oauth_values::Scopes;

use super::AppState;
use crate::{
    calls::policy::{Policy, ToolsetLimit},
    domain::Space,
};

/// The limits that operators have set for a space.
pub(super) fn policy_of(space: &Space) -> Policy {
    Policy {
        read_only: space.read_only,
        toolsets: space
            .toolsets
            .as_ref()
            .map(|names| ToolsetLimit::named(names.iter().map(String::as_str))),
        projects: space
            .allowed_projects
            .as_ref()
            .map(|keys| keys.iter().cloned().collect()),
        ..Policy::default()
    }
}

/// The requested scopes that the limits of the hub and of the space leave: those that some
/// operation within the limits needs.
pub(super) fn within(hub: &AppState, space: &Space, requested: Scopes) -> Scopes {
    let limits = hub.policy.narrowed_by(&policy_of(space));
    requested.intersection(hub.scopes_in_use.within(&limits))
}

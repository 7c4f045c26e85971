//! What a space leaves of the access that a client requests.

use oauth_values::Scopes;

use super::AppState;
use crate::{
    calls::{policy::Policy, usable_scopes::usable_scopes},
    domain::Space,
};

/// The requested scopes that the limits of the hub and of the space leave: those that some tool
/// within the limits needs.
pub(super) fn within(hub: &AppState, space: &Space, requested: Scopes) -> Scopes {
    let limits = hub.policy.narrowed_by(&Policy::of_space(space));
    leave(hub, &limits, requested)
}

/// As [`within`], where the space is not known yet.
pub(super) fn within_hub(hub: &AppState, requested: Scopes) -> Scopes {
    leave(hub, &hub.policy, requested)
}

fn leave(hub: &AppState, limits: &Policy, requested: Scopes) -> Scopes {
    let usable = usable_scopes(&hub.known_tools, limits);
    requested.intersection(usable).effective()
}

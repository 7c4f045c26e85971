//! Whether a caller may make a call at all.

use crate::{
    calls::{
        call_outcome::CallOutcome,
        caller::{AuthChallenge, Caller},
        policy::Denied,
        registered_tool::RegisteredTool,
        services::Services,
    },
    domain::audit_event::ToolOutcome,
};

/// A call that ended before any request to Backlog.
pub(super) struct Stopped {
    pub outcome: ToolOutcome,
    pub called: CallOutcome,
}

impl Stopped {
    pub(super) fn invalid(called: CallOutcome) -> Self {
        Self {
            outcome: ToolOutcome::InvalidArguments,
            called,
        }
    }

    /// The policy forbids the call.
    pub(super) fn denied(
        services: &Services,
        (entry, caller): (&RegisteredTool, &Caller),
        denied: Denied,
    ) -> Self {
        let text = format!("{} cannot be used: {denied}.", entry.meta.name);
        Self {
            outcome: ToolOutcome::Denied,
            called: failed(services, (entry, caller), &text),
        }
    }
}

/// Checks the policy and the scopes. The policy is checked first, because a new sign-in does not
/// change it.
pub(super) fn authorize(
    services: &Services,
    entry: &RegisteredTool,
    caller: &Caller,
) -> Result<(), Stopped> {
    let allowed = caller.policy.check(&entry.meta);
    allowed.map_err(|denied| Stopped::denied(services, (entry, caller), denied))?;
    authorize_scopes(services, entry, caller)
}

/// As [`authorize`], for the operation of a work tool.
pub(super) fn authorize_operation(
    services: &Services,
    entry: &RegisteredTool,
    caller: &Caller,
) -> Result<(), Stopped> {
    let allowed = caller.policy.check_operation(&entry.meta);
    allowed.map_err(|denied| Stopped::denied(services, (entry, caller), denied))?;
    authorize_scopes(services, entry, caller)
}

/// Checks the operations that a work tool cannot do without: of each group one is enough. Only a
/// missing scope is a challenge.
pub(super) fn authorize_needs(
    services: &Services,
    entry: &RegisteredTool,
    caller: &Caller,
) -> Result<(), Stopped> {
    let registry = services.registry();
    for group in entry.needs() {
        let operations = group.iter().filter_map(|name| registry.own(name));
        let mut allowed =
            operations.filter(|tool| caller.policy.check_operation(&tool.meta).is_ok());
        let Some(first) = allowed.next() else {
            let text = format!(
                "{} cannot be used: this connection leaves out the operations that it needs.",
                entry.meta.name
            );
            return Err(Stopped {
                outcome: ToolOutcome::Denied,
                called: failed(services, (entry, caller), &text),
            });
        };
        if !allowed.any(|tool| tool.is_allowed_operation(caller)) {
            authorize_scopes(services, first, caller)?;
        }
    }
    Ok(())
}

/// The challenge names the scopes of this tool alone, because clients add them to those that they
/// have (RFC 6750 §3.1).
fn authorize_scopes(
    services: &Services,
    entry: &RegisteredTool,
    caller: &Caller,
) -> Result<(), Stopped> {
    let (name, scopes) = (entry.meta.name, entry.meta.scopes());
    if caller.scopes.contains_all(scopes) {
        return Ok(());
    }
    let challenge = AuthChallenge::InsufficientScope(scopes);
    caller.challenge.set(challenge);
    let text = format!("{name} needs the scope {scopes}; connect again and allow it.");
    Err(Stopped {
        outcome: ToolOutcome::InsufficientScope,
        called: failed(services, (entry, caller), &text),
    })
}

/// A text about a tool, which keeps its name there.
fn failed(
    services: &Services,
    (entry, caller): (&RegisteredTool, &Caller),
    text: &str,
) -> CallOutcome {
    let registry = services.registry();
    CallOutcome::Failed(registry.advise(text, caller, entry.meta.name))
}

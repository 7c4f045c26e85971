//! The scopes that calls within some limits can need.

use oauth_values::Scopes;

use super::{policy::Policy, registry};
use crate::toolkit::tool::ToolMeta;

/// The facts about every operation.
pub struct ScopesInUse {
    operations: Vec<ToolMeta>,
}

impl Default for ScopesInUse {
    fn default() -> Self {
        let tools = registry::all().into_iter();
        Self {
            operations: tools.map(|tool| tool.meta).collect(),
        }
    }
}

impl ScopesInUse {
    /// The scopes of the operations that the policy allows.
    pub fn within(&self, policy: &Policy) -> Scopes {
        let allowed = self.operations.iter();
        allowed
            .filter(|tool| policy.check_operation(tool).is_ok())
            .map(|tool| tool.effect.scope())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use oauth_values::Scope;

    use super::*;
    use crate::toolkit::toolset::Toolset;

    #[test]
    fn limits_leave_the_scopes_that_their_operations_need() {
        let scopes = ScopesInUse::default();
        let read = Scopes::from_iter([Scope::Read]);
        let of = |toolset: Toolset| Policy {
            toolsets: Some([toolset].into()),
            ..Policy::default()
        };
        let read_only = Policy {
            read_only: true,
            ..Policy::default()
        };
        assert_eq!(scopes.within(&Policy::default()), Scopes::all());
        assert_eq!(scopes.within(&read_only), read);
        assert_eq!(scopes.within(&of(Toolset::Work)), Scopes::all());
        assert!(scopes.within(&of(Toolset::Issue)).contains(Scope::Write));
        let nothing = Policy {
            toolsets: Some(std::iter::empty().collect()),
            ..Policy::default()
        };
        assert_eq!(scopes.within(&nothing), Scopes::NONE);
    }
}

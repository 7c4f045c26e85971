//! The scopes that are of any use where a policy applies.

use oauth_values::{Scope, Scopes};

use super::{
    known_tools::{KnownTool, KnownTools},
    policy::Policy,
};
use crate::toolkit::toolset::Toolset;

/// The scopes of the tools that the policy allows.
pub(crate) fn usable_scopes(tools: &KnownTools, policy: &Policy) -> Scopes {
    let allowed = tools.all().filter(|tool| policy.check(&tool.meta).is_ok());
    allowed.fold(Scopes::NONE, |scopes, tool| {
        scopes.union(scopes_of(tool, tools, policy))
    })
}

/// The scopes of a tool and of the operations that it needs; none, if the policy leaves too few of
/// those.
fn scopes_of(tool: &KnownTool, tools: &KnownTools, policy: &Policy) -> Scopes {
    let mut scopes = tool.meta.scopes();
    if tool.meta.toolset == Toolset::Work {
        // It also reads what it is about.
        scopes = scopes.union([Scope::Read].into_iter().collect());
    }
    for group in tool.needs {
        let operations = group.iter().filter_map(|name| tools.get(name));
        let allowed = operations.filter(|tool| policy.check_operation(&tool.meta).is_ok());
        let of_group = allowed.fold(Scopes::NONE, |all, tool| all.union(tool.meta.scopes()));
        if of_group.is_empty() {
            return Scopes::NONE;
        }
        scopes = scopes.union(of_group);
    }
    scopes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::{
        policy::{ToolLimit, UsualList},
        prefix::ToolPrefix,
    };

    #[test]
    fn limits_leave_the_scopes_that_their_tools_need() {
        let tools = KnownTools::new(&ToolPrefix::default());
        let usual = || Policy {
            usual: Some(UsualList::Work),
            ..Policy::default()
        };
        let within = |policy: &Policy| usable_scopes(&tools, policy);
        let read = Scopes::from_iter([Scope::Read]);
        let of = |toolsets: &[Toolset]| Policy {
            toolsets: Some(toolsets.iter().copied().collect()),
            ..usual()
        };
        let named = |names: &[&str]| Policy {
            tools: ToolLimit::only(names.iter().copied()),
            ..usual()
        };
        let read_only = Policy {
            read_only: true,
            ..usual()
        };
        assert_eq!(within(&usual()), Scopes::all());
        assert_eq!(within(&read_only), read);
        assert_eq!(within(&of(&[Toolset::Work])), Scopes::all());
        assert!(within(&of(&[Toolset::Issue])).contains(Scope::Write));
        assert_eq!(within(&of(&[])), Scopes::NONE);
        assert_eq!(within(&named(&["get_issue"])), read);

        // A work tool needs the scopes of its operations, and is of no use without them.
        let both = Scopes::from_iter([Scope::Read, Scope::Write]);
        for tool in ["change_issues", "create_issues", "comment", "edit_page"] {
            assert_eq!(within(&named(&[tool])), both, "{tool}");
        }
        assert_eq!(within(&of(&[Toolset::Work, Toolset::Space])), read);
        let excluded = Policy {
            tools: ToolLimit::only(["change_issues"]).without(["update_issue"]),
            ..usual()
        };
        assert_eq!(within(&excluded), Scopes::NONE);
        let upload = Policy {
            tools: ToolLimit::only(["create_upload_link"]).without(["upload_attachment"]),
            ..usual()
        };
        assert_eq!(within(&upload), Scopes::NONE);
    }
}

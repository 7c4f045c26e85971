//! Scopes: what a grant permits a client to do (RFC 6749 §3.3).

use std::fmt;

/// One permission of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Tools that only read.
    Read,
    /// Tools that change something in Backlog.
    Write,
    /// Changes that remove something; only with [`Self::Write`].
    Delete,
    /// Changes of settings, members and webhooks; only with [`Self::Write`].
    Admin,
}

impl Scope {
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Delete, Self::Admin];

    /// The scopes that add to [`Self::Write`], and that a user chooses one by one.
    pub const LEVELS: [Self; 2] = [Self::Delete, Self::Admin];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "backlog:read",
            Self::Write => "backlog:write",
            Self::Delete => "backlog:delete",
            Self::Admin => "backlog:admin",
        }
    }

    fn from_token(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == token)
    }

    fn bit(self) -> u8 {
        match self {
            Self::Read => 1,
            Self::Write => 2,
            Self::Delete => 4,
            Self::Admin => 8,
        }
    }
}

/// A set of [`Scope`]s, written as a space-separated list.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Scopes(u8);

impl Scopes {
    pub const NONE: Self = Self(0);

    /// All scopes that the hub can grant; also the default of a request that names none.
    pub fn all() -> Self {
        Scope::ALL.into_iter().collect()
    }

    /// Parses a `scope` parameter. Unknown names are dropped, because clients routinely send names
    /// of other servers (`offline_access`, `openid`).
    pub fn parse(list: &str) -> Self {
        list.split_ascii_whitespace()
            .filter_map(Scope::from_token)
            .collect()
    }

    /// Parses an optional `scope` parameter (RFC 6749 §3.3). The result is never empty, because an
    /// empty grant breaks clients.
    ///
    /// | it names | result |
    /// |---|---|
    /// | nothing, or only scopes of OpenID Connect | all |
    /// | scopes of the hub | those; levels only with `backlog:write` |
    /// | only other scopes | `backlog:read` |
    pub fn requested(list: Option<&str>) -> Self {
        let list = list.unwrap_or_default();
        match Self::parse(list).effective() {
            Self::NONE if list.split_ascii_whitespace().all(asks_for_nothing) => Self::all(),
            Self::NONE => [Scope::Read].into_iter().collect(),
            scopes => scopes,
        }
    }

    pub fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    pub fn contains_all(self, others: Self) -> bool {
        self.intersection(others) == others
    }

    /// The scopes without levels that lack [`Scope::Write`], which they add to.
    #[must_use]
    pub fn effective(self) -> Self {
        match self.contains(Scope::Write) {
            true => self,
            false => self.base(),
        }
    }

    /// Reading and writing.
    #[must_use]
    pub fn base(self) -> Self {
        self.intersection([Scope::Read, Scope::Write].into_iter().collect())
    }

    /// Those of [`Scope::LEVELS`].
    #[must_use]
    pub fn levels(self) -> Self {
        self.intersection(Scope::LEVELS.into_iter().collect())
    }

    /// Adds every level to [`Scope::Write`]: what it meant before there were levels.
    #[must_use]
    pub fn with_levels(self) -> Self {
        self.union(Scope::LEVELS.into_iter().collect()).effective()
    }

    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |s| self.contains(*s))
    }
}

/// Whether a scope requests no access to the hub: clients send these to any server.
fn asks_for_nothing(name: &str) -> bool {
    matches!(
        name,
        "openid" | "profile" | "email" | "address" | "phone" | "offline_access"
    )
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scopes({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*, sample::subsequence};

    use super::*;

    const EVERY: &str = "backlog:read backlog:write backlog:delete backlog:admin";

    fn any_scopes() -> impl Strategy<Value = Scopes> {
        subsequence(Scope::ALL.to_vec(), 0..=Scope::ALL.len())
            .prop_map(|scopes| scopes.into_iter().collect())
    }

    /// A name of the hub, one that clients routinely send, or any valid scope.
    fn any_name() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("backlog:read".to_owned()),
            Just("backlog:write".to_owned()),
            Just("backlog:delete".to_owned()),
            "offline_access|openid|BACKLOG:READ|backlog|backlog:read:write",
            "[!#-\\[\\]-~]{1,20}",
        ]
    }

    proptest! {
        #[test]
        fn written_scopes_are_parsed(scopes in any_scopes()) {
            prop_assert_eq!(Scopes::parse(&scopes.to_string()), scopes);
        }

        #[test]
        fn unknown_names_are_dropped_and_order_and_repetition_do_not_matter(
            names in vec(any_name(), 0..8),
        ) {
            let scopes = Scopes::parse(&names.join(" "));
            for scope in Scope::ALL {
                let is_named = names.iter().any(|name| name == scope.as_str());
                prop_assert_eq!(scopes.contains(scope), is_named);
            }
        }

        #[test]
        fn levels_add_to_writing_only(scopes in any_scopes()) {
            let effective = scopes.effective();
            let writes = scopes.contains(Scope::Write);
            prop_assert_eq!(effective.base(), scopes.base());
            prop_assert_eq!(!effective.levels().is_empty(), writes && !scopes.levels().is_empty());
            prop_assert_eq!(scopes.base().union(scopes.levels()), scopes);
            prop_assert_eq!(scopes.with_levels().levels().is_empty(), !writes);
            prop_assert!(scopes.contains_all(effective));
        }

        #[test]
        fn they_intersect_as_sets_do(
            one in any_scopes(),
            other in any_scopes(),
        ) {
            let both = one.intersection(other);
            for scope in Scope::ALL {
                let in_both = one.contains(scope) && other.contains(scope);
                prop_assert_eq!(both.contains(scope), in_both);
            }
            prop_assert_eq!(both, other.intersection(one));
            prop_assert_eq!(one.is_empty(), one.iter().next().is_none());
        }

        #[test]
        fn a_request_never_gets_an_empty_grant(
            text in option::of(any::<String>()),
            names in vec(any_name(), 0..4),
        ) {
            prop_assert!(!Scopes::requested(text.as_deref()).is_empty());
            let list = names.join(" ");
            let named = Scopes::parse(&list).effective();
            let is_habit = |name: &String| name == "openid" || name == "offline_access";
            let expected = match named.is_empty() {
                false => named,
                true if names.iter().all(is_habit) => Scopes::all(),
                true => Scopes::parse("backlog:read"),
            };
            prop_assert_eq!(Scopes::requested(Some(&list)), expected);
        }
    }

    #[test]
    fn scopes_of_other_servers_give_the_least() {
        for (list, expected) in [
            (None, EVERY),
            (Some(""), EVERY),
            (Some("openid email profile"), EVERY),
            (Some("backlog:admin"), "backlog:read"),
            (Some("backlog:read backlog:delete"), "backlog:read"),
            (
                Some("backlog:write backlog:delete"),
                "backlog:write backlog:delete",
            ),
            (Some("openid mcp:tools"), "backlog:read"),
            (Some("mcp:tools backlog:write"), "backlog:write"),
        ] {
            assert_eq!(Scopes::requested(list).to_string(), expected, "{list:?}");
        }
    }
}

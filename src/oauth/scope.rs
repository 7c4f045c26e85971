//! What a grant lets a client do (RFC 6749 §3.3).

use std::fmt;

/// One permission of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Tools that only read.
    Read,
    /// Tools that change something in Backlog.
    Write,
}

impl Scope {
    pub const ALL: [Self; 2] = [Self::Read, Self::Write];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "backlog:read",
            Self::Write => "backlog:write",
        }
    }

    fn from_token(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == token)
    }

    fn bit(self) -> u8 {
        match self {
            Self::Read => 1,
            Self::Write => 2,
        }
    }
}

/// A set of [`Scope`]s, written as a space-separated list.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Scopes(u8);

impl Scopes {
    pub const NONE: Self = Self(0);

    /// Everything the hub can grant; also what a request without a scope gets.
    pub fn all() -> Self {
        Scope::ALL.into_iter().collect()
    }

    /// Reads a `scope` parameter. Unknown names are narrowed away: clients send
    /// names of other servers (`offline_access`, `openid`) out of habit.
    pub fn parse(list: &str) -> Self {
        list.split_ascii_whitespace()
            .filter_map(Scope::from_token)
            .collect()
    }

    /// Reads a `scope` parameter of a request that may lack one; a request that
    /// names no scope of ours gets the default, because an empty grant breaks clients.
    pub fn requested(list: Option<&str>) -> Self {
        match list.map(Self::parse) {
            None | Some(Self::NONE) => Self::all(),
            Some(scopes) => scopes,
        }
    }

    pub fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    pub fn is_subset_of(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |s| self.contains(*s))
    }
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

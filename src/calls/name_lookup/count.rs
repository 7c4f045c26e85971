//! Counts the names in the arguments of a call, which are limited.

use std::{iter::Sum, ops::Add};

use serde_json::Value;

use super::id::id_of;

/// The number of names and elements to look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub names: usize,
    /// All elements, including names.
    pub elements: usize,
}

impl Count {
    pub(super) const NAME: Self = Self {
        names: 1,
        elements: 1,
    };
    pub(super) const OTHER: Self = Self {
        names: 0,
        elements: 1,
    };

    /// Counts a value, including the elements of its lists.
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Array(items) => items.iter().map(Self::of).sum(),
            Value::String(text) if id_of(text).is_none() => Self::NAME,
            _ => Self::OTHER,
        }
    }
}

impl Add for Count {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            names: self.names + other.names,
            elements: self.elements + other.elements,
        }
    }
}

impl Sum for Count {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Self::add)
    }
}

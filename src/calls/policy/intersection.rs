//! The intersection of limits.

use std::collections::BTreeSet;

/// The intersection of two limits; `None` is no limit.
pub(super) fn both<T: Clone + Ord>(
    ours: Option<&BTreeSet<T>>,
    theirs: Option<&BTreeSet<T>>,
) -> Option<BTreeSet<T>> {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => Some(ours & theirs),
        (Some(one), None) | (None, Some(one)) => Some(one.clone()),
        (None, None) => None,
    }
}

//! Lists as JSON, built once for all callers with the same permissions.
//!
//! Lists for requests that name toolsets or tools are kept apart: there are countless such choices, and
//! they must not replace the lists that most callers get.

use bytes::Bytes;
use moka::sync::Cache;
use oauth_values::Scopes;
use rmcp::model::{CacheScope, ListToolsResult, ServerResult};

use crate::calls::{caller::Caller, policy::Policy, registry::Registry};

/// How long a client may keep a list, in milliseconds.
pub(super) const TTL_MS: u64 = 300_000;
/// The maximum number of cached results, at most 50 kB each, for requests that name neither toolsets nor
/// tools.
const KEPT: u64 = 256;
/// The same for requests that do. Those used most stay.
const KEPT_FOR_NAMES: u64 = 64;

/// A method with a result that depends on the permissions of its caller alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Listing {
    /// `tools/list`
    Tools,
    /// `prompts/list`
    Prompts,
    /// `server/discover`, which is the same for every caller.
    Description,
}

/// The permissions that a list is for, and whether it has a `resultType`.
pub(super) type Key = (Listing, bool, Scopes, Policy);

/// The cached results; clones share them.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    usual: Cache<Key, Bytes>,
    for_names: Cache<Key, Bytes>,
}

impl Default for Prepared {
    fn default() -> Self {
        Self {
            usual: Cache::new(KEPT),
            for_names: Cache::new(KEPT_FOR_NAMES),
        }
    }
}

impl Prepared {
    /// Returns the cached result, or the one that `make` returns. Two callers may make the same one, and
    /// nobody waits for another's.
    pub(super) fn get(&self, key: Key, make: impl FnOnce() -> ServerResult) -> Option<Bytes> {
        let (.., policy) = &key;
        let kept = match policy.names_chosen {
            true => &self.for_names,
            false => &self.usual,
        };
        let found = kept.get(&key);
        if found.is_some() {
            return found;
        }
        let mut result = make();
        let typed = key.1;
        if !typed {
            result.strip_result_type_for_legacy_peer();
        }
        let json = Bytes::from(serde_json::to_vec(&result).ok()?);
        kept.insert(key, json.clone());
        Some(json)
    }
}

/// Returns the list of a caller. Its cache scope is private, because it depends on the caller's
/// scopes.
pub(super) fn tools(registry: &Registry, caller: &Caller) -> ListToolsResult {
    ListToolsResult::with_all_items(registry.listed_for(caller))
        .with_ttl_ms(TTL_MS)
        .with_cache_scope(CacheScope::Private)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::calls::policy::ToolLimit;

    #[test]
    fn lists_for_names_of_requests_leave_the_usual_ones_kept() {
        let prepared = Prepared::default();
        let made = Cell::new(0);
        let get = |policy: Policy| {
            let make = || {
                made.set(made.get() + 1);
                ServerResult::ListToolsResult(ListToolsResult::with_all_items(Vec::new()))
            };
            let list = prepared.get((Listing::Tools, true, Scopes::all(), policy), make);
            assert!(list.is_some());
        };
        // An operator may name tools as well.
        let of_operator = || Policy {
            tools: ToolLimit::only(["get_issue"]),
            ..Policy::default()
        };
        get(Policy::default());
        get(of_operator());
        for number in 0..1_000 {
            get(Policy {
                tools: ToolLimit::only([format!("tool_{number}")]),
                names_chosen: true,
                ..Policy::default()
            });
        }
        assert_eq!(made.get(), 1_002);
        get(Policy::default());
        get(of_operator());
        assert_eq!(made.get(), 1_002, "both are kept");
        prepared.for_names.run_pending_tasks();
        assert!(prepared.for_names.entry_count() <= KEPT_FOR_NAMES);
    }
}

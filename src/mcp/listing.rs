//! Lists as JSON, built once for all callers with the same permissions.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use oauth_values::Scopes;
use rmcp::model::{CacheScope, ListToolsResult, ServerResult};

use crate::calls::{caller::Caller, policy::Policy, registry::Registry};

/// How long a client may keep a list, in milliseconds.
pub(super) const TTL_MS: u64 = 300_000;
/// The maximum number of cached results, at most 50 kB each. A request can choose any set of
/// toolsets.
const KEPT: usize = 64;

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
#[derive(Clone, Debug, Default)]
pub(super) struct Prepared(Arc<Mutex<HashMap<Key, Bytes>>>);

impl Prepared {
    /// Returns the cached result, or the one that `make` returns. The lock is not held while it is made:
    /// two callers may make the same one, and nobody waits for another's.
    pub(super) fn get(&self, key: Key, make: impl FnOnce() -> ServerResult) -> Option<Bytes> {
        let found = self.kept().get(&key).cloned();
        if found.is_some() {
            return found;
        }
        let mut result = make();
        let typed = key.1;
        if !typed {
            result.strip_result_type_for_legacy_peer();
        }
        let json = Bytes::from(serde_json::to_vec(&result).ok()?);
        let mut kept = self.kept();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, json.clone());
        Some(json)
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Key, Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the list of a caller. Its cache scope is private, because it depends on the caller's
/// scopes.
pub(super) fn tools(registry: &Registry, caller: &Caller) -> ListToolsResult {
    ListToolsResult::with_all_items(registry.listed_for(caller))
        .with_ttl_ms(TTL_MS)
        .with_cache_scope(CacheScope::Private)
}

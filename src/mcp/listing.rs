//! Lists of tools as JSON, built once for all callers with the same permissions.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use oauth_values::Scopes;
use rmcp::model::{CacheScope, ListToolsResult, ServerResult};

use crate::calls::{caller::Caller, policy::Policy, registry::Registry};

/// How long a client may keep the list, in milliseconds.
pub(super) const TTL_MS: u64 = 300_000;
/// The maximum number of cached lists, 50 kB each. A request can choose any set of toolsets.
const KEPT: usize = 64;

/// The cached lists; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Listings(Arc<Mutex<HashMap<(Scopes, Policy), Bytes>>>);

impl Listings {
    /// Returns the result of `tools/list` for a client of a protocol version with a handshake. It
    /// is `None` only if the list cannot be serialized, which does not happen.
    pub(super) fn get(&self, registry: &Registry, caller: &Caller) -> Option<Bytes> {
        // Which tools are listed depends on whether projects are restricted, not on their keys.
        let policy = Policy {
            projects: caller.policy.projects.as_ref().map(|_| BTreeSet::new()),
            ..caller.policy.clone()
        };
        let key = (caller.scopes, policy);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(list) = kept.get(&key) {
            return Some(list.clone());
        }
        let mut result = ServerResult::ListToolsResult(result(registry, caller));
        // The protocol's library strips it for these protocol versions.
        result.strip_result_type_for_legacy_peer();
        let list = Bytes::from(serde_json::to_vec(&result).ok()?);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, list.clone());
        Some(list)
    }
}

/// Returns the list of a caller. Its cache scope is private, because it depends on the caller's
/// scopes.
pub(super) fn result(registry: &Registry, caller: &Caller) -> ListToolsResult {
    ListToolsResult::with_all_items(registry.listed_for(caller))
        .with_ttl_ms(TTL_MS)
        .with_cache_scope(CacheScope::Private)
}

//! Lists of tools as JSON, made once for all callers who may use the same.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use rmcp::model::{CacheScope, ListToolsResult, ServerResult};

use super::{Caller, Policy, router::Table};
use crate::oauth::Scopes;

/// How long a client may keep the list, in milliseconds.
pub(super) const TTL_MS: u64 = 300_000;
/// How many are kept, at 50 kB each; a request can ask for any set of toolsets.
const KEPT: usize = 64;

/// Prepared lists; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Listings(Arc<Mutex<HashMap<(Scopes, Policy), Bytes>>>);

impl Listings {
    /// The result of `tools/list` for a client of a revision with a handshake; `None` if it
    /// cannot be written, which does not happen.
    pub fn get(&self, table: &Table, caller: &Caller) -> Option<Bytes> {
        let key = (caller.scopes, caller.policy.clone());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(list) = kept.get(&key) {
            return Some(list.clone());
        }
        let mut result = ServerResult::ListToolsResult(result(table, caller));
        // As the protocol's library does it for these revisions.
        result.strip_result_type_for_legacy_peer();
        let list = Bytes::from(serde_json::to_vec(&result).ok()?);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, list.clone());
        Some(list)
    }
}

/// The list of a caller. Private, because it depends on the caller's scopes.
pub(super) fn result(table: &Table, caller: &Caller) -> ListToolsResult {
    ListToolsResult::with_all_items(table.listed_for(caller))
        .with_ttl_ms(TTL_MS)
        .with_cache_scope(CacheScope::Private)
}

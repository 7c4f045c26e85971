//! The public keys of the identity providers that spaces trust.
//!
//! 1. An operator names the URL of the keys, or the discovery document of the issuer does, which must
//!    name the issuer itself (OpenID Connect Discovery 1.0 §4.3).
//! 2. Both are fetched through the guard. A host in a private network is reached only for a provider
//!    whose row allows it, and a discovery document leads to no other host there.
//! 3. A key set is used for a few minutes, and then fetched again. If that fails, it is used for an
//!    hour at most: an outage of the provider's server must not end the access of its users, and a
//!    key that the provider has withdrawn must not be used for long.
//! 4. A signature by a key that is not in the set may mean that the provider has new keys. The set is
//!    then fetched again, but not for every such signature: attempts are counted, whether they succeed
//!    or not. A new set replaces the old one, and a failure replaces nothing.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use foundation::clock::Clock;
use guarded_fetch::{Fetcher, Requester};
use moka::future::Cache;
use oauth_values::identity_assertion::IdentityError;
use serde::Deserialize;
use url::Url;

use crate::{domain::IdentityProvider, web::error::JsonError};

const FRESH_FOR: TimeDelta = TimeDelta::minutes(5);
/// How long a set is used that cannot be fetched again.
const USED_FOR: TimeDelta = TimeDelta::hours(1);
const LOOK_AGAIN_AFTER: TimeDelta = TimeDelta::seconds(30);
const MAX_KEY_SETS: u64 = 1_000;
const KNOWN_ARE_USED: &str = "the known keys of an identity provider are used";
/// Sets of providers that nobody uses are dropped.
const KEPT_UNUSED_FOR: Duration = Duration::from_hours(1);

#[derive(Clone, Debug)]
pub struct IdentityKeys {
    kept: Cache<Source, Arc<Kept>>,
    public: Fetcher,
    private: Fetcher,
    clock: Clock,
}

/// Where the keys of a provider come from. Another row has the same keys only with the same values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Source {
    issuer: String,
    jwks_uri: Option<String>,
    allow_private: bool,
}

/// What is known of the keys of one source.
#[derive(Debug, Default)]
struct Kept {
    keys: Mutex<Option<Arc<KeySet>>>,
    /// Held during a fetch, so that there is one at a time: when the last one began.
    tried_at: tokio::sync::Mutex<Option<DateTime<Utc>>>,
}

#[derive(Debug)]
struct KeySet {
    jwks: String,
    fetched_at: DateTime<Utc>,
}

/// The part of a discovery document that is read.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl Kept {
    fn keys(&self) -> Option<Arc<KeySet>> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.clone()
    }

    fn keep(&self, keys: &Arc<KeySet>) {
        let mut kept = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(Arc::clone(keys));
    }
}

impl IdentityKeys {
    /// `private` reaches private networks as well.
    pub fn new(public: Fetcher, private: Fetcher, clock: Clock) -> Self {
        Self {
            kept: Cache::builder()
                .max_capacity(MAX_KEY_SETS)
                .time_to_idle(KEPT_UNUSED_FOR)
                .build(),
            public,
            private,
            clock,
        }
    }

    /// Runs `check` with the keys of the provider, and again with newer keys if none fits. `requester`
    /// sent the assertion. The inner error is the client's fault.
    pub async fn check<T>(
        &self,
        provider: &IdentityProvider,
        requester: Requester,
        check: impl Fn(&str) -> Result<T, IdentityError>,
    ) -> Result<Result<T, IdentityError>, JsonError> {
        let source = Source {
            issuer: provider.issuer.clone(),
            jwks_uri: provider.jwks_uri.clone(),
            allow_private: provider.allow_private,
        };
        let kept = self.kept.get_with(source.clone(), async { Arc::default() });
        let kept = kept.await;
        let keys = self.current(&kept, &source, requester).await?;
        match check(&keys.jwks) {
            Err(IdentityError::UnknownKey) => {
                match self.newer(&kept, &keys, &source, requester).await {
                    Some(newer) => Ok(check(&newer.jwks)),
                    None => Ok(Err(IdentityError::UnknownKey)),
                }
            }
            outcome => Ok(outcome),
        }
    }

    /// The set that is used now. Without one, each request fetches; with an old one, only some do.
    async fn current(
        &self,
        kept: &Arc<Kept>,
        source: &Source,
        requester: Requester,
    ) -> Result<Arc<KeySet>, JsonError> {
        if let Some(fresh) = self.not_older(kept, FRESH_FOR) {
            return Ok(fresh);
        }
        let mut tried_at = kept.tried_at.lock().await;
        // Another request may have fetched it meanwhile.
        if let Some(fresh) = self.not_older(kept, FRESH_FOR) {
            return Ok(fresh);
        }
        let old = self.not_older(kept, USED_FOR);
        match old {
            Some(old) if self.is_recent(*tried_at) => Ok(old),
            old => {
                *tried_at = Some(self.clock.now());
                match (self.fetch_into(kept, source, requester).await, old) {
                    (Ok(keys), _) => Ok(keys),
                    (Err(error), Some(old)) => {
                        tracing::warn!(error, "{KNOWN_ARE_USED}");
                        Ok(old)
                    }
                    (Err(error), None) => Err(JsonError::Unavailable(error)),
                }
            }
        }
    }

    /// A set that is newer than `known`, which lacks a key; `None` if there is none, or if one was
    /// looked for a moment ago.
    async fn newer(
        &self,
        kept: &Arc<Kept>,
        known: &Arc<KeySet>,
        source: &Source,
        requester: Requester,
    ) -> Option<Arc<KeySet>> {
        let mut tried_at = kept.tried_at.lock().await;
        // Another request may have fetched it meanwhile.
        let other = kept.keys().filter(|other| !Arc::ptr_eq(other, known));
        if other.is_some() || self.is_recent(*tried_at) {
            return other;
        }
        *tried_at = Some(self.clock.now());
        let fetched = self.fetch_into(kept, source, requester).await;
        fetched
            .inspect_err(|error| tracing::warn!(error, "{KNOWN_ARE_USED}"))
            .ok()
    }

    fn not_older(&self, kept: &Kept, age: TimeDelta) -> Option<Arc<KeySet>> {
        kept.keys()
            .filter(|keys| self.clock.now() - keys.fetched_at <= age)
    }

    fn is_recent(&self, tried_at: Option<DateTime<Utc>>) -> bool {
        tried_at.is_some_and(|tried_at| self.clock.now() - tried_at <= LOOK_AGAIN_AFTER)
    }

    /// Fetches the set and keeps it. A failure changes nothing. It is a separate task, because an
    /// attempt is counted: a client that disconnects must not use it up.
    async fn fetch_into(
        &self,
        kept: &Arc<Kept>,
        source: &Source,
        requester: Requester,
    ) -> Result<Arc<KeySet>, String> {
        let (own, into, of) = (self.clone(), Arc::clone(kept), source.clone());
        let task = tokio::spawn(async move {
            let jwks = own.fetch(&of, requester).await?;
            let keys = Arc::new(KeySet {
                jwks,
                fetched_at: own.clock.now(),
            });
            into.keep(&keys);
            Ok::<_, String>(keys)
        });
        let fetched = task.await.unwrap_or_else(|error| Err(error.to_string()));
        fetched.map_err(|cause| {
            let issuer = &source.issuer;
            format!("could not get the keys of the identity provider {issuer}: {cause}")
        })
    }

    async fn fetch(&self, source: &Source, requester: Requester) -> Result<String, String> {
        let fetcher = match source.allow_private {
            true => &self.private,
            false => &self.public,
        };
        let jwks_uri = match &source.jwks_uri {
            Some(uri) => uri.clone(),
            None => discover(fetcher, source, requester).await?,
        };
        text_at(fetcher, requester, &jwks_uri).await
    }
}

/// The URL of the keys in the discovery document of an issuer.
async fn discover(
    fetcher: &Fetcher,
    source: &Source,
    requester: Requester,
) -> Result<String, String> {
    let issuer = &source.issuer;
    let base = issuer.trim_end_matches('/');
    let url = format!("{base}/.well-known/openid-configuration");
    let text = text_at(fetcher, requester, &url).await?;
    let found: Discovery = serde_json::from_str(&text)
        .map_err(|_| format!("{url}: it has no 'issuer' and 'jwks_uri'"))?;
    if found.issuer != *issuer {
        return Err(format!("{url}: it names another issuer"));
    }
    // The operator allowed the private network for this host, and not for those that it names.
    if source.allow_private && host(&found.jwks_uri) != host(issuer) {
        return Err(format!(
            "{url}: its 'jwks_uri' is at another host; set jwks_uri for the provider"
        ));
    }
    Ok(found.jwks_uri)
}

fn host(url: &str) -> Option<String> {
    Some(Url::parse(url).ok()?.host_str()?.to_owned())
}

async fn text_at(fetcher: &Fetcher, requester: Requester, uri: &str) -> Result<String, String> {
    let url = Url::parse(uri).map_err(|error| format!("{uri}: {error}"))?;
    let fetched = fetcher
        .get(&url, requester)
        .await
        .map_err(|error| format!("{uri}: {error}"))?;
    String::from_utf8(fetched.body).map_err(|_| format!("{uri}: it is not text"))
}

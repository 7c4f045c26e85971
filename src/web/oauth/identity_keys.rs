//! The public keys of the identity providers that spaces trust.
//!
//! 1. An operator names the URL of the keys, or the discovery document of the issuer does, which must
//!    name the issuer itself (OpenID Connect Discovery 1.0 §4.3).
//! 2. Both are fetched through the guard. A host in a private network is reached only for a provider
//!    whose row allows it.
//! 3. A key set is cached for a few minutes. A signature by a key that is not in it may mean that the
//!    provider has new keys. The set is then fetched again, but not for every such signature.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use foundation::clock::Clock;
use guarded_fetch::{Fetcher, Requester};
use moka::future::Cache;
use oauth_values::identity_assertion::IdentityError;
use serde::Deserialize;
use url::Url;

use crate::{domain::IdentityProvider, web::error::JsonError};

const KEPT_FOR: Duration = Duration::from_mins(5);
const MAX_KEY_SETS: u64 = 1_000;
const LOOK_AGAIN_AFTER: TimeDelta = TimeDelta::seconds(30);
/// An operator names the provider, so its fetches are not those of a stranger.
const REQUESTER: Requester = Requester {
    network: None,
    is_known: true,
};

#[derive(Clone, Debug)]
pub struct IdentityKeys {
    kept: Cache<Source, Arc<KeySet>>,
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

impl IdentityKeys {
    /// `private` reaches private networks as well.
    pub fn new(public: Fetcher, private: Fetcher, clock: Clock) -> Self {
        Self {
            kept: Cache::builder()
                .max_capacity(MAX_KEY_SETS)
                .time_to_live(KEPT_FOR)
                .build(),
            public,
            private,
            clock,
        }
    }

    /// Runs `check` with the keys of the provider, and again with fresh keys if none fits. The inner
    /// error is the client's fault.
    pub async fn check<T>(
        &self,
        provider: &IdentityProvider,
        check: impl Fn(&str) -> Result<T, IdentityError>,
    ) -> Result<Result<T, IdentityError>, JsonError> {
        let source = Source {
            issuer: provider.issuer.clone(),
            jwks_uri: provider.jwks_uri.clone(),
            allow_private: provider.allow_private,
        };
        let keys = self.get(&source).await?;
        match check(&keys.jwks) {
            Err(IdentityError::UnknownKey)
                if self.clock.now() - keys.fetched_at > LOOK_AGAIN_AFTER =>
            {
                self.kept.invalidate(&source).await;
                Ok(check(&self.get(&source).await?.jwks))
            }
            outcome => Ok(outcome),
        }
    }

    async fn get(&self, source: &Source) -> Result<Arc<KeySet>, JsonError> {
        if let Some(keys) = self.kept.get(source).await {
            return Ok(keys);
        }
        let fetched = self.fetch(source).await;
        let jwks = fetched.map_err(|cause| {
            let issuer = &source.issuer;
            JsonError::Unavailable(format!(
                "could not get the keys of the identity provider {issuer}: {cause}"
            ))
        })?;
        let keys = Arc::new(KeySet {
            jwks,
            fetched_at: self.clock.now(),
        });
        self.kept.insert(source.clone(), Arc::clone(&keys)).await;
        Ok(keys)
    }

    async fn fetch(&self, source: &Source) -> Result<String, String> {
        let fetcher = match source.allow_private {
            true => &self.private,
            false => &self.public,
        };
        let jwks_uri = match &source.jwks_uri {
            Some(uri) => uri.clone(),
            None => discover(fetcher, &source.issuer).await?,
        };
        text_at(fetcher, &jwks_uri).await
    }
}

/// The URL of the keys in the discovery document of an issuer.
async fn discover(fetcher: &Fetcher, issuer: &str) -> Result<String, String> {
    let base = issuer.trim_end_matches('/');
    let url = format!("{base}/.well-known/openid-configuration");
    let text = text_at(fetcher, &url).await?;
    let found: Discovery = serde_json::from_str(&text)
        .map_err(|_| format!("{url}: it has no 'issuer' and 'jwks_uri'"))?;
    if found.issuer != issuer {
        return Err(format!("{url}: it names another issuer"));
    }
    Ok(found.jwks_uri)
}

async fn text_at(fetcher: &Fetcher, uri: &str) -> Result<String, String> {
    let url = Url::parse(uri).map_err(|error| format!("{uri}: {error}"))?;
    let fetched = fetcher
        .get(&url, REQUESTER)
        .await
        .map_err(|error| format!("{uri}: {error}"))?;
    String::from_utf8(fetched.body).map_err(|_| format!("{uri}: it is not text"))
}

//! The public keys of `private_key_jwt` clients.
//!
//! A published key set is cached for a few minutes. A signature by a key that is not in it may mean
//! that the client has new keys. The set is then fetched again, but not for every such signature.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use foundation::clock::Clock;
use guarded_fetch::{Fetcher, Requester};
use moka::future::Cache;
use oauth_values::client_assertion::AssertionError;
use url::Url;

use crate::web::error::JsonError;

const KEPT_FOR: Duration = Duration::from_mins(5);
const MAX_KEY_SETS: u64 = 1_000;
const LOOK_AGAIN_AFTER: TimeDelta = TimeDelta::seconds(30);

#[derive(Clone, Debug)]
pub struct ClientKeys(Cache<String, Arc<KeySet>>);

#[derive(Debug)]
struct KeySet {
    jwks: String,
    fetched_at: DateTime<Utc>,
}

impl Default for ClientKeys {
    fn default() -> Self {
        Self(
            Cache::builder()
                .max_capacity(MAX_KEY_SETS)
                .time_to_live(KEPT_FOR)
                .build(),
        )
    }
}

impl ClientKeys {
    /// Runs `check` with the keys published at `uri`, and again with fresh keys if none fits. The
    /// inner error is the client's fault.
    pub async fn check<T>(
        &self,
        fetcher: (&Fetcher, Requester),
        clock: &Clock,
        uri: &str,
        check: impl Fn(&str) -> Result<T, AssertionError>,
    ) -> Result<Result<T, AssertionError>, JsonError> {
        let keys = self.get(fetcher, clock, uri).await?;
        match check(&keys.jwks) {
            Err(AssertionError::UnknownKey) if clock.now() - keys.fetched_at > LOOK_AGAIN_AFTER => {
                self.0.invalidate(uri).await;
                Ok(check(&self.get(fetcher, clock, uri).await?.jwks))
            }
            outcome => Ok(outcome),
        }
    }

    async fn get(
        &self,
        (fetcher, requester): (&Fetcher, Requester),
        clock: &Clock,
        uri: &str,
    ) -> Result<Arc<KeySet>, JsonError> {
        if let Some(keys) = self.0.get(uri).await {
            return Ok(keys);
        }
        let unavailable = |cause: String| JsonError::ClientUnavailable(format!("{uri}: {cause}"));
        let url = Url::parse(uri).map_err(|error| unavailable(error.to_string()))?;
        let fetched = fetcher
            .get(&url, requester)
            .await
            .map_err(|error| unavailable(error.to_string()))?;
        let keys = Arc::new(KeySet {
            jwks: String::from_utf8(fetched.body)
                .map_err(|_| unavailable("not text".to_owned()))?,
            fetched_at: clock.now(),
        });
        self.0.insert(uri.to_owned(), Arc::clone(&keys)).await;
        Ok(keys)
    }
}

//! Hashing of client secrets with argon2id, off the event loop and bounded.

use std::{sync::Arc, time::Duration};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use moka::future::Cache;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::random::Random;

const REMEMBERED: Duration = Duration::from_secs(60);
const MAX_VERIFIED: u64 = 10_000;
/// Who waits longer is told to come again, so that a queue cannot grow without end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Hashes and verifies secrets; at most `limit` at a time, as each takes 19 MiB
/// and some 20 ms of a core.
#[derive(Clone, Debug)]
pub struct SecretHasher {
    permits: Arc<Semaphore>,
    /// Digests of secret and hash that were found to fit.
    verified: Cache<[u8; 32], ()>,
    random: Random,
}

/// The hashing did not happen; what was asked remains unanswered.
#[derive(Debug, thiserror::Error)]
#[error("the secret could not be hashed: {0}")]
pub struct HashingFailed(String);

impl SecretHasher {
    pub fn new(limit: usize, random: Random) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(limit)),
            verified: Cache::builder()
                .max_capacity(MAX_VERIFIED)
                .time_to_live(REMEMBERED)
                .build(),
            random,
        }
    }

    /// The argon2id hash of a secret, as a PHC string.
    pub async fn hash(&self, secret: SecretString) -> Result<String, HashingFailed> {
        let salt = self.random.bytes::<16>();
        self.run(move || {
            Argon2::default()
                .hash_password_with_salt(secret.expose_secret().as_bytes(), &salt)
                .map(|hash| hash.to_string())
                .map_err(|error| HashingFailed(error.to_string()))
        })
        .await?
    }

    /// Is this the secret that was hashed? One that was is remembered for a minute: a busy
    /// client presents the same one again and again.
    pub async fn verify(&self, secret: SecretString, hash: String) -> Result<bool, HashingFailed> {
        let digest = digest(&secret, &hash);
        if self.verified.contains_key(&digest) {
            return Ok(true);
        }
        let fits = self.compare(secret, hash).await?;
        if fits {
            self.verified.insert(digest, ()).await;
        }
        Ok(fits)
    }

    async fn compare(&self, secret: SecretString, hash: String) -> Result<bool, HashingFailed> {
        self.run(move || {
            let hash =
                PasswordHash::new(&hash).map_err(|error| HashingFailed(error.to_string()))?;
            Ok(Argon2::default()
                .verify_password(secret.expose_secret().as_bytes(), &hash)
                .is_ok())
        })
        .await?
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashingFailed> {
        let permit = tokio::time::timeout(PATIENCE, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_| HashingFailed("too many are waiting".to_owned()))?
            .map_err(|error| HashingFailed(error.to_string()))?;
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await
        .map_err(|error| HashingFailed(error.to_string()))
    }
}

/// Neither the secret nor its hash can be told from this.
fn digest(secret: &SecretString, hash: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(Sha256::digest(secret.expose_secret()))
        .chain_update(hash)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_hashed_secret_verifies() {
        let hasher = SecretHasher::new(2, Random::system());
        let hash = hasher.hash("right".into()).await.expect("hashed");
        assert!(hash.starts_with("$argon2id$"));
        for _ in 0..2 {
            let right = hasher.verify("right".into(), hash.clone()).await;
            assert!(right.expect("verified"));
        }
        assert!(!hasher.verify("wrong".into(), hash).await.expect("verified"));
        assert!(hasher.verify("right".into(), "junk".into()).await.is_err());
    }
}

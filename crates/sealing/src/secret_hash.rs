//! Hashing of client secrets with argon2id.
//!
//! 1. A secret that the hub generates has 256 random bits, which cannot be guessed, so its hash
//!    needs no work factor: argon2id runs with its minimum parameters and takes some microseconds.
//!    Older versions can verify it, because a hash contains its parameters.
//! 2. A hash of an older version takes 19 MiB and some 20 ms of a core. It is verified off the
//!    event loop, a few at a time, and replaced when its secret is next presented.

use std::{sync::Arc, time::Duration};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use moka::future::Cache;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use foundation::random::Random;

const REMEMBERED: Duration = Duration::from_mins(1);
const MAX_VERIFIED: u64 = 10_000;
/// A client that waits longer must retry, so that the queue stays bounded.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);

/// The minimum parameters: KiB of memory, and passes over it.
const LEAST_MEMORY: u32 = Params::MIN_M_COST;
const LEAST_PASSES: u32 = Params::MIN_T_COST;

/// Hashes and verifies secrets; at most `limit` costly hashes are verified at a time.
#[derive(Clone, Debug)]
pub struct SecretHasher {
    permits: Arc<Semaphore>,
    /// Digests of a secret and its hash that were verified lately.
    verified: Cache<[u8; 32], ()>,
    random: Random,
}

/// The hashing failed, so it is not known whether the secret is right.
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

    /// The argon2id hash of a secret that the hub generated, as a PHC string.
    ///
    /// # Errors
    /// [`HashingFailed`] if the library refuses its parameters.
    pub fn hash(&self, secret: &SecretString) -> Result<String, HashingFailed> {
        let salt = self.random.bytes::<16>();
        let failed = |error: &dyn std::fmt::Display| HashingFailed(error.to_string());
        let params = Params::new(LEAST_MEMORY, LEAST_PASSES, Params::MIN_P_COST, None)
            .map_err(|error| failed(&error))?;
        Argon2::new(Algorithm::Argon2id, Version::default(), params)
            .hash_password_with_salt(secret.expose_secret().as_bytes(), &salt)
            .map(|hash| hash.to_string())
            .map_err(|error| failed(&error))
    }

    /// Whether this is the secret that was hashed. A right one is cached for a minute, because a
    /// busy client presents the same one repeatedly.
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
        if !is_costly(&hash) {
            return fits(&secret, &hash);
        }
        self.run(move || fits(&secret, &hash)).await?
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashingFailed> {
        let permit = tokio::time::timeout(QUEUE_TIMEOUT, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_| HashingFailed("too many secrets are being verified".to_owned()))?
            .map_err(|error| HashingFailed(error.to_string()))?;
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await
        .map_err(|error| HashingFailed(error.to_string()))
    }
}

fn fits(secret: &SecretString, hash: &str) -> Result<bool, HashingFailed> {
    let hash = PasswordHash::new(hash).map_err(|error| HashingFailed(error.to_string()))?;
    Ok(Argon2::default()
        .verify_password(secret.expose_secret().as_bytes(), &hash)
        .is_ok())
}

/// Whether a hash takes long to verify: one from an older version or from the operator.
pub fn is_costly(hash: &str) -> bool {
    let params = PasswordHash::new(hash)
        .ok()
        .and_then(|hash| Params::try_from(&hash).ok());
    params.is_none_or(|params| params.m_cost() > LEAST_MEMORY || params.t_cost() > LEAST_PASSES)
}

/// The key of the cache; it reveals neither the secret nor its hash.
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

    /// Hashes a secret as an older version did.
    fn costly(secret: &str) -> String {
        Argon2::default()
            .hash_password_with_salt(secret.as_bytes(), &[7; 16])
            .expect("hashed")
            .to_string()
    }

    #[tokio::test]
    async fn only_the_hashed_secret_verifies() {
        let hasher = SecretHasher::new(2, Random::system());
        for hash in [
            hasher.hash(&"right".into()).expect("hashed"),
            costly("right"),
        ] {
            assert!(hash.starts_with("$argon2id$"));
            for _ in 0..2 {
                let right = hasher.verify("right".into(), hash.clone()).await;
                assert!(right.expect("verified"));
            }
            assert!(!hasher.verify("wrong".into(), hash).await.expect("verified"));
        }
        assert!(hasher.verify("right".into(), "junk".into()).await.is_err());
    }

    #[test]
    fn a_hash_includes_its_cost() {
        let hasher = SecretHasher::new(1, Random::system());
        let cheap = hasher.hash(&"secret".into()).expect("hashed");
        assert!(!is_costly(&cheap), "{cheap}");
        assert!(is_costly(&costly("secret")));
        assert!(is_costly("junk"));
    }

    /// It needs no permit, even if costly hashes hold all of them.
    #[tokio::test]
    async fn a_secret_of_the_hub_waits_for_no_costly_hash() {
        let hasher = SecretHasher::new(0, Random::system());
        let hash = hasher.hash(&"secret".into()).expect("hashed");
        assert!(
            hasher
                .verify("secret".into(), hash)
                .await
                .expect("verified")
        );
    }
}

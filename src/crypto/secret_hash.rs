//! Hashing of client secrets with argon2id, off the event loop and bounded.

use std::{sync::Arc, time::Duration};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::random::Random;

/// Who waits longer is told to come again, so that a queue cannot grow without end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Hashes and verifies secrets; at most `limit` at a time, as each takes 19 MiB
/// and some 20 ms of a core.
#[derive(Clone, Debug)]
pub struct SecretHasher {
    permits: Arc<Semaphore>,
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

    /// Is this the secret that was hashed? Takes the same time either way.
    pub async fn verify(&self, secret: SecretString, hash: String) -> Result<bool, HashingFailed> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_hashed_secret_verifies() {
        let hasher = SecretHasher::new(2, Random::system());
        let hash = hasher.hash("right".into()).await.expect("hashed");
        assert!(hash.starts_with("$argon2id$"));
        assert!(
            hasher
                .verify("right".into(), hash.clone())
                .await
                .expect("verified")
        );
        assert!(!hasher.verify("wrong".into(), hash).await.expect("verified"));
        assert!(hasher.verify("right".into(), "junk".into()).await.is_err());
    }
}

//! What must outlive the process: the registration and the tokens, in a JSON file.

use std::{io::ErrorKind, path::PathBuf};

use anyhow::Context;
use async_trait::async_trait;
use rmcp::transport::auth::{AuthError, CredentialStore, StoredCredentials};
use serde_json::{Value, json};

#[derive(Clone)]
pub struct StateFile {
    path: PathBuf,
}

impl StateFile {
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The token response, as the server gave it.
    pub async fn tokens(&self) -> anyhow::Result<Value> {
        let text = tokio::fs::read(&self.path).await?;
        let saved: Value = serde_json::from_slice(&text)?;
        Ok(saved["token_response"].clone())
    }

    /// Makes the SDK believe that the access token has expired; the tokens as they are.
    pub async fn expire(&self) -> anyhow::Result<Value> {
        let text = tokio::fs::read(&self.path).await?;
        let mut saved: Value = serde_json::from_slice(&text)?;
        saved
            .as_object_mut()
            .context("not signed in")?
            .insert("token_received_at".to_owned(), json!(0));
        tokio::fs::write(&self.path, saved.to_string()).await?;
        Ok(saved["token_response"].clone())
    }
}

#[async_trait]
impl CredentialStore for StateFile {
    async fn load(&self) -> Result<Option<StoredCredentials>, AuthError> {
        match tokio::fs::read(&self.path).await {
            Ok(text) => serde_json::from_slice(&text).map(Some).map_err(failed),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    async fn save(&self, credentials: StoredCredentials) -> Result<(), AuthError> {
        let text = serde_json::to_vec(&credentials).map_err(failed)?;
        tokio::fs::write(&self.path, text).await.map_err(failed)
    }

    async fn clear(&self) -> Result<(), AuthError> {
        match tokio::fs::remove_file(&self.path).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        }
    }
}

fn failed(error: impl ToString) -> AuthError {
    AuthError::CredentialStoreError(error.to_string())
}

//! The client that a `client_id` names, whichever way the hub knows it.
//!
//! 1. A client that is stored and, if its metadata is a document, fresh: that one.
//! 2. The URL of a metadata document: it is fetched, checked and stored. A failure
//!    is temporary, and nothing is remembered of it.
//! 3. Anything else is unknown.

use super::Hub;
use crate::{
    db,
    domain::{Client, ClientKey, client::ClientOrigin},
    fetch::FetchError,
    oauth::{OAuthError, client_document},
};

/// Why it cannot be said who the client is.
#[derive(Debug, thiserror::Error)]
pub enum ClientLookupError {
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the metadata document could not be fetched: {0}")]
    Document(#[from] FetchError),
    #[error("the metadata document is wrong: {0}")]
    Metadata(#[from] OAuthError),
}

pub async fn find_client(hub: &Hub, client_id: &str) -> Result<Option<Client>, ClientLookupError> {
    let stored = db::clients::find_by_client_id(&hub.db, client_id).await?;
    let key = match stored {
        Some(client) if client.origin == (ClientOrigin::MetadataDocument { fresh: false }) => {
            client.key
        }
        Some(client) => return Ok(Some(client)),
        None => ClientKey::new(&hub.clock, &hub.random),
    };
    let Some(url) = client_document::url(client_id, hub.fetcher.allows_loopback()) else {
        return Ok(None);
    };
    let fetched = hub.fetcher.get(&url).await?;
    let registration = client_document::read(client_id, &fetched.body)?;
    db::clients::upsert_document(&hub.db, key, client_id, &registration, fetched.fresh_for).await?;
    Ok(db::clients::find_by_client_id(&hub.db, client_id).await?)
}

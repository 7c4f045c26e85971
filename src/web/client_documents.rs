//! The client that a `client_id` names, whichever way the hub knows it.
//!
//! 1. A client that is stored and, if its metadata is a document, fresh: that one.
//! 2. The URL of a metadata document: it is fetched, checked and stored. A failure
//!    is temporary, and nothing is remembered of it.
//! 3. Anything else is unknown.
//!
//! At `/token` a client must be stored already, and only the document of one that has
//! keys is fetched again, because keys may have been withdrawn. If that fails, its copy
//! serves for a day longer.

use super::{
    Hub,
    limits::{Limited, Sender, Work},
};
use crate::{
    db,
    domain::{
        Client, ClientKey,
        client::{ClientOrigin, DocumentAge},
    },
    fetch::FetchError,
    oauth::{OAuthError, client_document, registration::AuthMethod},
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
    #[error("too many clients were asked for that are not known")]
    Limited(Limited),
}

impl From<Limited> for ClientLookupError {
    fn from(limited: Limited) -> Self {
        Self::Limited(limited)
    }
}

pub async fn find_client(
    hub: &Hub,
    client_id: &str,
    sender: Sender,
) -> Result<Option<Client>, ClientLookupError> {
    let key = match db::clients::find_by_client_id(&hub.db, client_id).await? {
        Some(client) if is_old(&client) => client.key,
        Some(client) => return Ok(Some(client)),
        None => ClientKey::new(&hub.clock, &hub.random),
    };
    fetch(hub, client_id, key, sender).await
}

/// The client that presents itself at `/token`.
pub async fn find_known_client(
    hub: &Hub,
    client_id: &str,
    sender: Sender,
) -> Result<Option<Client>, ClientLookupError> {
    let Some(known) = db::clients::find_by_client_id(&hub.db, client_id).await? else {
        return Ok(None);
    };
    if !is_old(&known) || known.auth.method() != AuthMethod::PrivateKeyJwt {
        return Ok(Some(known));
    }
    match fetch(hub, client_id, known.key, sender).await {
        Err(
            ClientLookupError::Document(_)
            | ClientLookupError::Metadata(_)
            | ClientLookupError::Limited(_),
        ) if known.origin == ClientOrigin::MetadataDocument(DocumentAge::Stale) => {
            tracing::warn!(client_id, "a metadata document could not be fetched again");
            Ok(Some(known))
        }
        found => found,
    }
}

fn is_old(client: &Client) -> bool {
    matches!(
        client.origin,
        ClientOrigin::MetadataDocument(DocumentAge::Stale | DocumentAge::Outdated)
    )
}

async fn fetch(
    hub: &Hub,
    client_id: &str,
    key: ClientKey,
    sender: Sender,
) -> Result<Option<Client>, ClientLookupError> {
    let Some(url) = client_document::url(client_id, hub.fetcher.allows_loopback()) else {
        return Ok(None);
    };
    hub.limits
        .check_work(Work::Document, sender)
        .map_err(ClientLookupError::Limited)?;
    let fetched = hub.fetcher.get(&url).await?;
    let registration = client_document::read(client_id, &fetched.body)?;
    db::clients::upsert_document(&hub.db, key, client_id, &registration, fetched.fresh_for).await?;
    Ok(db::clients::find_by_client_id(&hub.db, client_id).await?)
}

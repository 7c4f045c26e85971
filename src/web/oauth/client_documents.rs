//! Finds the client that a `client_id` names.
//!
//! 1. A stored client is returned if it is not a metadata document or the document is fresh.
//! 2. A metadata document is fetched from its URL, checked and stored. A failure is temporary and
//!    is not stored.
//! 3. Any other client is unknown.
//!
//! If a document cannot be fetched again, its stored copy is used for one more day, unless the host
//! reports that the document is gone. At `/token` a client must already be stored, and only the
//! document of a client with keys is fetched again, because its keys may have been withdrawn.

use std::time::Duration;

use guarded_fetch::{FetchError, Requester};
use oauth_values::{
    OAuthError, client_document,
    registration::{AuthMethod, Registration},
};
use url::Url;

use crate::web::{
    AppState,
    limits::{Limited, Sender, Work},
};
use crate::{
    db,
    domain::{
        Client, ClientKey,
        client::{ClientOrigin, DocumentAge},
    },
};

/// Why a client could not be looked up.
#[derive(Debug, thiserror::Error)]
pub enum ClientLookupError {
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("could not fetch the client metadata document: {0}")]
    Document(#[from] FetchError),
    #[error("the client metadata document is invalid: {0}")]
    Metadata(#[from] OAuthError),
    #[error("too many lookups of unknown clients")]
    Limited(Limited),
    /// `CLIENT_ID_METADATA_DOCUMENTS=off`.
    #[error("this server does not accept client metadata documents")]
    Off,
}

impl From<Limited> for ClientLookupError {
    fn from(limited: Limited) -> Self {
        Self::Limited(limited)
    }
}

/// Why a document is fetched.
#[derive(Clone, Copy)]
enum Purpose {
    /// `/authorize`: the client may be unknown; any request can name a document.
    SignIn,
    /// `/token`: the client is known.
    Tokens,
}

/// Finds the client that begins a sign-in at `/authorize`.
pub async fn find_client(
    hub: &AppState,
    client_id: &str,
    sender: Sender,
) -> Result<Option<Client>, ClientLookupError> {
    let known = db::clients::find_by_client_id(&hub.db, client_id).await?;
    match known {
        Some(client) if !is_document(&client) => Ok(Some(client)),
        Some(_) if !hub.ways_to_register.documents => Err(ClientLookupError::Off),
        Some(client) if !is_old(&client) => Ok(Some(client)),
        known => fetch(hub, client_id, known, (sender, Purpose::SignIn)).await,
    }
}

/// Finds the client that authenticates at `/token`.
pub async fn find_known_client(
    hub: &AppState,
    client_id: &str,
    sender: Sender,
) -> Result<Option<Client>, ClientLookupError> {
    match db::clients::find_by_client_id(&hub.db, client_id).await? {
        Some(known) => with_current_keys(hub, known, sender).await,
        None => Ok(None),
    }
}

/// A client that authenticates at `/token`, read with its code or token.
pub async fn with_current_keys(
    hub: &AppState,
    known: Client,
    sender: Sender,
) -> Result<Option<Client>, ClientLookupError> {
    if !is_old(&known) || known.auth.method() != AuthMethod::PrivateKeyJwt {
        return Ok(Some(known));
    }
    let client_id = known.client_id.clone();
    fetch(hub, &client_id, Some(known), (sender, Purpose::Tokens)).await
}

fn is_document(client: &Client) -> bool {
    matches!(client.origin, ClientOrigin::MetadataDocument(_))
}

fn is_old(client: &Client) -> bool {
    matches!(
        client.origin,
        ClientOrigin::MetadataDocument(DocumentAge::Stale | DocumentAge::Outdated)
    )
}

/// Fetches the document and stores it. On a temporary failure, returns the stored copy.
async fn fetch(
    hub: &AppState,
    client_id: &str,
    known: Option<Client>,
    (sender, purpose): (Sender, Purpose),
) -> Result<Option<Client>, ClientLookupError> {
    let Some(url) = client_document::url(client_id, hub.fetcher.allows_loopback()) else {
        return Ok(None);
    };
    let requester = Requester {
        network: sender.network(),
        is_known: known.as_ref().is_some_and(|known| known.was_used),
    };
    let read = read(hub, &url, requester, (sender, purpose)).await;
    let (registration, fresh_for) = match (read, known.as_ref()) {
        (Ok(read), _) => read,
        (Err(error), Some(copy)) if serves(copy, &error, purpose) => {
            tracing::warn!(client_id, %error, "could not fetch a client metadata document again; using the stored copy");
            return Ok(known);
        }
        (Err(error), _) => return Err(error),
    };
    let is_new = known.is_none();
    let key = known.map_or_else(
        || ClientKey::new(&hub.clock, &hub.random),
        |known| known.key,
    );
    db::clients::upsert_document(&hub.db, key, client_id, &registration, fresh_for).await?;
    if is_new {
        hub.newcomers.add();
    }
    Ok(db::clients::find_by_client_id(&hub.db, client_id).await?)
}

async fn read(
    hub: &AppState,
    url: &Url,
    requester: Requester,
    (sender, purpose): (Sender, Purpose),
) -> Result<(Registration, Duration), ClientLookupError> {
    if !hub.ways_to_register.documents {
        return Err(ClientLookupError::Off);
    }
    let work = match purpose {
        Purpose::SignIn => Work::UnknownClientDocument,
        Purpose::Tokens => Work::Document,
    };
    hub.limits
        .check_work(work, sender)
        .map_err(ClientLookupError::Limited)?;
    let fetched = hub.fetcher.get(url, requester).await?;
    let registration = client_document::read(url.as_str(), &fetched.body)?;
    Ok((registration, fetched.fresh_for))
}

/// Whether the stored copy may replace a document that could not be fetched.
fn serves(copy: &Client, error: &ClientLookupError, purpose: Purpose) -> bool {
    let passes = match (error, purpose) {
        (ClientLookupError::Document(error), Purpose::SignIn) => !error.is_withdrawal(),
        (ClientLookupError::Limited(_), _)
        | (
            ClientLookupError::Document(_)
            | ClientLookupError::Metadata(_)
            | ClientLookupError::Off,
            Purpose::Tokens,
        ) => true,
        (ClientLookupError::Metadata(_) | ClientLookupError::Off, Purpose::SignIn)
        | (ClientLookupError::Database(_), _) => false,
    };
    passes && copy.origin == ClientOrigin::MetadataDocument(DocumentAge::Stale)
}

//! The OAuth application of a space, with its secret opened.

use backlog_client::{BacklogUrl, BacklogUrlError, SpaceOAuth};
use sealing::{KeyRing, UnsealError};
use secrecy::SecretString;
use url::Url;

use crate::domain::{Space, space::secret_place};

/// Why a space cannot be used until an operator fixes it.
#[derive(Debug, thiserror::Error)]
pub enum SpaceError {
    #[error("invalid base URL: {0}")]
    Url(#[from] BacklogUrlError),
    #[error("the client secret cannot be opened: {0}")]
    Secret(#[from] UnsealError),
    #[error("its client secret is not encrypted yet")]
    SecretWaits,
    #[error("invalid redirect URI: {0}")]
    RedirectUri(#[from] url::ParseError),
    #[error(
        "the hub is not allowed to use {0}; if it is your site, add it to BACKLOG_SITES and restart"
    )]
    SiteNotAllowed(BacklogUrl),
}

/// Opens the OAuth application of a space. `callback` is the shared redirect URI; the space's own is
/// resolved against it.
pub fn open(space: &Space, keys: &KeyRing, callback: &Url) -> Result<SpaceOAuth, SpaceError> {
    Ok(SpaceOAuth {
        url: BacklogUrl::parse(&space.base_url)?,
        client_id: space.oauth_client_id.clone(),
        client_secret: open_secret(space, keys)?,
        redirect_uri: callback.join(&space.redirect_uri)?,
    })
}

fn open_secret(space: &Space, keys: &KeyRing) -> Result<SecretString, SpaceError> {
    let sealed = space
        .oauth_client_secret
        .as_deref()
        .ok_or(SpaceError::SecretWaits)?;
    let row = space.id.to_string();
    Ok(keys.open(secret_place(&row, &space.base_url), sealed)?)
}

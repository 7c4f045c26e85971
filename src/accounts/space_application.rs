//! The OAuth application of a space, with its secret opened.

use secrecy::SecretString;
use url::Url;

use crate::{
    backlog::{BacklogClient, BacklogTokens, BacklogUrl, BacklogUrlError, OAuthError, SpaceOAuth},
    crypto::{KeyRing, UnsealError},
    domain::{Space, space::secret_place},
};

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

#[derive(Debug)]
pub struct SpaceApplication {
    pub url: BacklogUrl,
    client_id: String,
    client_secret: SecretString,
    callback: Url,
}

impl SpaceApplication {
    /// `callback` is the shared redirect URI; the space's own is resolved against it.
    pub fn open(space: &Space, keys: &KeyRing, callback: &Url) -> Result<Self, SpaceError> {
        Ok(Self {
            url: BacklogUrl::parse(&space.base_url)?,
            client_id: space.oauth_client_id.clone(),
            client_secret: open_secret(space, keys)?,
            callback: callback.join(&space.redirect_uri)?,
        })
    }

    /// The URL at which the user signs in to Backlog.
    pub fn authorize_url(&self, state: &str, verifier: &SecretString) -> Url {
        self.oauth().authorize_url(state, verifier)
    }

    /// The redirect URI that must be registered with Backlog.
    pub fn redirect_uri(&self) -> &Url {
        &self.callback
    }

    pub async fn exchange_code(
        &self,
        client: &BacklogClient,
        code: &str,
        verifier: Option<&SecretString>,
    ) -> Result<BacklogTokens, OAuthError> {
        self.oauth().exchange_code(client, code, verifier).await
    }

    pub async fn refresh(
        &self,
        client: &BacklogClient,
        refresh_token: &SecretString,
    ) -> Result<BacklogTokens, OAuthError> {
        self.oauth().refresh(client, refresh_token).await
    }

    fn oauth(&self) -> SpaceOAuth<'_> {
        SpaceOAuth {
            url: &self.url,
            client_id: &self.client_id,
            client_secret: &self.client_secret,
            redirect_uri: &self.callback,
        }
    }
}

fn open_secret(space: &Space, keys: &KeyRing) -> Result<SecretString, SpaceError> {
    let sealed = space
        .oauth_client_secret
        .as_deref()
        .ok_or(SpaceError::SecretWaits)?;
    let row = space.id.to_string();
    Ok(keys.open(secret_place(&row, &space.base_url), sealed)?)
}

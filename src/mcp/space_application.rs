//! The OAuth application of one space, opened for use.

use secrecy::SecretString;
use url::Url;

use crate::{
    backlog::{BacklogClient, BacklogTokens, BacklogUrl, BacklogUrlError, OAuthError, SpaceOAuth},
    crypto::{KeyRing, UnsealError},
    domain::{Space, space::secret_place},
};

/// Why a space cannot be used: an operator must mend it.
#[derive(Debug, thiserror::Error)]
pub enum SpaceError {
    #[error("the base URL is wrong: {0}")]
    Url(#[from] BacklogUrlError),
    #[error("the client secret cannot be opened: {0}")]
    Secret(#[from] UnsealError),
    #[error("its client secret is not sealed yet")]
    SecretWaits,
    #[error("its redirect URI is wrong: {0}")]
    RedirectUri(#[from] url::ParseError),
    #[error(
        "the hub may not use {0}; if it is a site of yours, add it to BACKLOG_SITES and restart"
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
    /// `callback` is the redirect URI that spaces share; the space's own is found from there.
    pub fn open(space: &Space, keys: &KeyRing, callback: &Url) -> Result<Self, SpaceError> {
        Ok(Self {
            url: BacklogUrl::parse(&space.base_url)?,
            client_id: space.oauth_client_id.clone(),
            client_secret: open_secret(space, keys)?,
            callback: callback.join(&space.redirect_uri)?,
        })
    }

    /// Where the person's browser goes to sign in at Backlog.
    pub fn authorize_url(&self, state: &str, verifier: &SecretString) -> Url {
        self.oauth().authorize_url(state, verifier)
    }

    /// The redirect URI, as it must be registered with Backlog.
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

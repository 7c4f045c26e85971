//! An MCP client registered with the hub.

use crate::oauth::{RedirectUri, Scopes, registration::AuthMethod};

use super::{ClientKey, SpaceId};

#[derive(Clone, Debug)]
pub struct Client {
    pub key: ClientKey,
    /// The `client_id` of OAuth.
    pub client_id: String,
    /// The space the client belongs to; `None`: it gets one at sign-in.
    pub space_id: Option<SpaceId>,
    pub name: Option<String>,
    pub uri: Option<String>,
    pub redirect_uris: Vec<RedirectUri>,
    pub auth: ClientAuth,
    pub scopes: Scopes,
}

/// How the client proves itself at `/token`, with the hash it is checked against.
#[derive(Clone)]
pub enum ClientAuth {
    Public,
    Secret { method: AuthMethod, hash: String },
}

impl ClientAuth {
    pub fn method(&self) -> AuthMethod {
        match self {
            Self::Public => AuthMethod::None,
            Self::Secret { method, .. } => *method,
        }
    }
}

impl std::fmt::Debug for ClientAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.method().as_str())
    }
}

impl Client {
    /// Is this presented redirect URI one that the client registered?
    pub fn allows_redirect_to(&self, presented: &RedirectUri) -> bool {
        self.redirect_uris
            .iter()
            .any(|registered| presented.matches(registered))
    }

    /// May the client be used for this space?
    pub fn may_use_space(&self, space: SpaceId) -> bool {
        self.space_id.is_none_or(|bound| bound == space)
    }
}

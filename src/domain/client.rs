//! An MCP client registered with the hub.

use crate::oauth::{
    RedirectUri, Scopes,
    registration::{ApplicationType, AuthMethod, KeySource, Registration},
};

use super::{ClientKey, SpaceId};

#[derive(Clone, Debug)]
pub struct Client {
    pub key: ClientKey,
    /// The `client_id` of OAuth.
    pub client_id: String,
    pub origin: ClientOrigin,
    /// The space the client belongs to; `None`: it gets one at sign-in.
    pub space_id: Option<SpaceId>,
    pub name: Option<String>,
    pub uri: Option<String>,
    pub redirect_uris: Vec<RedirectUri>,
    pub application_type: ApplicationType,
    pub auth: ClientAuth,
    pub scopes: Scopes,
    /// Whether somebody has signed in with it before.
    pub was_used: bool,
}

/// How the hub came to know the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientOrigin {
    /// It registered itself (RFC 7591).
    Dynamic,
    /// Its `client_id` is the URL of its metadata, of which the hub has a copy.
    MetadataDocument(DocumentAge),
    /// An operator registered it.
    Operator,
}

/// How old the hub's copy of a metadata document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentAge {
    Fresh,
    /// Its time is over, by a day at most.
    Stale,
    Outdated,
}

/// How the client proves itself at `/token`, with the hash it is checked against.
#[derive(Clone)]
pub enum ClientAuth {
    Public,
    Secret { method: AuthMethod, hash: String },
    PrivateKey(KeySource),
}

impl ClientAuth {
    pub fn method(&self) -> AuthMethod {
        match self {
            Self::Public => AuthMethod::None,
            Self::Secret { method, .. } => *method,
            Self::PrivateKey(_) => AuthMethod::PrivateKeyJwt,
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

    /// The metadata the client is registered with.
    pub fn registration(&self) -> Registration {
        Registration {
            redirect_uris: self.redirect_uris.clone(),
            client_name: self.name.clone(),
            client_uri: self.uri.clone(),
            auth_method: self.auth.method(),
            keys: match &self.auth {
                ClientAuth::PrivateKey(keys) => Some(keys.clone()),
                ClientAuth::Public | ClientAuth::Secret { .. } => None,
            },
            application_type: self.application_type,
            scopes: self.scopes,
        }
    }

    /// May the client be used at the issuer of `space`, or of the hub itself (`None`)?
    ///
    /// A client that registered itself stays where it did. One that an operator bound
    /// to a space may come by the hub's issuer too; it ends in its space all the same.
    pub fn may_use_issuer_of(&self, space: Option<SpaceId>) -> bool {
        match (self.origin, self.space_id, space) {
            (ClientOrigin::Dynamic, own, asked) => own == asked,
            (_, Some(own), Some(asked)) => own == asked,
            (_, None, _) | (_, Some(_), None) => true,
        }
    }
}

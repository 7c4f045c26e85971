//! An MCP client registered with the hub.

use oauth_values::{
    RedirectUri, Scopes,
    registration::{ApplicationType, AuthMethod, KeySource, Registration},
};

use super::{ClientKey, Provenance, SpaceId};

#[derive(Clone, Debug)]
pub struct Client {
    pub key: ClientKey,
    /// The OAuth `client_id`.
    pub client_id: String,
    pub origin: ClientOrigin,
    /// The space the client belongs to; `None` if a sign-in selects the space.
    pub space_id: Option<SpaceId>,
    pub name: Option<String>,
    pub uri: Option<String>,
    pub redirect_uris: Vec<RedirectUri>,
    pub application_type: ApplicationType,
    pub auth: ClientAuth,
    pub scopes: Scopes,
    /// Whether a user has signed in with it before.
    pub was_used: bool,
}

/// How the client was registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientOrigin {
    /// It registered itself (RFC 7591).
    Dynamic,
    /// Its `client_id` is the URL of its metadata, of which the hub has a copy.
    MetadataDocument(DocumentAge),
    /// An operator registered it.
    Operator,
}

/// The age of the hub's copy of a metadata document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentAge {
    Fresh,
    /// Expired, by one day at most.
    Stale,
    Outdated,
}

/// How the client authenticates at `/token`, with the hash of its secret or its keys.
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
    /// Whether the client registered this redirect URI.
    pub fn allows_redirect_to(&self, presented: &RedirectUri) -> bool {
        self.redirect_uris
            .iter()
            .any(|registered| presented.matches(registered))
    }

    /// The proven facts about the client.
    pub fn provenance(&self) -> Provenance {
        match self.origin {
            ClientOrigin::Dynamic => Provenance::Itself,
            ClientOrigin::MetadataDocument(_) => Provenance::Document(self.client_id.clone()),
            ClientOrigin::Operator => Provenance::Operator,
        }
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

    /// Whether the client may be used at the issuer of `space`, or of the hub itself (`None`).
    ///
    /// A client that registered itself stays at the issuer where it registered. A client that an
    /// operator bound to a space may also use the hub's issuer, and still ends up in its space.
    pub fn may_use_issuer_of(&self, space: Option<SpaceId>) -> bool {
        match (self.origin, self.space_id, space) {
            (ClientOrigin::Dynamic, own, asked) => own == asked,
            (_, Some(own), Some(asked)) => own == asked,
            (_, None, _) | (_, Some(_), None) => true,
        }
    }
}

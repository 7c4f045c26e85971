//! The discovery documents (RFC 8414, RFC 8628 §4, RFC 9728).

use serde::Serialize;

use super::{Scope, client_assertion, identity_assertion, registration::AuthMethod};

/// How a client can register without an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaysToRegister {
    /// With a metadata document, by using its URL as the `client_id`.
    pub documents: bool,
    /// At `/register` (RFC 7591).
    pub dynamic: bool,
}

/// The grant types that every client may use.
pub const GRANT_TYPES: [&str; 3] = ["authorization_code", "refresh_token", DEVICE_CODE];
/// The grant type of RFC 8628.
pub const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// `/.well-known/oauth-authorization-server` (RFC 8414 §2).
#[derive(Debug, Serialize)]
pub struct AuthorizationServerMetadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    device_authorization_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_endpoint: Option<String>,
    revocation_endpoint: String,
    scopes_supported: Vec<&'static str>,
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 1],
    grant_types_supported: [&'static str; 4],
    /// How a client sees that the server takes identity assertions (MCP extension
    /// `io.modelcontextprotocol/enterprise-managed-authorization`, section 6).
    authorization_grant_profiles_supported: [&'static str; 1],
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    token_endpoint_auth_signing_alg_values_supported: Vec<String>,
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    revocation_endpoint_auth_signing_alg_values_supported: Vec<String>,
    client_id_metadata_document_supported: bool,
    code_challenge_methods_supported: [&'static str; 1],
    authorization_response_iss_parameter_supported: bool,
}

impl AuthorizationServerMetadata {
    /// `issuer` is the exact text of `iss`, without a trailing slash.
    pub fn new(issuer: &str, ways: WaysToRegister) -> Self {
        Self {
            issuer: issuer.to_owned(),
            authorization_endpoint: format!("{issuer}/authorize"),
            token_endpoint: format!("{issuer}/token"),
            device_authorization_endpoint: format!("{issuer}/device_authorization"),
            registration_endpoint: ways.dynamic.then(|| format!("{issuer}/register")),
            revocation_endpoint: format!("{issuer}/revoke"),
            // `offline_access` is advertised only here. It makes clients request a refresh token,
            // which they always get.
            scopes_supported: scopes().chain(["offline_access"]).collect(),
            response_types_supported: ["code"],
            response_modes_supported: ["query"],
            grant_types_supported: [
                GRANT_TYPES[0],
                GRANT_TYPES[1],
                GRANT_TYPES[2],
                identity_assertion::GRANT_TYPE,
            ],
            authorization_grant_profiles_supported: [identity_assertion::PROFILE],
            token_endpoint_auth_methods_supported: AuthMethod::ALL.map(AuthMethod::as_str).to_vec(),
            token_endpoint_auth_signing_alg_values_supported: client_assertion::algorithm_names(),
            revocation_endpoint_auth_methods_supported: AuthMethod::ALL
                .map(AuthMethod::as_str)
                .to_vec(),
            revocation_endpoint_auth_signing_alg_values_supported:
                client_assertion::algorithm_names(),
            client_id_metadata_document_supported: ways.documents,
            code_challenge_methods_supported: ["S256"],
            authorization_response_iss_parameter_supported: true,
        }
    }
}

/// `/.well-known/openid-configuration`, for clients that read no other document: the same, with the
/// fields that OpenID Connect Discovery 1.0 §3 and their parsers require. The hub never issues an
/// ID token.
#[derive(Debug, Serialize)]
pub struct OpenIdMetadata {
    #[serde(flatten)]
    server: AuthorizationServerMetadata,
    jwks_uri: String,
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 1],
}

impl OpenIdMetadata {
    /// `issuer` as in [`AuthorizationServerMetadata::new`].
    pub fn new(issuer: &str, ways: WaysToRegister) -> Self {
        Self {
            server: AuthorizationServerMetadata::new(issuer, ways),
            jwks_uri: format!("{issuer}/.well-known/jwks.json"),
            subject_types_supported: ["public"],
            id_token_signing_alg_values_supported: ["RS256"],
        }
    }
}

/// `/.well-known/oauth-protected-resource` (RFC 9728 §2).
#[derive(Debug, Serialize)]
pub struct ProtectedResourceMetadata {
    resource: String,
    authorization_servers: [String; 1],
    scopes_supported: Vec<&'static str>,
    bearer_methods_supported: [&'static str; 1],
    resource_name: String,
}

impl ProtectedResourceMetadata {
    pub fn new(issuer: &str, resource: &str, resource_name: String) -> Self {
        Self {
            resource: resource.to_owned(),
            authorization_servers: [issuer.to_owned()],
            scopes_supported: scopes().collect(),
            bearer_methods_supported: ["header"],
            resource_name,
        }
    }
}

fn scopes() -> impl Iterator<Item = &'static str> {
    Scope::ALL.into_iter().map(Scope::as_str)
}

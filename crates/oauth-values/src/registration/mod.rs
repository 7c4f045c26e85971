//! Parses and validates client metadata (RFC 7591 §2).

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{
    ErrorCode, OAuthError, RedirectUri, Scopes,
    redirect_uri::{RedirectKind, RedirectUriError},
};

/// How many redirect URIs a client may have, and their total size.
struct Bounds {
    redirect_uris: usize,
    bytes: usize,
}

/// The bounds for a client that registers itself, which needs no authentication.
const REGISTERED: Bounds = Bounds {
    redirect_uris: 10,
    bytes: 4 * 1024,
};
/// The bounds for a client that an operator or the host of its metadata document vouches for.
const VOUCHED_FOR: Bounds = Bounds {
    redirect_uris: 32,
    bytes: 16 * 1024,
};
const MAX_NAME_CHARS: usize = 200;
const MAX_KEYS: usize = 16;
const MAX_KEYS_BYTES: usize = 16 * 1024;

/// The metadata that a client sends. Fields that the hub does not use are ignored (RFC 7591 §2).
#[derive(Debug, Default, Deserialize)]
pub struct ClientMetadata {
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    pub client_name: Option<String>,
    pub client_uri: Option<String>,
    pub token_endpoint_auth_method: Option<String>,
    pub application_type: Option<String>,
    pub grant_types: Option<Vec<String>>,
    pub response_types: Option<Vec<String>>,
    pub scope: Option<String>,
    pub jwks: Option<serde_json::Value>,
    pub jwks_uri: Option<String>,
}

/// How a client authenticates at `/token`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthMethod {
    None,
    ClientSecretPost,
    ClientSecretBasic,
    /// A signed assertion (RFC 7523 §2.2).
    PrivateKeyJwt,
}

impl AuthMethod {
    pub const ALL: [Self; 4] = [
        Self::None,
        Self::ClientSecretPost,
        Self::ClientSecretBasic,
        Self::PrivateKeyJwt,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }

    pub fn needs_secret(self) -> bool {
        matches!(self, Self::ClientSecretPost | Self::ClientSecretBasic)
    }
}

/// Where the public keys of a `private_key_jwt` client are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A JWK set (RFC 7517 §5), as JSON.
    Inline(String),
    /// The URL at which the client publishes its JWK set.
    Uri(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationType {
    Web,
    Native,
}

impl ApplicationType {
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Web, Self::Native]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Native => "native",
        }
    }
}

/// Metadata that passed every rule. It is stored, and returned to the client.
#[derive(Debug)]
pub struct Registration {
    pub redirect_uris: Vec<RedirectUri>,
    pub client_name: Option<String>,
    pub client_uri: Option<String>,
    pub auth_method: AuthMethod,
    /// The keys of a `private_key_jwt` client; `None` for any other method.
    pub keys: Option<KeySource>,
    pub application_type: ApplicationType,
    pub scopes: Scopes,
}

impl ClientMetadata {
    /// Parses the body of a registration; the error names the wrong field.
    pub fn from_json(body: &[u8]) -> Result<Self, OAuthError> {
        let mut json = serde_json::Deserializer::from_slice(body);
        let metadata = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let field = error.path().to_string();
            let problem = error.into_inner();
            OAuthError::new(
                ErrorCode::InvalidClientMetadata,
                if field == "." || !problem.is_data() {
                    format!("The body is not client metadata in JSON: {problem}.")
                } else {
                    format!("The field '{field}' is wrong: {problem}.")
                },
            )
        })?;
        json.end().map_err(|error| {
            OAuthError::new(
                ErrorCode::InvalidClientMetadata,
                format!("The body is not client metadata in JSON: {error}."),
            )
        })?;
        Ok(metadata)
    }

    /// Checks the metadata by RFC 7591 §2 and the redirect rules of [`RedirectUri`].
    pub fn validate(self) -> Result<Registration, OAuthError> {
        self.validate_with(RedirectUri::parse, &REGISTERED)
    }

    /// The same for metadata that a client publishes at its own host.
    pub fn validate_published(self) -> Result<Registration, OAuthError> {
        self.validate_with(RedirectUri::parse, &VOUCHED_FOR)
    }

    /// The same for a client that an operator registers.
    pub fn validate_trusted(self) -> Result<Registration, OAuthError> {
        self.validate_with(RedirectUri::parse_trusted, &VOUCHED_FOR)
    }

    fn validate_with(
        self,
        parse: fn(&str) -> Result<RedirectUri, RedirectUriError>,
        bounds: &Bounds,
    ) -> Result<Registration, OAuthError> {
        let redirect_uris = validate_redirect_uris(&self.redirect_uris, parse, bounds)?;
        let application_type =
            validate_application_type(self.application_type.as_deref(), &redirect_uris)?;
        if let Some(types) = &self.grant_types
            && !types.iter().any(|t| t == "authorization_code")
        {
            return Err(invalid(
                "The field 'grant_types' must include 'authorization_code'.",
            ));
        }
        if let Some(types) = &self.response_types
            && !types.iter().any(|t| t == "code")
        {
            return Err(invalid("The field 'response_types' must include 'code'."));
        }
        let method = self
            .token_endpoint_auth_method
            .as_deref()
            .unwrap_or("client_secret_basic");
        let auth_method = AuthMethod::parse(method).ok_or_else(|| {
            invalid(
                "The field 'token_endpoint_auth_method' must be 'none', \
                 'client_secret_post', 'client_secret_basic' or 'private_key_jwt'.",
            )
        })?;
        let keys = match auth_method {
            AuthMethod::PrivateKeyJwt => Some(key_source(self.jwks, self.jwks_uri)?),
            _ => None,
        };
        if let Some(name) = &self.client_name
            && (name.chars().count() > MAX_NAME_CHARS || name.contains('\0'))
        {
            return Err(invalid(
                "The field 'client_name' must have at most 200 characters and no NUL.",
            ));
        }
        Ok(Registration {
            redirect_uris,
            client_name: self.client_name.filter(|name| !name.trim().is_empty()),
            client_uri: self.client_uri.filter(|uri| is_web_page(uri)),
            auth_method,
            keys,
            application_type,
            scopes: Scopes::requested(self.scope.as_deref()),
        })
    }
}

impl Registration {
    /// A digest that is equal for registrations with the same content.
    pub fn digest(&self) -> [u8; 32] {
        let mut redirect_uris: Vec<&str> =
            self.redirect_uris.iter().map(RedirectUri::as_str).collect();
        redirect_uris.sort_unstable();
        let canonical = serde_json::json!([
            redirect_uris,
            self.client_name,
            self.client_uri,
            self.auth_method.as_str(),
            self.application_type.as_str(),
            self.scopes.to_string(),
            self.keys.as_ref().map(|keys| format!("{keys:?}")),
        ]);
        Sha256::digest(canonical.to_string().as_bytes()).into()
    }
}

fn validate_redirect_uris(
    texts: &[String],
    parse: fn(&str) -> Result<RedirectUri, RedirectUriError>,
    bounds: &Bounds,
) -> Result<Vec<RedirectUri>, OAuthError> {
    let Bounds {
        redirect_uris: most,
        bytes,
    } = bounds;
    let total: usize = texts.iter().map(String::len).sum();
    if texts.is_empty() || texts.len() > *most || total > *bytes {
        return Err(OAuthError::new(
            ErrorCode::InvalidRedirectUri,
            format!(
                "The field 'redirect_uris' must list 1 to {most} URIs, of {bytes} bytes together."
            ),
        ));
    }
    texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            parse(text).map_err(|error| {
                OAuthError::new(
                    ErrorCode::InvalidRedirectUri,
                    format!("The URI redirect_uris[{index}] {error}."),
                )
            })
        })
        .collect()
}

/// A client that declares `web` but has a private-use scheme counts as native. One that declares
/// `web` with only https and loopback must follow the rules of `web`.
fn validate_application_type(
    declared: Option<&str>,
    redirect_uris: &[RedirectUri],
) -> Result<ApplicationType, OAuthError> {
    let has = |kind| redirect_uris.iter().any(|uri| uri.kind() == kind);
    match declared {
        Some("native") => Ok(ApplicationType::Native),
        Some("web") | None if has(RedirectKind::PrivateScheme) => Ok(ApplicationType::Native),
        Some("web") if has(RedirectKind::Loopback) => Err(OAuthError::new(
            ErrorCode::InvalidRedirectUri,
            "A client with application_type 'web' cannot use a loopback redirect URI; \
             register as 'native'.",
        )),
        None if has(RedirectKind::Loopback) => Ok(ApplicationType::Native),
        Some("web") | None => Ok(ApplicationType::Web),
        Some(_) => Err(invalid(
            "The field 'application_type' must be 'web' or 'native'.",
        )),
    }
}

/// The keys from one of the two fields; both are not allowed (RFC 7591 §2).
fn key_source(
    jwks: Option<serde_json::Value>,
    jwks_uri: Option<String>,
) -> Result<KeySource, OAuthError> {
    match (jwks, jwks_uri) {
        (Some(jwks), None) => {
            let Some(keys) = jwks["keys"].as_array() else {
                return Err(invalid("The field 'jwks' is not a JWK set (RFC 7517 §5)."));
            };
            let text = jwks.to_string();
            if keys.len() > MAX_KEYS || text.len() > MAX_KEYS_BYTES {
                return Err(invalid(
                    "The field 'jwks' has more than 16 keys or 16 KiB; use 'jwks_uri'.",
                ));
            }
            Ok(KeySource::Inline(text))
        }
        (None, Some(uri)) => match url::Url::parse(&uri) {
            // The parsed URL is kept, so the hub fetches exactly what it checked.
            Ok(url)
                if url.scheme() == "https"
                    && url.username().is_empty()
                    && url.password().is_none()
                    && is_web_page(&uri) =>
            {
                Ok(KeySource::Uri(url.into()))
            }
            _ => Err(invalid(
                "The field 'jwks_uri' must be an https URL without user name and password.",
            )),
        },
        _ => Err(invalid(
            "The method 'private_key_jwt' requires either 'jwks' or 'jwks_uri'.",
        )),
    }
}

fn is_web_page(uri: &str) -> bool {
    uri.len() <= 2048
        && !uri.contains('\0')
        && url::Url::parse(uri).is_ok_and(|url| matches!(url.scheme(), "https" | "http"))
}

fn invalid(description: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClientMetadata, description)
}

#[cfg(test)]
mod tests;

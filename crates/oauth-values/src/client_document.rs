//! Client ID metadata documents: a `client_id` is the https URL of the client's metadata
//! (draft-ietf-oauth-client-id-metadata-document).

use serde::Deserialize;
use url::Url;

use super::{
    ErrorCode, OAuthError,
    redirect_uri::is_loopback,
    registration::{AuthMethod, ClientMetadata, Registration},
};

/// The URL, if this `client_id` is the URL of a document. §3 requires https and a path, and forbids
/// dot segments, a fragment and a user name. `allow_loopback_http` is for a hub on loopback.
pub fn url(client_id: &str, allow_loopback_http: bool) -> Option<Url> {
    let url = Url::parse(client_id).ok()?;
    let scheme_is_right = match url.scheme() {
        "https" => true,
        "http" => allow_loopback_http && is_loopback(&url),
        _ => false,
    };
    let is_document = scheme_is_right
        && url.path() != "/"
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        // The parser removes dot segments, so a text with any differs from its result.
        && url.as_str() == client_id
        && client_id.len() <= 2048;
    is_document.then_some(url)
}

#[derive(Deserialize)]
struct Document {
    client_id: String,
    client_secret: Option<serde_json::Value>,
    #[serde(flatten)]
    metadata: ClientMetadata,
}

/// Parses and validates a document that was fetched from `client_id`.
pub fn read(client_id: &str, document: &[u8]) -> Result<Registration, OAuthError> {
    let invalid =
        |description: &'static str| OAuthError::new(ErrorCode::InvalidClientMetadata, description);
    let mut document: Document = serde_json::from_slice(document)
        .map_err(|_| invalid("The metadata document is not client metadata in JSON."))?;
    if document.client_id != client_id {
        return Err(invalid(
            "The 'client_id' in the metadata document is not the document's URL.",
        ));
    }
    if document.client_secret.is_some() {
        return Err(invalid(
            "The metadata document must not contain a 'client_secret'.",
        ));
    }
    // A public document cannot contain a secret, so the default differs from that of RFC 7591.
    document
        .metadata
        .token_endpoint_auth_method
        .get_or_insert_with(|| AuthMethod::None.as_str().to_owned());
    let registration = document.metadata.validate_published()?;
    // MCP's authorization specification requires this field, and requires servers to check it.
    if registration.client_name.is_none() {
        return Err(invalid("The metadata document has no 'client_name'."));
    }
    if registration.auth_method.needs_secret() {
        return Err(invalid(
            "The metadata document requires a method with a shared secret; use 'none' or \
             'private_key_jwt'.",
        ));
    }
    Ok(registration)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CLIENT: &str = "https://client.example/oauth/metadata.json";

    fn document(extra: serde_json::Value) -> Vec<u8> {
        let mut document = json!({
            "client_id": CLIENT,
            "client_name": "A client",
            "redirect_uris": ["https://client.example/cb"],
        });
        let serde_json::Value::Object(extra) = extra else {
            panic!("an object");
        };
        for (name, value) in extra {
            document[name] = value;
        }
        document.to_string().into_bytes()
    }

    #[test]
    fn only_an_https_url_with_a_path_is_a_document() {
        assert!(url(CLIENT, false).is_some());
        for text in [
            "https://client.example",
            "https://client.example/",
            "https://client.example/a/../b",
            "https://client.example/a#b",
            "https://me@client.example/a",
            "http://client.example/a",
            "http://127.0.0.1/a",
            "018f-not-a-url",
        ] {
            assert_eq!(url(text, false), None, "{text}");
        }
        assert!(url("http://127.0.0.1:9/a", true).is_some());
        assert_eq!(url("http://client.example/a", true), None);
    }

    #[test]
    fn rule_22_unknown_grant_types_in_a_document_are_ignored() {
        let read = read(
            CLIENT,
            &document(json!({
                "grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"],
            })),
        );
        assert_eq!(read.expect("valid").auth_method, AuthMethod::None);
    }

    #[test]
    fn rule_23_private_key_jwt_is_taken_with_keys_and_only_with_them() {
        let with = json!({
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks_uri": "https://client.example/jwks.json",
        });
        assert_eq!(
            read(CLIENT, &document(with)).expect("valid").auth_method,
            AuthMethod::PrivateKeyJwt
        );
        let without = json!({ "token_endpoint_auth_method": "private_key_jwt" });
        assert!(read(CLIENT, &document(without)).is_err());
    }

    #[test]
    fn a_document_of_another_client_or_with_a_secret_is_refused() {
        for extra in [
            json!({ "client_id": "https://client.example/other" }),
            json!({ "client_secret": "x" }),
            json!({ "token_endpoint_auth_method": "client_secret_post" }),
            json!({ "redirect_uris": [] }),
            json!({ "client_name": null }),
            json!({ "client_name": " " }),
        ] {
            assert!(read(CLIENT, &document(extra.clone())).is_err(), "{extra}");
        }
        assert!(read(CLIENT, b"[]").is_err());
    }
}

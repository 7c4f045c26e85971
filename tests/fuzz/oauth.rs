//! What clients and browsers send to the authorization server, and what clients publish.

use backlog_mcp_hub::domain::authority::Authority;
use chrono::DateTime;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, jwk::Jwk};
use oauth_values::{
    CodeChallenge, OAuthError, Params, RedirectUri, Scopes, UserCode,
    authorization::AuthorizationParams,
    client_assertion::{self, Server},
    client_document,
    identity_assertion::{Expected, Unverified},
    known_callback::CallbackOwner,
    redirect_uri::RedirectKind,
    registration::{ClientMetadata, Registration},
    resource,
    token::{
        AccessToken, AuthorizationCode, BacklogState, BrowserId, ClientSecret, CsrfToken,
        DeviceCode, PersonalToken, RefreshToken, RegistrationAccessToken, TokenHash,
    },
};
use serde_json::json;

use crate::inputs::Inputs;

const CLIENT: &str = "https://client.example/oauth/metadata.json";
const ISSUER: &str = "https://hub.example";
const SERVER: Server<'_> = Server {
    issuer: ISSUER,
    token_endpoint: "https://hub.example/token",
};
const IDENTITY_PROVIDER: &str = "https://idp.example";
const MCP_URL: &str = "https://hub.example/mcp";
/// When the signed seeds are good.
const NOW: i64 = 1_790_000_000;
const PRIVATE_KEY: &str = include_str!("../fixtures/client_assertion_key.pem");

/// What RFC 6749 §5.2 allows in an `error_description`; clients put it into headers and logs.
fn assert_can_be_returned(error: &OAuthError) {
    let allowed = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    assert!(
        error.description.bytes().all(allowed),
        "{:?}",
        error.description
    );
}

#[test]
fn tokens() {
    macro_rules! assert_whole {
        ($text:expr, $($kind:ident)*) => {$(
            if let Some(token) = $kind::parse($text) {
                assert_eq!(token.reveal(), $text);
                assert_eq!(token.hash(), $kind::parse($text).expect("the same").hash());
                let shown = format!("{token:?}");
                assert!(shown.len() < 12, "{shown}");
            }
        )*};
    }
    Inputs::of("tokens").try_all(|input| {
        let text = &*String::from_utf8_lossy(input);
        assert_whole!(text, AccessToken RefreshToken AuthorizationCode ClientSecret
            RegistrationAccessToken BrowserId CsrfToken BacklogState PersonalToken DeviceCode);
        if let Some(code) = UserCode::parse(text) {
            assert_eq!(UserCode::parse(&code.shown()), Some(code));
        }
        if let Some(hash) = TokenHash::from_hex(text) {
            assert_eq!(hash.to_hex(), text.to_ascii_lowercase());
        }
    });
}

#[test]
fn forms() {
    Inputs::of("forms").try_all(|input| {
        match Params::parse(input) {
            Err(error) => assert_can_be_returned(&error),
            Ok(params) => {
                for resource in params.resources() {
                    assert!(!resource.is_empty() && !resource.contains('\0'));
                }
                resource::admit(params.resources(), MCP_URL, true);
                match AuthorizationParams::parse(&params, Scopes::all()) {
                    Err(error) => assert_can_be_returned(&error),
                    Ok(authorization) => assert!(!authorization.scopes.is_empty()),
                }
                let verifier = params.get("code_verifier").unwrap_or_default();
                let challenge = params.get("code_challenge").unwrap_or_default();
                if let Some(challenge) = CodeChallenge::parse(challenge) {
                    challenge.is_met_by(verifier);
                }
            }
        }
        if let Err(error) = Params::parse_only(input, &["state", "code"]) {
            assert_can_be_returned(&error);
        }
    });
}

/// What passed is what the rest of the hub relies on.
fn assert_sound(registration: &Registration) {
    assert!(!registration.redirect_uris.is_empty());
    for uri in &registration.redirect_uris {
        assert_eq!(RedirectUri::parse(uri.as_str()).as_ref(), Ok(uri));
    }
    assert_eq!(registration.digest(), registration.digest());
}

#[test]
fn client_metadata() {
    Inputs::of("client_metadata").try_all(|input| {
        if let Ok(text) = std::str::from_utf8(input) {
            client_document::url(text, false);
        }
        match client_document::read(CLIENT, input) {
            Ok(registration) => assert_sound(&registration),
            Err(error) => assert_can_be_returned(&error),
        }
        match ClientMetadata::from_json(input).and_then(ClientMetadata::validate) {
            Ok(registration) => assert_sound(&registration),
            Err(error) => assert_can_be_returned(&error),
        }
    });
}

#[test]
fn assertions() {
    let key = EncodingKey::from_ec_pem(PRIVATE_KEY.as_bytes()).expect("a key");
    let claims = json!({
        "iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "jti": "1", "iat": NOW, "exp": NOW + 60,
    });
    let header = Header::new(Algorithm::ES256);
    let assertion = encode(&header, &claims, &key).expect("an assertion");
    let jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).expect("a JWK");
    let keys = json!({ "keys": [jwk] }).to_string();
    let now = DateTime::from_timestamp(NOW, 0).expect("a time");
    client_assertion::verify(&assertion, &keys, CLIENT, SERVER, now).expect("the seed is good");

    let inputs = Inputs::of("assertions").and(&*assertion).and(&*keys);
    inputs.try_all(|input| {
        let text = &*String::from_utf8_lossy(input);
        let claimed = client_assertion::claimed_client_id(text);
        if client_assertion::verify(text, &keys, CLIENT, SERVER, now).is_ok() {
            assert_eq!(claimed.as_deref(), Some(CLIENT));
            // Nobody without the key makes another one.
            let signed = |text: &str| text.rsplit_once('.').map(|(signed, _)| signed.to_owned());
            assert_eq!(signed(text), signed(&assertion));
        }
        // The keys are the client's own words, too.
        drop(client_assertion::verify(
            &assertion, text, CLIENT, SERVER, now,
        ));
    });
}

#[test]
fn identity_assertions() {
    let key = EncodingKey::from_ec_pem(PRIVATE_KEY.as_bytes()).expect("a key");
    let claims = json!({
        "iss": IDENTITY_PROVIDER, "sub": "u-1", "aud": ISSUER, "client_id": CLIENT, "jti": "1",
        "iat": NOW, "exp": NOW + 300, "resource": MCP_URL, "scope": "backlog:read",
        "email": "haruka@acme.example", "email_verified": true,
    });
    let mut header = Header::new(Algorithm::ES256);
    header.typ = Some("oauth-id-jag+jwt".to_owned());
    let assertion = encode(&header, &claims, &key).expect("an assertion");
    let jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).expect("a JWK");
    let keys = json!({ "keys": [jwk] }).to_string();
    let expected = Expected {
        issuer: IDENTITY_PROVIDER,
        audience: ISSUER,
        client_id: CLIENT,
        needs_resource: true,
        now: DateTime::from_timestamp(NOW, 0).expect("a time"),
    };
    let good = Unverified::read(&assertion).expect("the seed has the form");
    good.verify(&keys, expected).expect("the seed is good");

    let inputs = Inputs::of("identity_assertions")
        .and(&*assertion)
        .and(&*keys);
    inputs.try_all(|input| {
        let text = &*String::from_utf8_lossy(input);
        if let Ok(unverified) = Unverified::read(text) {
            assert!(!unverified.issuer.is_empty() && !unverified.issuer.contains('\0'));
            if let Ok(verified) = unverified.verify(&keys, expected) {
                assert!(!verified.subject.contains('\0'));
                // Nobody without the key makes another one.
                let signed =
                    |text: &str| text.rsplit_once('.').map(|(signed, _)| signed.to_owned());
                assert_eq!(signed(text), signed(&assertion));
            }
        }
        // The keys are a document of another server.
        drop(good.verify(text, expected));
    });
}

#[test]
fn redirect_uris() {
    let inputs = Inputs::of("redirect_uris");
    let parsed = inputs
        .seeds()
        .iter()
        .filter_map(|seed| RedirectUri::parse(std::str::from_utf8(seed).ok()?).ok());
    let registered: Vec<_> = parsed.collect();
    assert!(!registered.is_empty());
    inputs.try_all(|input| {
        let text = &*String::from_utf8_lossy(input);
        drop(Authority::parse(text));
        let Ok(uri) = RedirectUri::parse(text) else {
            return;
        };
        assert_eq!(uri.as_str(), text);
        assert!(uri.matches(&uri));
        CallbackOwner::of(&uri);
        for registered in &registered {
            let matches = uri.matches(registered);
            assert!(
                !matches || uri == *registered || uri.kind() == RedirectKind::Loopback,
                "{text} for {}",
                registered.as_str()
            );
            assert!(!matches || uri.url().host() == registered.url().host());
        }
        // The answer goes where the URI leads, and says what was to be said.
        let answer = uri.with_params(&[("code", "a&b"), ("state", "é #?")]);
        let answer = url::Url::parse(&answer).expect("a URL");
        assert_eq!(answer.scheme(), uri.url().scheme());
        assert_eq!(answer.host(), uri.url().host());
        assert_eq!(answer.fragment(), None);
        let last: Vec<_> = answer.query_pairs().collect();
        let last = &last[last.len() - 2..];
        assert_eq!(
            last,
            [
                ("code".into(), "a&b".into()),
                ("state".into(), "é #?".into())
            ]
        );
    });
}

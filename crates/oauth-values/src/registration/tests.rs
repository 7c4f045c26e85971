use super::*;

fn metadata(redirect_uris: &[&str]) -> ClientMetadata {
    ClientMetadata {
        redirect_uris: redirect_uris.iter().map(ToString::to_string).collect(),
        token_endpoint_auth_method: Some("none".into()),
        ..ClientMetadata::default()
    }
}

fn with_keys(jwks: Option<serde_json::Value>, uri: Option<&str>) -> ClientMetadata {
    let mut metadata = metadata(&["https://a.example/cb"]);
    metadata.token_endpoint_auth_method = Some("private_key_jwt".into());
    metadata.jwks = jwks;
    metadata.jwks_uri = uri.map(Into::into);
    metadata
}

#[test]
fn inline_keys_are_limited_in_number_and_size() {
    let set = |keys: Vec<serde_json::Value>| Some(serde_json::json!({ "keys": keys }));
    let key = serde_json::json!({ "kty": "EC" });
    let large = serde_json::json!({ "kty": "x".repeat(MAX_KEYS_BYTES) });
    assert!(
        with_keys(set(vec![key.clone(); 16]), None)
            .validate()
            .is_ok()
    );
    assert!(with_keys(set(vec![key; 17]), None).validate().is_err());
    assert!(with_keys(set(vec![large]), None).validate().is_err());
}

#[test]
fn the_address_of_keys_is_kept_as_it_is_understood() {
    let stored = |uri: &str| with_keys(None, Some(uri)).validate().map(|done| done.keys);
    assert_eq!(
        stored("HTTPS://Keys.Example:443\\a/../jwks").expect("valid"),
        Some(KeySource::Uri("https://keys.example/jwks".into()))
    );
    for refused in [
        "http://keys.example/jwks",
        "https://user:password@keys.example/jwks",
        "https://:password@keys.example/jwks",
    ] {
        assert!(stored(refused).is_err(), "{refused}");
    }
}

#[test]
fn rule_14_web_with_a_private_scheme_is_native_and_web_with_loopback_is_refused() {
    let mut mixed = metadata(&["https://cursor.example/cb", "cursor://x/cb"]);
    mixed.application_type = Some("web".into());
    assert_eq!(
        mixed.validate().expect("valid").application_type,
        ApplicationType::Native
    );
    let mut web = metadata(&["https://a.example/cb", "http://127.0.0.1/cb"]);
    web.application_type = Some("web".into());
    assert_eq!(
        web.validate().expect_err("refused").code,
        ErrorCode::InvalidRedirectUri
    );
}

#[test]
fn each_wrong_field_is_named() {
    let mut no_code = metadata(&["https://a.example/cb"]);
    no_code.grant_types = Some(vec!["client_credentials".into()]);
    let mut bad_method = metadata(&["https://a.example/cb"]);
    bad_method.token_endpoint_auth_method = Some("tls_client_auth".into());
    let mut bad_type = metadata(&["https://a.example/cb"]);
    bad_type.application_type = Some("service".into());
    for (metadata, field) in [
        (metadata(&[]), "redirect_uris"),
        (
            metadata(&["https://a.example", "ftp://x"]),
            "redirect_uris[1]",
        ),
        (no_code, "grant_types"),
        (bad_method, "token_endpoint_auth_method"),
        (bad_type, "application_type"),
    ] {
        let error = metadata.validate().expect_err(field);
        assert!(error.description.contains(field), "{error}");
    }
}

#[test]
fn the_digest_ignores_the_order_of_redirect_uris_and_nothing_else() {
    let digest = |uris: &[&str]| metadata(uris).validate().expect("valid").digest();
    let (a, b) = ("https://a.example/", "https://b.example/");
    assert_eq!(digest(&[a, b]), digest(&[b, a]));
    assert_ne!(digest(&[a]), digest(&[a, b]));
}

#[test]
fn a_method_left_out_means_basic_as_the_rfc_says() {
    let mut left_out = metadata(&["https://a.example/cb"]);
    left_out.token_endpoint_auth_method = None;
    assert_eq!(
        left_out.validate().expect("valid").auth_method,
        AuthMethod::ClientSecretBasic
    );
}

#[test]
fn a_client_that_registers_itself_has_smaller_bounds_than_others() {
    let many = |number: usize| -> ClientMetadata {
        let uris: Vec<_> = (0..number)
            .map(|number| format!("https://a.example/{number}"))
            .collect();
        metadata(&uris.iter().map(String::as_str).collect::<Vec<_>>())
    };
    assert!(many(10).validate().is_ok());
    assert!(many(11).validate().is_err());
    assert!(many(32).validate_published().is_ok());
    assert!(many(33).validate_published().is_err());
    assert!(many(32).validate_trusted().is_ok());
    let long = |length: usize| {
        let uri = format!("https://a.example/{}", "x".repeat(length));
        metadata(&[&format!("{uri}1"), &format!("{uri}2"), &format!("{uri}3")])
    };
    assert!(long(1_300).validate().is_ok());
    let error = long(1_400).validate().expect_err("more than 4 KiB");
    assert!(error.description.contains("4096 bytes"), "{error}");
    assert!(long(1_400).validate_published().is_ok());
}

/// The lists of known clients with many redirect URIs.
#[test]
fn the_longest_lists_of_real_clients_are_taken() {
    let visual_studio_code = [
        "https://insiders.vscode.dev/redirect",
        "https://vscode.dev/redirect",
        "http://localhost",
        "http://127.0.0.1",
        "http://localhost:33418",
        "http://127.0.0.1:33418",
        "http://localhost:33418/",
        "http://127.0.0.1:33418/",
    ];
    assert!(metadata(&visual_studio_code).validate().is_ok());
}

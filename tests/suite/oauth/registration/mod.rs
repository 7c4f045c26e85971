//! Dynamic client registration (RFC 7591): the metadata that the hub accepts and rejects. A
//! rejected registration leaves no row.

mod management;

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{StatusCode, header::AUTHORIZATION};
use serde_json::{Value, json};

use crate::support::{
    hub::{REDIRECT_URI, TestHub, http},
    person::{EVERY_SCOPE, Person, VERIFIER},
    reply::Reply,
};

fn public(redirect_uris: &[&str]) -> Value {
    json!({ "redirect_uris": redirect_uris, "token_endpoint_auth_method": "none" })
}

async fn clients(hub: &TestHub) -> String {
    let count = "SELECT count(*)::text FROM hub.clients";
    hub.value(count).await.expect("a count")
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_18_the_same_registration_sent_again_does_not_grow_the_table() {
    let hub = TestHub::start().await;
    let metadata = json!({
        "client_name": "Claude Code",
        "redirect_uris": ["http://localhost:1234/callback", "http://127.0.0.1/callback"],
        "token_endpoint_auth_method": "none",
    });
    let first = hub.register_with(&metadata).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    let first = first.json();
    for _ in 0..3 {
        let again = hub.register_with(&metadata).await;
        assert_eq!(again.status, StatusCode::CREATED);
        let again = again.json();
        assert_eq!(again["client_id"], first["client_id"]);
        assert_eq!(again["client_id_issued_at"], first["client_id_issued_at"]);
    }
    let mut reordered = metadata.clone();
    reordered["redirect_uris"].as_array_mut().unwrap().reverse();
    let reordered = hub.register_with(&reordered).await.json();
    assert_eq!(reordered["client_id"], first["client_id"]);
    assert_eq!(clients(&hub).await, "1");

    // What differs in anything that matters is another client.
    for (name, value) in [
        ("client_name", json!("Cursor")),
        ("redirect_uris", json!([REDIRECT_URI])),
        ("scope", json!("backlog:read")),
    ] {
        let mut other = metadata.clone();
        other[name] = value;
        let other = hub.register_with(&other).await.json();
        assert_ne!(other["client_id"], first["client_id"], "{name}");
    }
    // And so is the same one at another issuer.
    let there = Reply::to(
        http()
            .post(hub.url("/spaces/default/register"))
            .json(&metadata),
    )
    .await;
    assert_ne!(there.json()["client_id"], first["client_id"]);
    assert_eq!(clients(&hub).await, "5");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_18_a_confidential_client_gets_a_new_secret_each_time() {
    let hub = TestHub::start().await;
    let metadata = json!({ "redirect_uris": [REDIRECT_URI] });
    let first = hub.register_with(&metadata).await.json();
    let second = hub.register_with(&metadata).await.json();
    assert_eq!(first["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(first["client_secret_expires_at"], 0);
    assert_ne!(first["client_id"], second["client_id"]);
    assert_ne!(first["client_secret"], second["client_secret"]);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_13_14_and_17_every_redirect_uri_of_a_known_client_is_taken() {
    let hub = TestHub::start().await;
    for uri in [
        "https://claude.ai/api/mcp/auth_callback",
        "https://claude.com/api/mcp/auth_callback",
        "https://chatgpt.com/connector/oauth/abc123",
        "https://vscode.dev/redirect",
        "https://insiders.vscode.dev/redirect",
        "https://www.cursor.com/agents/mcp/oauth/callback",
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "com.example.app:/oauth",
        "http://127.0.0.1:33418/",
        "http://localhost/callback?a=b",
        "http://[::1]:8080/callback",
    ] {
        let reply = hub.register_with(&public(&[uri])).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{uri}: {}", reply.body);
        assert_eq!(reply.json()["redirect_uris"], json!([uri]));
    }
    // All kinds in one registration, by a client that calls itself `web` (rule 14).
    let mut cursor = public(&[
        "https://www.cursor.com/agents/mcp/oauth/callback",
        "http://localhost:8787/callback",
        "cursor://anysphere.cursor-mcp/oauth/callback",
    ]);
    cursor["application_type"] = json!("web");
    let reply = hub.register_with(&cursor).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    assert_eq!(reply.json()["application_type"], "native");
    hub.stop().await;
}

/// Each wrong field, the error it must be, and the words that say which it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_registration_is_refused_by_name_and_leaves_nothing_behind() {
    const URI: &str = "invalid_redirect_uri";
    const METADATA: &str = "invalid_client_metadata";

    let hub = TestHub::start().await;
    let before = hub.state().await;
    let with = |name: &str, value: Value| {
        let mut metadata = public(&[REDIRECT_URI]);
        metadata[name] = value;
        metadata
    };
    let uri = |uri: &str| public(&[REDIRECT_URI, uri]);
    for (metadata, error, names) in [
        (json!({}), URI, "redirect_uris"),
        (public(&[]), URI, "redirect_uris"),
        (public(&[REDIRECT_URI; 11]), URI, "redirect_uris"),
        (uri(""), URI, "redirect_uris[1]"),
        (uri("callback"), URI, "absolute"),
        (uri("http://example.com/cb"), URI, "loopback"),
        (uri("https://example.com/cb#there"), URI, "fragment"),
        (uri("https://user:pw@example.com/cb"), URI, "user name"),
        (uri("javascript:alert(1)"), URI, "javascript"),
        (uri("JavaScript:alert(1)"), URI, "javascript"),
        (uri("data:text/html,x"), URI, "data"),
        (uri("file:///etc/passwd"), URI, "file"),
        (uri("vbscript:x"), URI, "vbscript"),
        (uri("blob:https://example.com/x"), URI, "blob"),
        (uri("about:blank"), URI, "about"),
        (uri("https://example.com/\u{202e}cb"), URI, "absolute"),
        (uri("https://example.com/\0"), URI, "absolute"),
        (uri("https://example.com/a b"), URI, "absolute"),
        (
            uri(&format!("https://example.com/{}", "a".repeat(2048))),
            URI,
            "longer",
        ),
        (with("application_type", json!("web")), URI, "loopback"),
        (
            with("application_type", json!("phone")),
            METADATA,
            "application_type",
        ),
        (
            with("token_endpoint_auth_method", json!("tls_client_auth")),
            METADATA,
            "token_endpoint_auth_method",
        ),
        (
            with("token_endpoint_auth_method", json!(7)),
            METADATA,
            "token_endpoint_auth_method",
        ),
        (
            with("grant_types", json!(["client_credentials"])),
            METADATA,
            "grant_types",
        ),
        (with("grant_types", json!("code")), METADATA, "grant_types"),
        (
            with("response_types", json!(["token"])),
            METADATA,
            "response_types",
        ),
        (
            with("client_name", json!("n".repeat(201))),
            METADATA,
            "client_name",
        ),
        (with("client_name", json!("a\0b")), METADATA, "client_name"),
        (with("client_name", json!(["a"])), METADATA, "client_name"),
        (with("redirect_uris", json!("x")), METADATA, "redirect_uris"),
        (
            with("redirect_uris", json!([1])),
            METADATA,
            "redirect_uris[0]",
        ),
        (with("scope", json!(["a"])), METADATA, "scope"),
        (json!([]), METADATA, "JSON"),
        (json!(null), METADATA, "JSON"),
        (json!("text"), METADATA, "JSON"),
    ] {
        let reply = hub.register_with(&metadata).await;
        let description = reply.oauth_error(400, error);
        assert!(description.contains(names), "{metadata}: {description}");
        // RFC 6749 §5.2: printable ASCII without quote and backslash.
        assert!(
            description
                .bytes()
                .all(|b| (0x20..0x7f).contains(&b) && b != b'"' && b != b'\\'),
            "{description}"
        );
    }
    assert_eq!(hub.state().await, before);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_client_metadata_is_refused() {
    let hub = TestHub::start().await;
    let before = hub.state().await;
    let typed = |kind: &str, body: Vec<u8>| {
        let request = http().post(hub.url("/register")).body(body);
        Reply::to(request.header("content-type", kind))
    };
    let post = |body: Vec<u8>| typed("application/json", body);
    for body in [
        "",
        "{",
        "{\"redirect_uris\": [}",
        "redirect_uris=x",
        "\u{feff}{}",
        "{}{}",
    ] {
        let reply = post(body.into()).await;
        let description = reply.oauth_error(400, "invalid_client_metadata");
        assert!(description.contains("JSON"), "{body}: {description}");
    }
    post(vec![b'"', 0xff, b'"'])
        .await
        .oauth_error(400, "invalid_client_metadata");
    post("[".repeat(10_000).into())
        .await
        .oauth_error(400, "invalid_client_metadata");

    let padding = |size: usize| {
        let mut metadata = public(&[REDIRECT_URI]);
        metadata["software_statement"] = json!("");
        let rest = size - metadata.to_string().len();
        metadata["software_statement"] = json!("x".repeat(rest));
        metadata.to_string().into_bytes()
    };
    let description = post(padding(16 * 1024 + 1))
        .await
        .oauth_error(413, "invalid_request");
    assert!(description.contains("16384"), "{description}");
    // What a page of any web site can have its visitors send.
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let body = public(&[REDIRECT_URI]).to_string().into_bytes();
        let description = typed(kind, body)
            .await
            .oauth_error(415, "invalid_client_metadata");
        assert!(description.contains("application/json"), "{description}");
    }
    assert_eq!(hub.state().await, before);
    // The limit itself is within the limit.
    let reply = typed("application/json; charset=utf-8", padding(16 * 1024)).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);

    let get = Reply::to(http().get(hub.url("/register"))).await;
    assert_eq!(get.status, StatusCode::METHOD_NOT_ALLOWED);
    let nobody = Reply::to(http().post(hub.url("/spaces/nobody/register"))).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_11_and_12_a_registration_never_ends_up_without_a_scope() {
    let hub = TestHub::start().await;
    for (asked, given) in [
        (None, EVERY_SCOPE),
        (Some(""), EVERY_SCOPE),
        (Some("openid profile"), EVERY_SCOPE),
        (Some("backlog:read offline_access"), "backlog:read"),
        (Some("mcp:tools"), "backlog:read"),
    ] {
        let mut metadata = public(&[REDIRECT_URI]);
        if let Some(asked) = asked {
            metadata["scope"] = json!(asked);
        }
        let reply = hub.register_with(&metadata).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        assert_eq!(reply.json()["scope"], given, "{asked:?}");
    }
    hub.stop().await;
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{secret}")))
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one sequence of steps")]
async fn a_client_secret_works_by_basic_and_in_the_form_whichever_was_registered() {
    let hub = TestHub::start().await;
    let person = Person::default();
    for method in ["client_secret_post", "client_secret_basic"] {
        let registered = hub
            .register_with(&json!({
                "redirect_uris": [REDIRECT_URI],
                "token_endpoint_auth_method": method,
            }))
            .await
            .json();
        let text = |name: &str| registered[name].as_str().expect(name).to_owned();
        let (id, secret) = (text("client_id"), text("client_secret"));
        let other = hub
            .register_with(&json!({
                "redirect_uris": [REDIRECT_URI],
                "token_endpoint_auth_method": method,
            }))
            .await
            .json()["client_secret"]
            .as_str()
            .unwrap()
            .to_owned();
        let stored = hub
            .value("SELECT string_agg(client_secret_hash, ' ') FROM hub.clients")
            .await
            .unwrap();
        assert!(stored.contains("$argon2id$") && !stored.contains(&secret));

        let answer = person.authorize(&hub, &id, backlog_sim::seed::DANIEL).await;
        let code = answer.get("code").to_owned();
        let exchange = |header: Option<String>, form: &[(&str, &str)]| {
            let mut fields = vec![
                ("grant_type", "authorization_code"),
                ("code", code.as_str()),
                ("redirect_uri", REDIRECT_URI),
                ("code_verifier", VERIFIER),
            ];
            fields.extend(form);
            let mut request = http().post(hub.url("/token")).form(&fields);
            if let Some(header) = header {
                request = request.header(AUTHORIZATION, header);
            }
            Reply::to(request)
        };
        let before = hub.state().await;

        // With a wrong secret, with none: 401, nothing consumed.
        let by_post =
            |secret: &str| exchange(None, &[("client_id", &id), ("client_secret", secret)]);
        let by_basic = |secret: &str| exchange(Some(basic(&id, secret)), &[]);
        let none = exchange(None, &[("client_id", &id)]).await;
        let advice = none.oauth_error(401, "invalid_client");
        assert!(
            advice.contains("token_endpoint_auth_method 'none'"),
            "{advice}"
        );
        let last = if secret.ends_with('x') { 'y' } else { 'x' };
        let mistyped = format!("{}{last}", &secret[..secret.len() - 1]);
        for wrong in [other.as_str(), "", "wrong", &mistyped] {
            by_post(wrong).await.oauth_error(401, "invalid_client");
            let refused = by_basic(wrong).await;
            refused.oauth_error(401, "invalid_client");
            // RFC 6749 §5.2: the scheme that the client tried.
            assert!(refused.header("www-authenticate").starts_with("Basic "));
        }
        // Two ways at once, or a header that is none (RFC 6749 §2.3).
        for (header, form) in [
            (
                basic(&id, &secret),
                vec![("client_secret", secret.as_str())],
            ),
            (basic(&id, &secret), vec![("client_id", "another")]),
            ("Basic !".to_owned(), vec![("client_id", id.as_str())]),
            ("Bearer x".to_owned(), vec![("client_id", id.as_str())]),
        ] {
            exchange(Some(header), &form)
                .await
                .oauth_error(400, "invalid_request");
        }
        assert_eq!(hub.state().await, before, "nothing was consumed");

        // The right one by either form (RFC 6749 §2.3.1): libraries choose for themselves.
        let crossed = match method {
            "client_secret_post" => by_basic(&secret).await,
            _ => by_post(&secret).await,
        };
        assert_eq!(crossed.status, StatusCode::OK, "{}", crossed.body);
        for by_basic in [true, false] {
            let another = Person::default();
            let answer = another
                .authorize(&hub, &id, backlog_sim::seed::DANIEL)
                .await;
            let fields = [
                ("grant_type", "authorization_code"),
                ("code", answer.get("code")),
                ("code_verifier", VERIFIER),
            ];
            let mut fields = fields.to_vec();
            if !by_basic {
                fields.extend([("client_id", id.as_str()), ("client_secret", &secret)]);
            }
            let mut request = http().post(hub.url("/token")).form(&fields);
            if by_basic {
                request = request.header(AUTHORIZATION, basic(&id, &secret));
            }
            let right = Reply::to(request).await;
            assert_eq!(right.status, StatusCode::OK, "{}", right.body);
        }
    }
    hub.stop().await;
}

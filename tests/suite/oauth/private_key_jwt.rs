//! Clients that authenticate with a signed assertion (RFC 7523). The hub holds their keys or
//! fetches them from where the client publishes them.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use backlog_mcp_hub::web::oauth::client_keys::ClientKeys;
use backlog_sim::seed;
use chrono::DateTime;
use foundation::{clock::Clock, random::Random};
use guarded_fetch::{FetchOptions, Fetcher, Requester};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, jwk::Jwk};
use oauth_values::{
    client_assertion::{AssertionError, TYPE},
    token::{AccessToken, RefreshToken},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};

use crate::support::{
    document_host::{Document, DocumentHost},
    hub::{REDIRECT_URI, TestHub, http},
    mcp::call_at,
    person::{Person, VERIFIER},
    reply::Reply,
};

const PRIVATE_KEY: &str = include_str!("../../fixtures/client_assertion_key.pem");

fn key() -> EncodingKey {
    EncodingKey::from_ec_pem(PRIVATE_KEY.as_bytes()).expect("a key")
}

/// The public half, as a client publishes it.
pub(crate) fn jwks() -> Value {
    let jwk = Jwk::from_encoding_key(&key(), Algorithm::ES256).expect("a JWK");
    json!({ "keys": [jwk] })
}

fn registration() -> Value {
    json!({
        "client_name": "Signing Client",
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "private_key_jwt",
    })
}

/// Claims that are right for an issuer, with a `jti` of their own.
pub(crate) fn claims(client_id: &str, issuer: &str) -> Value {
    let now = Clock::system().now().timestamp();
    json!({
        "iss": client_id, "sub": client_id, "aud": issuer,
        "jti": u64::from_be_bytes(Random::system().bytes()).to_string(),
        "iat": now, "exp": now + 60,
    })
}

pub(crate) fn sign(claims: &Value) -> String {
    encode(&Header::new(Algorithm::ES256), claims, &key()).expect("an assertion")
}

/// Registers a client with these keys in its metadata.
pub(crate) async fn register(hub: &TestHub, name: &str, keys: &Value) -> String {
    let mut metadata = registration();
    metadata[name] = keys.clone();
    let reply = hub.register_with(&metadata).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    let answer = reply.json();
    assert_eq!(answer["token_endpoint_auth_method"], "private_key_jwt");
    assert_eq!(&answer[name], keys);
    assert!(answer.get("client_secret").is_none(), "{answer}");
    answer["client_id"].as_str().expect("an id").to_owned()
}

async fn token(hub: &TestHub, assertion: &str, form: &[(&str, &str)]) -> Reply {
    let mut form = form.to_vec();
    form.push(("client_assertion_type", TYPE));
    form.push(("client_assertion", assertion));
    hub.post_form("/token", &form).await
}

/// Signs a person in and exchanges the code with this assertion; the refresh token.
pub(crate) async fn sign_in(hub: &TestHub, client_id: &str, assertion: &str) -> String {
    let answer = Person::default()
        .authorize(hub, client_id, seed::DANIEL)
        .await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", answer.get("code")),
        ("code_verifier", VERIFIER),
    ];
    let reply = token(hub, assertion, &form).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply.json()["refresh_token"]
        .as_str()
        .expect("a token")
        .to_owned()
}

pub(crate) async fn refresh(hub: &TestHub, assertion: &str, refresh_token: &str) -> Reply {
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token),
    ];
    token(hub, assertion, &form).await
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_23_a_client_with_keys_in_its_registration_signs_in_and_refreshes() {
    let hub = TestHub::start().await;
    let client_id = register(&hub, "jwks", &jwks()).await;
    let assertion = sign(&claims(&client_id, &hub.base_url));
    let refresh_token = sign_in(&hub, &client_id, &assertion).await;
    // Hosted clients name the token endpoint.
    let mut at_endpoint = claims(&client_id, &hub.base_url);
    at_endpoint["aud"] = json!(hub.url("/token"));
    let reply = refresh(&hub, &sign(&at_endpoint), &refresh_token).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    hub.stop().await;
}

/// An assertion that names two servers could be presented at one by the other.
#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_names_this_server_alone() {
    let hub = TestHub::start().await;
    let client_id = register(&hub, "jwks", &jwks()).await;
    let assertion = sign(&claims(&client_id, &hub.base_url));
    let refresh_token = sign_in(&hub, &client_id, &assertion).await;
    let before = hub.state().await;
    for audience in [
        json!(["https://other.example", hub.base_url]),
        json!([hub.base_url, hub.url("/token")]),
        json!(hub.mcp_url()),
    ] {
        let mut claims = claims(&client_id, &hub.base_url);
        claims["aud"] = audience;
        let reply = refresh(&hub, &sign(&claims), &refresh_token).await;
        reply.oauth_error(401, "invalid_client");
    }
    let with_type = |typ: &str, audience: String| {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(typ.to_owned());
        let mut claims = claims(&client_id, &hub.base_url);
        claims["aud"] = json!(audience);
        encode(&header, &claims, &key()).expect("an assertion")
    };
    for wrong in [
        with_type("at+jwt", hub.base_url.clone()),
        with_type("client-authentication+jwt", hub.url("/token")),
    ] {
        let reply = refresh(&hub, &wrong, &refresh_token).await;
        reply.oauth_error(401, "invalid_client");
    }
    assert_eq!(hub.state().await, before);
    let right = with_type("client-authentication+jwt", hub.base_url.clone());
    let reply = refresh(&hub, &right, &refresh_token).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_is_good_once_at_every_replica() {
    let hub = TestHub::start().await;
    let (second, second_url) = hub.replica().await;
    let client_id = register(&hub, "jwks", &jwks()).await;
    let assertion = sign(&claims(&client_id, &hub.base_url));
    let refresh_token = sign_in(&hub, &client_id, &assertion).await;
    let before = hub.state().await;
    refresh(&hub, &assertion, &refresh_token)
        .await
        .oauth_error(401, "invalid_client");
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token.as_str()),
        ("client_assertion_type", TYPE),
        ("client_assertion", &assertion),
    ];
    let there = crate::support::hub::http()
        .post(format!("{second_url}/token"))
        .form(&form);
    Reply::to(there).await.oauth_error(401, "invalid_client");
    assert_eq!(hub.state().await, before);
    second.stop().await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_assertion_is_refused_and_uses_nothing_up() {
    let hub = TestHub::start().await;
    let client_id = register(&hub, "jwks", &jwks()).await;
    let good = sign(&claims(&client_id, &hub.base_url));
    let refresh_token = sign_in(&hub, &client_id, &good).await;
    let now = Clock::system().now().timestamp();
    let before = hub.state().await;
    let with = |name: &str, value: Value| {
        let mut claims = claims(&client_id, &hub.base_url);
        claims[name] = value;
        sign(&claims)
    };
    let forged = {
        let shared = EncodingKey::from_secret(jwks().to_string().as_bytes());
        let claims = claims(&client_id, &hub.base_url);
        encode(&Header::new(Algorithm::HS256), &claims, &shared).expect("an assertion")
    };
    let altered = {
        let mut parts: Vec<&str> = good.split('.').collect();
        let other = with("exp", json!(now + 120));
        parts[1] = other.split('.').nth(1).expect("claims");
        parts.join(".")
    };
    for assertion in [
        with("aud", json!("https://other.example")),
        with("aud", json!(hub.mcp_url())),
        with("exp", json!(now - 120)),
        with("exp", json!(now + 86_400)),
        with("nbf", json!(now + 600)),
        with("iat", json!(now + 600)),
        with("iss", json!("somebody")),
        with("jti", Value::Null),
        forged,
        altered,
        good.rsplit_once('.').expect("three parts").0.to_owned(),
        "x".to_owned(),
    ] {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", client_id.as_str()),
            ("refresh_token", &refresh_token),
        ];
        let reply = token(&hub, &assertion, &form).await;
        reply.oauth_error(401, "invalid_client");
    }
    // Nor does another way of proving oneself do.
    for proof in [
        vec![],
        vec![("client_secret", "x")],
        vec![("client_assertion", good.as_str())],
        vec![("client_assertion_type", TYPE)],
        vec![
            ("client_assertion_type", "urn:ietf:params:oauth:saml2"),
            ("client_assertion", &good),
        ],
    ] {
        let mut form = proof;
        form.push(("grant_type", "refresh_token"));
        form.push(("client_id", &client_id));
        form.push(("refresh_token", &refresh_token));
        let reply = hub.post_form("/token", &form).await;
        assert!(
            matches!(reply.status.as_u16(), 400 | 401),
            "{}",
            reply.status
        );
    }
    assert_eq!(hub.state().await, before);
    let fresh = sign(&claims(&client_id, &hub.base_url));
    let reply = refresh(&hub, &fresh, &refresh_token).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_for_one_client_proves_nothing_for_another() {
    let hub = TestHub::start().await;
    let mine = register(&hub, "jwks", &jwks()).await;
    // The same keys: only the claims tell them apart.
    let theirs = register(&hub, "jwks", &jwks()).await;
    assert_ne!(mine, theirs);
    let refresh_token = sign_in(&hub, &mine, &sign(&claims(&mine, &hub.base_url))).await;
    let before = hub.state().await;
    let assertion = sign(&claims(&theirs, &hub.base_url));
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", mine.as_str()),
        ("refresh_token", &refresh_token),
    ];
    let reply = token(&hub, &assertion, &form).await;
    reply.oauth_error(401, "invalid_client");
    assert_eq!(hub.state().await, before);
    // As itself, the other client is right; the token is not its own.
    let reply = refresh(&hub, &assertion, &refresh_token).await;
    reply.oauth_error(400, "invalid_grant");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_a_client_publishes_are_fetched_once() {
    let hub = TestHub::start().await;
    let host = DocumentHost::open().await;
    host.set("/jwks.json", Document::json(&jwks()));
    let published = json!("https://client.example/jwks.json");
    let client_id = register(&hub, "jwks_uri", &published).await;
    // Only https can be registered; the keys are served here in its place.
    let url = host.url("/jwks.json");
    let moved = format!("UPDATE hub.clients SET jwks_uri = '{url}' WHERE jwks_uri IS NOT NULL");
    assert_eq!(hub.sql(&moved).await, 1);

    let assertion = sign(&claims(&client_id, &hub.base_url));
    let refresh_token = sign_in(&hub, &client_id, &assertion).await;
    let assertion = sign(&claims(&client_id, &hub.base_url));
    let reply = refresh(&hub, &assertion, &refresh_token).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(host.fetches("/jwks.json"), 1);

    // A replica has to fetch them itself; while it cannot, the failure is passing.
    let (second, second_url) = hub.replica().await;
    host.set("/jwks.json", Document::status(500));
    let request = |assertion: String| {
        let form = [
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", refresh_token.clone()),
            ("client_assertion_type", TYPE.to_owned()),
            ("client_assertion", assertion),
        ];
        Reply::to(
            crate::support::hub::http()
                .post(format!("{second_url}/token"))
                .form(&form),
        )
    };
    let assertion = sign(&claims(&client_id, &hub.base_url));
    let reply = request(assertion.clone()).await;
    reply.oauth_error(503, "temporarily_unavailable");
    assert!(!reply.header("retry-after").is_empty());
    host.set("/jwks.json", Document::json(&jwks()));
    let reply = request(assertion).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    second.stop().await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_may_ask_for_private_key_jwt_with_its_keys_inside() {
    let hub = TestHub::start().await;
    let host = DocumentHost::open().await;
    let client_id = host.url("/client.json");
    let mut document = registration();
    document["client_id"] = json!(client_id);
    document["jwks"] = jwks();
    host.set("/client.json", Document::json(&document));
    let assertion = sign(&claims(&client_id, &hub.base_url));
    let refresh_token = sign_in(&hub, &client_id, &assertion).await;
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", client_id.as_str()),
        ("refresh_token", &refresh_token),
    ];
    let reply = hub.post_form("/token", &form).await;
    reply.oauth_error(401, "invalid_client");
    let assertion = sign(&claims(&client_id, &hub.base_url));
    let reply = refresh(&hub, &assertion, &refresh_token).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_keys_are_looked_for_but_not_at_every_unknown_signature() {
    const PATH: &str = "/jwks.json";
    let host = DocumentHost::open().await;
    let url = host.url(PATH);
    let seconds = Arc::new(AtomicI64::new(1_800_000_000));
    let clock = Clock::from_fn({
        let seconds = Arc::clone(&seconds);
        move || DateTime::from_timestamp(seconds.load(Ordering::Relaxed), 0).expect("a time")
    });
    let options = FetchOptions {
        allow_loopback: true,
        ..FetchOptions::direct()
    };
    let fetcher = Fetcher::new(options, clock.clone()).expect("a fetcher");
    let requester = Requester {
        network: None,
        is_known: true,
    };
    let keys = ClientKeys::default();
    let signed_by = async |key: &str| {
        let has_it = |jwks: &str| match jwks.contains(key) {
            true => Ok(()),
            false => Err(AssertionError::UnknownKey),
        };
        keys.check((&fetcher, requester), &clock, &url, has_it)
            .await
            .expect("keys")
    };

    host.set(PATH, Document::text("old"));
    assert_eq!(signed_by("old").await, Ok(()));
    host.set(PATH, Document::text("new"));
    // Anybody can send a wrong signature; it must not make the hub fetch each time.
    for _ in 0..3 {
        assert_eq!(signed_by("new").await, Err(AssertionError::UnknownKey));
    }
    seconds.fetch_add(30, Ordering::Relaxed);
    assert_eq!(signed_by("new").await, Err(AssertionError::UnknownKey));
    assert_eq!(host.fetches(PATH), 1);

    seconds.fetch_add(1, Ordering::Relaxed);
    assert_eq!(signed_by("new").await, Ok(()));
    assert_eq!(host.fetches(PATH), 2);
    // What is wrong with an assertion beside its key needs no other keys.
    seconds.fetch_add(31, Ordering::Relaxed);
    let expired = |_: &str| Err::<(), _>(AssertionError::Claim("exp"));
    let checked = keys
        .check((&fetcher, requester), &clock, &url, expired)
        .await;
    assert_eq!(checked.expect("keys"), Err(AssertionError::Claim("exp")));
    assert_eq!(signed_by("new").await, Ok(()));
    assert_eq!(signed_by("old").await, Err(AssertionError::UnknownKey));
    assert_eq!(host.fetches(PATH), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_a_document_withdrew_are_good_for_nothing() {
    const PATH: &str = "/client.json";
    let hub = TestHub::start().await;
    let host = DocumentHost::open().await;
    let client_id = host.url(PATH);
    let mut document = registration();
    document["client_id"] = json!(client_id);
    document["jwks"] = jwks();
    host.set(PATH, Document::json(&document));
    let signed = || sign(&claims(&client_id, &hub.base_url));
    let expire = async |by: &str| {
        hub.sql(&format!(
            "UPDATE hub.clients SET metadata_expires_at = clock_timestamp() - interval '{by}'"
        ))
        .await
    };
    let token_of = |reply: &Reply| {
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let token = reply.json()["refresh_token"].clone();
        token.as_str().expect("a token").to_owned()
    };
    let first = sign_in(&hub, &client_id, &signed()).await;
    assert_eq!(host.fetches(PATH), 1);

    // While the document cannot be had, its copy serves for a day longer, not for ever.
    host.set(PATH, Document::status(500));
    expire("23 hours").await;
    let second = token_of(&refresh(&hub, &signed(), &first).await);
    assert_eq!(host.fetches(PATH), 2);
    expire("25 hours").await;
    let reply = refresh(&hub, &signed(), &second).await;
    reply.oauth_error(503, "temporarily_unavailable");
    host.set(PATH, Document::json(&document));
    let third = token_of(&refresh(&hub, &signed(), &second).await);

    document["jwks"] = json!({ "keys": [] });
    host.set(PATH, Document::json(&document));
    expire("1 second").await;
    let reply = refresh(&hub, &signed(), &third).await;
    reply.oauth_error(401, "invalid_client");
    hub.stop().await;
}

/// Strangers present tokens that could be of an older version, for a client whose keys are at a host
/// that never responds. While their requests wait for it, they have no turn at the database.
#[tokio::test(flavor = "multi_thread")]
async fn keys_that_never_come_keep_no_token_of_an_older_version_out() {
    const STRANGERS: usize = 16;
    let random = Random::system();
    let hub = TestHub::start().await;
    Person::default().sign_in(&hub, seed::DANIEL).await;
    let older = AccessToken::generate(&random);
    hub.sql(&format!(
        "INSERT INTO hub.access_tokens
             (token_hash, grant_id, refresh_token_hash, scopes, expires_at)
         SELECT '\\x{}', id, sha256('none'), scopes, clock_timestamp() + interval '1 day'
         FROM hub.grants",
        older.hash().to_hex()
    ))
    .await;
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = silent.local_addr().expect("an address");
    let published = json!("https://client.example/jwks.json");
    let client_id = register(&hub, "jwks_uri", &published).await;
    let moved = format!(
        "UPDATE hub.clients SET jwks_uri = 'http://{address}/jwks.json'
         WHERE jwks_uri IS NOT NULL"
    );
    assert_eq!(hub.sql(&moved).await, 1);

    let mut strangers = JoinSet::new();
    for _ in 0..STRANGERS {
        let unknown = RefreshToken::generate(&random);
        let assertion = sign(&claims(&client_id, &hub.base_url));
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", client_id.as_str()),
            ("refresh_token", unknown.reveal()),
            ("client_assertion_type", TYPE),
            ("client_assertion", &assertion),
        ];
        strangers.spawn(Reply::to(http().post(hub.url("/token")).form(&form)));
    }
    let (never_answered, _) = silent.accept().await.expect("a fetch of the keys");
    let reply = call_at(
        &hub.mcp_url(),
        Some(older.reveal()),
        "get_myself",
        json!({}),
    )
    .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    drop((silent, never_answered));
    while let Some(refused) = strangers.join_next().await {
        let refused = refused.expect("a reply");
        refused.oauth_error(503, "temporarily_unavailable");
    }
    hub.stop().await;
}

//! Enterprise-managed authorization: the assertion of an identity provider that a space trusts is
//! exchanged for an access token (RFC 7523 §2.1, draft-ietf-oauth-identity-assertion-authz-grant).
//!
//! A server on loopback plays the provider; `tests/suite/clients/identity_provider.rs` has a real one.

mod changes;
mod keys;
mod refusals;
mod users;

use backlog_sim::seed;
use foundation::{clock::Clock, random::Random};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use oauth_values::identity_assertion::{GRANT_TYPE, PROFILE};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::private_key_jwt::jwks;
use crate::support::{
    document_host::{Document, DocumentHost},
    hub::{REDIRECT_URI, TestHub, eventually, http},
    mcp::call_at,
    person::Person,
    reply::Reply,
};

const PRIVATE_KEY: &str = include_str!("../../../fixtures/client_assertion_key.pem");
const DANIEL_AT_PROVIDER: &str = "u-daniel";
const DANIEL_MAIL: &str = "D.Okafor@harbor-works.example";

/// A client that authenticates with a secret.
struct Confidential {
    id: String,
    secret: String,
}

/// A hub whose space trusts a provider, and a client.
struct Enterprise {
    hub: TestHub,
    provider: DocumentHost,
    client: Confidential,
}

impl Enterprise {
    async fn start() -> Self {
        let hub = TestHub::start().await;
        let provider = DocumentHost::open().await;
        publish(&provider);
        let client = register(&hub, "").await;
        let this = Self {
            hub,
            provider,
            client,
        };
        this.trust("default").await;
        this
    }

    /// The same, with a user who has signed in to Backlog once.
    async fn with_daniel() -> Self {
        let this = Self::start().await;
        Person::default().sign_in(&this.hub, seed::DANIEL).await;
        this
    }

    async fn trust(&self, space: &str) {
        let issuer = self.issuer();
        let add = format!("SELECT admin.add_identity_provider('{space}', '{issuer}')");
        self.hub.sql(&add).await;
    }

    fn issuer(&self) -> String {
        self.provider.url("")
    }

    /// Claims that are right, with a `jti` of their own.
    fn claims(&self) -> Value {
        let now = Clock::system().now().timestamp();
        json!({
            "iss": self.issuer(), "sub": DANIEL_AT_PROVIDER, "aud": self.hub.base_url,
            "client_id": self.client.id, "resource": self.hub.mcp_url(),
            "scope": "backlog:read backlog:write", "email": DANIEL_MAIL, "email_verified": true,
            "jti": u64::from_be_bytes(Random::system().bytes()).to_string(),
            "iat": now, "exp": now + 120,
        })
    }

    fn with(&self, name: &str, value: Value) -> Value {
        let mut claims = self.claims();
        claims[name] = value;
        claims
    }

    async fn exchange(&self, assertion: &str) -> Reply {
        self.exchange_with(assertion, &[]).await
    }

    async fn exchange_with(&self, assertion: &str, more: &[(&str, &str)]) -> Reply {
        let mut form = vec![
            ("grant_type", GRANT_TYPE),
            ("assertion", assertion),
            ("client_id", &*self.client.id),
            ("client_secret", &*self.client.secret),
        ];
        form.extend_from_slice(more);
        self.hub.post_form("/token", &form).await
    }

    /// An access token for these claims.
    async fn token(&self, claims: &Value) -> String {
        let reply = self.exchange(&sign(claims)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let body = reply.json();
        body["access_token"].as_str().expect("a token").to_owned()
    }

    async fn stop(self) {
        self.hub.stop().await;
    }
}

/// Publishes the discovery document and the keys of a provider.
fn publish(provider: &DocumentHost) {
    let discovery = json!({ "issuer": provider.url(""), "jwks_uri": provider.url("/jwks") });
    provider.set(
        "/.well-known/openid-configuration",
        Document::json(&discovery),
    );
    provider.set("/jwks", Document::json(&jwks()));
}

/// A client of the issuer at this path.
async fn register(hub: &TestHub, issuer: &str) -> Confidential {
    let metadata = json!({
        "client_name": "Enterprise Client",
        "redirect_uris": [REDIRECT_URI],
        "grant_types": ["authorization_code", GRANT_TYPE],
        "token_endpoint_auth_method": "client_secret_post",
    });
    let register = http().post(hub.url(&format!("{issuer}/register")));
    let reply = Reply::to(register.json(&metadata)).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    let body = reply.json();
    let text = |name: &str| body[name].as_str().expect(name).to_owned();
    Confidential {
        id: text("client_id"),
        secret: text("client_secret"),
    }
}

fn signed(typ: Option<&str>, claims: &Value) -> String {
    let key = EncodingKey::from_ec_pem(PRIVATE_KEY.as_bytes()).expect("a key");
    let mut header = Header::new(Algorithm::ES256);
    header.typ = typ.map(str::to_owned);
    encode(&header, claims, &key).expect("an assertion")
}

fn sign(claims: &Value) -> String {
    signed(Some("oauth-id-jag+jwt"), claims)
}

async fn myself(hub: &TestHub, token: &str) -> Reply {
    call_at(&hub.mcp_url(), Some(token), "get_myself", json!({})).await
}

/// Waits until the token is refused.
async fn ends(hub: &TestHub, token: &str) {
    eventually("the token is refused", async || {
        myself(hub, token).await.status == StatusCode::UNAUTHORIZED
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_gives_an_access_token_alone_that_ends_with_it() {
    let acme = Enterprise::with_daniel().await;
    let reply = acme.exchange(&sign(&acme.claims())).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(reply.header("cache-control"), "no-store");
    let body = reply.json();
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["scope"], "backlog:read backlog:write");
    assert!(body.get("refresh_token").is_none(), "{body}");
    let life = body["expires_in"].as_i64().expect("a number");
    assert!((1..=120).contains(&life), "{body}");
    let ends_in_time = "SELECT (max(expires_at) <= clock_timestamp() + interval '120 s')::text
                        FROM hub.access_tokens WHERE refresh_token_hash IS NULL";
    let ends_in_time = acme.hub.value(ends_in_time).await;
    assert_eq!(ends_in_time.as_deref(), Some("true"));

    // The marks of used assertions outlive them, whatever the clock of a replica says.
    let margin = "SELECT (assertions.expires_at - tokens.expires_at)::text
                  FROM hub.identity_assertions AS assertions, hub.access_tokens AS tokens
                  WHERE tokens.refresh_token_hash IS NULL";
    let margin = acme.hub.value(margin).await;
    assert_eq!(margin.as_deref(), Some("00:05:00"));

    let token = body["access_token"].as_str().expect("a token");
    let called = myself(&acme.hub, token).await;
    assert_eq!(called.status, StatusCode::OK, "{}", called.body);
    assert!(called.body.contains("Daniel Okafor"), "{}", called.body);
    let event = acme
        .hub
        .value(
            "SELECT concat_ws(' ', backlog_user_id, reason) FROM hub.audit_events
             WHERE event = 'identity_asserted'",
        )
        .await
        .expect("an event");
    let both = format!("{} {} {DANIEL_AT_PROVIDER} ", seed::DANIEL, acme.issuer());
    assert!(event.starts_with(&both), "{event}");
    acme.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_assertion_uses_the_same_grant_with_its_own_scopes() {
    let acme = Enterprise::with_daniel().await;
    let grants = "SELECT count(*)::text FROM hub.grants WHERE identity_provider_id IS NOT NULL";
    acme.token(&acme.claims()).await;
    let reading = acme.token(&acme.with("scope", json!("backlog:read"))).await;
    assert_eq!(acme.hub.value(grants).await.as_deref(), Some("1"));
    let add = json!({
        "projectId": seed::HARBOR, "summary": "Not with this token",
        "issueTypeId": seed::TASK, "priorityId": 3,
    });
    // A later, wider assertion does not widen it either.
    for _ in 0..2 {
        let url = acme.hub.mcp_url();
        let refused = call_at(&url, Some(&reading), "add_issue", add.clone()).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
        acme.token(&acme.claims()).await;
    }
    // What the client requests narrows as well, and never widens.
    for (scope, expected) in [
        ("backlog:read", "backlog:read"),
        ("backlog:write backlog:admin", "backlog:write"),
    ] {
        let assertion = sign(&acme.claims());
        let reply = acme.exchange_with(&assertion, &[("scope", scope)]).await;
        assert_eq!(reply.json()["scope"], expected, "{}", reply.body);
    }
    acme.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_endpoint_of_a_project_restricts_the_token() {
    let acme = Enterprise::with_daniel().await;
    let endpoint = acme.hub.url("/projects/HARBOR/mcp");
    let token = acme.token(&acme.with("resource", json!(endpoint))).await;
    let reply = call_at(&endpoint, Some(&token), "get_myself", json!({})).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(myself(&acme.hub, &token).await.status, 401);
    let stored = acme
        .hub
        .value(
            "SELECT concat_ws(' ', projects::text, resource) FROM hub.grants
             WHERE identity_provider_id IS NOT NULL",
        )
        .await;
    assert_eq!(stored, Some(format!("{{HARBOR}} {endpoint}/")));
    acme.hub
        .sql("SELECT admin.update_space('default', allowed_projects => '{OPS}')")
        .await;
    eventually("the project is not allowed", async || {
        let assertion = sign(&acme.with("resource", json!(endpoint)));
        acme.exchange(&assertion).await.status == StatusCode::BAD_REQUEST
    })
    .await;
    acme.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_names_the_grant_type_and_the_profile() {
    let hub = TestHub::start().await;
    let request = http().get(hub.url("/.well-known/oauth-authorization-server"));
    let found = Reply::to(request).await.json();
    let types = found["grant_types_supported"].as_array().expect("a list");
    assert!(types.contains(&json!(GRANT_TYPE)), "{found}");
    assert_eq!(
        found["authorization_grant_profiles_supported"],
        json!([PROFILE])
    );
    hub.stop().await;
}

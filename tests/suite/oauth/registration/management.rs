//! A client manages its own registration (RFC 7592), and no other.

use backlog_sim::seed;
use foundation::random::Random;
use oauth_values::token::RegistrationAccessToken;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    hub::{REDIRECT_URI, TestHub, eventually, http},
    person::{Person, Tokens, VERIFIER, authorize_url, call, tokens as tokens_of},
    reply::Reply,
};

const METHOD: &str = "client_secret_post";

fn metadata() -> Value {
    json!({
        "client_name": "Desk",
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": METHOD,
    })
}

/// A registration with what it takes to manage it.
struct Managed {
    answer: Value,
    url: String,
    token: String,
}

impl Managed {
    async fn register(hub: &TestHub, metadata: &Value) -> Self {
        let reply = hub.register_with(metadata).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        let answer = reply.json();
        let text = |name: &str| answer[name].as_str().expect(name).to_owned();
        let (url, token) = (
            text("registration_client_uri"),
            text("registration_access_token"),
        );
        Self { answer, url, token }
    }

    fn text(&self, name: &str) -> &str {
        self.answer[name].as_str().expect(name)
    }

    async fn get(&self) -> Reply {
        send(Method::GET, &self.url, Some(&self.token), None).await
    }

    async fn put(&self, metadata: &Value) -> Reply {
        send(Method::PUT, &self.url, Some(&self.token), Some(metadata)).await
    }

    async fn delete(&self) -> Reply {
        send(Method::DELETE, &self.url, Some(&self.token), None).await
    }

    /// Signs a person in through this client.
    async fn sign_in(&self, hub: &TestHub) -> Tokens {
        let client_id = self.text("client_id");
        let answer = Person::default()
            .authorize(hub, client_id, seed::DANIEL)
            .await;
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("client_secret", self.text("client_secret")),
            ("code", answer.get("code")),
            ("code_verifier", VERIFIER),
        ];
        let reply = hub.post_form("/token", &form).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        tokens_of(client_id, &reply.json())
    }

    async fn refresh(&self, hub: &TestHub, tokens: &Tokens) -> Reply {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", tokens.client_id.as_str()),
            ("client_secret", self.text("client_secret")),
            ("refresh_token", &tokens.refresh_token),
        ];
        hub.post_form("/token", &form).await
    }
}

async fn send(method: Method, url: &str, token: Option<&str>, body: Option<&Value>) -> Reply {
    let mut request = http().request(method, url);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    Reply::to(request).await
}

fn assert_unauthorized(reply: &Reply) {
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{}", reply.body);
    assert!(reply.header("www-authenticate").starts_with("Bearer"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_reads_changes_and_deletes_its_registration() {
    let hub = TestHub::start().await;
    let managed = Managed::register(&hub, &metadata()).await;
    let client_id = managed.text("client_id");
    assert_eq!(managed.url, hub.url(&format!("/register/{client_id}")));

    // What is read is what was registered, without the secret, which the hub only knows
    // as a hash.
    let read = managed.get().await;
    assert_eq!(read.status, StatusCode::OK, "{}", read.body);
    assert_eq!(read.header("cache-control"), "no-store");
    let mut expected = managed.answer.clone();
    for secret in ["client_secret", "client_secret_expires_at"] {
        expected.as_object_mut().unwrap().remove(secret);
    }
    assert_eq!(read.json(), expected);

    let mut changed = metadata();
    changed["client_name"] = json!("Desk 2");
    changed["redirect_uris"] = json!(["http://127.0.0.1:9/second"]);
    changed["scope"] = json!("backlog:read");
    let reply = managed.put(&changed).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let now = reply.json();
    for (name, value) in changed.as_object().unwrap() {
        assert_eq!(&now[name], value, "{name}");
    }
    assert_eq!(managed.get().await.json(), now);
    // The change is what a sign-in goes by.
    let page = Person::default().get(&authorize_url(&hub, client_id)).await;
    page.assert_says(400, "The return address does not match");

    let gone = managed.delete().await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(gone.body, "");
    for reply in [
        managed.get().await,
        managed.put(&changed).await,
        managed.delete().await,
    ] {
        assert_unauthorized(&reply);
    }
    let count = hub.value("SELECT count(*)::text FROM hub.clients").await;
    assert_eq!(count.as_deref(), Some("0"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn public_registrations_have_no_management_token_because_installations_share_one_row() {
    let hub = TestHub::start().await;
    let metadata = json!({
        "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none",
    });
    let first = hub.register_with(&metadata).await.json();
    let second = hub.register_with(&metadata).await.json();
    assert_eq!(first["client_id"], second["client_id"]);
    for answer in [&first, &second] {
        for name in ["registration_access_token", "registration_client_uri"] {
            assert!(answer.get(name).is_none(), "{answer}");
        }
    }
    let url = hub.url(&format!(
        "/register/{}",
        first["client_id"].as_str().unwrap()
    ));
    let before = hub.state().await;
    let token = RegistrationAccessToken::generate(&Random::system());
    for token in [None, Some(""), Some(token.reveal())] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            assert_unauthorized(&send(method, &url, token, Some(&metadata)).await);
        }
    }
    assert_eq!(hub.state().await, before);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_clients_token_manages_nothing() {
    let hub = TestHub::start().await;
    let mine = Managed::register(&hub, &metadata()).await;
    let theirs = Managed::register(&hub, &metadata()).await;
    let tokens = mine.sign_in(&hub).await;
    let never_issued = RegistrationAccessToken::generate(&Random::system());
    let before = hub.state().await;
    for token in [
        None,
        Some("x"),
        Some(theirs.token.as_str()),
        Some(never_issued.reveal()),
        // Another kind of credential, of the same client.
        Some(mine.text("client_secret")),
        Some(&tokens.access_token),
        Some(&tokens.refresh_token),
    ] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            assert_unauthorized(&send(method, &mine.url, token, Some(&metadata())).await);
        }
    }
    // Nor does the right token where the client is not.
    for url in [
        hub.url("/register/nobody"),
        hub.url(&format!(
            "/spaces/default/register/{}",
            mine.text("client_id")
        )),
    ] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let reply = send(method, &url, Some(&mine.token), Some(&metadata())).await;
            assert_unauthorized(&reply);
        }
    }
    let basic = http()
        .get(&mine.url)
        .basic_auth(mine.text("client_id"), Some(mine.text("client_secret")));
    assert_unauthorized(&Reply::to(basic).await);
    assert_eq!(hub.state().await, before);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_change_changes_nothing() {
    const METADATA: &str = "invalid_client_metadata";

    let hub = TestHub::start().await;
    let managed = Managed::register(&hub, &metadata()).await;
    let before = hub.state().await;
    let with = |name: &str, value: Value| {
        let mut metadata = metadata();
        metadata[name] = value;
        metadata
    };
    let uris = |uris: Value| with("redirect_uris", uris);
    for (metadata, error, names) in [
        (json!({}), "invalid_redirect_uri", "redirect_uris"),
        (uris(json!([])), "invalid_redirect_uri", "redirect_uris"),
        (
            uris(json!([REDIRECT_URI, "javascript:alert(1)"])),
            "invalid_redirect_uri",
            "redirect_uris[1]",
        ),
        (
            with("grant_types", json!(["password"])),
            METADATA,
            "grant_types",
        ),
        (json!([]), METADATA, "JSON"),
        // How it proves itself stays: a confidential client cannot make itself public.
        (
            with("token_endpoint_auth_method", json!("none")),
            METADATA,
            "token_endpoint_auth_method",
        ),
        (
            with("token_endpoint_auth_method", json!("client_secret_basic")),
            METADATA,
            "token_endpoint_auth_method",
        ),
        (
            json!({
                "redirect_uris": [REDIRECT_URI],
                "token_endpoint_auth_method": "private_key_jwt",
                "jwks": { "keys": [] },
            }),
            METADATA,
            "token_endpoint_auth_method",
        ),
    ] {
        let description = managed.put(&metadata).await.oauth_error(400, error);
        assert!(description.contains(names), "{metadata}: {description}");
    }
    let large = with("software_statement", json!("x".repeat(16 * 1024)));
    managed
        .put(&large)
        .await
        .oauth_error(413, "invalid_request");
    assert_eq!(hub.state().await, before);
    let post = send(Method::POST, &managed.url, Some(&managed.token), None).await;
    assert_eq!(post.status, StatusCode::METHOD_NOT_ALLOWED);
    hub.stop().await;
}

/// RFC 7592 §2.2: an update states which client it is for, and its secret if it has one.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_names_another_client_or_secret_is_refused() {
    let hub = TestHub::start().await;
    let managed = Managed::register(&hub, &metadata()).await;
    let other = Managed::register(&hub, &metadata()).await;
    let mut named = metadata();
    for name in ["client_id", "client_secret"] {
        named[name] = managed.answer[name].clone();
    }
    assert_eq!(managed.put(&named).await.status, StatusCode::OK);
    let before = hub.state().await;
    for name in ["client_id", "client_secret"] {
        let mut wrong = named.clone();
        wrong[name] = other.answer[name].clone();
        let description = managed
            .put(&wrong)
            .await
            .oauth_error(400, "invalid_client_metadata");
        assert!(description.contains(name), "{description}");
    }
    assert_eq!(hub.state().await, before);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_client_takes_its_grants_with_it() {
    let hub = TestHub::start().await;
    let managed = Managed::register(&hub, &metadata()).await;
    let kept = Managed::register(&hub, &metadata()).await;
    let tokens = managed.sign_in(&hub).await;
    let others = kept.sign_in(&hub).await;
    let me = async |tokens: &Tokens| {
        let token = &tokens.access_token;
        call(&hub.base_url, token, "get_myself", json!({})).await.0
    };
    assert_eq!(me(&tokens).await, StatusCode::OK);
    assert_eq!(managed.delete().await.status, StatusCode::NO_CONTENT);

    eventually("the access token is refused", async || {
        me(&tokens).await == StatusCode::UNAUTHORIZED
    })
    .await;
    let refused = managed.refresh(&hub, &tokens).await;
    refused.oauth_error(401, "invalid_client");
    let page = Person::default()
        .get(&authorize_url(&hub, managed.text("client_id")))
        .await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);

    assert_eq!(me(&others).await, StatusCode::OK);
    let reply = kept.refresh(&hub, &others).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let grants = hub.value("SELECT count(*)::text FROM hub.grants").await;
    assert_eq!(grants.as_deref(), Some("1"));
    hub.stop().await;
}

/// Backlog's tokens of a user go with the user's last grant, at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_client_takes_the_account_of_a_user_without_another_grant() {
    let hub = TestHub::start().await;
    let first = Managed::register(&hub, &metadata()).await;
    let last = Managed::register(&hub, &metadata()).await;
    for managed in [&first, &last] {
        managed.sign_in(&hub).await;
    }
    let accounts = "SELECT count(backlog_refresh_token)::text FROM hub.accounts";
    let ended = "SELECT count(*)::text FROM hub.audit_events
                 WHERE event = 'grant_revoked' AND reason = 'by_client'";
    for (managed, left, revoked) in [(&first, "1", "1"), (&last, "0", "2")] {
        assert_eq!(managed.delete().await.status, StatusCode::NO_CONTENT);
        assert_eq!(hub.value(accounts).await.as_deref(), Some(left));
        assert_eq!(hub.value(ended).await.as_deref(), Some(revoked));
    }
    let grants = hub.value("SELECT count(*)::text FROM hub.grants").await;
    assert_eq!(grants.as_deref(), Some("0"));
    hub.stop().await;
}

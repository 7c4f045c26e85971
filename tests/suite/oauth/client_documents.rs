//! Client ID metadata documents: the `client_id` is a URL, and the document there is the
//! registration. The documents come from a server on this machine, which a hub on loopback may
//! read; the guard of the addresses is tested with its module.

use backlog_mcp_hub::config::BaseUrl;
use backlog_sim::seed;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{
    document_host::{Document, DocumentHost},
    hub::{REDIRECT_URI, TestHub, http},
    person::{Person, Tokens, authorize_url, call, exchange, refresh, tokens as tokens_of},
    reply::Reply,
};

const PATH: &str = "/oauth/client.json";

fn document(host: &DocumentHost) -> Value {
    json!({
        "client_id": host.url(PATH),
        "client_name": "Travelling Client",
        "redirect_uris": [REDIRECT_URI],
        // As VS Code does (rule 22).
        "grant_types": [
            "authorization_code", "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code",
        ],
        "token_endpoint_auth_method": "none",
    })
}

async fn sign_in(hub: &TestHub, client_id: &str) -> Tokens {
    let person = Person::default();
    let answer = person.authorize(hub, client_id, seed::DANIEL).await;
    let (status, body) = exchange(&hub.base_url, client_id, answer.get("code")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    tokens_of(client_id, &body)
}

async fn call_status(hub: &TestHub, tokens: &Tokens) -> StatusCode {
    let token = &tokens.access_token;
    call(&hub.base_url, token, "get_myself", json!({})).await.0
}

async fn clients(hub: &TestHub) -> String {
    let count = "SELECT count(*)::text FROM hub.clients";
    hub.value(count).await.expect("a count")
}

/// Makes the hub's copy of every document stale.
async fn expire_documents(hub: &TestHub) {
    age_documents(hub, "1 s").await;
}

/// Makes it too old to serve in any case.
async fn outdate_documents(hub: &TestHub) {
    age_documents(hub, "25 hours").await;
}

async fn age_documents(hub: &TestHub, age: &str) {
    let aged = format!(
        "UPDATE hub.clients SET metadata_expires_at = clock_timestamp() - interval '{age}'
         WHERE origin = 'metadata_document'"
    );
    assert_eq!(hub.sql(&aged).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_signs_in_by_its_document_and_needs_it_only_for_that() {
    let hub = TestHub::start().await;
    let host = DocumentHost::open().await;
    host.set(PATH, Document::json(&document(&host)));
    let client_id = host.url(PATH);

    let person = Person::default();
    let page = person.get(&authorize_url(&hub, &client_id)).await;
    page.assert_says(200, "Travelling Client");
    // What is proven, the host of the document, is named first.
    let host_name = client_id
        .strip_prefix("http://")
        .and_then(|rest| rest.split('/').next());
    let proven = page
        .body
        .find(host_name.expect("a host"))
        .expect("the host");
    let claimed = page.body.find("Travelling Client").expect("the name");
    assert!(proven < claimed, "{}", page.body);
    let tokens = sign_in(&hub, &client_id).await;
    assert_eq!(call_status(&hub, &tokens).await, StatusCode::OK);
    assert_eq!(host.fetches(PATH), 1);
    assert_eq!(clients(&hub).await, "1");

    // Whoever is signed in stays so while the document cannot be had.
    host.set(PATH, Document::status(500));
    expire_documents(&hub).await;
    let (status, body) = refresh(&hub.base_url, &tokens).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let renewed = tokens_of(&client_id, &body);
    assert_eq!(call_status(&hub, &renewed).await, StatusCode::OK);
    assert_eq!(host.fetches(PATH), 1);
    hub.stop().await;
}

/// Loopback as well, which a hub there reads otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_fetched_from_a_network_that_the_operator_refuses() {
    let hub = TestHub::start_with(|settings| {
        settings.clients.refused_networks = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let host = DocumentHost::open().await;
    host.set(PATH, Document::json(&document(&host)));
    let page = Person::default()
        .get(&authorize_url(&hub, &host.url(PATH)))
        .await;
    assert!(page.status.is_client_error() || page.status.is_server_error());
    assert_eq!(page.location, None);
    assert_eq!(host.fetches(PATH), 0);
    assert_eq!(clients(&hub).await, "0");
    hub.stop().await;
}

/// For how many seconds the hub counts its copy as fresh.
async fn fresh_for(hub: &TestHub) -> i64 {
    let seconds = hub
        .value(
            "SELECT extract(epoch FROM metadata_expires_at - clock_timestamp())::bigint::text
             FROM hub.clients",
        )
        .await;
    seconds.expect("a document").parse().expect("seconds")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_fetched_again_when_its_time_is_over_and_not_before() {
    let hub = TestHub::start().await;
    let host = DocumentHost::open().await;
    let url = authorize_url(&hub, &host.url(PATH));
    let mut fetched = 0;
    for (cache_control, seconds) in [
        ("max-age=600", 600),
        ("public, max-age=3600", 3600),
        // Neither every sign-in fetches, nor is a document kept for ever.
        ("no-store", 60),
        ("max-age=0", 60),
        ("max-age=31536000", 24 * 3600),
        ("", 60),
    ] {
        let served = Document::json(&document(&host)).with("Cache-Control", cache_control);
        host.set(PATH, served);
        for _ in 0..2 {
            let page = Person::default().get(&url).await;
            page.assert_says(200, "Travelling Client");
        }
        fetched += 1;
        assert_eq!(host.fetches(PATH), fetched, "{cache_control:?}");
        let fresh = fresh_for(&hub).await;
        assert!(
            (seconds - 30..=seconds).contains(&fresh),
            "{cache_control:?}: {fresh} s"
        );
        expire_documents(&hub).await;
    }

    // What the new one says is what counts, for the same client.
    let mut renamed = document(&host);
    renamed["client_name"] = json!("Settled Client");
    renamed["redirect_uris"] = json!(["http://127.0.0.1:9/moved"]);
    host.set(PATH, Document::json(&renamed));
    let page = Person::default().get(&url).await;
    page.assert_says(400, "The return address does not match");
    assert_eq!(clients(&hub).await, "1");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_24_a_failed_fetch_is_temporary_and_nothing_remembers_it() {
    let hub = TestHub::start().await;
    let host = DocumentHost::open().await;
    let client_id = host.url(PATH);
    let url = authorize_url(&hub, &client_id);
    let elsewhere = host.url("/elsewhere.json");
    host.set("/elsewhere.json", Document::json(&document(&host)));
    let large = json!({ "padding": "x".repeat(64 * 1024) });
    let failures = [
        Document::status(500),
        Document::status(503),
        Document::status(404),
        Document::status(204),
        Document::status(304),
        // A redirect could lead inside, so none is followed.
        Document::status(302).with("Location", &elsewhere),
        Document::status(301).with("Location", &elsewhere),
        Document::json(&large),
    ];
    let before = hub.state().await;
    for failure in failures.clone() {
        host.set(PATH, failure);
        let page = Person::default().get(&url).await;
        page.assert_says(503, "description cannot be read");
        assert_eq!(hub.state().await, before);
    }
    assert_eq!(host.fetches("/elsewhere.json"), 0);
    // So is a server that is not there: port 9 is nobody's.
    let gone = authorize_url(&hub, "http://127.0.0.1:9/client.json");
    let page = Person::default().get(&gone).await;
    page.assert_says(503, "description cannot be read");
    assert_eq!(hub.state().await, before);

    host.set(PATH, Document::json(&document(&host)));
    sign_in(&hub, &client_id).await;

    // A copy that is no longer fresh serves for a day longer, unless the document is gone.
    expire_documents(&hub).await;
    for failure in failures.clone() {
        host.set(PATH, failure.clone());
        let page = Person::default().get(&url).await;
        match failure.is_status(404) {
            true => page.assert_says(503, "description cannot be read"),
            false => page.assert_says(200, "Travelling Client"),
        }
    }
    // After that it is not believed, and not lost either.
    outdate_documents(&hub).await;
    let before = hub.state().await;
    for failure in failures {
        host.set(PATH, failure);
        let page = Person::default().get(&url).await;
        page.assert_says(503, "description cannot be read");
        assert_eq!(hub.state().await, before);
    }
    host.set(PATH, Document::json(&document(&host)));
    sign_in(&hub, &client_id).await;
    assert_eq!(clients(&hub).await, "1");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_document_is_shown_to_the_user_and_not_stored() {
    let hub = TestHub::start().await;
    let host = DocumentHost::open().await;
    let url = authorize_url(&hub, &host.url(PATH));
    let with = |name: &str, value: Value| {
        let mut document = document(&host);
        document[name] = value;
        Document::json(&document)
    };
    let before = hub.state().await;
    for (document, says) in [
        (
            with("client_id", json!(host.url("/other.json"))),
            "client_id",
        ),
        (
            with("client_id", json!(format!("{}/", host.url(PATH)))),
            "client_id",
        ),
        (with("client_id", Value::Null), "JSON"),
        (with("client_name", Value::Null), "client_name"),
        (with("client_secret", json!("hunter2")), "client_secret"),
        (
            with("token_endpoint_auth_method", json!("client_secret_post")),
            "shared secret",
        ),
        (
            with("token_endpoint_auth_method", json!("private_key_jwt")),
            "jwks",
        ),
        (with("redirect_uris", json!([])), "redirect_uris"),
        (
            with("redirect_uris", json!(["javascript:alert(1)"])),
            "javascript",
        ),
        (with("grant_types", json!(["password"])), "grant_types"),
        (
            Document::text("<!doctype html><title>Hello</title>"),
            "JSON",
        ),
        (Document::text(""), "JSON"),
        (Document::text("[]"), "JSON"),
    ] {
        host.set(PATH, document);
        let page = Person::default().get(&url).await;
        page.assert_says(400, says);
        assert_eq!(hub.state().await, before, "{says}");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_that_is_not_a_documents_is_an_unknown_client_and_not_fetched() {
    let hub = TestHub::start().await;
    let host = DocumentHost::open().await;
    let before = hub.state().await;
    for client_id in [
        host.url(""),
        host.url("/"),
        host.url("/a/../client.json"),
        host.url("/client.json#part"),
        host.url("/client.json").replace("http://", "http://me@"),
        host.url("/client.json").replace("http://", "HTTP://"),
        host.url("/client.json").replace("http://", "ftp://"),
        "http://example.com/client.json".to_owned(),
    ] {
        let page = Person::default()
            .get(&authorize_url(&hub, &client_id))
            .await;
        page.assert_says(400, "This application is not registered here");
    }
    for path in ["/", "/client.json"] {
        assert_eq!(host.fetches(path), 0);
    }
    // At /token the client must be known already: nobody can make the hub fetch there.
    host.set(PATH, Document::json(&document(&host)));
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", &host.url(PATH)),
        ("refresh_token", "x"),
    ];
    hub.post_form("/token", &form)
        .await
        .oauth_error(400, "invalid_grant");
    assert_eq!(host.fetches(PATH), 0);
    assert_eq!(hub.state().await, before);
    hub.stop().await;
}

/// A document that will never be fetched is not called temporary, and a name is not told apart by
/// what it resolves to.
#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_document_is_reported_with_the_next_step() {
    const HOST: &str = "hub.test";
    let hub = TestHub::start_with(|settings| {
        settings.base_url = Some(BaseUrl::parse(&format!("https://{HOST}")).expect("a base URL"));
    })
    .await;
    let before = hub.state().await;
    for (client_id, status, says) in [
        ("https://10.1.2.3/c.json", 400, "10.1.2.3"),
        ("https://[fd00::1]/c.json", 400, "[fd00::1]"),
        (
            "https://client.example:8443/c.json",
            400,
            "client.example:8443",
        ),
        (
            "https://localhost/c.json",
            503,
            "could not read it just now",
        ),
        (
            "https://nowhere.invalid/c.json",
            503,
            "could not read it just now",
        ),
    ] {
        for (language, action) in [
            ("en", "register the application manually"),
            ("ja", "手動で登録するよう"),
        ] {
            let url = authorize_url(&hub, client_id);
            let path = url.strip_prefix(&hub.base_url).expect("a URL of the hub");
            let request = http()
                .get(format!("http://{}{path}", hub.address()))
                .header("host", HOST)
                .header("accept-language", language);
            let page = Person::default().send(request).await;
            if status == 400 {
                page.assert_says(400, action);
                page.assert_says(400, says);
            } else if language == "en" {
                page.assert_says(503, says);
            }
        }
    }
    assert_eq!(hub.state().await, before);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_40_two_installations_of_one_client_do_not_sign_each_other_out() {
    let hub = TestHub::start().await;
    let host = DocumentHost::open().await;
    host.set(PATH, Document::json(&document(&host)));
    let client_id = host.url(PATH);
    let laptop = sign_in(&hub, &client_id).await;
    let desktop = sign_in(&hub, &client_id).await;
    assert_eq!(clients(&hub).await, "1");
    for tokens in [&laptop, &desktop] {
        assert_eq!(call_status(&hub, tokens).await, StatusCode::OK);
        let (status, body) = refresh(&hub.base_url, tokens).await;
        assert_eq!(status, StatusCode::OK, "{body}");
    }
    // One that signs out does not take the other along.
    let revoked = [("token", laptop.refresh_token.as_str())];
    let reply = hub.post_form("/revoke", &revoked).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(call_status(&hub, &desktop).await, StatusCode::OK);
    let grants = "SELECT count(*)::text FROM hub.grants WHERE revoked_at IS NULL";
    assert_eq!(hub.value(grants).await.as_deref(), Some("1"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_21_the_metadata_announces_client_documents() {
    let hub = TestHub::start().await;
    hub.second_space("other").await;
    for issuer in ["", "/spaces/other"] {
        let url = hub.url(&format!("{issuer}/.well-known/oauth-authorization-server"));
        let metadata = Reply::to(http().get(url)).await.json();
        assert_eq!(metadata["client_id_metadata_document_supported"], true);
        let methods = &metadata["token_endpoint_auth_methods_supported"];
        for method in ["none", "private_key_jwt"] {
            assert!(
                methods.as_array().unwrap().contains(&json!(method)),
                "{metadata}"
            );
        }
        let algorithms = &metadata["token_endpoint_auth_signing_alg_values_supported"];
        assert!(algorithms.as_array().unwrap().contains(&json!("ES256")));
        for symmetric in ["HS256", "none"] {
            assert!(!algorithms.as_array().unwrap().contains(&json!(symmetric)));
        }
    }
    hub.stop().await;
}

/// Hosts that take a connection and say nothing keep nobody else from signing in.
#[tokio::test(flavor = "multi_thread")]
async fn silent_documents_do_not_stop_an_honest_client() {
    let hub = TestHub::start().await;
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let silent_host = silent.local_addr().expect("an address");
    let kept = tokio::spawn(async move {
        let mut connections = Vec::new();
        while let Ok((connection, _)) = silent.accept().await {
            connections.push(connection);
        }
    });
    let flood: Vec<_> = (0..40)
        .map(|number| {
            let document = format!("http://{silent_host}/{number}/client.json");
            let url = authorize_url(&hub, &document);
            tokio::spawn(async move { Person::default().get(&url).await.status })
        })
        .collect();
    let host = DocumentHost::open().await;
    host.set(PATH, Document::json(&document(&host)));
    for _ in 0..5 {
        let page = Person::default()
            .get(&authorize_url(&hub, &host.url(PATH)))
            .await;
        page.assert_says(200, "Travelling Client");
        age_documents(&hub, "1 s").await;
    }
    assert_eq!(host.fetches(PATH), 5);
    for page in flood {
        assert_eq!(
            page.await.expect("no panic"),
            StatusCode::SERVICE_UNAVAILABLE
        );
    }
    kept.abort();
    hub.stop().await;
}

/// Operators who know their clients read no documents of strangers.
#[tokio::test(flavor = "multi_thread")]
async fn documents_that_are_turned_off_are_neither_announced_nor_fetched() {
    let hub = TestHub::start().await;
    let host = DocumentHost::open().await;
    host.set(PATH, Document::json(&document(&host)));
    let client_id = host.url(PATH);
    let tokens = sign_in(&hub, &client_id).await;
    let (replica, url) = hub
        .replica_with(|settings| settings.clients.documents = false)
        .await;
    for document in ["oauth-authorization-server", "openid-configuration"] {
        let metadata = http().get(format!("{url}/.well-known/{document}"));
        let metadata = Reply::to(metadata).await.json();
        assert_eq!(metadata["client_id_metadata_document_supported"], false);
        assert!(metadata["registration_endpoint"].is_string(), "{metadata}");
    }
    for client_id in [client_id.clone(), host.url("/other.json")] {
        let asked = authorize_url(&hub, &client_id).replace(&hub.base_url, &url);
        for (language, says) in [
            ("en", "register the application manually"),
            ("ja", "手動で登録するよう"),
        ] {
            let request = http().get(&asked).header("accept-language", language);
            let page = Person::default().send(request).await;
            page.assert_says(400, says);
        }
    }
    assert_eq!(host.fetches("/other.json"), 0);
    assert_eq!(host.fetches(PATH), 1);
    // Who is signed in stays so.
    let (status, body) = refresh(&url, &tokens).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    replica.stop().await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_that_is_turned_off_is_not_announced_and_refused() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let (replica, url) = hub
        .replica_with(|settings| settings.clients.registration = false)
        .await;
    for document in ["oauth-authorization-server", "openid-configuration"] {
        let metadata = http().get(format!("{url}/.well-known/{document}"));
        let metadata = Reply::to(metadata).await.json();
        assert_eq!(metadata.get("registration_endpoint"), None, "{metadata}");
        assert_eq!(metadata["client_id_metadata_document_supported"], true);
    }
    let before = hub.state().await;
    let metadata = json!({ "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none" });
    let reply = Reply::to(http().post(format!("{url}/register")).json(&metadata)).await;
    let description = reply.oauth_error(403, "access_denied");
    assert!(description.contains("operator"), "{description}");
    assert_eq!(hub.state().await, before);
    // Clients that registered before go on.
    let page = Person::default();
    let asked = authorize_url(&hub, &tokens.client_id).replace(&hub.base_url, &url);
    assert_eq!(page.get(&asked).await.status, StatusCode::OK);
    let (status, body) = refresh(&url, &tokens).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    replica.stop().await;
    hub.stop().await;
}

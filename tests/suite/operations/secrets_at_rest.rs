//! A copy of the database discloses no credential, and a repeated tool call makes no query.

use std::{collections::BTreeMap, time::Duration};

use backlog_sim::{Credential, fingerprint, seed};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use reqwest::StatusCode;
use secrecy::ExposeSecret;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::{
    hub::{OAUTH_CLIENT_SECRET, REDIRECT_URI, TestHub},
    mcp,
    person::{Person, VERIFIER, call, param, refresh, token, tokens},
};

/// The ways in which text may lie in a column: as it is, or its bytes in some coding.
fn disguises(secret: &str) -> Vec<String> {
    let hex = |bytes: &[u8]| -> String { bytes.iter().map(|b| format!("{b:02x}")).collect() };
    vec![
        secret.to_owned(),
        hex(secret.as_bytes()),
        BASE64_STANDARD
            .encode(secret)
            .trim_end_matches('=')
            .to_owned(),
        BASE64_URL_SAFE_NO_PAD.encode(secret),
    ]
}

fn sha256(text: &str) -> String {
    Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Asserts that no secret is there, nor the part of one that would be enough to guess the rest.
fn assert_not_in(contents: &str, secrets: &BTreeMap<&str, String>) {
    for (name, secret) in secrets {
        for disguise in disguises(secret) {
            assert!(
                !contents.contains(&disguise),
                "the {name} is in the database"
            );
        }
        if let Some(body) = secret.strip_prefix("bmh_") {
            assert!(!contents.contains(&body[3..23]), "half of the {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one sequence of steps")]
async fn no_credential_lies_in_the_database_in_clear() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let mut secrets: BTreeMap<&str, String> = BTreeMap::new();
    let mut hashed: Vec<String> = Vec::new();

    // A whole sign-in of a client with a secret, step by step, noting every credential.
    let registered = hub
        .register_with(&json!({
            "redirect_uris": [REDIRECT_URI],
            "token_endpoint_auth_method": "client_secret_post",
        }))
        .await
        .json();
    let client = registered["client_id"].as_str().unwrap();
    let client_secret = registered["client_secret"].as_str().unwrap().to_owned();
    let registration = registered["registration_access_token"].as_str().unwrap();
    secrets.insert("registration access token", registration.to_owned());

    let consent = person.open_consent(&hub, client).await;
    let cookie = consent.headers["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(['=', ';']).nth(1).unwrap().to_owned();
    assert!(cookie.starts_with("bmh_br_"), "{cookie}");
    let forward = person.decide(&hub, &consent, "approve").await;
    let callback = person
        .sign_in_at_backlog(&forward.refresh(), seed::DANIEL, "approve")
        .await;
    let answer = person.return_to_client(&callback).await;
    let code = answer.get("code").to_owned();
    let (status, body) = token(
        &hub.base_url,
        &[
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("client_secret", &client_secret),
            ("code", &code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ],
    )
    .await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let first = tokens(client, &body);
    let (status, _) = call(&hub.base_url, &first.access_token, "get_myself", json!({})).await;
    assert_eq!(status, StatusCode::OK);
    let (status, body) = token(
        &hub.base_url,
        &[
            ("grant_type", "refresh_token"),
            ("client_id", client),
            ("client_secret", &client_secret),
            ("refresh_token", &first.refresh_token),
        ],
    )
    .await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let second = tokens(client, &body);
    let (status, _) = call(&hub.base_url, &second.access_token, "get_myself", json!({})).await;
    assert_eq!(status, StatusCode::OK);

    let csrf = consent.field("csrf");
    let state = param(&forward.refresh(), "state");
    let of_the_hub = [
        ("browser cookie", cookie),
        ("CSRF value", csrf),
        ("state toward Backlog", state),
        ("authorization code", code),
        ("first access token", first.access_token),
        ("first refresh token", first.refresh_token),
        ("second access token", second.access_token),
        ("second refresh token", second.refresh_token),
    ];
    hashed.extend(of_the_hub.iter().map(|(_, secret)| sha256(secret)));
    secrets.extend(of_the_hub);
    secrets.insert("client secret", client_secret);
    secrets.insert("code verifier", VERIFIER.to_owned());
    secrets.insert("code of Backlog", param(&callback, "code"));
    secrets.insert("secret at Backlog", OAUTH_CLIENT_SECRET.to_owned());
    let keys = hub.keys.expose_secret().split_once(':').unwrap().1;
    secrets.insert("encryption key", keys.to_owned());

    let contents = hub.contents().await;
    assert_not_in(&contents, &secrets);
    // What is kept instead is the hash of each: so it was stored, and the test looked
    // where it is.
    for hash in hashed {
        assert!(contents.contains(&hash), "no {hash}");
    }

    // Backlog's tokens are known here only by fingerprint; so every text in the
    // database is held against it, and what is sealed must be.
    let of_backlog: Vec<String> = hub
        .sim
        .control()
        .journal()
        .into_iter()
        .filter_map(|entry| match entry.credential {
            Credential::Bearer(fingerprint) => Some(fingerprint),
            _ => None,
        })
        .collect();
    assert!(!of_backlog.is_empty(), "Backlog was called with a token");
    for word in contents.split(|c: char| !c.is_ascii_alphanumeric()) {
        assert!(!of_backlog.contains(&fingerprint(word)), "{word}");
    }
    let sealed = hub
        .value(
            "SELECT (backlog_access_token LIKE 'sealed:v1:test:%'
                     AND backlog_refresh_token LIKE 'sealed:v1:test:%'
                     AND (SELECT bool_and(oauth_client_secret LIKE 'sealed:v1:test:%')
                          FROM hub.spaces)
                     AND (SELECT bool_and(answer LIKE 'sealed:v1:test:%')
                          FROM hub.refresh_tokens WHERE consumed_at IS NOT NULL)
                     AND (SELECT bool_and(backlog_access_token LIKE 'sealed:v1:test:%'
                                          AND backlog_refresh_token LIKE 'sealed:v1:test:%')
                          FROM hub.accounts))::text
             FROM hub.grants",
        )
        .await;
    assert_eq!(sealed.as_deref(), Some("true"));
    hub.stop().await;
}

/// A plain text cannot get in by mistake either: the column refuses it.
#[tokio::test(flavor = "multi_thread")]
async fn no_code_of_a_device_and_no_personal_token_lies_there_either() {
    let hub = TestHub::start().await;
    let (person, client) = (Person::default(), hub.register().await);
    person.sign_in(&hub, seed::DANIEL).await;
    let reply = hub
        .post_form("/device_authorization", &[("client_id", &client)])
        .await;
    let codes = reply.json();
    let code = |name: &str| codes[name].as_str().expect(name).to_owned();
    let user_code = code("user_code");

    hub.sql("SELECT admin.allow_personal_tokens('default')")
        .await;
    let path = hub.url("/spaces/default/account");
    let page = person.get(&path).await;
    let form = [("page", &*page.field("page"))];
    let forward = person.post(&format!("{path}/sign-in"), &form).await;
    let callback = person
        .sign_in_at_backlog(&forward.refresh(), seed::DANIEL, "approve")
        .await;
    person.get(&callback).await;
    let page = person.get(&path).await;
    let cookies = person.cookies("127.0.0.1");
    let session = cookies.split("; ").find_map(|cookie| {
        let (name, value) = cookie.split_once('=')?;
        name.contains("account").then(|| value.to_owned())
    });
    let session = session.expect("a session");
    let form = [
        ("page", &*page.field("page")),
        ("action", "make_token"),
        ("name", "nightly report"),
        ("access", "read_write"),
        ("days", "30"),
    ];
    let made = person.post(&path, &form).await;
    let token = made.body.split("bmh_pt_").nth(1).expect("a token");
    let token: String = token
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();

    let secrets = BTreeMap::from([
        ("device code", code("device_code")),
        ("user code", user_code.clone()),
        ("user code without its hyphen", user_code.replace('-', "")),
        ("session of the connections page", session),
        ("personal token", format!("bmh_pt_{token}")),
    ]);
    let contents = hub.contents().await;
    assert_not_in(&contents, &secrets);
    let hashes = [code("device_code"), format!("bmh_pt_{token}")];
    for hash in hashes.iter().map(|secret| sha256(secret)) {
        assert!(contents.contains(&hash), "no {hash}");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_columns_of_sealed_text_refuse_plain_text() {
    let hub = TestHub::start().await;
    Person::default().sign_in(&hub, seed::DANIEL).await;
    for statement in [
        "UPDATE hub.spaces SET oauth_client_secret = 'plain'",
        "UPDATE hub.grants SET backlog_access_token = 'plain'",
        "UPDATE hub.accounts SET backlog_access_token = 'plain'",
        "UPDATE hub.accounts SET backlog_refresh_token = 'sealed:v1:'",
        "UPDATE hub.grants SET backlog_refresh_token = 'sealed:v1:'",
        "UPDATE hub.refresh_tokens SET token_hash = 'bmh_rt_x'",
        "UPDATE hub.access_tokens SET token_hash = 'bmh_at_x'",
    ] {
        let refused = sqlx::raw_sql(statement).execute(hub.database.pool()).await;
        let error = refused.expect_err(statement);
        let code = error
            .as_database_error()
            .and_then(|e| e.code().map(String::from));
        assert_eq!(code.as_deref(), Some("23514"), "{statement}: {error}");
    }
    hub.stop().await;
}

/// A sealed text moved to another person's row opens nothing there.
#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_token_moved_to_another_account_does_not_open() {
    let hub = TestHub::start().await;
    let daniel = Person::default().sign_in(&hub, seed::DANIEL).await;
    let maja = Person::default().sign_in(&hub, seed::MAJA).await;
    let moved = hub
        .sql(&format!(
            "UPDATE hub.accounts SET backlog_access_token =
                (SELECT backlog_access_token FROM hub.accounts WHERE backlog_user_id = {})
             WHERE backlog_user_id = {}",
            seed::DANIEL,
            seed::MAJA
        ))
        .await;
    assert_eq!(moved, 1);
    let reply = mcp::call(&hub, Some(&maja.access_token), "get_myself", json!({})).await;
    assert_eq!(
        reply.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{}",
        reply.body
    );
    assert!(!reply.body.contains(&seed::DANIEL.to_string()));
    let reply = mcp::call(&hub, Some(&daniel.access_token), "get_myself", json!({})).await;
    assert_eq!(reply.status, StatusCode::OK);
    hub.stop().await;
}

/// The proxy reads every statement off the wire, so none can go unnoticed: not one
/// under a prepared name, not a ping of the pool, not one in a transaction.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_tool_call_makes_no_database_query() {
    // What was done is written down beside the requests' way, and here not at all.
    let never = Duration::from_hours(1);
    let (hub, proxy) = TestHub::start_behind_proxy_with(|settings| {
        settings.observe.events_every = never;
        settings.observe.uses_every = never;
    })
    .await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let calls = async |tool: &str, arguments: serde_json::Value| {
        let reply = mcp::call(&hub, Some(&tokens.access_token), tool, arguments).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    };
    proxy.take_statements();
    calls("get_myself", json!({})).await;
    let cold = proxy.take_statements();
    assert!(
        cold.iter().any(|text| text.contains("hub.access_tokens")),
        "the first use is looked up, and seen here: {cold:?}"
    );

    for _ in 0..10 {
        calls("get_myself", json!({})).await;
        calls("get_issue", json!({ "issueKey": "HARBOR-1" })).await;
        mcp::list_tools(&hub, &tokens.access_token).await;
    }
    let mut warm = proxy.take_statements();
    // The listener asks its own connection for a sign of life when it was silent.
    warm.retain(|text| !text.contains(r#"SELECT 1 AS "one!""#));
    assert!(warm.is_empty(), "{warm:#?}");

    // And it was not that the proxy had gone blind.
    let (status, _) = refresh(&hub.base_url, &tokens).await;
    assert_eq!(status, StatusCode::OK);
    let refreshed = proxy.take_statements();
    let updates = |table: &str| {
        let start = format!("UPDATE hub.{table}");
        refreshed.iter().any(|text| text.contains(&start))
    };
    assert!(updates("refresh_tokens"), "{refreshed:#?}");
    hub.stop().await;
}

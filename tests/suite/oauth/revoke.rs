//! Revocation (RFC 7009): the tokens that it ends and those that it keeps. No client learns of or
//! ends a token of another.

use backlog_sim::seed;
use foundation::random::Random;
use oauth_values::token::{AccessToken, AuthorizationCode, RefreshToken};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    hub::{REDIRECT_URI, TestHub, eventually, http},
    person::{Person, Tokens, VERIFIER, call, refresh, tokens as tokens_of},
    reply::Reply,
};

async fn revoke(hub: &TestHub, form: &[(&str, &str)]) {
    let reply = hub.post_form("/revoke", form).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(reply.body, "");
    assert_eq!(reply.header("cache-control"), "no-store");
}

async fn status_of_call(url: &str, tokens: &Tokens) -> StatusCode {
    let (status, _) = call(url, &tokens.access_token, "get_myself", json!({})).await;
    status
}

async fn assert_refused(hub: &TestHub, tokens: &Tokens) {
    eventually("the access token is refused", async || {
        status_of_call(&hub.base_url, tokens).await == StatusCode::UNAUTHORIZED
    })
    .await;
    let (status, body) = refresh(&hub.base_url, tokens).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(body["error"], "invalid_grant");
}

async fn assert_live(hub: &TestHub, tokens: &Tokens) {
    assert_eq!(status_of_call(&hub.base_url, tokens).await, StatusCode::OK);
    let (status, body) = refresh(&hub.base_url, tokens).await;
    assert_eq!(status, StatusCode::OK, "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_ends_the_grant_and_erases_backlogs_tokens() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    // The same person through another client is another grant.
    let other = Person::default().sign_in(&hub, seed::DANIEL).await;
    assert_eq!(status_of_call(&hub.base_url, &tokens).await, StatusCode::OK);

    let form = [
        ("client_id", tokens.client_id.as_str()),
        ("token", &tokens.refresh_token),
        ("token_type_hint", "refresh_token"),
    ];
    revoke(&hub, &form).await;
    assert_refused(&hub, &tokens).await;
    assert_live(&hub, &other).await;

    let ended = "SELECT count(*)::text FROM hub.grants
                 WHERE revoked_reason = 'by_client' AND backlog_access_token IS NULL
                   AND backlog_refresh_token IS NULL AND backlog_expires_at IS NULL";
    assert_eq!(hub.value(ended).await.as_deref(), Some("1"));
    let live = "SELECT count(*)::text FROM hub.grants WHERE backlog_refresh_token IS NOT NULL";
    assert_eq!(hub.value(live).await.as_deref(), Some("1"));

    // Once more is no error, and changes nothing.
    let before = hub.state().await;
    revoke(&hub, &form).await;
    assert_eq!(hub.state().await, before);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_was_used_still_ends_the_grant_when_it_is_revoked() {
    let hub = TestHub::start().await;
    let first = Person::default().sign_in(&hub, seed::DANIEL).await;
    let (_, body) = refresh(&hub.base_url, &first).await;
    let second = tokens_of(&first.client_id, &body);
    let form = [
        ("client_id", first.client_id.as_str()),
        ("token", &first.refresh_token),
    ];
    revoke(&hub, &form).await;
    assert_refused(&hub, &second).await;
    assert_refused(&hub, &first).await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_ends_alone_and_the_client_can_refresh() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    assert_eq!(status_of_call(&hub.base_url, &tokens).await, StatusCode::OK);
    let form = [
        ("client_id", tokens.client_id.as_str()),
        ("token", &tokens.access_token),
        // RFC 7009 §2.1: a wrong hint hinders nothing.
        ("token_type_hint", "refresh_token"),
    ];
    revoke(&hub, &form).await;
    eventually("the access token is refused", async || {
        status_of_call(&hub.base_url, &tokens).await == StatusCode::UNAUTHORIZED
    })
    .await;
    let (status, body) = refresh(&hub.base_url, &tokens).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_live(&hub, &tokens_of(&tokens.client_id, &body)).await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_client_may_leave_its_client_id_out() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    revoke(&hub, &[("token", &tokens.access_token)]).await;
    eventually("the access token is refused", async || {
        status_of_call(&hub.base_url, &tokens).await == StatusCode::UNAUTHORIZED
    })
    .await;
    revoke(&hub, &[("token", &tokens.refresh_token)]).await;
    assert_refused(&hub, &tokens).await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_token_gets_the_same_response_as_a_live_one() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let before = hub.state().await;
    let random = Random::system();
    for token in [
        AccessToken::generate(&random).reveal(),
        RefreshToken::generate(&random).reveal(),
        AuthorizationCode::generate(&random).reveal(),
        "x",
        "bmh_rt_",
        "Zm9v.YmFy.YmF6",
    ] {
        revoke(&hub, &[("client_id", &tokens.client_id), ("token", token)]).await;
        revoke(&hub, &[("token", token)]).await;
    }
    assert_eq!(hub.state().await, before);
    assert_live(&hub, &tokens).await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_29_another_clients_token_stays() {
    let hub = TestHub::start().await;
    let mine = Person::default().sign_in(&hub, seed::DANIEL).await;
    let theirs = hub.register_for("http://127.0.0.1:9/theirs").await;
    for token in [&mine.access_token, &mine.refresh_token] {
        let before = hub.state().await;
        revoke(&hub, &[("client_id", &theirs), ("token", token)]).await;
        // As everywhere, a client that is not registered is told to register anew.
        let form = [("client_id", "nobody"), ("token", token.as_str())];
        let reply = hub.post_form("/revoke", &form).await;
        reply.oauth_error(401, "invalid_client");
        assert_eq!(hub.state().await, before);
    }
    assert_live(&hub, &mine).await;
    hub.stop().await;
}

/// A confidential client and its tokens.
async fn confidential(hub: &TestHub) -> (Tokens, String) {
    let registered = hub
        .register_with(&json!({
            "redirect_uris": [REDIRECT_URI],
            "token_endpoint_auth_method": "client_secret_post",
        }))
        .await
        .json();
    let text = |json: &Value, name: &str| json[name].as_str().expect(name).to_owned();
    let client_id = text(&registered, "client_id");
    let secret = text(&registered, "client_secret");
    let answer = Person::default()
        .authorize(hub, &client_id, seed::DANIEL)
        .await;
    let reply = hub
        .post_form(
            "/token",
            &[
                ("grant_type", "authorization_code"),
                ("client_id", &client_id),
                ("client_secret", &secret),
                ("code", answer.get("code")),
                ("code_verifier", VERIFIER),
            ],
        )
        .await;
    (tokens_of(&client_id, &reply.json()), secret)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confidential_client_must_authenticate() {
    let hub = TestHub::start().await;
    let (tokens, secret) = confidential(&hub).await;
    let (_, foreign_secret) = confidential(&hub).await;
    for token in [&tokens.access_token, &tokens.refresh_token] {
        let before = hub.state().await;
        for form in [
            vec![],
            vec![("client_id", tokens.client_id.as_str())],
            vec![
                ("client_id", &tokens.client_id),
                ("client_secret", "bmh_cs_x"),
            ],
            vec![
                ("client_id", &tokens.client_id),
                ("client_secret", &foreign_secret),
            ],
        ] {
            let mut form = form;
            form.push(("token", token));
            let reply = hub.post_form("/revoke", &form).await;
            reply.oauth_error(401, "invalid_client");
        }
        let reply = Reply::to(
            http()
                .post(hub.url("/revoke"))
                .basic_auth(&tokens.client_id, Some(&foreign_secret))
                .form(&[("token", token)]),
        )
        .await;
        reply.oauth_error(401, "invalid_client");
        assert!(reply.header("www-authenticate").starts_with("Basic "));
        assert_eq!(hub.state().await, before);
        assert_eq!(status_of_call(&hub.base_url, &tokens).await, StatusCode::OK);
    }
    // The right secret ends it by either form: here the one that was not registered.
    let reply = Reply::to(
        http()
            .post(hub.url("/revoke"))
            .basic_auth(&tokens.client_id, Some(&secret))
            .form(&[("token", &tokens.refresh_token)]),
    )
    .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    eventually("the access token is refused", async || {
        status_of_call(&hub.base_url, &tokens).await == StatusCode::UNAUTHORIZED
    })
    .await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_revocation_request_is_rejected() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let before = hub.state().await;
    let token = tokens.refresh_token.as_str();
    let client_id = tokens.client_id.as_str();
    for form in [
        vec![],
        vec![("client_id", client_id)],
        vec![("client_id", client_id), ("token", "")],
        vec![("client_id", client_id), ("token", token), ("token", token)],
        vec![("refresh_token", token)],
    ] {
        let reply = hub.post_form("/revoke", &form).await;
        reply.oauth_error(400, "invalid_request");
    }
    let json = http()
        .post(hub.url("/revoke"))
        .json(&json!({ "token": token }));
    Reply::to(json).await.oauth_error(400, "invalid_request");
    let large = "x".repeat(16 * 1024);
    let reply = hub.post_form("/revoke", &[("token", &large)]).await;
    reply.oauth_error(413, "invalid_request");
    // The token is never to be in a URL.
    let url = hub.url(&format!("/revoke?token={token}&client_id={client_id}"));
    let get = Reply::to(http().get(&url)).await;
    assert_eq!(get.status, StatusCode::METHOD_NOT_ALLOWED);
    Reply::to(http().post(&url).form(&[("client_id", client_id)]))
        .await
        .oauth_error(400, "invalid_request");
    assert_eq!(hub.state().await, before);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_replica_is_notified_of_a_revocation() {
    let hub = TestHub::start().await;
    let (second, second_url) = hub.replica().await;
    for by in ["access", "refresh"] {
        let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
        // Both remember the token from here on.
        for url in [&hub.base_url, &second_url] {
            assert_eq!(status_of_call(url, &tokens).await, StatusCode::OK);
        }
        let token = match by {
            "access" => &tokens.access_token,
            _ => &tokens.refresh_token,
        };
        revoke(&hub, &[("token", token)]).await;
        for url in [&second_url, &hub.base_url] {
            eventually("the access token is refused", async || {
                status_of_call(url, &tokens).await == StatusCode::UNAUTHORIZED
            })
            .await;
        }
    }
    second.stop().await;
    hub.stop().await;
}

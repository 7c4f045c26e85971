//! What is refused: wrong assertions, repeated ones, and what the space does not allow.

use foundation::clock::Clock;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use oauth_values::identity_assertion::GRANT_TYPE;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{DANIEL_AT_PROVIDER, Enterprise, myself, publish, register, sign, signed};
use crate::{
    oauth::private_key_jwt::jwks,
    support::{document_host::Document, hub::http, reply::Reply},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_assertion_gives_nothing_and_uses_nothing_up() {
    let acme = Enterprise::with_daniel().await;
    let now = Clock::system().now().timestamp();
    let before = acme.hub.state().await;
    let other_key = {
        let secret = EncodingKey::from_secret(jwks().to_string().as_bytes());
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some("oauth-id-jag+jwt".to_owned());
        encode(&header, &acme.claims(), &secret).expect("an assertion")
    };
    let mut wrong = vec![
        other_key,
        "a.b.c".to_owned(),
        signed(Some("JWT"), &acme.claims()),
        signed(Some("at+jwt"), &acme.claims()),
        signed(None, &acme.claims()),
    ];
    for (name, value) in [
        ("iss", json!("https://elsewhere.example")),
        ("iss", json!(format!("{}/", acme.issuer()))),
        ("aud", json!("https://elsewhere.example")),
        ("aud", json!(acme.hub.mcp_url())),
        (
            "aud",
            json!([acme.hub.base_url, "https://elsewhere.example"]),
        ),
        ("client_id", json!("another")),
        ("resource", json!("https://elsewhere.example/mcp")),
        ("resource", json!(acme.hub.url("/spaces/other/mcp"))),
        ("scope", json!("chat.read")),
        ("exp", json!(now - 1)),
        ("exp", json!(now + 86_400)),
        ("iat", json!(now + 600)),
        ("nbf", json!(now + 600)),
        ("jti", Value::Null),
        ("sub", Value::Null),
        ("cnf", json!({})),
        ("authorization_details", json!([])),
        ("tenant", json!("acme")),
        ("aud_tenant", json!("acme")),
    ] {
        wrong.push(sign(&acme.with(name, value)));
    }
    for assertion in wrong {
        let reply = acme.exchange(&assertion).await;
        reply.oauth_error(400, "invalid_grant");
        assert!(!reply.body.contains(DANIEL_AT_PROVIDER), "{}", reply.body);
    }
    let target = [("resource", "https://elsewhere.example/mcp")];
    let reply = acme.exchange_with(&sign(&acme.claims()), &target).await;
    reply.oauth_error(400, "invalid_target");
    let missing = [("grant_type", GRANT_TYPE), ("client_id", &*acme.client.id)];
    let reply = acme.hub.post_form("/token", &missing).await;
    reply.oauth_error(401, "invalid_client");
    assert_eq!(acme.hub.state().await, before);
    acme.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_is_good_once_at_every_replica() {
    let acme = Enterprise::with_daniel().await;
    let (second, second_url) = acme.hub.replica().await;
    let assertion = sign(&acme.claims());
    let form = [
        ("grant_type", GRANT_TYPE),
        ("assertion", assertion.as_str()),
        ("client_id", &*acme.client.id),
        ("client_secret", &*acme.client.secret),
    ];
    let there = || Reply::to(http().post(format!("{second_url}/token")).form(&form));
    let replies = tokio::join!(acme.exchange(&assertion), there(), there());
    let replies = [replies.0, replies.1, replies.2];
    let given = replies
        .iter()
        .filter(|reply| reply.status == StatusCode::OK);
    assert_eq!(given.count(), 1);
    let refused = replies
        .iter()
        .filter(|reply| reply.status != StatusCode::OK);
    for reply in refused {
        reply.oauth_error(400, "invalid_grant");
    }
    second.stop().await;
    acme.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_client_gets_no_token_this_way() {
    let acme = Enterprise::with_daniel().await;
    let public = acme.hub.register().await;
    let assertion = sign(&acme.with("client_id", json!(public)));
    let form = [
        ("grant_type", GRANT_TYPE),
        ("assertion", &*assertion),
        ("client_id", &*public),
    ];
    let reply = acme.hub.post_form("/token", &form).await;
    reply.oauth_error(400, "unauthorized_client");
    acme.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_vouches_only_in_the_spaces_that_trust_it() {
    let acme = Enterprise::with_daniel().await;
    acme.hub.second_space("second").await;
    let second = acme.hub.url("/spaces/second");
    let client = register(&acme.hub, "/spaces/second").await;
    let mut claims = acme.with("aud", json!(second));
    claims["client_id"] = json!(client.id);
    claims["resource"] = json!(format!("{second}/mcp"));
    let at_second = async |claims: &Value| {
        let assertion = sign(claims);
        let form = [
            ("grant_type", GRANT_TYPE),
            ("assertion", &*assertion),
            ("client_id", &*client.id),
            ("client_secret", &*client.secret),
        ];
        acme.hub.post_form("/spaces/second/token", &form).await
    };
    at_second(&claims).await.oauth_error(400, "invalid_grant");
    // The hub's own issuer does not lead there either.
    let mut elsewhere = acme.claims();
    elsewhere["resource"] = json!(format!("{second}/mcp"));
    let reply = acme.exchange(&sign(&elsewhere)).await;
    reply.oauth_error(400, "invalid_grant");
    // The user of one space is not a user of another, even if both trust the provider.
    acme.trust("second").await;
    claims["jti"] = json!("of-the-second-space");
    at_second(&claims).await.oauth_error(400, "invalid_grant");
    let reply = acme.exchange(&sign(&acme.claims())).await;
    let several = reply.oauth_error(400, "invalid_grant");
    assert!(several.contains("URL of a space"), "{several}");
    acme.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limits_of_the_space_apply() {
    let acme = Enterprise::with_daniel().await;
    let exchange = async || acme.exchange(&sign(&acme.claims())).await;
    for (limit, lifted) in [
        (
            "admin.set_client_policy(slug, 'registered')",
            "admin.set_client_policy(slug, 'open')",
        ),
        // The redirect URI of the client, which this policy trusts, says nothing here.
        (
            "admin.set_client_policy(slug, 'listed')",
            "admin.set_client_policy(slug, 'open')",
        ),
        (
            "admin.allow_networks(slug, '{203.0.113.0/24}')",
            "admin.allow_networks(slug, '{all}')",
        ),
        ("admin.disable_space(slug)", "admin.enable_space(slug)"),
    ] {
        acme.hub
            .sql(&format!("SELECT {limit} FROM hub.spaces"))
            .await;
        let reply = exchange().await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{limit}");
        acme.hub
            .sql(&format!("SELECT {lifted} FROM hub.spaces"))
            .await;
        assert_eq!(exchange().await.status, StatusCode::OK, "{lifted}");
    }
    acme.hub
        .sql("SELECT admin.update_space(slug, read_only => true) FROM hub.spaces")
        .await;
    assert_eq!(exchange().await.json()["scope"], "backlog:read");
    // A client that an operator registered may, and its token as well.
    acme.hub
        .sql(
            "UPDATE hub.clients SET origin = 'operator';
             SELECT admin.set_client_policy(slug, 'listed') FROM hub.spaces",
        )
        .await;
    let token = acme.token(&acme.claims()).await;
    let called = myself(&acme.hub, &token).await;
    assert_eq!(called.status, StatusCode::OK, "{}", called.body);
    acme.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audience_of_the_operators_needs_the_endpoint() {
    let acme = Enterprise::with_daniel().await;
    let issuer = acme.issuer();
    let set = format!(
        "SELECT admin.update_identity_provider('default', '{issuer}', audience => 'urn:acme:mcp')"
    );
    acme.hub.sql(&set).await;
    let mut claims = acme.with("aud", json!("urn:acme:mcp"));
    let endpoint = claims["resource"].take();
    let refused = acme.exchange(&sign(&claims)).await;
    let error = refused.oauth_error(400, "invalid_grant");
    assert!(error.contains("'resource'"), "{error}");
    claims["resource"] = endpoint;
    acme.token(&claims).await;
    acme.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_not_allowed_makes_the_hub_fetch_nothing() {
    let acme = Enterprise::with_daniel().await;
    acme.hub
        .sql("SELECT admin.set_client_policy(slug, 'registered') FROM hub.spaces")
        .await;
    let reply = acme.exchange(&sign(&acme.claims())).await;
    reply.oauth_error(400, "access_denied");
    let discovery = "/.well-known/openid-configuration";
    assert_eq!(acme.provider.fetches(discovery), 0);
    acme.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_cannot_be_had_are_an_outage_and_not_a_refusal() {
    let acme = Enterprise::with_daniel().await;
    let other_issuer = json!({
        "issuer": "https://elsewhere.example", "jwks_uri": acme.provider.url("/jwks"),
    });
    for discovery in [Document::status(500), Document::json(&other_issuer)] {
        acme.provider
            .set("/.well-known/openid-configuration", discovery);
        let reply = acme.exchange(&sign(&acme.claims())).await;
        reply.oauth_error(503, "temporarily_unavailable");
    }
    publish(&acme.provider);
    acme.token(&acme.claims()).await;
    acme.stop().await;
}

//! Signing in, tokens, and what becomes of them.

use std::time::Duration;

use crate::common::{REDIRECT_URI, Space};
use backlog_sim::{RefreshRotation, TokenPair, seed};
use reqwest::{Method, Response, StatusCode, header::LOCATION};
use serde_json::Value;
use url::Url;

const SIGN_IN: &str = "/OAuth2AccessRequest.action";

async fn decide(space: &Space, decision: &str) -> Url {
    let user = seed::DANIEL.to_string();
    let answer = space
        .request(Method::POST, SIGN_IN)
        .form(&[
            ("response_type", "code"),
            ("client_id", "sim-client"),
            ("redirect_uri", REDIRECT_URI),
            ("state", "a b&c"),
            ("user", &user),
            ("decision", decision),
        ])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::FOUND);
    answer.headers()[LOCATION]
        .to_str()
        .unwrap()
        .parse()
        .unwrap()
}

fn query(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    pairs
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

async fn redeem(space: &Space, code: &str, redirect_uri: &str) -> Response {
    let grant = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
    ];
    space.token(&grant).await
}

async fn refresh(space: &Space, token: &str) -> (u16, Value) {
    let grant = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let answer = space.token(&grant).await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn myself(space: &Space, token: &str) -> Response {
    let request = space.request(Method::GET, "/api/v2/users/myself");
    request.bearer_auth(token).send().await.unwrap()
}

fn daniel(space: &Space) -> TokenPair {
    space.sim.control().tokens_for(seed::DANIEL)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_signs_in_and_the_application_acts_as_that_user() {
    let space = Space::start().await;
    let page = space
        .request(Method::GET, SIGN_IN)
        .query(&[
            ("response_type", "code"),
            ("client_id", "sim-client"),
            ("redirect_uri", REDIRECT_URI),
            ("state", "\"><script>"),
        ])
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let page = page.text().await.unwrap();
    assert!(page.contains("Simulated Backlog") && page.contains("Daniel Okafor"));
    assert!(!page.contains("<script>"), "the state is escaped");

    let back = decide(&space, "approve").await;
    assert!(back.as_str().starts_with(REDIRECT_URI));
    assert_eq!(query(&back, "state").as_deref(), Some("a b&c"));
    let code = query(&back, "code").unwrap();

    let answer = redeem(&space, &code, REDIRECT_URI).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let pair: Value = answer.json().await.unwrap();
    assert_eq!(pair["token_type"], "Bearer");
    assert_eq!(pair["expires_in"], 3600);

    let me = myself(&space, pair["access_token"].as_str().unwrap()).await;
    let me: Value = me.json().await.unwrap();
    assert_eq!(me["id"], seed::DANIEL);

    let again = redeem(&space, &code, REDIRECT_URI).await;
    assert_eq!(again.status(), StatusCode::BAD_REQUEST, "a code works once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_goes_back_with_the_state() {
    let space = Space::start().await;
    let back = decide(&space, "refuse").await;
    assert_eq!(query(&back, "error").as_deref(), Some("access_denied"));
    assert!(query(&back, "error_description").is_some());
    assert_eq!(query(&back, "state").as_deref(), Some("a b&c"));
    assert_eq!(query(&back, "code"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_application_or_redirect_uri_is_a_page_not_a_redirect() {
    let space = Space::start().await;
    let longer = format!("{REDIRECT_URI}/");
    for (client_id, redirect_uri) in [("other", REDIRECT_URI), ("sim-client", longer.as_str())] {
        let answer = space
            .request(Method::GET, SIGN_IN)
            .query(&[
                ("response_type", "code"),
                ("client_id", client_id),
                ("redirect_uri", redirect_uri),
            ])
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        assert!(answer.text().await.unwrap().contains("Cannot sign in"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_bound_to_its_redirect_uri_and_the_client_to_its_secret() {
    let space = Space::start().await;
    let code = query(&decide(&space, "approve").await, "code").unwrap();
    let answer = redeem(&space, &code, "http://127.0.0.1:9/other").await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"], "invalid_grant");

    let answer = space
        .request(Method::POST, "/api/v2/oauth2/token")
        .form(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", &daniel(&space).refresh_token),
            ("client_id", "sim-client"),
            ("client_secret", "wrong"),
        ])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"], "invalid_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_refresh_token_expires_unless_configured_otherwise() {
    let space = Space::start().await;
    let first = daniel(&space);
    let (status, second) = refresh(&space, &first.refresh_token).await;
    assert_eq!(status, 200);
    assert_ne!(second["refresh_token"], first.refresh_token);
    let (status, body) = refresh(&space, &first.refresh_token).await;
    assert_eq!((status, &body["error"]), (400, &"invalid_grant".into()));

    space
        .sim
        .control()
        .set_refresh_rotation(RefreshRotation::Keep);
    let kept = second["refresh_token"].as_str().unwrap();
    for _ in 0..2 {
        let (status, body) = refresh(&space, kept).await;
        assert_eq!((status, &body["refresh_token"]), (200, &kept.into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_access_token_is_refused_in_the_header_not_in_errors() {
    let space = Space::start().await;
    let control = space.sim.control();
    control.set_access_token_lifetime(Duration::from_mins(1));
    let pair = daniel(&space);
    assert_eq!(
        myself(&space, &pair.access_token).await.status(),
        StatusCode::OK
    );

    control.advance_clock(Duration::from_secs(61));
    let refused = myself(&space, &pair.access_token).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        refused.headers()["www-authenticate"],
        r#"Bearer error="invalid_token", error_description="The access token expired""#
    );
    let body: Value = refused.json().await.unwrap();
    assert!(body.is_object() && body.get("errors").is_none());

    let (status, renewed) = refresh(&space, &pair.refresh_token).await;
    assert_eq!((status, &renewed["expires_in"]), (200, &60.into()));
    let renewed = renewed["access_token"].as_str().unwrap();
    assert_eq!(myself(&space, renewed).await.status(), StatusCode::OK);
    control.expire_access_tokens();
    assert_eq!(
        myself(&space, renewed).await.status(),
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_ends_the_tokens_of_that_user_only() {
    let space = Space::start().await;
    let control = space.sim.control();
    let (daniels, majas) = (daniel(&space), control.tokens_for(seed::MAJA));
    control.revoke_user(seed::DANIEL);
    let refused = myself(&space, &daniels.access_token).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(refresh(&space, &daniels.refresh_token).await.0, 400);
    assert_eq!(
        myself(&space, &majas.access_token).await.status(),
        StatusCode::OK
    );
    control.revoke_all();
    assert_eq!(refresh(&space, &majas.refresh_token).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_with_a_challenge_needs_its_verifier() {
    // RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let space = Space::start().await;
    let question = |method: &'static str| {
        [
            ("response_type", "code"),
            ("client_id", "sim-client"),
            ("redirect_uri", REDIRECT_URI),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", method),
        ]
    };
    let plain = space
        .request(Method::GET, SIGN_IN)
        .query(&question("plain"));
    assert_eq!(
        plain.send().await.unwrap().status(),
        StatusCode::BAD_REQUEST
    );
    let page = space.request(Method::GET, SIGN_IN).query(&question("S256"));
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains(CHALLENGE), "{page}");

    let user = seed::DANIEL.to_string();
    for (verifier, expected) in [
        (Some(VERIFIER), StatusCode::OK),
        (
            Some("another-verifier-of-at-least-forty-three-characters"),
            StatusCode::BAD_REQUEST,
        ),
        (None, StatusCode::BAD_REQUEST),
    ] {
        let mut form = question("S256").to_vec();
        form.extend([("user", user.as_str()), ("decision", "approve")]);
        let answer = space.request(Method::POST, SIGN_IN).form(&form);
        let answer = answer.send().await.unwrap();
        let back: Url = answer.headers()[LOCATION]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        let code = query(&back, "code").unwrap();
        let mut grant = vec![
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", REDIRECT_URI),
        ];
        grant.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        assert_eq!(space.token(&grant).await.status(), expected, "{verifier:?}");
    }
}

//! The OAuth exchange against a fake Backlog.

use super::*;
use crate::{ClientOptions, fake::FakeBacklog};

const TOKENS: &str =
    r#"{"access_token":"at2","token_type":"Bearer","expires_in":3599,"refresh_token":"rt2"}"#;

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Runs `action` with the OAuth application of the fake's space.
async fn with_oauth<T>(
    backlog: &FakeBacklog,
    action: impl AsyncFnOnce(SpaceOAuth, &BacklogClient) -> T,
) -> T {
    let oauth = SpaceOAuth {
        url: backlog.url.clone(),
        client_id: "app".to_owned(),
        client_secret: SecretString::from("s3cret&"),
        redirect_uri: Url::parse("https://hub.example.com/callback").unwrap(),
    };
    action(
        oauth,
        &BacklogClient::new(ClientOptions::default()).unwrap(),
    )
    .await
}

#[actix_web::test]
async fn the_sign_in_url_has_the_parameters_that_backlog_requires() {
    let backlog = FakeBacklog::responding(200, "{}");
    with_oauth(&backlog, async |oauth, _| {
        assert_eq!(
            oauth.authorize_url("st/ate", &VERIFIER.into()).as_str(),
            format!(
                "{}/OAuth2AccessRequest.action?response_type=code&client_id=app&state=st%2Fate\
                 &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
                 &code_challenge_method=S256\
                 &redirect_uri=https%3A%2F%2Fhub.example.com%2Fcallback",
                backlog.url
            )
        );
    })
    .await;
}

#[actix_web::test]
async fn a_code_becomes_tokens() {
    let backlog = FakeBacklog::responding(200, TOKENS);
    let tokens = with_oauth(&backlog, async |oauth, client| {
        let verifier = VERIFIER.into();
        let exchanged = oauth.exchange_code(client, "c0de", Some(&verifier));
        exchanged.await.unwrap()
    })
    .await;

    assert_eq!(tokens.access_token.expose_secret(), "at2");
    assert_eq!(tokens.refresh_token.expose_secret(), "rt2");
    assert_eq!(tokens.expires_in, Duration::from_secs(3599));
    let received = backlog.only();
    assert_eq!(received.line, "POST /api/v2/oauth2/token");
    assert_eq!(received.credentials, "", "they are in the body");
    let body = "grant_type=authorization_code&code=c0de\
                &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\
                &client_id=app&client_secret=s3cret%26\
                &redirect_uri=https%3A%2F%2Fhub.example.com%2Fcallback";
    assert_eq!(
        received.body,
        Some((
            "application/x-www-form-urlencoded".to_owned(),
            body.to_owned()
        ))
    );
}

async fn refresh(backlog: &FakeBacklog) -> Result<String, OAuthError> {
    let tokens = with_oauth(backlog, async |oauth, client| {
        oauth.refresh(client, &"rt1".into()).await
    })
    .await?;
    let refresh_token = tokens.refresh_token.expose_secret();
    Ok(format!(
        "{} {refresh_token}",
        tokens.access_token.expose_secret()
    ))
}

#[actix_web::test]
async fn a_refresh_replaces_both_tokens() {
    let backlog = FakeBacklog::responding(200, TOKENS);
    assert_eq!(refresh(&backlog).await.unwrap(), "at2 rt2");
    let body = "grant_type=refresh_token&refresh_token=rt1&client_id=app&client_secret=s3cret%26";
    assert_eq!(backlog.only().body.unwrap().1, body);
}

#[actix_web::test]
async fn a_refresh_token_that_is_not_replaced_stays() {
    let body = r#"{"access_token":"at2","token_type":"Bearer","expires_in":3600}"#;
    let backlog = FakeBacklog::responding(200, body);
    assert_eq!(refresh(&backlog).await.unwrap(), "at2 rt1");
}

#[actix_web::test]
async fn only_a_void_grant_ends_a_sign_in() {
    #[derive(Debug, PartialEq)]
    enum Kind {
        Grant,
        Unreadable,
        Client,
        Passing,
    }
    for (status, body, expected) in [
        (400, r#"{"error":"invalid_grant"}"#, Kind::Grant),
        (
            400,
            r#"{"error":"invalid_grant","error_description":"Grant is invalid."}"#,
            Kind::Grant,
        ),
        (400, "", Kind::Unreadable),
        (400, "Bad Request", Kind::Unreadable),
        (400, r#"{"message":"Bad Request"}"#, Kind::Unreadable),
        (
            400,
            r#"{"errors":[{"message":"maintenance","code":1}]}"#,
            Kind::Unreadable,
        ),
        (400, "<html>", Kind::Passing),
        (400, r#"{"error":"invalid_request"}"#, Kind::Passing),
        (400, r#"{"error":"invalid_client"}"#, Kind::Client),
        (401, r#"{"error":"invalid_client"}"#, Kind::Client),
        (401, r#"{"error":"invalid_grant"}"#, Kind::Client),
        (401, "", Kind::Client),
        (403, r#"{"error":"invalid_grant"}"#, Kind::Passing),
        (429, r#"{"error":"invalid_grant"}"#, Kind::Passing),
        (500, r#"{"error":"invalid_grant"}"#, Kind::Passing),
        (503, "", Kind::Passing),
        (302, "", Kind::Passing),
        (200, "", Kind::Passing),
        (200, "<html>", Kind::Passing),
        (200, r#"{"access_token":""}"#, Kind::Passing),
        (
            200,
            r#"{"access_token":"","token_type":"Bearer","refresh_token":"r"}"#,
            Kind::Passing,
        ),
    ] {
        let backlog = FakeBacklog::responding(status, body);
        let error = refresh(&backlog).await.unwrap_err();
        let kind = match &error {
            OAuthError::InvalidGrant => Kind::Grant,
            OAuthError::Unreadable => Kind::Unreadable,
            OAuthError::InvalidClient => Kind::Client,
            OAuthError::Unavailable { .. } => Kind::Passing,
        };
        assert_eq!(kind, expected, "{status} {body}");
        assert!(!format!("{error:?}").contains("rt1"));
    }
}

//! `resource` in requests (RFC 8707): it may be repeated, at every endpoint that reads it.

use backlog_sim::seed;
use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{
    hub::{REDIRECT_URI, TestHub, http},
    person::{Person, VERIFIER, authorize_url_with, tokens},
    reply::Reply,
};

const FOREIGN: &str = "https://other.example/mcp";

/// The authorization URL of an issuer with these resources, in this order.
fn authorize_at(hub: &TestHub, issuer: &str, client: &str, resources: &[&str]) -> String {
    let url = authorize_url_with(hub, client, &[("resource", None)]);
    let mut url =
        url::Url::parse(&url.replace("/authorize", &format!("{issuer}/authorize"))).expect("a URL");
    for resource in resources {
        url.query_pairs_mut().append_pair("resource", resource);
    }
    url.into()
}

async fn register_at(hub: &TestHub, issuer: &str) -> String {
    let metadata = serde_json::json!({
        "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none",
    });
    let reply = http()
        .post(hub.url(&format!("{issuer}/register")))
        .json(&metadata);
    let reply = Reply::to(reply).await.json();
    reply["client_id"].as_str().expect("a client_id").to_owned()
}

async fn stored_resource(hub: &TestHub) -> Option<String> {
    hub.value("SELECT resource FROM hub.authorization_requests ORDER BY id DESC LIMIT 1")
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_at_authorize_is_served() {
    let hub = TestHub::start().await;
    for (issuer, own) in [
        ("", hub.mcp_url()),
        ("/spaces/default", hub.url("/spaces/default/mcp")),
    ] {
        let client = register_at(&hub, issuer).await;
        let person = Person::default();
        for resources in [
            vec![own.as_str(), &own],
            vec![&own, FOREIGN],
            vec![FOREIGN, "", &own, FOREIGN],
            vec!["", ""],
        ] {
            let url = authorize_at(&hub, issuer, &client, &resources);
            person.get(&url).await.assert_says(200, "name=\"csrf\"");
            assert_eq!(
                stored_resource(&hub).await.as_ref(),
                Some(&own),
                "{resources:?}"
            );
        }
        for resources in [
            vec![FOREIGN, "https://more.example/mcp"],
            vec![FOREIGN, FOREIGN],
        ] {
            let url = authorize_at(&hub, issuer, &client, &resources);
            let answer = person.get(&url).await.answer();
            assert_eq!(answer.get("error"), "invalid_target", "{resources:?}");
            assert_eq!(answer.get("iss"), hub.url(issuer));
        }
        // Every other parameter stays one that must not be repeated.
        for repeated in [
            "scope=backlog:read",
            "state=x",
            "code_challenge_method=S256",
        ] {
            let url = authorize_at(&hub, issuer, &client, &[&own]);
            let url = format!("{url}&{repeated}&{repeated}");
            let answer = person.get(&url).await.answer();
            assert_eq!(answer.get("error"), "invalid_request", "{repeated}");
        }
        let many: Vec<String> = (0..17)
            .map(|number| format!("{FOREIGN}/{number}"))
            .collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let answer = person
            .get(&authorize_at(&hub, issuer, &client, &many))
            .await
            .answer();
        assert_eq!(answer.get("error"), "invalid_request");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_at_token_is_served() {
    let hub = TestHub::start().await;
    for (issuer, own) in [
        ("", hub.mcp_url()),
        ("/spaces/default", hub.url("/spaces/default/mcp")),
    ] {
        let client = register_at(&hub, issuer).await;
        let person = Person::default();
        let page = person
            .get(&authorize_at(&hub, issuer, &client, &[&own]))
            .await;
        let form: Vec<(&str, String)> = ["request", "csrf", "space"]
            .map(|name| (name, page.field(name)))
            .into_iter()
            .chain([("access", "read".into()), ("decision", "approve".into())])
            .collect();
        let form: Vec<(&str, &str)> = form
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let forward = person
            .post(&hub.url(&format!("{issuer}/consent")), &form)
            .await;
        let answer = person
            .return_from_backlog(&forward.refresh(), seed::DANIEL)
            .await;
        let request = async |fields: &[(&str, &str)], resources: &[&str]| {
            let mut form = vec![("client_id", client.as_str())];
            form.extend(fields);
            form.extend(resources.iter().map(|resource| ("resource", *resource)));
            hub.post_form(&format!("{issuer}/token"), &form).await
        };
        let exchange = [
            ("grant_type", "authorization_code"),
            ("code", answer.get("code")),
            ("code_verifier", VERIFIER),
        ];
        let before = hub.state().await;
        let refused = request(&exchange, &[FOREIGN, "https://more.example/"]).await;
        refused.oauth_error(400, "invalid_target");
        assert_eq!(hub.state().await, before, "the code stays good");
        let reply = request(&exchange, &[FOREIGN, &own, &own]).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let mut body: Value = reply.json();
        for resources in [vec![own.as_str(), &own], vec![FOREIGN, &own], vec!["", ""]] {
            let pair = tokens(&client, &body);
            let refresh = [
                ("grant_type", "refresh_token"),
                ("refresh_token", pair.refresh_token.as_str()),
            ];
            request(&refresh, &[FOREIGN, FOREIGN])
                .await
                .oauth_error(400, "invalid_target");
            let reply = request(&refresh, &resources).await;
            assert_eq!(
                reply.status,
                StatusCode::OK,
                "{resources:?}: {}",
                reply.body
            );
            body = reply.json();
        }
    }
    hub.stop().await;
}

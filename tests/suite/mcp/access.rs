//! Access to the MCP endpoint: the requests that it accepts, and the response to the others.

use backlog_sim::seed;
use reqwest::{StatusCode, header::AUTHORIZATION};
use serde_json::json;

use crate::support::{
    hub::{TestHub, eventually, http},
    mcp::{challenge, message, request},
    person::{EVERY_SCOPE, Person, Tokens, authorize_url_with, exchange, tokens},
    reply::Reply,
};

async fn list_at(url: &str, token: Option<&str>) -> Reply {
    Reply::to(request(url, token).json(&message("tools/list", json!({})))).await
}

/// Signs in to the endpoint that the client names as `resource`.
async fn sign_in_to(hub: &TestHub, resource: &str) -> Tokens {
    let person = Person::default();
    let client = hub.register().await;
    let url = authorize_url_with(hub, &client, &[("resource", Some(resource))]);
    let consent = person.get(&url).await;
    let forward = person.decide(hub, &consent, "approve").await;
    let answer = person
        .return_from_backlog(&forward.refresh(), seed::DANIEL)
        .await;
    let (status, body) = exchange(&hub.base_url, &client, answer.get("code")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    tokens(&client, &body)
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_1_the_endpoint_is_at_mcp_of_the_host() {
    let hub = TestHub::start().await;
    for (path, status) in [("/mcp", 401), ("/", 405), ("/sse", 404), ("/mcp2", 404)] {
        let reply = list_at(&hub.url(path), None).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.body);
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_7_and_8_a_challenge_leads_to_the_metadata_and_names_the_scopes() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let (start, last) = tokens.access_token.split_at(tokens.access_token.len() - 1);
    let mistyped = format!("{start}{}", if last == "x" { "y" } else { "x" });
    for endpoint in ["/mcp", "/spaces/default/mcp"] {
        let url = hub.url(endpoint);
        for (authorization, error) in [
            (None, None),
            (Some("Bearer ".to_owned()), Some("invalid_token")),
            (Some("Bearer nonsense".to_owned()), Some("invalid_token")),
            (Some(format!("Bearer {mistyped}")), Some("invalid_token")),
            (
                Some(format!("Bearer {}", tokens.refresh_token)),
                Some("invalid_token"),
            ),
            (
                Some(format!("Basic {}", tokens.access_token)),
                Some("invalid_token"),
            ),
            (Some(tokens.access_token.clone()), Some("invalid_token")),
        ] {
            // Whatever the request is: the token comes first.
            for body in [message("tools/list", json!({})), json!("nonsense")] {
                let mut asked = request(&url, None).header("origin", "https://app.example");
                if let Some(authorization) = &authorization {
                    asked = asked.header(AUTHORIZATION, authorization);
                }
                let reply = Reply::to(asked.json(&body)).await;
                assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{authorization:?}");
                let challenge = challenge(&reply);
                assert_eq!(challenge.get("error").map(String::as_str), error);
                assert_eq!(challenge["scope"], EVERY_SCOPE);
                // Rule 9: a browser-based client can read it.
                assert_eq!(reply.header("access-control-allow-origin"), "*");
                let exposed = reply.list("access-control-expose-headers");
                assert!(exposed.contains(&"www-authenticate".to_owned()));

                let metadata = Reply::to(http().get(&challenge["resource_metadata"])).await;
                assert_eq!(metadata.json()["resource"], json!(url), "rule 10");
            }
        }
    }
    assert_eq!(
        list_at(&hub.mcp_url(), Some(&tokens.access_token))
            .await
            .status,
        StatusCode::OK,
        "the right token, to show that the others were what was wrong"
    );
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_asks_for_no_more_than_can_be_used() {
    let hub = TestHub::start().await;
    let scope_at = async |url: String, token: Option<&str>| {
        let reply = list_at(&url, token).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{}", reply.body);
        challenge(&reply)["scope"].clone()
    };
    // A request that asks for reading only.
    let reading = hub.url("/mcp?readonly=true");
    assert_eq!(scope_at(reading.clone(), None).await, "backlog:read");
    assert_eq!(scope_at(reading, Some("nonsense")).await, "backlog:read");
    // One that nobody can read is refused once there is a token.
    let unreadable = hub.url("/mcp?readonly=perhaps");
    assert_eq!(scope_at(unreadable, None).await, EVERY_SCOPE);
    // A space that allows reading only.
    hub.sql("UPDATE hub.spaces SET read_only = true").await;
    let space = hub.url("/spaces/default/mcp");
    eventually("the space is read-only", async || {
        scope_at(space.clone(), None).await == "backlog:read"
    })
    .await;
    hub.stop().await;
}

/// Ways to end a token while it is remembered, each by SQL as an operator would.
#[tokio::test(flavor = "multi_thread")]
async fn rows_ended_in_the_database_end_at_every_replica() {
    let hub = TestHub::start().await;
    let (replica, replica_url) = hub.replica().await;
    let endpoints = [hub.mcp_url(), format!("{replica_url}/mcp")];
    for (what, end) in [
        (
            "the grant is revoked",
            "UPDATE hub.grants
             SET revoked_at = clock_timestamp(), revoked_reason = 'by a test',
                 backlog_access_token = NULL, backlog_refresh_token = NULL,
                 backlog_expires_at = NULL, renewing_until = NULL
             WHERE revoked_at IS NULL",
        ),
        ("the grant is deleted", "DELETE FROM hub.grants"),
        ("the token is deleted", "DELETE FROM hub.access_tokens"),
        ("the client is deleted", "DELETE FROM hub.clients"),
    ] {
        let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
        for url in &endpoints {
            let reply = list_at(url, Some(&tokens.access_token)).await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        }
        hub.sql(end).await;
        for url in &endpoints {
            eventually(what, async || {
                list_at(url, Some(&tokens.access_token)).await.status == StatusCode::UNAUTHORIZED
            })
            .await;
            let refused = list_at(url, Some(&tokens.access_token)).await;
            assert_eq!(challenge(&refused)["error"], "invalid_token");
        }
    }
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    hub.sql("UPDATE hub.spaces SET disabled_at = clock_timestamp()")
        .await;
    for url in &endpoints {
        eventually("the space is off", async || {
            list_at(url, Some(&tokens.access_token)).await.status == StatusCode::FORBIDDEN
        })
        .await;
    }
    hub.sql("UPDATE hub.spaces SET disabled_at = NULL").await;
    for url in &endpoints {
        eventually("the space is on again", async || {
            list_at(url, Some(&tokens.access_token)).await.status == StatusCode::OK
        })
        .await;
    }
    replica.stop().await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_refused_remembered_or_not() {
    let hub = TestHub::start().await;
    let remembered = Person::default().sign_in(&hub, seed::DANIEL).await;
    let unseen = Person::default().sign_in(&hub, seed::DANIEL).await;
    hub.sql("UPDATE hub.access_tokens SET expires_at = clock_timestamp() + interval '4 seconds'")
        .await;
    let status = async |tokens: &Tokens| {
        list_at(&hub.mcp_url(), Some(&tokens.access_token))
            .await
            .status
    };
    assert_eq!(status(&remembered).await, StatusCode::OK);
    eventually("it expires", async || {
        status(&remembered).await == StatusCode::UNAUTHORIZED
    })
    .await;
    assert_eq!(status(&unseen).await, StatusCode::UNAUTHORIZED);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_one_endpoint_does_not_open_another() {
    let hub = TestHub::start().await;
    hub.second_space("second").await;
    let endpoints = [
        hub.mcp_url(),
        hub.url("/spaces/default/mcp"),
        hub.url("/spaces/second/mcp"),
    ];
    for own in &endpoints {
        let tokens = sign_in_to(&hub, own).await;
        for endpoint in &endpoints {
            let reply = list_at(endpoint, Some(&tokens.access_token)).await;
            if endpoint == own {
                assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
            } else {
                assert_eq!(
                    reply.status,
                    StatusCode::UNAUTHORIZED,
                    "{own} at {endpoint}"
                );
                assert_eq!(challenge(&reply)["error"], "invalid_token");
            }
        }
    }
    let nowhere = list_at(&hub.url("/spaces/nobody/mcp"), None).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    hub.stop().await;
}

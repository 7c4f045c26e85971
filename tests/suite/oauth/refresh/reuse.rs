//! The reuse of a refresh token is recorded, and a repeat inside the window may request less.

use backlog_sim::seed;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{
    hub::{TestHub, http},
    mcp,
    person::{EVERY_SCOPE, Person, Tokens, refresh, tokens},
    reply::Reply,
    tokens::works,
};

/// Two processes of a client may share a token and ask for different scopes. A thief who keeps
/// step with the client is seen by how late the repeats are.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_inside_the_window_may_request_less_and_is_recorded() {
    let hub = TestHub::start_with(|settings| {
        settings.observe.metrics = Some("127.0.0.1:0".parse().expect("an address"));
    })
    .await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let (_, first) = refresh(&hub.base_url, &tokens).await;
    let ask = |scope: &str| {
        let form = [
            ("grant_type", "refresh_token".to_owned()),
            ("client_id", tokens.client_id.clone()),
            ("refresh_token", tokens.refresh_token.clone()),
            ("scope", scope.to_owned()),
        ];
        Reply::to(http().post(hub.url("/token")).form(&form))
    };
    let narrow = ask("backlog:read").await.json();
    assert_eq!(narrow["scope"], "backlog:read");
    assert_eq!(narrow["refresh_token"], first["refresh_token"]);
    assert_ne!(narrow["access_token"], first["access_token"]);
    let reader = self::tokens(&tokens.client_id, &narrow);
    assert!(works(&hub, &reader).await);
    let refused = mcp::call(
        &hub,
        Some(&reader.access_token),
        "add_issue_comment",
        json!({ "issueKey": "HARBOR-1", "content": "x" }),
    )
    .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let same = ask(EVERY_SCOPE).await.json();
    assert_eq!(same, first);
    let noted = "SELECT string_agg(outcome || ' ' || (duration_ms >= 0), ', ' ORDER BY id)
                 FROM hub.audit_events WHERE event = 'refresh_repeated'
                   AND backlog_user_id IS NOT NULL AND grant_id IS NOT NULL";
    let noted = hub.value(noted).await;
    assert_eq!(noted.as_deref(), Some("other_scope true, same_answer true"));
    let metrics = hub.metrics().await;
    for outcome in ["other_scope", "same_answer"] {
        let series = format!("bmh_refresh_repeats_total{{outcome=\"{outcome}\",late=\"");
        assert!(metrics.contains(&series), "{metrics}");
    }
    // The narrower token is one of the successor's: a lost answer is replaced only if neither was used.
    hub.sql("UPDATE hub.refresh_tokens SET answer_until = clock_timestamp() WHERE consumed_at IS NOT NULL")
        .await;
    assert!(refused_as_replay(&hub, &tokens).await);
    hub.stop().await;
}

async fn refused_as_replay(hub: &TestHub, tokens: &Tokens) -> bool {
    let (status, _) = refresh(&hub.base_url, tokens).await;
    status == StatusCode::BAD_REQUEST
        && hub.revoked_reason().await.as_deref() == Some("refresh_token_replayed")
}

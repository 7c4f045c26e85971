//! `hub.spaces.allowed_projects`: an operator sets it, and it applies at once. Its effect on each
//! tool is tested in `tools/project_restriction/mod.rs`.

use backlog_sim::{Matcher, seed};
use serde_json::json;
use sqlx::AssertSqlSafe;

use crate::support::{
    hub::{TestHub, eventually},
    mcp,
    person::{Person, Tokens},
    reply::Reply,
};

async fn allow(hub: &TestHub, projects: &str) {
    let set = format!("UPDATE hub.spaces SET allowed_projects = {projects}");
    assert_eq!(hub.sql(&set).await, 1);
}

async fn get_issue(hub: &TestHub, tokens: &Tokens, key: &str) -> Reply {
    let arguments = json!({ "issueKey": key });
    mcp::call(hub, Some(&tokens.access_token), "get_issue", arguments).await
}

/// Whether a call is refused for its project.
fn is_refused(reply: &Reply) -> bool {
    let body = reply.json();
    let text = body["result"]["content"][0]["text"].as_str();
    body["result"]["isError"] == true
        && text.is_some_and(|text| text.contains("only some projects are allowed"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_holds_as_soon_as_it_is_set_and_until_it_is_lifted() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let refused = async |key| is_refused(&get_issue(&hub, &tokens, key).await);
    let control = hub.sim.control();
    control.clear_journal();
    assert!(!refused("KURA-1").await);
    assert_eq!(control.journal().len(), 1, "no bound, no look-up");

    allow(&hub, "ARRAY['HARBOR', 'OPS']").await;
    eventually("the bound holds", async || refused("KURA-1").await).await;
    assert!(!refused("HARBOR-1").await);
    assert!(!refused("OPS-1").await);
    allow(&hub, "'{}'").await;
    eventually("nothing is allowed", async || refused("HARBOR-1").await).await;
    allow(&hub, "NULL").await;
    eventually("everything is", async || !refused("KURA-1").await).await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_project_key_cannot_be_allowed() {
    let hub = TestHub::start().await;
    for wrong in [
        "ARRAY['harbor']",
        "ARRAY['A B']",
        "ARRAY['']",
        "ARRAY['A', NULL]",
    ] {
        let set = format!("UPDATE hub.spaces SET allowed_projects = {wrong}");
        let set = sqlx::raw_sql(AssertSqlSafe(set)).execute(hub.database.pool());
        let error = set.await.expect_err(wrong).to_string();
        assert!(error.contains("project_key"), "{wrong}: {error}");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lookups_are_cached_for_their_user_only() {
    let hub = TestHub::start().await;
    allow(&hub, "ARRAY['KURA']").await;
    let daniel = Person::default().sign_in(&hub, seed::DANIEL).await;
    let again = Person::default().sign_in(&hub, seed::DANIEL).await;
    // Maja has not joined KURA.
    let maja = Person::default().sign_in(&hub, seed::MAJA).await;
    let control = hub.sim.control();
    let asked = async |tokens: &Tokens, key: &str| -> (bool, usize) {
        control.clear_journal();
        let refused = is_refused(&get_issue(&hub, tokens, key).await);
        (refused, control.journal().len())
    };
    // The issue, its project, and the call itself; then the call alone.
    assert_eq!(asked(&daniel, "KURA-1").await, (false, 3));
    assert_eq!(asked(&daniel, "KURA-1").await, (false, 1));
    assert_eq!(asked(&again, "KURA-1").await, (false, 1), "the same user");
    assert_eq!(
        asked(&daniel, "KURA-2").await,
        (false, 2),
        "the same project"
    );
    assert_eq!(asked(&maja, "KURA-1").await, (true, 1), "her own look-up");
    // What is not there is looked for each time: it may come to be.
    assert_eq!(asked(&daniel, "KURA-999").await, (true, 1));
    assert_eq!(asked(&daniel, "KURA-999").await, (true, 1));
    // What is remembered to be elsewhere stays refused.
    assert_eq!(asked(&daniel, "OPS-1").await, (true, 2));
    assert_eq!(asked(&daniel, "OPS-1").await, (true, 0));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_that_fails_in_passing_is_no_verdict() {
    let hub = TestHub::start().await;
    allow(&hub, "ARRAY['HARBOR']").await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let control = hub.sim.control();
    control.fail_next(Matcher::path("/api/v2/issues/HARBOR-1"), 503, "", 1);
    let failed = get_issue(&hub, &tokens, "HARBOR-1").await;
    let text = mcp::failure(&failed);
    assert!(!is_refused(&failed) && text.contains("503"), "{text}");
    assert!(!is_refused(&get_issue(&hub, &tokens, "HARBOR-1").await));

    // Nor is a sign-in that ended: the client has to hear of it as such.
    control.revoke_user(seed::DANIEL);
    let reply = get_issue(&hub, &tokens, "HARBOR-2").await;
    assert_eq!(reply.status, 401, "{}", reply.body);
    hub.stop().await;
}

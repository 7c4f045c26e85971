//! The scopes for deleting and administering: offered where they are of any use, granted only if
//! chosen, and kept by grants from before there were any.

use backlog_sim::seed;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{
    hub::{REDIRECT_URI, TestHub, eventually, http},
    mcp::{self, challenge},
    person::{
        EVERY_SCOPE, Page, Person, Tokens, authorize_url, authorize_url_with, exchange, refresh,
        tokens as tokens_of,
    },
    reply::Reply,
};

const WITHOUT_LEVELS: &str = "backlog:read backlog:write";

/// Deletes an issue that does not exist; the response.
async fn delete(hub: &TestHub, tokens: &Tokens) -> Reply {
    let token = Some(tokens.access_token.as_str());
    mcp::call(hub, token, "delete_issue", json!({"issueKey": "OPS-99999"})).await
}

/// Whether Backlog is asked for the deletion.
async fn deletes(hub: &TestHub, tokens: &Tokens) -> bool {
    let reply = delete(hub, tokens).await;
    match reply.status {
        StatusCode::FORBIDDEN => false,
        status => {
            assert_eq!(status, StatusCode::OK, "{}", reply.body);
            assert!(reply.body.contains("OPS-99999"), "{}", reply.body);
            true
        }
    }
}

/// Finishes a sign-in, with these fields of the consent form changed.
async fn sign_in(
    hub: &TestHub,
    (person, client): (&Person, &str),
    page: &Page,
    changes: &[(&str, &str)],
) -> (Tokens, String) {
    let forward = person.post_consent(hub, page, changes).await;
    let answer = person
        .return_from_backlog(&forward.refresh(), seed::DANIEL)
        .await;
    let (status, body) = exchange(&hub.base_url, client, answer.get("code")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let scope = body["scope"].as_str().expect("a scope").to_owned();
    (tokens_of(client, &body), scope)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_level_is_granted_if_it_is_chosen_and_a_step_up_asks_for_it() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    let page = person.get(&authorize_url(&hub, &client)).await;
    for field in ["allow_delete", "allow_admin"] {
        let offered = format!("type=\"checkbox\" name=\"{field}\" value=\"allow\">");
        page.assert_says(200, &offered);
    }
    let none = [("allow_delete", ""), ("allow_admin", "")];
    let (without, scope) = sign_in(&hub, (&person, &client), &page, &none).await;
    assert_eq!(scope, WITHOUT_LEVELS);
    let refused = delete(&hub, &without).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
    let challenge = challenge(&refused);
    assert_eq!(challenge["error"], "insufficient_scope");
    assert_eq!(challenge["scope"], "backlog:write backlog:delete");

    // The client adds the scopes to those that it has, and the user meets the page again.
    let wider = "backlog:read backlog:write backlog:delete";
    let url = authorize_url_with(&hub, &client, &[("scope", Some(wider))]);
    let page = person.get(&url).await;
    page.assert_says(200, "name=\"allow_delete\"");
    assert!(!page.body.contains("allow_admin"), "it was not requested");
    let (with, scope) = sign_in(&hub, (&person, &client), &page, &[]).await;
    assert_eq!(scope, wider);
    assert!(deletes(&hub, &with).await);
    let webhook = json!({"projectKey": "OPS", "name": "x", "hookUrl": "https://a.example/"});
    let token = Some(with.access_token.as_str());
    let refused = mcp::call(&hub, token, "add_webhook", webhook).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(
        !deletes(&hub, &without).await,
        "the other grant is as it was"
    );
    // Reading has no levels, whatever the form says.
    let page = person.get(&authorize_url(&hub, &client)).await;
    let (_, scope) = sign_in(&hub, (&person, &client), &page, &[("access", "read")]).await;
    assert_eq!(scope, "backlog:read");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_space_leaves_no_tool_for_is_neither_offered_nor_granted() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    for (limit, expected) in [
        ("read_only = true", "backlog:read"),
        (
            "read_only = false, toolsets = '{issue}'",
            "backlog:read backlog:write backlog:delete",
        ),
        (
            "toolsets = '{webhooks}', exclude_tools = '{delete_webhook}'",
            "backlog:read backlog:write backlog:admin",
        ),
        (
            "toolsets = '{document}', exclude_tools = '{}'",
            WITHOUT_LEVELS,
        ),
    ] {
        hub.sql(&format!("UPDATE hub.spaces SET {limit}")).await;
        eventually("the page follows the limit", async || {
            let page = person.get(&authorize_url(&hub, &client)).await;
            page.body.contains("allow_delete") == expected.contains("delete")
                && page.body.contains("allow_admin") == expected.contains("admin")
                && page.body.contains("value=\"read_write\"") == expected.contains("write")
        })
        .await;
        let fresh = Person::default();
        let page = fresh.get(&authorize_url(&hub, &client)).await;
        let (_, scope) = sign_in(&hub, (&fresh, &client), &page, &[]).await;
        assert_eq!(scope, expected, "{limit}");
        // The user granted all that was offered, so the approval is remembered.
        let again = fresh.get(&authorize_url(&hub, &client)).await;
        assert!(again.location.is_some(), "{limit}: {}", again.body);
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_from_before_the_levels_keeps_what_it_could_do() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let old = person.sign_in(&hub, seed::DANIEL).await;
    hub.sql("UPDATE hub.grants SET levels = NULL; UPDATE hub.access_tokens SET levels = NULL")
        .await;
    let shown = "SELECT scopes::text || ' ' || predates_levels FROM admin.grants";
    let scopes = format!("{{{}}}", EVERY_SCOPE.replace(' ', ","));
    let shown = hub.value(shown).await;
    assert_eq!(shown.as_deref(), Some(format!("{scopes} true").as_str()));
    assert!(deletes(&hub, &old).await);
    let (status, body) = refresh(&hub.base_url, &old).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["scope"], EVERY_SCOPE);
    let old = tokens_of(&old.client_id, &body);
    assert!(deletes(&hub, &old).await);

    // One that could only read is not widened.
    hub.sql("UPDATE hub.grants SET scopes = '{backlog:read}'")
        .await;
    let shown = "SELECT scopes::text FROM admin.grants";
    assert_eq!(hub.value(shown).await.as_deref(), Some("{backlog:read}"));
    hub.stop().await;
}

/// What a replica of the previous release stores for each pair: the scopes that it knows, in the
/// columns that it knows.
async fn reissue_pairs_as_before(hub: &TestHub, scopes: &str) {
    let of_refresh_tokens = format!(
        "WITH pairs AS (
             DELETE FROM hub.refresh_tokens WHERE consumed_at IS NULL
             RETURNING token_hash, grant_id, expires_at)
         INSERT INTO hub.refresh_tokens (token_hash, grant_id, scopes, expires_at)
         SELECT token_hash, grant_id, '{scopes}', expires_at FROM pairs"
    );
    let of_access_tokens = format!(
        "WITH pairs AS (
             DELETE FROM hub.access_tokens
             RETURNING token_hash, grant_id, refresh_token_hash, expires_at)
         INSERT INTO hub.access_tokens
             (token_hash, grant_id, refresh_token_hash, scopes, expires_at)
         SELECT token_hash, grant_id, refresh_token_hash, '{scopes}', expires_at FROM pairs"
    );
    assert!(hub.sql(&of_refresh_tokens).await > 0);
    assert!(hub.sql(&of_access_tokens).await > 0);
}

/// Replicas of the previous release know neither the scopes nor the columns of the levels.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_of_the_previous_release_loses_no_level_and_adds_none() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    let page = person.get(&authorize_url(&hub, &client)).await;
    let admin = [("allow_delete", "")];
    let (without, _) = sign_in(&hub, (&person, &client), &page, &admin).await;
    let with = person.sign_in(&hub, seed::DANIEL).await;
    reissue_pairs_as_before(&hub, "{backlog:read,backlog:write}").await;
    assert!(deletes(&hub, &with).await);
    assert!(!deletes(&hub, &without).await);
    let (_, body) = refresh(&hub.base_url, &with).await;
    assert_eq!(body["scope"], EVERY_SCOPE);
    let with = tokens_of(&with.client_id, &body);
    let (_, body) = refresh(&hub.base_url, &without).await;
    assert_eq!(body["scope"], format!("{WITHOUT_LEVELS} backlog:admin"));

    // What it narrows to reading has no level.
    reissue_pairs_as_before(&hub, "{backlog:read}").await;
    for tool in &mcp::list_tools(&hub, &with.access_token).await {
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
    }
    let (_, body) = refresh(&hub.base_url, &with).await;
    assert_eq!(body["scope"], "backlog:read");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_a_replica_of_the_previous_release_makes_has_no_levels() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    assert!(deletes(&hub, &tokens).await);
    let copy = "WITH made AS (
                    INSERT INTO hub.grants
                        (id, space_id, client_id, backlog_user_id, backlog_user_name, scopes,
                         issuer, resource, backlog_access_token, backlog_refresh_token,
                         backlog_expires_at, generation, account_generation)
                    SELECT gen_random_uuid(), space_id, client_id, backlog_user_id,
                        backlog_user_name, scopes, issuer, resource, backlog_access_token,
                        backlog_refresh_token, backlog_expires_at, generation,
                        account_generation
                    FROM hub.grants
                    RETURNING id)
                SELECT id::text FROM made";
    let made = hub.value(copy).await.expect("a grant");
    for table in ["refresh_tokens", "access_tokens"] {
        hub.sql(&format!("UPDATE hub.{table} SET grant_id = '{made}'"))
            .await;
    }
    reissue_pairs_as_before(&hub, "{backlog:read,backlog:write}").await;
    let (_, body) = refresh(&hub.base_url, &tokens).await;
    assert_eq!(body["scope"], WITHOUT_LEVELS);
    let refreshed = tokens_of(&tokens.client_id, &body);
    assert!(!deletes(&hub, &refreshed).await);
    let shown =
        format!("SELECT scopes::text || predates_levels FROM admin.grants WHERE id = '{made}'");
    let expected = "{backlog:read,backlog:write}false";
    assert_eq!(hub.value(&shown).await.as_deref(), Some(expected));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_may_leave_levels_out_for_one_access_token() {
    let hub = TestHub::start().await;
    let whole = Person::default().sign_in(&hub, seed::DANIEL).await;
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", &whole.client_id),
        ("refresh_token", &whole.refresh_token),
        ("scope", WITHOUT_LEVELS),
    ];
    let narrow = Reply::to(http().post(hub.url("/token")).form(&form))
        .await
        .json();
    assert_eq!(narrow["scope"], WITHOUT_LEVELS);
    let narrow = tokens_of(&whole.client_id, &narrow);
    assert!(!deletes(&hub, &narrow).await);
    let (_, body) = refresh(&hub.base_url, &narrow).await;
    assert_eq!(body["scope"], EVERY_SCOPE);
    assert!(deletes(&hub, &tokens_of(&whole.client_id, &body)).await);
    hub.stop().await;
}

/// A registration from before the levels could name none; its client can still request them. One
/// that names its scopes now is held to them.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_may_request_the_levels_that_it_registered_or_could_not_register() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    hub.sql("UPDATE hub.clients SET levels = NULL").await;
    let shown = "SELECT array_to_string(scopes, ' ') FROM admin.clients";
    assert_eq!(hub.value(shown).await.as_deref(), Some(EVERY_SCOPE));
    let page = person.get(&authorize_url(&hub, &client)).await;
    page.assert_says(200, "name=\"allow_delete\"");
    let (tokens, scope) = sign_in(&hub, (&person, &client), &page, &[]).await;
    assert_eq!(scope, EVERY_SCOPE);
    assert!(deletes(&hub, &tokens).await);

    let narrow = json!({
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "none",
        "scope": "backlog:read backlog:write backlog:admin",
    });
    let registered = hub.register_with(&narrow).await.json();
    let client = registered["client_id"].as_str().expect("an id");
    let page = person.get(&authorize_url(&hub, client)).await;
    page.assert_says(200, "name=\"allow_admin\"");
    assert!(!page.body.contains("allow_delete"), "{}", page.body);
    let (_, scope) = sign_in(&hub, (&person, client), &page, &[]).await;
    assert_eq!(scope, format!("{WITHOUT_LEVELS} backlog:admin"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_registers_a_client_without_levels() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let register = format!(
        "SELECT admin.register_client('Desk', '{{{REDIRECT_URI}}}',
             scopes => '{{backlog:read,backlog:write}}')"
    );
    let client = hub.value(&register).await.expect("a client");
    let page = person.get(&authorize_url(&hub, &client)).await;
    page.assert_says(200, "value=\"read_write\"");
    assert!(!page.body.contains("allow_"), "{}", page.body);
    let (tokens, scope) = sign_in(&hub, (&person, &client), &page, &[]).await;
    assert_eq!(scope, WITHOUT_LEVELS);
    assert!(!deletes(&hub, &tokens).await);
    hub.stop().await;
}

/// A grant of writing alone: what a work tool also needs is requested, and not reported as missing.
#[tokio::test(flavor = "multi_thread")]
async fn a_work_tool_requests_the_scope_of_an_operation_that_it_needs() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let client = hub.register().await;
    let url = authorize_url_with(&hub, &client, &[("scope", Some("backlog:write"))]);
    let page = person.get(&url).await;
    let (tokens, scope) = sign_in(&hub, (&person, &client), &page, &[]).await;
    assert_eq!(scope, "backlog:write");
    let token = Some(tokens.access_token.as_str());
    let change = json!({"issues": ["OPS-1"], "set": {"status": "Closed"}});
    let refused = mcp::call(&hub, token, "change_issues", change).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
    assert_eq!(challenge(&refused)["scope"], "backlog:read");
    hub.stop().await;
}

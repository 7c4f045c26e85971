//! The audit trail has each sign-in and each end of a grant, whatever its cause.

use backlog_sim::seed;

use crate::support::{
    hub::TestHub,
    person::Person,
    tokens::{refreshed, refused},
};

const EVENTS: &str = "SELECT string_agg(concat_ws(' ', event, reason), ', ' ORDER BY id)
                      FROM hub.audit_events
                      WHERE event NOT IN ('tool_called', 'token_refreshed', 'space_changed')";

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_ends_the_grant_and_is_audited() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let successor = refreshed(&hub, &tokens).await;
    refreshed(&hub, &successor).await;
    hub.sql("UPDATE hub.refresh_tokens SET answer_until = clock_timestamp() WHERE consumed_at IS NOT NULL")
        .await;
    refused(&hub, &tokens).await;
    assert_eq!(
        hub.value(EVENTS).await.as_deref(),
        Some("signed_in, grant_revoked refresh_token_replayed")
    );
    let whose = "SELECT DISTINCT backlog_user_id::text FROM hub.audit_events
                 JOIN hub.grants ON grants.id = audit_events.grant_id
                     AND grants.space_id = audit_events.space_id
                     AND grants.client_id = audit_events.client_id";
    let whose = whose.replace("DISTINCT backlog", "DISTINCT audit_events.backlog");
    assert_eq!(
        hub.value(&whose).await,
        Some(seed::DANIEL.to_string()),
        "both events name the person, the space, the client and the grant"
    );
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_by_sql_are_audited_with_the_role() {
    let hub = TestHub::start().await;
    Person::default().sign_in(&hub, seed::DANIEL).await;
    hub.sql(
        "UPDATE hub.grants SET revoked_at = clock_timestamp(), revoked_reason = 'left',
             renewing_until = NULL, backlog_access_token = NULL, backlog_refresh_token = NULL,
             backlog_expires_at = NULL",
    )
    .await;
    assert_eq!(
        hub.value(EVENTS).await.as_deref(),
        Some("signed_in, grant_revoked left")
    );
    let role = "SELECT database_role FROM hub.audit_events WHERE event = 'grant_revoked'";
    assert_eq!(
        hub.value(role).await,
        hub.value("SELECT session_user::text").await
    );
    // The trail outlives what it is about.
    hub.sql("DELETE FROM hub.grants").await;
    let kept = "SELECT count(*)::text FROM hub.audit_events WHERE event <> 'space_changed'";
    assert_eq!(hub.value(kept).await.as_deref(), Some("2"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_grant_that_is_deleted_is_audited_with_whatever_it_went_with() {
    for statement in [
        "DELETE FROM hub.grants",
        "DELETE FROM hub.clients",
        "DELETE FROM hub.spaces",
    ] {
        let hub = TestHub::start().await;
        Person::default().sign_in(&hub, seed::DANIEL).await;
        hub.sql(statement).await;
        assert_eq!(
            hub.value(EVENTS).await.as_deref(),
            Some("signed_in, grant_deleted"),
            "{statement}"
        );
        hub.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_lies_in_the_partition_of_its_month() {
    let hub = TestHub::start().await;
    Person::default().sign_in(&hub, seed::DANIEL).await;
    let rest = "SELECT count(*)::text FROM hub.audit_events_rest";
    assert_eq!(hub.value(rest).await.as_deref(), Some("0"));
    // Made again, it is left alone.
    hub.sql("SELECT hub.ensure_audit_month(now()::date)").await;
    hub.stop().await;
}

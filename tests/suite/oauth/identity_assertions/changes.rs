//! What an operator changes or removes of a provider, before, during and after an exchange.

use backlog_sim::seed;
use sqlx::AssertSqlSafe;

use super::{DANIEL_AT_PROVIDER, Enterprise, ends, sign};
use crate::support::hub::eventually;

const LINKS: &str = "SELECT count(*)::text FROM hub.identity_links";

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_under_other_rules_ends() {
    let acme = Enterprise::with_daniel().await;
    let issuer = acme.issuer();
    let jwks = acme.provider.url("/jwks");
    for change in [
        format!("jwks_uri => '{jwks}'"),
        format!("audience => '{}'", acme.hub.base_url),
        "scopes => '{backlog:read}'".to_owned(),
        "trust_unverified_mail => true".to_owned(),
        "mapping => 'subject'".to_owned(),
    ] {
        let token = acme.token(&acme.claims()).await;
        let update =
            format!("SELECT admin.update_identity_provider('default', '{issuer}', {change})");
        acme.hub.sql(&update).await;
        ends(&acme.hub, &token).await;
        let reason = "SELECT revoked_reason FROM hub.grants
                      WHERE identity_provider_id IS NOT NULL ORDER BY revoked_at DESC LIMIT 1";
        let reason = acme.hub.value(reason).await;
        assert_eq!(reason.as_deref(), Some("identity_provider_changed"));
    }
    // The link was made by the address.
    assert_eq!(acme.hub.value(LINKS).await.as_deref(), Some("0"));
    let refused = acme.exchange(&sign(&acme.claims())).await;
    refused.oauth_error(400, "invalid_grant");
    // The operator's own links stay, and what changes nothing ends nothing.
    acme.hub
        .sql(&format!(
            "SELECT admin.link_identity('default', '{issuer}', '{DANIEL_AT_PROVIDER}', {})",
            seed::DANIEL
        ))
        .await;
    acme.token(&acme.claims()).await;
    let update = format!(
        "SELECT admin.update_identity_provider('default', '{issuer}', mapping => 'subject')"
    );
    acme.hub.sql(&update).await;
    let live = "SELECT count(*)::text FROM hub.grants
                WHERE identity_provider_id IS NOT NULL AND revoked_at IS NULL";
    assert_eq!(acme.hub.value(live).await.as_deref(), Some("1"));
    assert_eq!(acme.hub.value(LINKS).await.as_deref(), Some("1"));
    acme.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_during_an_exchange_refuses_it() {
    let acme = Enterprise::with_daniel().await;
    let issuer = acme.issuer();
    for change in [
        format!("update_identity_provider('default', '{issuer}', scopes => '{{backlog:read}}')"),
        format!("remove_identity_provider('default', '{issuer}')"),
    ] {
        // The provider is read as it was before, and then the exchange waits for the space.
        let mut operator = acme
            .hub
            .database
            .pool()
            .begin()
            .await
            .expect("a transaction");
        let statement = format!("SELECT admin.{change}");
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut *operator)
            .await
            .expect("the change");
        let assertion = sign(&acme.claims());
        let commit = async {
            let waiting = "SELECT count(*)::text FROM pg_stat_activity
                           WHERE datname = current_database() AND wait_event_type = 'Lock'";
            eventually("the exchange waits", async || {
                acme.hub.value(waiting).await.as_deref() == Some("1")
            })
            .await;
            operator.commit().await.expect("the change");
        };
        let (reply, ()) = tokio::join!(acme.exchange(&assertion), commit);
        let error = reply.oauth_error(400, "invalid_grant");
        assert!(error.contains("just been changed"), "{error}");
    }
    let given = "SELECT count(*)::text FROM hub.grants WHERE identity_provider_id IS NOT NULL";
    assert_eq!(acme.hub.value(given).await.as_deref(), Some("0"));
    acme.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_provider_leaves_no_names_and_an_event_for_each_link() {
    let acme = Enterprise::with_daniel().await;
    acme.token(&acme.claims()).await;
    let issuer = acme.issuer();
    let other = "SELECT admin.add_identity_provider('default', 'https://other.idp.example')";
    acme.hub.sql(other).await;
    let named = "SELECT count(*)::text FROM hub.accounts
                 WHERE num_nonnulls(backlog_user_name, mail_hash) = 2";
    for (provider, left) in [(&*issuer, "1"), ("https://other.idp.example", "0")] {
        let remove = format!("SELECT admin.remove_identity_provider('default', '{provider}')");
        acme.hub.sql(&remove).await;
        assert_eq!(acme.hub.value(named).await.as_deref(), Some(left));
    }
    let unlinked = "SELECT reason FROM hub.audit_events WHERE event = 'identity_unlinked'";
    let expected = format!("{issuer} {DANIEL_AT_PROVIDER}");
    assert_eq!(acme.hub.value(unlinked).await, Some(expected));
    acme.stop().await;
}

//! Which user of Backlog a subject is, and what ends the access.

use backlog_sim::seed;
use serde_json::{Value, json};

use super::{DANIEL_AT_PROVIDER, Enterprise, ends, sign};
use crate::support::person::Person;

#[tokio::test(flavor = "multi_thread")]
async fn a_user_signs_in_to_backlog_once_and_stays_the_same_subject() {
    let acme = Enterprise::start().await;
    let unknown = acme.exchange(&sign(&acme.claims())).await;
    let unknown = unknown.oauth_error(400, "invalid_grant");
    assert!(unknown.contains("sign in"), "{unknown}");

    Person::default().sign_in(&acme.hub, seed::DANIEL).await;
    acme.token(&acme.claims()).await;
    // The subject stays the user, whatever address comes with it; the address is nobody else's.
    acme.token(&acme.with("email", json!("other@harbor-works.example")))
        .await;
    let somebody = acme.with("sub", json!("u-somebody"));
    let refused = acme.exchange(&sign(&somebody)).await;
    assert_eq!(refused.oauth_error(400, "invalid_grant"), unknown);
    let mut unverified = acme.with("sub", json!("u-unverified"));
    unverified["email_verified"] = json!(false);
    let refused = acme.exchange(&sign(&unverified)).await;
    refused.oauth_error(400, "invalid_grant");

    // The operator decides: another subject is the user from now on.
    let issuer = acme.issuer();
    let token = acme.token(&acme.claims()).await;
    acme.hub
        .sql(&format!(
            "SELECT admin.unlink_identity('default', '{issuer}', '{DANIEL_AT_PROVIDER}');
             SELECT admin.link_identity('default', '{issuer}', 'u-somebody', {})",
            seed::DANIEL
        ))
        .await;
    ends(&acme.hub, &token).await;
    let claims = acme.with("sub", json!("u-somebody"));
    acme.token(&claims).await;
    let refused = acme.exchange(&sign(&acme.claims())).await;
    refused.oauth_error(400, "invalid_grant");
    acme.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_the_provider_does_not_call_verified_needs_the_operators_trust() {
    let acme = Enterprise::with_daniel().await;
    let claims = || acme.with("email_verified", Value::Null);
    let refused = acme.exchange(&sign(&claims())).await;
    refused.oauth_error(400, "invalid_grant");
    let issuer = acme.issuer();
    acme.hub
        .sql(&format!(
            "SELECT admin.update_identity_provider('default', '{issuer}',
                                                   trust_unverified_mail => true)"
        ))
        .await;
    let unverified = sign(&acme.with("email_verified", json!(false)));
    let refused = acme.exchange(&unverified).await;
    refused.oauth_error(400, "invalid_grant");
    acme.token(&claims()).await;
    acme.stop().await;
}

/// What is stored is the address at the last sign-in. It has been given to Daniel since then.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_the_past_links_nobody() {
    let acme = Enterprise::with_daniel().await;
    Person::default().sign_in(&acme.hub, seed::MAJA).await;
    let (daniel, maja) = (seed::DANIEL, seed::MAJA);
    acme.hub
        .sql(&format!(
            "UPDATE hub.accounts AS accounts SET mail_hash = daniel.mail_hash
             FROM hub.accounts AS daniel
             WHERE accounts.backlog_user_id = {maja} AND daniel.backlog_user_id = {daniel};
             UPDATE hub.accounts SET mail_hash = NULL WHERE backlog_user_id = {daniel}"
        ))
        .await;
    let hash =
        format!("SELECT encode(mail_hash, 'hex') FROM hub.accounts WHERE backlog_user_id = {maja}");
    let stale = acme.hub.value(&hash).await.expect("a hash");
    let refused = acme.exchange(&sign(&acme.claims())).await;
    refused.oauth_error(400, "invalid_grant");
    let links = "SELECT count(*)::text FROM hub.identity_links";
    assert_eq!(acme.hub.value(links).await.as_deref(), Some("0"));
    // Maja has her own address from now on.
    let own = acme.hub.value(&hash).await.expect("a hash");
    assert_ne!(own, stale);
    Person::default().sign_in(&acme.hub, daniel).await;
    acme.token(&acme.claims()).await;
    let linked = "SELECT backlog_user_id::text FROM hub.identity_links";
    assert_eq!(acme.hub.value(linked).await, Some(daniel.to_string()));
    acme.stop().await;
}

/// Cleanup deletes a grant whose tokens have expired, and leaves the account.
#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_user_without_a_grant_gets_no_token_again() {
    let acme = Enterprise::with_daniel().await;
    acme.token(&acme.claims()).await;
    let expire = "DELETE FROM hub.grants";
    acme.hub.sql(expire).await;
    acme.token(&acme.claims()).await;
    acme.hub.sql(expire).await;
    let revoke = format!("SELECT admin.revoke_user('default', {})", seed::DANIEL);
    acme.hub.sql(&revoke).await;
    let refused = acme.exchange(&sign(&acme.claims())).await;
    let error = refused.oauth_error(400, "invalid_grant");
    assert!(error.contains("sign in"), "{error}");
    acme.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_maps_by_subject_needs_a_link_of_the_operator() {
    let acme = Enterprise::with_daniel().await;
    let issuer = acme.issuer();
    let map = format!(
        "SELECT admin.update_identity_provider('default', '{issuer}', mapping => 'subject')"
    );
    acme.hub.sql(&map).await;
    let refused = acme.exchange(&sign(&acme.claims())).await;
    refused.oauth_error(400, "invalid_grant");
    let link = format!(
        "SELECT admin.link_identity('default', '{issuer}', '{DANIEL_AT_PROVIDER}', {})",
        seed::DANIEL
    );
    acme.hub.sql(&link).await;
    acme.token(&acme.claims()).await;
    acme.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_or_a_provider_that_goes_ends_the_access() {
    let acme = Enterprise::with_daniel().await;
    let token = acme.token(&acme.claims()).await;
    let revoke = format!("SELECT admin.revoke_user('default', {})", seed::DANIEL);
    acme.hub.sql(&revoke).await;
    ends(&acme.hub, &token).await;
    let reply = acme.exchange(&sign(&acme.claims())).await;
    reply.oauth_error(400, "invalid_grant");

    Person::default().sign_in(&acme.hub, seed::DANIEL).await;
    let token = acme.token(&acme.claims()).await;
    let issuer = acme.issuer();
    let remove = format!("SELECT admin.remove_identity_provider('default', '{issuer}')");
    acme.hub.sql(&remove).await;
    ends(&acme.hub, &token).await;
    let reply = acme.exchange(&sign(&acme.claims())).await;
    reply.oauth_error(400, "invalid_grant");
    acme.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_user_leaves_no_subject() {
    let acme = Enterprise::with_daniel().await;
    acme.token(&acme.claims()).await;
    let exported = format!(
        "SELECT string_agg(kind, ' ' ORDER BY kind) FROM admin.export_user('default', {})
         WHERE kind LIKE 'identity%'",
        seed::DANIEL
    );
    let exported = acme.hub.value(&exported).await;
    assert_eq!(exported.as_deref(), Some("identity identity_link"));
    let forget = format!("SELECT admin.forget_user('default', {})", seed::DANIEL);
    acme.hub.sql(&forget).await;
    let left = format!(
        "SELECT ((SELECT count(*) FROM hub.identity_links)
               + (SELECT count(*) FROM hub.accounts)
               + (SELECT count(*) FROM hub.audit_events
                  WHERE reason LIKE '%{DANIEL_AT_PROVIDER}%'))::text"
    );
    assert_eq!(acme.hub.value(&left).await.as_deref(), Some("0"));
    acme.stop().await;
}

//! What is stored of the page, for how long, and who can have it exported or removed.

use backlog_mcp_hub::jobs::cleanup;
use backlog_sim::seed;

use super::{PAGE, SESSIONS, act, called_back, signed_in};
use crate::support::{clock::still, hub::TestHub, person::Person};

/// The kinds of records that an export of Daniel has.
async fn exported(hub: &TestHub) -> String {
    let kinds = format!(
        "SELECT coalesce(string_agg(DISTINCT kind, ' ' ORDER BY kind), '')
         FROM admin.export_user(space => 'default', backlog_user_id => {})",
        seed::DANIEL
    );
    hub.value(&kinds).await.expect("a text")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_the_session_and_the_browser_and_an_erasure_removes_both() {
    let hub = TestHub::start().await;
    let person = Person::default();
    person.sign_in(&hub, seed::DANIEL).await;
    hub.sql("UPDATE hub.grants SET last_used_from = '203.0.113.0/24'")
        .await;
    signed_in(&hub, &person, PAGE, seed::DANIEL).await;
    let kinds = exported(&hub).await;
    assert_eq!(kinds, "account account_session browser event grant sign_in");
    let network = format!(
        "SELECT data ->> 'last_used_from'
         FROM admin.export_user(space => 'default', backlog_user_id => {}) WHERE kind = 'grant'",
        seed::DANIEL
    );
    let network = hub.value(&network).await;
    assert_eq!(network.as_deref(), Some("203.0.113.0/24"));
    let session = hub
        .value("SELECT encode(session_hash, 'hex') FROM hub.account_sessions")
        .await;
    let all = format!(
        "SELECT string_agg(data::text, ' ')
         FROM admin.export_user(space => 'default', backlog_user_id => {})",
        seed::DANIEL
    );
    let all = hub.value(&all).await.expect("records");
    assert!(!all.contains(&session.expect("a session")), "{all}");

    let forget = format!(
        "SELECT admin.forget_user(space => 'default', backlog_user_id => {})",
        seed::DANIEL
    );
    hub.sql(&forget).await;
    assert_eq!(exported(&hub).await, "");
    assert_eq!(hub.value(SESSIONS).await.as_deref(), Some("0"));
    let page = person.get(&hub.url(PAGE)).await;
    page.assert_says(200, "/account/sign-in");
    let named = "SELECT count(*)::text FROM hub.audit_events WHERE backlog_user_id IS NOT NULL";
    assert_eq!(hub.value(named).await.as_deref(), Some("0"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_ends_the_session_with_the_user_and_with_the_site() {
    let hub = TestHub::start().await;
    let person = Person::default();
    for change in [
        &*format!(
            "SELECT admin.revoke_user(space => 'default', backlog_user_id => {})",
            seed::DANIEL
        ),
        "UPDATE hub.spaces SET base_url = 'https://moved.backlog.com'",
    ] {
        signed_in(&hub, &person, PAGE, seed::DANIEL).await;
        assert_eq!(hub.value(SESSIONS).await.as_deref(), Some("1"));
        hub.sql(change).await;
        assert_eq!(hub.value(SESSIONS).await.as_deref(), Some("0"), "{change}");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_lasts_half_an_hour_however_it_is_used() {
    let hub = TestHub::start().await;
    let person = Person::default();
    let page = signed_in(&hub, &person, PAGE, seed::DANIEL).await;
    let lifetime = "SELECT (expires_at - created_at < interval '30 minutes 1 second'
        AND expires_at - created_at > interval '29 minutes')::text FROM hub.account_sessions";
    assert_eq!(hub.value(lifetime).await.as_deref(), Some("true"));
    let expiry = "SELECT expires_at::text FROM hub.account_sessions";
    let before = hub.value(expiry).await;
    person.get(&hub.url(PAGE)).await;
    act(&hub, &person, &page, &[("action", "forget")]).await;
    assert_eq!(hub.value(expiry).await, before, "use prolongs nothing");
    hub.sql("UPDATE hub.account_sessions SET expires_at = clock_timestamp()")
        .await;
    let late = act(&hub, &person, &page, &[("action", "end_all")]).await;
    late.assert_says(403, "had ended, so nothing was changed");
    person
        .get(&hub.url(PAGE))
        .await
        .assert_says(200, "/account/sign-in");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_expired_is_removed() {
    let hub = TestHub::start().await;
    let person = Person::default();
    signed_in(&hub, &person, PAGE, seed::DANIEL).await;
    called_back(&hub, &Person::default(), PAGE, seed::DANIEL).await;
    let removed = async || {
        let removed = cleanup::once(hub.database.pool(), &still())
            .await
            .expect("a cleanup");
        let removed = removed.expect("alone");
        let count = |name| {
            let found = removed.iter().find(|(kind, _)| *kind == name);
            found.map_or(0, |(_, rows)| *rows)
        };
        (count("account_sign_ins"), count("account_sessions"))
    };
    assert_eq!(removed().await, (0, 0));
    hub.sql(
        "UPDATE hub.account_sign_ins SET expires_at = clock_timestamp() - interval '16 minutes'",
    )
    .await;
    hub.sql("UPDATE hub.account_sessions SET expires_at = clock_timestamp()")
        .await;
    assert_eq!(removed().await, (2, 1));
    // Anybody can begin a sign-in: the newest 50,000 of those that nobody finished stay.
    hub.sql(
        "INSERT INTO hub.account_sign_ins
            (state_hash, space_id, issuer, browser_hash, site, redirect_uri, expires_at)
         SELECT sha256(number::text::bytea), (SELECT id FROM hub.spaces), 'x', sha256('x'), 'x',
                '/callback', clock_timestamp() + interval '10 minutes'
         FROM generate_series(1, 50003) AS number",
    )
    .await;
    assert_eq!(removed().await, (3, 0));
    hub.stop().await;
}

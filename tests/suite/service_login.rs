//! A stolen login of the service is no way around the bounds that operators set.

use crate::{
    admin_roles::refused,
    support::{hub::TestHub, role::TestRole},
};

/// A stolen login of the service opens no space that an operator has bounded, moves none, and takes
/// no host name.
#[tokio::test(flavor = "multi_thread")]
async fn hub_service_lifts_no_bound_of_a_space() {
    let hub = TestHub::start().await;
    hub.second_space("acme").await;
    hub.sql(
        "UPDATE hub.spaces SET read_only = true, toolsets = '{issue}', disabled_at = now(),
             allowed_projects = '{OPS}'",
    )
    .await;
    let before = "SELECT jsonb_agg(s ORDER BY slug)::text FROM hub.spaces AS s";
    let spaces = hub.value(before).await;
    let role = TestRole::member_of("hub_service", &hub.database).await;
    let pool = role.pool();
    for statement in [
        "UPDATE hub.spaces SET read_only = false",
        "UPDATE hub.spaces SET toolsets = NULL",
        "UPDATE hub.spaces SET allowed_projects = NULL",
        "UPDATE hub.spaces SET disabled_at = NULL",
        "UPDATE hub.spaces SET hostnames = '{evil.example}'",
        "UPDATE hub.spaces SET is_default = NOT is_default",
        "UPDATE hub.spaces SET base_url = 'https://evil.example' WHERE NOT from_environment",
        "UPDATE hub.spaces SET oauth_client_id = 'evil' WHERE NOT from_environment",
        "UPDATE hub.spaces SET slug = 'evil', name = 'evil' WHERE NOT from_environment",
        "UPDATE hub.spaces SET from_environment = false WHERE from_environment",
        "INSERT INTO hub.spaces (id, slug, name, base_url, oauth_client_id, oauth_client_secret)
         SELECT gen_random_uuid(), 'evil', name, base_url, oauth_client_id, oauth_client_secret
         FROM hub.spaces LIMIT 1",
        "INSERT INTO hub.spaces (id, slug, name, base_url, oauth_client_id, read_only)
         VALUES (gen_random_uuid(), 'evil', 'x', 'https://evil.example', 'x', false)",
        "INSERT INTO hub.space_hostnames SELECT 'evil.example', id FROM hub.spaces LIMIT 1",
        "DELETE FROM hub.space_hostnames",
        "UPDATE hub.audit_chain SET last_number = 0",
        "SELECT * FROM hub.audit_chain",
        "SELECT * FROM admin.verify_audit()",
    ] {
        refused(&pool, statement).await;
    }
    assert_eq!(hub.value(before).await, spaces);
    pool.close().await;
    hub.stop().await;
}

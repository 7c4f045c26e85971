//! Whoever uses a credential and whoever deletes its grant take the grant's lock first: one of
//! them waits, and neither dies of a deadlock.

use std::time::Duration;

use backlog_mcp_hub::{
    db,
    domain::GrantId,
    oauth::{
        Scopes,
        token::{AuthorizationCode, RefreshToken, TokenHash},
    },
    random::Random,
};
use backlog_sim::seed;
use sqlx::{PgConnection, PgPool};

use crate::support::{
    hub::{TestHub, eventually},
    person::Person,
};

/// Begins the deletion of every grant and waits until it is stopped by a lock.
async fn deletion(hub: &TestHub) -> tokio::task::JoinHandle<Result<(), sqlx::Error>> {
    let pool: PgPool = hub.database.pool().clone();
    let running = tokio::spawn(async move {
        let deletion = sqlx::query("DELETE FROM hub.grants");
        deletion.execute(&pool).await.map(|_| ())
    });
    let waiting = "SELECT count(*)::text FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("the deletion waits", async || {
        hub.value(waiting).await.as_deref() == Some("1")
    })
    .await;
    running
}

/// The successor, as it is stored at the end of each use.
async fn store_successor(db: &mut PgConnection, grant: GrantId) {
    let token = db::refresh_tokens::NewRefreshToken {
        hash: RefreshToken::generate(&Random::system()).hash(),
        grant,
        scopes: Scopes::all(),
        lifetime: Duration::from_secs(60),
    };
    let stored = db::refresh_tokens::insert(db, &token).await;
    stored.expect("the successor is stored");
}

async fn grants(hub: &TestHub) -> Option<String> {
    hub.value("SELECT count(*)::text FROM hub.grants").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_and_a_deletion_do_not_meet_in_a_deadlock() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let hash: TokenHash = RefreshToken::parse(&tokens.refresh_token).unwrap().hash();
    let mut refresh = hub.database.pool().begin().await.expect("a transaction");
    let stored = db::refresh_tokens::lock(&mut *refresh, hash, None).await;
    let stored = stored.expect("a read").expect("a refresh token");
    let deletion = deletion(&hub).await;
    store_successor(&mut refresh, stored.grant).await;
    refresh.commit().await.expect("the refresh");
    deletion.await.unwrap().expect("the deletion");
    assert_eq!(grants(&hub).await.as_deref(), Some("0"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_and_a_deletion_do_not_meet_in_a_deadlock() {
    let hub = TestHub::start().await;
    let client = hub.register().await;
    let person = Person::default();
    let answer = person.authorize(&hub, &client, seed::DANIEL).await;
    let hash = AuthorizationCode::parse(answer.get("code")).unwrap().hash();
    let pool = hub.database.pool();
    let code = db::authorization_codes::find(pool, hash).await.unwrap();
    let code = code.expect("a code");
    let mut exchange = pool.begin().await.expect("a transaction");
    let consumed = db::authorization_codes::consume(&mut *exchange, hash).await;
    assert!(consumed.expect("an answer"));
    let deletion = deletion(&hub).await;
    store_successor(&mut exchange, code.grant).await;
    exchange.commit().await.expect("the exchange");
    deletion.await.unwrap().expect("the deletion");
    assert_eq!(grants(&hub).await.as_deref(), Some("0"));
    hub.stop().await;
}

//! Rows are locked in one order, so that transactions which meet wait for each other and none dies
//! of a deadlock: spaces, clients, the queue of those who would make an account, accounts, grants.
//! The use of a credential and the deletion of its grant both lock the grant first.

use std::time::Duration;

use backlog_mcp_hub::{
    db::{
        self,
        access_tokens::NewAccessToken,
        last_uses::Use,
        refresh_tokens::NewRefreshToken,
        token_pairs::{NewPair, Rotation},
    },
    domain::{AccountId, ClientKey, GrantId, SpaceId},
};
use backlog_sim::seed;
use foundation::{clock::Clock, random::Random};
use oauth_values::{
    Scopes,
    token::{AccessToken, AuthorizationCode, RefreshToken, TokenHash},
};
use sqlx::{PgConnection, PgPool, Row, types::Uuid};

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
    wait_for_waiting(hub, "1").await;
    running
}

/// Waits until so many transactions are stopped by locks.
async fn wait_for_waiting(hub: &TestHub, number: &str) {
    let waiting = "SELECT count(*)::text FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("they wait", async || {
        hub.value(waiting).await.as_deref() == Some(number)
    })
    .await;
}

/// A text that a column of sealed text accepts.
const ANY_SEALED: &str = "SELECT backlog_access_token::text FROM hub.grants LIMIT 1";

/// A pair as the first use of a code or refresh token stores it.
fn pair(grant: GrantId) -> NewPair {
    let refresh_token = NewRefreshToken {
        hash: RefreshToken::generate(&Random::system()).hash(),
        grant,
        scopes: Scopes::all(),
        lifetime: Duration::from_mins(1),
    };
    let access_token = NewAccessToken {
        hash: AccessToken::generate(&Random::system()).hash(),
        grant,
        refresh_token: Some(refresh_token.hash),
        scopes: Scopes::all(),
        lifetime: Duration::from_mins(1),
    };
    NewPair {
        refresh_token,
        access_token,
    }
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
    let locked = db::refresh_tokens::lock(&mut *refresh, hash).await;
    locked.expect("a lock");
    let stored = db::refresh_tokens::find(&mut *refresh, hash, None).await;
    let (stored, _) = stored.expect("a read").expect("a refresh token");
    let deletion = deletion(&hub).await;
    let successor = pair(stored.grant).refresh_token;
    let stored = db::refresh_tokens::insert(&mut *refresh, &successor).await;
    stored.expect("the successor is stored");
    refresh.commit().await.expect("the refresh");
    deletion.await.unwrap().expect("the deletion");
    assert_eq!(grants(&hub).await.as_deref(), Some("0"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_refresh_and_a_deletion_do_not_meet_in_a_deadlock() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let hash: TokenHash = RefreshToken::parse(&tokens.refresh_token).unwrap().hash();
    let pool = hub.database.pool();
    let stored = db::refresh_tokens::find(pool, hash, None).await;
    let (stored, _) = stored.expect("a read").expect("a refresh token");
    let sealed = hub.value(ANY_SEALED).await.expect("a sealed text");
    let rotation = Rotation {
        hash,
        sealed_response: &sealed,
        grace: Duration::from_mins(1),
    };
    let mut refresh = pool.begin().await.expect("a transaction");
    let pair = pair(stored.grant);
    let used = db::token_pairs::for_refresh_token(&mut *refresh, &rotation, &pair).await;
    assert!(used.expect("an answer"));
    let deletion = deletion(&hub).await;
    refresh.commit().await.expect("the refresh");
    deletion.await.unwrap().expect("the deletion");
    assert_eq!(grants(&hub).await.as_deref(), Some("0"));
    hub.stop().await;
}

/// A second use waits for the first one, and finds the token used.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_first_uses_the_unused_token_decides() {
    let hub = TestHub::start().await;
    let client = hub.register().await;
    let person = Person::default();
    let answer = person.authorize(&hub, &client, seed::DANIEL).await;
    let hash = AuthorizationCode::parse(answer.get("code")).unwrap().hash();
    let pool = hub.database.pool();
    let code = db::authorization_codes::find(pool, hash, None).await;
    let (code, _) = code.unwrap().expect("a code");
    let mut first = pool.begin().await.expect("a transaction");
    let used = db::token_pairs::for_code(&mut *first, hash, &pair(code.grant)).await;
    assert!(used.expect("an answer"));
    let second = {
        let (pool, pair) = (pool.clone(), pair(code.grant));
        tokio::spawn(async move { db::token_pairs::for_code(&pool, hash, &pair).await })
    };
    wait_for_waiting(&hub, "1").await;
    first.commit().await.expect("the first use");
    assert!(!second.await.unwrap().expect("an answer"));
    let stored = "SELECT (SELECT count(*) FROM hub.refresh_tokens) || ' '
                      || (SELECT count(*) FROM hub.access_tokens)";
    assert_eq!(hub.value(stored).await.as_deref(), Some("1 1"));
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
    let code = db::authorization_codes::find(pool, hash, None).await;
    let (code, _) = code.unwrap().expect("a code");
    let mut exchange = pool.begin().await.expect("a transaction");
    let consumed = db::token_pairs::for_code(&mut *exchange, hash, &pair(code.grant)).await;
    assert!(consumed.expect("an answer"));
    let deletion = deletion(&hub).await;
    exchange.commit().await.expect("the exchange");
    deletion.await.unwrap().expect("the deletion");
    assert_eq!(grants(&hub).await.as_deref(), Some("0"));
    hub.stop().await;
}

/// The only space, and Daniel as its grants have him.
async fn space(hub: &TestHub) -> (SpaceId, i64) {
    let id: Uuid = sqlx::query_scalar("SELECT id FROM hub.spaces")
        .fetch_one(hub.database.pool())
        .await
        .expect("the space");
    (SpaceId(id), i64::try_from(seed::DANIEL).expect("an id"))
}

/// Makes the account of a user of the newest pair of the user's grants, up to the commit, as an
/// adoption does. What is stored need not open.
async fn adopt(db: &mut PgConnection, (space, user): (SpaceId, i64)) {
    let held = db::accounts::hold(&mut *db, space, user).await;
    assert!(held.expect("a read").is_none());
    let queued = db::accounts::queue_creation(&mut *db, space, user).await;
    queued.expect("first in the queue");
    let own = db::accounts::hold_own_pair(&mut *db, space, user, true).await;
    let own = own.expect("a read").expect("a pair of a grant's own");
    let id = AccountId::new(&Clock::system(), &Random::system());
    let made = db::accounts::insert(&mut *db, id, space, user, &own.tokens).await;
    let noted = db::accounts::note_adoption(db, own.grant, made.expect("the account")).await;
    noted.expect("the adoption");
}

/// After an upgrade there are grants and no account. A first sign-in comes while another process
/// makes the account of a grant's pair, and a renewal as soon as it is there: the sign-in must not
/// have the grants by then and wait for the account.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_an_adoption_and_a_renewal_do_not_meet_in_a_deadlock() {
    let hub = TestHub::start().await;
    for _ in 0..2 {
        Person::default().sign_in(&hub, seed::DANIEL).await;
    }
    hub.sql("DELETE FROM hub.accounts").await;
    hub.sql("UPDATE hub.grants SET account_generation = NULL")
        .await;
    let daniel = space(&hub).await;
    let pool = hub.database.pool();
    // The adoption locks one grant, and something else the other one.
    let mut adoption = pool.begin().await.expect("a transaction");
    adopt(&mut adoption, daniel).await;
    let mut other = pool.begin().await.expect("a transaction");
    let locked = "SELECT id FROM hub.grants FOR UPDATE SKIP LOCKED";
    let locked = sqlx::query(locked).fetch_all(&mut *other).await;
    assert_eq!(locked.expect("the grants").len(), 1);

    let client = hub.register().await;
    let person = Person::default();
    let sign_in = async {
        let answer = person.authorize(&hub, &client, seed::DANIEL).await;
        assert!(answer.0.contains_key("code"), "{:?}", answer.0);
    };
    let renewal = async {
        let mut renewal = pool.begin().await.expect("a transaction");
        let (space, user) = daniel;
        let held = db::accounts::hold(&mut *renewal, space, user).await;
        assert!(held.expect("a read").is_some());
        let grants = db::accounts::hold_grants(&mut *renewal, space, user).await;
        grants.expect("the grants, and no deadlock");
        renewal.commit().await.expect("the renewal");
    };
    let others = async {
        wait_for_waiting(&hub, "1").await;
        adoption.commit().await.expect("the adoption");
        let end_other = async {
            wait_for_waiting(&hub, "2").await;
            other.rollback().await.expect("the end of it");
        };
        tokio::join!(renewal, end_other);
    };
    tokio::join!(sign_in, others);
    let accounts = hub.value("SELECT count(*)::text FROM hub.accounts").await;
    assert_eq!(accounts.as_deref(), Some("1"));
    assert_eq!(grants(&hub).await.as_deref(), Some("3"));
    hub.stop().await;
}

/// A renewal holds all grants of a user. What notes last uses leaves those out, and does not wait.
#[tokio::test(flavor = "multi_thread")]
async fn last_uses_of_grants_that_are_locked_are_left_out() {
    let hub = TestHub::start().await;
    Person::default().sign_in(&hub, seed::DANIEL).await;
    Person::default().sign_in(&hub, seed::MAJA).await;
    let pool = hub.database.pool();
    let uses: Vec<_> = sqlx::query("SELECT id, client_id FROM hub.grants ORDER BY id")
        .fetch_all(pool)
        .await
        .expect("the grants")
        .iter()
        .map(|row| Use {
            grant: GrantId(row.get(0)),
            client: ClientKey(row.get(1)),
            age: Duration::ZERO,
            network: None,
        })
        .collect();
    hub.sql("UPDATE hub.grants SET last_used_at = NULL").await;
    let mut renewal = pool.begin().await.expect("a transaction");
    let (space, user) = space(&hub).await;
    let held = db::accounts::hold_grants(&mut *renewal, space, user).await;
    let held = held.expect("the grants of Daniel");
    // It would fail instead of waiting for the lock.
    let mut writer = pool.acquire().await.expect("a connection");
    sqlx::query("SET lock_timeout = '1ms'")
        .execute(&mut *writer)
        .await
        .expect("the setting");
    let noted = db::last_uses::of_grants(&mut *writer, &uses).await;
    noted.expect("it does not wait");
    let unused: Vec<Uuid> =
        sqlx::query_scalar("SELECT id FROM hub.grants WHERE last_used_at IS NULL")
            .fetch_all(pool)
            .await
            .expect("the grants");
    assert_eq!(unused, held.iter().map(|grant| grant.0).collect::<Vec<_>>());
    // The next round notes them.
    renewal.rollback().await.expect("the end of the renewal");
    let noted = db::last_uses::of_grants(&mut *writer, &uses).await;
    noted.expect("it does not wait");
    let unused = "SELECT count(*)::text FROM hub.grants WHERE last_used_at IS NULL";
    assert_eq!(hub.value(unused).await.as_deref(), Some("0"));
    hub.stop().await;
}

//! Ten thousand accounts at three replicas, whose Backlog tokens have all expired, and a fail-over
//! of the database in the middle of their renewals.
//!
//! 1. The accounts are stored as sign-ins leave them: a grant each, with tokens that Backlog gave,
//!    sealed for the rows of the account and of the grant.
//! 2. Each user calls at one of the replicas, again and again until the call is served.
//! 3. When a third of the accounts has been renewed, the database goes away while renewals are at
//!    Backlog, and comes back.
//! 4. No account has ended, and the token endpoint got one request for each of them.

use std::time::Duration;

use backlog_mcp_hub::{
    db,
    domain::{AccountId, ClientKey, GrantId},
};
use backlog_sim::{Id, Matcher, TokenPair};
use foundation::{clock::Clock, random::Random};
use futures_util::{StreamExt, stream};
use oauth_values::{
    CheckKey,
    token::{AccessToken, RefreshToken},
};
use sealing::{KeyRing, Place};
use secrecy::SecretString;
use sqlx::{PgPool, types::Uuid};
use tokio::time::{Instant, sleep};

use super::{users::User, world::World};
use crate::support::{link::Fault, person::Tokens};

const REPLICAS: usize = 3;
const ACCOUNTS: usize = 10_000;
/// Calls under way at a time.
const AT_A_TIME: usize = 60;
/// Renewals that are at Backlog when the database goes away.
const HELD: usize = 20;
const AWAY: Duration = Duration::from_secs(15);
/// Accounts in one statement.
const BATCH: usize = 1_000;
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Seals what Backlog gave for rows of the hub, as the hub does.
struct Seal {
    keys: KeyRing,
    check_key: CheckKey,
    random: Random,
    site: String,
}

impl Seal {
    async fn of(world: &World) -> Self {
        let keys = KeyRing::parse(&world.keys, Random::system()).expect("the keys");
        let pool = world.database_pool();
        let stored = db::check_key::find(&pool).await.expect("the database");
        let place = Place {
            table: "check_key",
            column: "key",
            row: db::check_key::ROW,
            bound_to: "",
        };
        let key = keys.open(place, &stored.expect("a key").sealed);
        let site = sqlx::query_scalar("SELECT base_url FROM hub.spaces");
        Self {
            check_key: CheckKey::parse(&key.expect("it opens")).expect("a key"),
            keys,
            random: Random::system(),
            site: site.fetch_one(&pool).await.expect("a space"),
        }
    }

    /// The pair, access token first, for a row.
    fn pair(&self, table: &'static str, row: &str, pair: &TokenPair) -> [String; 2] {
        [
            ("backlog_access_token", &pair.access_token),
            ("backlog_refresh_token", &pair.refresh_token),
        ]
        .map(|(column, token)| {
            let place = Place {
                table,
                column,
                row,
                bound_to: &self.site,
            };
            self.keys.seal(place, &SecretString::from(token.clone()))
        })
    }
}

/// Columns of one statement.
#[derive(Default)]
struct Batch {
    users: Vec<i64>,
    accounts: Vec<Uuid>,
    of_accounts: [Vec<String>; 2],
    grants: Vec<Uuid>,
    of_grants: [Vec<String>; 2],
    refresh_hashes: Vec<Vec<u8>>,
    access_hashes: Vec<Vec<u8>>,
}

impl Batch {
    /// Adds what a sign-in of a user leaves.
    fn add(&mut self, seal: &Seal, user: Id, pair: &TokenPair) -> User {
        let clock = Clock::system();
        let account = AccountId::new(&clock, &seal.random);
        let grant = GrantId::new(&clock, &seal.random);
        let of_account = seal.pair("accounts", &account.to_string(), pair);
        let of_grant = seal.pair("grants", &grant.to_string(), pair);
        for (columns, sealed) in [
            (&mut self.of_accounts, of_account),
            (&mut self.of_grants, of_grant),
        ] {
            for (column, value) in columns.iter_mut().zip(sealed) {
                column.push(value);
            }
        }
        let access = AccessToken::issue(&seal.random, &seal.check_key);
        let refresh = RefreshToken::issue(&seal.random, &seal.check_key);
        self.users.push(i64::try_from(user).expect("an id"));
        self.accounts.push(account.0);
        self.grants.push(grant.0);
        self.access_hashes.push(access.hash().as_bytes().to_vec());
        self.refresh_hashes.push(refresh.hash().as_bytes().to_vec());
        User {
            id: user,
            tokens: Tokens {
                client_id: String::new(),
                access_token: access.reveal().to_owned(),
                refresh_token: refresh.reveal().to_owned(),
            },
        }
    }

    async fn write(&self, world: &World, client: ClientKey) {
        let pool = world.database_pool();
        self.write_accounts(&pool).await.expect("the accounts");
        self.write_grants(&pool, world, client)
            .await
            .expect("the grants");
        self.write_tokens(&pool).await.expect("the tokens");
    }

    async fn write_accounts(&self, pool: &PgPool) -> Result<(), sqlx::Error> {
        let [access, refresh] = &self.of_accounts;
        sqlx::query(
            "INSERT INTO hub.accounts (id, space_id, backlog_user_id, backlog_access_token,
                 backlog_refresh_token, backlog_expires_at, generation)
             SELECT new.id, spaces.id, new.user_id, new.access_token, new.refresh_token,
                 now() + interval '1 hour', 1
             FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[])
                  AS new (id, user_id, access_token, refresh_token), hub.spaces AS spaces",
        )
        .bind(&self.accounts)
        .bind(&self.users)
        .bind(access)
        .bind(refresh)
        .execute(pool)
        .await
        .map(drop)
    }

    async fn write_grants(
        &self,
        pool: &PgPool,
        world: &World,
        client: ClientKey,
    ) -> Result<(), sqlx::Error> {
        let [access, refresh] = &self.of_grants;
        sqlx::query(
            "INSERT INTO hub.grants (id, space_id, client_id, backlog_user_id, backlog_user_name,
                 scopes, issuer, resource, backlog_access_token, backlog_refresh_token,
                 backlog_expires_at, generation, account_generation)
             SELECT new.id, spaces.id, $5, new.user_id, 'Member', '{backlog:read,backlog:write}',
                 $6, $7, new.access_token, new.refresh_token, now() + interval '1 hour', 1, 1
             FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[])
                  AS new (id, user_id, access_token, refresh_token), hub.spaces AS spaces",
        )
        .bind(&self.grants)
        .bind(&self.users)
        .bind(access)
        .bind(refresh)
        .bind(client.0)
        .bind(&world.site.base_url)
        .bind(world.site.mcp_url())
        .execute(pool)
        .await
        .map(drop)
    }

    async fn write_tokens(&self, pool: &PgPool) -> Result<(), sqlx::Error> {
        sqlx::query(
            "WITH refresh AS (
                 INSERT INTO hub.refresh_tokens (token_hash, grant_id, scopes, expires_at)
                 SELECT hash, grant_id, '{backlog:read,backlog:write}', now() + interval '30 days'
                 FROM unnest($1::bytea[], $3::uuid[]) AS new (hash, grant_id))
             INSERT INTO hub.access_tokens
                 (token_hash, grant_id, refresh_token_hash, scopes, expires_at)
             SELECT hash, grant_id, refresh_hash, '{backlog:read,backlog:write}',
                 now() + interval '1 day'
             FROM unnest($2::bytea[], $3::uuid[], $1::bytea[])
                  AS new (hash, grant_id, refresh_hash)",
        )
        .bind(&self.refresh_hashes)
        .bind(&self.access_hashes)
        .bind(&self.grants)
        .execute(pool)
        .await
        .map(drop)
    }
}

/// Stores so many accounts, each of a user of its own.
async fn accounts(world: &World, number: usize) -> Vec<User> {
    let backlog = world.sim.control();
    let seal = Seal::of(world).await;
    let client_id = world.site.register().await;
    let client = db::clients::find_by_client_id(&world.database_pool(), &client_id).await;
    let client = client.expect("the database").expect("the client").key;
    let mut users = Vec::new();
    for ids in backlog.add_users(number).chunks(BATCH) {
        let mut batch = Batch::default();
        for id in ids {
            users.push(batch.add(&seal, *id, &backlog.tokens_for(*id)));
        }
        batch.write(world, client).await;
    }
    world.sql("VACUUM ANALYZE hub.accounts, hub.grants").await;
    users
}

/// Takes the database away when a third of the accounts has been renewed, while more renewals are
/// at Backlog.
async fn fail_over(world: &World) {
    let backlog = world.sim.control();
    while backlog.renewals().len() < ACCOUNTS / 3 {
        sleep(LOOK_EVERY).await;
    }
    backlog.hold(Matcher::token_endpoint());
    backlog.wait_for_held(HELD).await;
    world.database.suffer(Fault::Cut);
    backlog.release();
    sleep(AWAY).await;
    world.database.mend();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: scripts/soak"]
async fn ten_thousand_accounts_renew_once_each_through_a_fail_over() {
    let world = World::of(REPLICAS).await;
    let began = Instant::now();
    let users = accounts(&world, ACCOUNTS).await;
    let filled = began.elapsed();
    let (backlog, urls) = (world.sim.control(), world.urls());
    backlog.expire_access_tokens();
    let began = Instant::now();
    let served = stream::iter(users.iter().enumerate())
        .map(|(number, user)| user.is_served(&urls[number % urls.len()]))
        .buffer_unordered(AT_A_TIME)
        .count();
    let (served, ()) = tokio::join!(served, fail_over(&world));
    eprintln!(
        "{ACCOUNTS} accounts stored in {filled:?}, and each served after its expiry in {:?}",
        began.elapsed()
    );
    assert_eq!(served, ACCOUNTS);
    let renewals = backlog.renewals();
    assert_eq!(renewals.len(), ACCOUNTS);
    let more: Vec<_> = renewals.iter().filter(|(_, times)| **times > 1).collect();
    assert!(more.is_empty(), "renewed more than once: {more:?}");
    let ended = world.count("accounts WHERE ended_at IS NOT NULL").await;
    let endings = "audit_events WHERE event = 'account_ended'";
    let in_doubt = world.count("accounts WHERE doubt_since IS NOT NULL").await;
    assert_eq!((ended, world.count(endings).await, in_doubt), (0, 0, 0));
}

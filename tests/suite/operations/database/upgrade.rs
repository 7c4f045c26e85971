//! The upgrade of a database that the previous release filled (schema V8): the program migrates it,
//! adopts Backlog's tokens of the grants, and loses nothing.

use std::collections::BTreeMap;

use backlog_mcp_hub::{
    db::migrate::migrations,
    domain::{ClientKey, GrantId, SpaceId, space::secret_place},
};
use backlog_sim::{Id, seed};
use foundation::{clock::Clock, random::Random};
use oauth_values::token::{AccessToken, RefreshToken};
use reqwest::StatusCode;
use sealing::{KeyRing, Place};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool};

use crate::support::{
    database::TestDatabase,
    hub::{OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET, REDIRECT_URI},
    person::{EVERY_SCOPE, Person, Tokens, call, refresh, result, tokens as tokens_of},
    process::Deployment,
};

/// The last migration of the release before.
const BEFORE: i32 = 8;
/// Whose grants there are, and how many each has.
const GRANTS: [(Id, usize); 3] = [(seed::DANIEL, 2), (seed::MAJA, 1), (seed::KENTA, 3)];
/// Everything that was there before must be there after.
const TABLES: [&str; 5] = [
    "spaces",
    "clients",
    "grants",
    "refresh_tokens",
    "access_tokens",
];

async fn execute(db: &PgPool, statement: String) {
    let done = sqlx::raw_sql(AssertSqlSafe(statement.clone()));
    done.execute(db).await.expect(&statement);
}

/// Migrates an empty database as the release before did, and notes it as refinery does.
async fn migrate_to_before(db: &PgPool) {
    execute(
        db,
        "CREATE SCHEMA hub;
         CREATE TABLE hub.refinery_schema_history
             (version int4 PRIMARY KEY, name varchar(255), applied_on varchar(255),
              checksum varchar(255))"
            .to_owned(),
    )
    .await;
    let all = migrations();
    assert!(all.iter().any(|one| one.version() > BEFORE));
    for migration in all.iter().filter(|one| one.version() <= BEFORE) {
        execute(db, migration.sql().expect("a migration").to_owned()).await;
        execute(
            db,
            format!(
                "INSERT INTO hub.refinery_schema_history
                 VALUES ({}, '{}', '2026-01-01T00:00:00Z', '{}')",
                migration.version(),
                migration.name(),
                migration.checksum()
            ),
        )
        .await;
    }
}

/// What the release before stored of the hub.
struct Before<'a> {
    deployment: &'a Deployment,
    keys: KeyRing,
    random: Random,
    clock: Clock,
    space: SpaceId,
    site: String,
}

impl<'a> Before<'a> {
    /// A migrated database with the space of the environment.
    async fn of(deployment: &'a Deployment) -> Self {
        let (random, clock) = (Random::system(), Clock::system());
        let before = Self {
            deployment,
            keys: KeyRing::parse(&deployment.keys, random.clone()).expect("the keys"),
            space: SpaceId::new(&clock, &random),
            site: deployment
                .sim
                .url()
                .as_str()
                .trim_end_matches('/')
                .to_owned(),
            random,
            clock,
        };
        migrate_to_before(before.db()).await;
        let (id, site) = (before.space.to_string(), &before.site);
        let secret = secret_place(&id, site);
        let secret = before.keys.seal(secret, &OAUTH_CLIENT_SECRET.into());
        before
            .insert(format!(
                "INSERT INTO hub.spaces (id, slug, name, base_url, oauth_client_id,
                     oauth_client_secret, is_default, from_environment)
                 VALUES ('{id}', 'harbor', 'Harbor Works', '{site}', '{OAUTH_CLIENT_ID}',
                     '{secret}', true, true)"
            ))
            .await;
        before
    }

    fn db(&self) -> &PgPool {
        self.deployment.database.pool()
    }

    async fn insert(&self, statement: String) {
        execute(self.db(), statement).await;
    }

    /// A client whose `client_id` is that of its row, without a check.
    async fn client(&self) -> ClientKey {
        let client = ClientKey::new(&self.clock, &self.random);
        self.insert(format!(
            "INSERT INTO hub.clients (id, client_id, origin, client_name, redirect_uris,
                 application_type, token_endpoint_auth_method, scopes, metadata_digest,
                 last_used_at)
             VALUES ('{client}', '{client}', 'dynamic', 'Desk', '{{{REDIRECT_URI}}}', 'native',
                 'none', '{{backlog:read,backlog:write}}', sha256('{client}'), now())"
        ))
        .await;
        client
    }

    /// A grant with a pair of its own of Backlog's tokens, and with tokens of the hub without a
    /// check.
    async fn grant(&self, user: Id, client: ClientKey) -> Tokens {
        let grant = GrantId::new(&self.clock, &self.random).to_string();
        let pair = self.deployment.sim.control().tokens_for(user);
        let seal = |column, token: String| {
            let place = Place {
                table: "grants",
                column,
                row: &grant,
                bound_to: &self.site,
            };
            self.keys.seal(place, &token.into())
        };
        let site = &self.deployment.site;
        self.insert(format!(
            "INSERT INTO hub.grants (id, space_id, client_id, backlog_user_id, backlog_user_name,
                 scopes, issuer, resource, backlog_access_token, backlog_refresh_token,
                 backlog_expires_at, generation)
             VALUES ('{grant}', '{}', '{client}', {user}, 'User',
                 '{{backlog:read,backlog:write}}', '{}', '{}', '{}', '{}',
                 clock_timestamp() + interval '1 hour', 3)",
            self.space,
            site.base_url,
            site.mcp_url(),
            seal("backlog_access_token", pair.access_token),
            seal("backlog_refresh_token", pair.refresh_token),
        ))
        .await;
        let access = AccessToken::generate(&self.random);
        let refresh = RefreshToken::generate(&self.random);
        let (access_hash, refresh_hash) = (access.hash().to_hex(), refresh.hash().to_hex());
        self.insert(format!(
            "INSERT INTO hub.refresh_tokens (token_hash, grant_id, scopes, expires_at)
             VALUES ('\\x{refresh_hash}', '{grant}', '{{backlog:read,backlog:write}}',
                 clock_timestamp() + interval '30 days');
             INSERT INTO hub.access_tokens
                 (token_hash, grant_id, refresh_token_hash, scopes, expires_at)
             VALUES ('\\x{access_hash}', '{grant}', '\\x{refresh_hash}',
                 '{{backlog:read,backlog:write}}', clock_timestamp() + interval '1 hour')"
        ))
        .await;
        Tokens {
            client_id: client.to_string(),
            access_token: access.reveal().to_owned(),
            refresh_token: refresh.reveal().to_owned(),
        }
    }
}

/// Every grant of [`GRANTS`], with a client each.
async fn fill(deployment: &Deployment) -> Vec<(Id, Tokens)> {
    let before = Before::of(deployment).await;
    let mut all = Vec::new();
    for (user, number) in GRANTS {
        for _ in 0..number {
            let client = before.client().await;
            all.push((user, before.grant(user, client).await));
        }
    }
    all
}

async fn assert_is_served(deployment: &Deployment, user: Id, tokens: &Tokens) {
    let (url, token) = (&deployment.site.base_url, &tokens.access_token);
    let (status, body) = call(url, token, "get_myself", json!({})).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(result(&body)["id"], json!(user));
}

async fn counts(deployment: &Deployment) -> BTreeMap<&'static str, i64> {
    let mut counts = BTreeMap::new();
    for table in TABLES {
        counts.insert(table, deployment.count(table).await);
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_the_previous_release_are_adopted_and_nothing_is_lost() {
    let deployment = Deployment::on(TestDatabase::empty().await).await;
    let grants = fill(&deployment).await;
    let before = counts(&deployment).await;
    let process = deployment.start().await;
    assert_eq!(counts(&deployment).await, before);

    for (user, tokens) in &grants {
        assert_is_served(&deployment, *user, tokens).await;
    }
    let users = i64::try_from(GRANTS.len()).expect("a number");
    assert_eq!(deployment.count("accounts").await, users);
    let backlog = deployment.sim.control();
    assert!(backlog.renewals().is_empty(), "the pairs were still good");

    // One renewal serves all grants of a user.
    backlog.expire_access_tokens();
    for (user, tokens) in &grants {
        assert_is_served(&deployment, *user, tokens).await;
    }
    let once: BTreeMap<Id, usize> = GRANTS.map(|(user, _)| (user, 1)).into();
    assert_eq!(backlog.renewals(), once);
    let of_their_accounts = "grants JOIN hub.accounts USING (space_id, backlog_user_id)
                             WHERE grants.account_generation = accounts.generation
                               AND accounts.ended_at IS NULL";
    let adopted = deployment.count(of_their_accounts).await;
    assert_eq!(adopted, before["grants"]);
    assert_eq!(counts(&deployment).await, before);

    for (user, tokens) in &grants {
        let (status, body) = refresh(&deployment.site.base_url, tokens).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        // It may delete and administer, as it could before there were scopes for that.
        assert_eq!(body["scope"], EVERY_SCOPE);
        assert_is_served(&deployment, *user, &tokens_of(&tokens.client_id, &body)).await;
    }
    // A client of the release before signs somebody else in.
    let (_, tokens) = &grants[0];
    let answer = Person::default()
        .authorize(&deployment.site, &tokens.client_id, seed::LUCIA)
        .await;
    assert!(answer.0.contains_key("code"), "{:?}", answer.0);
    drop(process);
}

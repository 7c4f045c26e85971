//! Sessions in the hub's database, as a sign-in and a first call would leave each. Their grants are
//! of 64 users, who share the tokens of one user of the simulated Backlog.

use backlog_mcp_hub::{
    db,
    domain::{ClientKey, GrantId},
};
use foundation::{clock::Clock, random::Random};
use oauth_values::{
    CheckKey,
    token::{AccessToken, RefreshToken},
};
use sealing::Place;
use sqlx::types::Uuid;

use crate::world::{USER, World};

/// The users of the grants, because a hub limits the calls of each.
const USERS: i64 = 64;
/// The rows of one statement.
const BATCH: usize = 5_000;
/// In the form of the ID of an operator's client.
pub(crate) const CLIENT_ID: &str = "019b0c5e-7f3a-7c41-9d0e-2b8f6a1c3d4e";

/// The tokens of one session.
pub(crate) struct Session {
    pub access: AccessToken,
    pub refresh: RefreshToken,
}

/// Inserts the client of all sessions.
pub(crate) async fn client(world: &World) -> anyhow::Result<Uuid> {
    let id = ClientKey::new(&Clock::system(), &Random::system());
    sqlx::query(
        "INSERT INTO hub.clients (id, client_id, space_id, origin, client_name, redirect_uris,
             application_type, token_endpoint_auth_method, scopes, metadata_digest)
         SELECT $1, $2, spaces.id, 'operator', 'Benchmark', '{http://127.0.0.1/callback}',
             'native', 'none', '{backlog:read,backlog:write}', sha256('benchmark')
         FROM hub.spaces
         ON CONFLICT (client_id) DO NOTHING",
    )
    .bind(id)
    .bind(CLIENT_ID)
    .execute(&world.db)
    .await?;
    let id = sqlx::query_scalar("SELECT id FROM hub.clients WHERE client_id = $1");
    Ok(id.bind(CLIENT_ID).fetch_one(&world.db).await?)
}

/// Writes `count` sessions, each with its own grant and its Backlog tokens sealed.
pub(crate) async fn sessions(world: &World, count: usize) -> anyhow::Result<Vec<Session>> {
    let client = client(world).await?;
    let (space, base_url): (Uuid, String) = sqlx::query_as("SELECT id, base_url FROM hub.spaces")
        .fetch_one(&world.db)
        .await?;
    let random = Random::system();
    let check_key = check_key(world).await?;
    let mut sessions = Vec::with_capacity(count);
    while sessions.len() < count {
        let size = BATCH.min(count - sessions.len());
        let mut batch = Batch::default();
        for _ in 0..size {
            sessions.push(batch.push(world, (&random, &check_key), &base_url));
        }
        batch.write(world, space, client).await?;
    }
    // Settled, like a store that grew over months: the effects of writing it must not be
    // measured.
    for settle in [
        "VACUUM ANALYZE hub.grants, hub.access_tokens, hub.refresh_tokens",
        "CHECKPOINT",
    ] {
        sqlx::query(settle).execute(&world.db).await?;
    }
    Ok(sessions)
}

/// The key of the hub's checks in its tokens.
async fn check_key(world: &World) -> anyhow::Result<CheckKey> {
    let stored = db::check_key::find(&world.db).await?;
    let place = Place {
        table: "check_key",
        column: "key",
        row: db::check_key::ROW,
        bound_to: "",
    };
    let stored = stored.ok_or_else(|| anyhow::anyhow!("the hub has made no check key"))?;
    Ok(CheckKey::parse(&world.keys.open(place, &stored.sealed)?)?)
}

/// The columns of one statement.
#[derive(Default)]
struct Batch {
    grants: Vec<Uuid>,
    users: Vec<i64>,
    sealed_access: Vec<String>,
    sealed_refresh: Vec<String>,
    access_hashes: Vec<Vec<u8>>,
    refresh_hashes: Vec<Vec<u8>>,
}

impl Batch {
    fn push(
        &mut self,
        world: &World,
        (random, check_key): (&Random, &CheckKey),
        base_url: &str,
    ) -> Session {
        let grant = GrantId::new(&Clock::system(), random);
        let row = grant.to_string();
        let seal = |column| {
            let place = Place {
                table: "grants",
                column,
                row: &row,
                bound_to: base_url,
            };
            world.keys.seal(place, &world.backlog.token)
        };
        let session = Session {
            access: AccessToken::issue(random, check_key),
            refresh: RefreshToken::issue(random, check_key),
        };
        let user = i64::try_from(self.grants.len()).unwrap_or_default() % USERS;
        self.users.push(USER + user);
        self.grants.push(grant.0);
        self.sealed_access.push(seal("backlog_access_token"));
        self.sealed_refresh.push(seal("backlog_refresh_token"));
        self.access_hashes
            .push(session.access.hash().as_bytes().to_vec());
        self.refresh_hashes
            .push(session.refresh.hash().as_bytes().to_vec());
        session
    }

    async fn write(self, world: &World, space: Uuid, client: Uuid) -> anyhow::Result<()> {
        let mut transaction = world.db.begin().await?;
        sqlx::query(
            "INSERT INTO hub.grants (id, space_id, client_id, backlog_user_id,
                 backlog_user_name, scopes, issuer, resource, backlog_access_token,
                 backlog_refresh_token, backlog_expires_at)
             SELECT new.id, $4, $5, new.user_id, 'Benchmark', '{backlog:read,backlog:write}', $7,
                 $8, new.access_token, new.refresh_token, now() + interval '1 day'
             FROM unnest($1::uuid[], $2::text[], $3::text[], $6::bigint[])
                 AS new (id, access_token, refresh_token, user_id)",
        )
        .bind(&self.grants)
        .bind(&self.sealed_access)
        .bind(&self.sealed_refresh)
        .bind(space)
        .bind(client)
        .bind(&self.users)
        .bind(&world.base_url)
        .bind(world.mcp_url())
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "INSERT INTO hub.refresh_tokens (token_hash, grant_id, scopes, expires_at)
             SELECT new.hash, new.grant_id, '{backlog:read,backlog:write}', now() + interval '30 days'
             FROM unnest($1::bytea[], $2::uuid[]) AS new (hash, grant_id)",
        )
        .bind(&self.refresh_hashes)
        .bind(&self.grants)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "INSERT INTO hub.access_tokens
                 (token_hash, grant_id, refresh_token_hash, scopes, expires_at, first_used_at)
             SELECT new.hash, new.grant_id, new.refresh_hash, '{backlog:read,backlog:write}',
                 now() + interval '1 day', now()
             FROM unnest($1::bytea[], $2::uuid[], $3::bytea[]) AS new (hash, grant_id, refresh_hash)",
        )
        .bind(&self.access_hashes)
        .bind(&self.grants)
        .bind(&self.refresh_hashes)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Adds expired access tokens to the existing grants.
pub(crate) async fn expired_access_tokens(world: &World, count: usize) -> anyhow::Result<()> {
    sqlx::query(
        "INSERT INTO hub.access_tokens
             (token_hash, grant_id, refresh_token_hash, scopes, created_at, expires_at)
         SELECT sha256(int8send(number)), (SELECT id FROM hub.grants ORDER BY id LIMIT 1),
             sha256('none'), '{backlog:read}', now() - interval '3 days', now() - interval '2 days'
         FROM generate_series(1, $1::bigint) AS number",
    )
    .bind(i64::try_from(count)?)
    .execute(&world.db)
    .await?;
    sqlx::query("VACUUM ANALYZE hub.access_tokens")
        .execute(&world.db)
        .await?;
    Ok(())
}

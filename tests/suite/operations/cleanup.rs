//! The cleanup removes every expired row and no other.

use backlog_mcp_hub::{db, jobs::cleanup};
use backlog_sim::seed;
use reqwest::StatusCode;
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool};

use crate::support::{
    clock::{hurrying, still},
    database::TestDatabase,
    hub::{TestHub, eventually},
    person::{Person, authorize_url, call, refresh, tokens as tokens_of},
};

const ROWS: &str = include_str!("../../fixtures/cleanup.sql");

/// Each table that is cleaned up, with where its rows have their label.
const LABELS: [(&str, &str); 11] = [
    ("clients", "client_id"),
    ("grants", "backlog_user_name"),
    ("accounts", "ended_reason"),
    ("authorization_requests", "state"),
    (
        "authorization_codes",
        "rtrim(convert_from(code_hash, 'UTF8'))",
    ),
    ("refresh_tokens", "rtrim(convert_from(token_hash, 'UTF8'))"),
    ("access_tokens", "rtrim(convert_from(token_hash, 'UTF8'))"),
    ("client_assertions", "rtrim(convert_from(jti_hash, 'UTF8'))"),
    (
        "identity_assertions",
        "rtrim(convert_from(jti_hash, 'UTF8'))",
    ),
    ("upload_links", "rtrim(convert_from(link_hash, 'UTF8'))"),
    ("consents", "redirect_uri"),
];

async fn labels(db: &PgPool, table: &str, label: &str) -> Vec<String> {
    let query = format!("SELECT {label} FROM hub.{table} ORDER BY 1");
    sqlx::query_scalar(AssertSqlSafe(query))
        .fetch_all(db)
        .await
        .expect(table)
}

async fn execute(db: &PgPool, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(db)
        .await
        .expect(statement);
}

async fn count(db: &PgPool, rows: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM hub.{rows}")))
        .fetch_one(db)
        .await
        .expect(rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_rows_are_deleted_and_live_rows_remain() {
    let database = TestDatabase::create().await;
    let db = database.pool();
    execute(db, ROWS).await;
    let mut expected = Vec::new();
    for (table, label) in LABELS {
        let mut kept = labels(db, table, label).await;
        let all = kept.len();
        kept.retain(|label| label.starts_with("kept: "));
        assert!(!kept.is_empty() && kept.len() < all, "{table}: {kept:?}");
        expected.push(kept);
    }

    let removed = cleanup::once(db, &still())
        .await
        .expect("a cleanup")
        .expect("alone");
    for ((table, label), kept) in LABELS.into_iter().zip(expected) {
        assert_eq!(labels(db, table, label).await, kept, "{table}");
    }
    // It says what it removed; what went with a grant or client counts as that.
    assert_eq!(
        removed,
        [
            ("authorization_requests", 2),
            ("authorization_codes", 2),
            ("access_tokens", 2),
            ("refresh_tokens", 3),
            ("refresh_responses", 1),
            ("client_assertions", 1),
            ("identity_assertions", 1),
            ("upload_links", 1),
            ("consents", 1),
            ("grants", 4),
            ("accounts", 2),
            ("paused_endings", 1),
            ("idle_clients", 4),
        ]
    );
    // Of a used refresh token only the answer goes, once its window has passed.
    let answered = "refresh_tokens WHERE answer IS NOT NULL
                    AND answer_until > clock_timestamp()";
    assert_eq!(count(db, answered).await, 1);
    let answers = "refresh_tokens WHERE answer IS NOT NULL";
    assert_eq!(count(db, answers).await, 1);

    // There is nothing left to do.
    assert_eq!(
        cleanup::once(db, &still()).await.expect("a cleanup"),
        Some(vec![])
    );
}

/// Adds access tokens that have expired.
async fn expire_access_tokens(db: &PgPool, number: i64) {
    let add = format!(
        "INSERT INTO hub.access_tokens
            (token_hash, grant_id, refresh_token_hash, scopes, expires_at)
         SELECT digest_of('gone: ' || number), grant_('kept: with an access token'),
                digest_of('kept: live'), '{{backlog:read}}', in_time('-1 second')
         FROM generate_series(1, {number}) AS number"
    );
    execute(db, &add).await;
}

/// More rows than one round deletes: the rounds follow each other.
#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_is_deleted_completely_in_batches() {
    const BACKLOG: i64 = 20_500;
    let database = TestDatabase::create().await;
    let db = database.pool();
    execute(db, ROWS).await;
    expire_access_tokens(db, BACKLOG).await;
    execute(
        db,
        "CREATE TABLE batches (rows bigint);
         CREATE FUNCTION note_batch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             INSERT INTO batches SELECT count(*) FROM gone;
             RETURN NULL;
         END $$;
         CREATE TRIGGER batch AFTER DELETE ON hub.access_tokens
             REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION note_batch()",
    )
    .await;
    let removed = cleanup::once(db, &still()).await;
    let removed = removed.expect("a cleanup").expect("alone");
    let all = (BACKLOG + 2).unsigned_abs();
    assert!(removed.contains(&("access_tokens", all)), "{removed:?}");
    assert_eq!(count(db, "access_tokens").await, 2);
    let largest: Option<i64> = sqlx::query_scalar("SELECT max(rows) FROM batches")
        .fetch_one(db)
        .await
        .expect("batches");
    assert_eq!(largest, Some(1_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_share_a_backlog() {
    const BACKLOG: i64 = 20_500;
    let database = TestDatabase::create().await;
    let db = database.pool();
    execute(db, ROWS).await;
    expire_access_tokens(db, BACKLOG).await;
    let clock = still();
    let (one, other) = tokio::join!(cleanup::once(db, &clock), cleanup::once(db, &clock));
    let rounds = [one.expect("rounds"), other.expect("rounds")];
    let removed: u64 = rounds
        .iter()
        .flatten()
        .flatten()
        .filter(|(name, _)| *name == "access_tokens")
        .map(|(_, rows)| rows)
        .sum();
    assert_eq!(removed, (BACKLOG + 2).unsigned_abs(), "{rounds:?}");
    assert_eq!(count(db, "access_tokens").await, 2);
}

/// The job is aborted on shutdown: in a pause, nothing more is deleted, and the lock is free.
#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_stops_the_cleanup_between_two_batches() {
    const BACKLOG: i64 = 1_500;
    let database = TestDatabase::create().await;
    let db = database.pool();
    execute(db, ROWS).await;
    let add = format!(
        "DELETE FROM hub.authorization_requests;
         INSERT INTO hub.authorization_requests
            (id, client_id, issuer, redirect_uri, code_challenge, resource, scopes, browser_hash,
             csrf_hash, expires_at)
         SELECT gen_random_uuid(), client('kept: in use'), 'https://hub.test', 'https://a.example',
                repeat('x', 43), 'https://hub.test/mcp', '{{backlog:read}}', digest_of('x'),
                digest_of('y'), in_time('-1 hour')
         FROM generate_series(1, {BACKLOG})"
    );
    execute(db, &add).await;
    let running = tokio::spawn({
        let db = db.clone();
        async move { cleanup::once(&db, &hurrying()).await }
    });
    eventually("a batch is deleted", async || {
        count(db, "authorization_requests").await < BACKLOG
    })
    .await;
    running.abort();
    assert!(running.await.expect_err("no result").is_cancelled());
    assert_eq!(count(db, "authorization_requests").await, BACKLOG - 1_000);

    let mut next = db.acquire().await.expect("a connection");
    eventually("the lock is free", async || count_locks(db).await == 0).await;
    assert!(db::cleanup::try_lock(&mut next).await.expect("an answer"));
    db::cleanup::unlock(&mut next).await.expect("unlocked");
    let removed = cleanup::once(db, &still()).await;
    let removed = removed.expect("a cleanup").expect("alone");
    assert!(
        removed.contains(&("authorization_requests", 500)),
        "{removed:?}"
    );
}

/// The advisory locks that are held in this database.
async fn count_locks(db: &PgPool) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
         WHERE locktype = 'advisory' AND datname = current_database()",
    )
    .fetch_one(db)
    .await
    .expect("locks")
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_19_of_the_never_used_clients_the_newest_stay() {
    const REGISTERED: i64 = 10_250;
    const STAY: i64 = 10_000;
    let database = TestDatabase::create().await;
    let db = database.pool();
    execute(db, ROWS).await;
    // The oldest one of all has a grant: somebody could not sign in again.
    let add = format!(
        "UPDATE hub.clients SET created_at = in_time('-80 days') WHERE last_used_at IS NULL;
         INSERT INTO hub.clients
            (id, client_id, origin, redirect_uris, application_type,
             token_endpoint_auth_method, scopes, metadata_digest, metadata_expires_at, created_at)
         SELECT gen_random_uuid(), lpad(number::text, 5, '0'),
                CASE number % 2 WHEN 0 THEN 'metadata_document' ELSE 'dynamic' END,
                '{{https://client.example/cb}}', 'web', 'none', '{{backlog:read}}',
                sha256(number::text::bytea),
                CASE number % 2 WHEN 0 THEN in_time('1 day') END,
                -- The last 50 of them came within the last hour.
                CASE WHEN number > {REGISTERED} - 50 THEN in_time('-10 minutes')
                     ELSE in_time('-70 minutes') - interval '30 s' * ({REGISTERED} - 50 - number)
                END
         FROM generate_series(1, {REGISTERED}) AS number"
    );
    execute(db, &add).await;
    let removed = cleanup::once(db, &still())
        .await
        .expect("a cleanup")
        .expect("alone");
    // All but the newest, and two of the fixture.
    let evicted = REGISTERED - STAY + 2;
    let expected = ("never_used_clients", evicted.unsigned_abs());
    assert!(removed.contains(&expected), "{removed:?}");
    let left: Vec<String> = sqlx::query_scalar(
        "SELECT client_id FROM hub.clients WHERE client_id ~ '^[0-9]+$' ORDER BY 1",
    )
    .fetch_all(db)
    .await
    .expect("clients");
    assert_eq!(left.len(), usize::try_from(STAY).unwrap());
    assert_eq!(left[0], "00251");
    for kept in [
        "kept: never used with a live grant",
        "kept: never used, an operator''s",
        "kept: in use",
    ] {
        let row = format!("clients WHERE client_id = '{kept}'");
        assert_eq!(count(db, &row).await, 1, "{kept}");
    }
}

/// Rows that strangers add are bounded by their bytes and, however new, by their number.
#[tokio::test(flavor = "multi_thread")]
async fn unfinished_rows_of_strangers_are_bounded() {
    const MORE: i64 = 300;
    let database = TestDatabase::create().await;
    let db = database.pool();
    execute(db, ROWS).await;
    let clients = |name: &str, number: i64, uri: &str, age: &str| {
        format!(
            "INSERT INTO hub.clients
                (id, client_id, origin, redirect_uris, application_type,
                 token_endpoint_auth_method, scopes, metadata_digest, created_at)
             SELECT gen_random_uuid(), '{name}' || number, 'dynamic', ARRAY[{uri}], 'web', 'none',
                    '{{backlog:read}}', sha256(('{name}' || number)::bytea), in_time('{age}')
             FROM generate_series(1, {number}) AS number"
        )
    };
    // 40 MiB that do not compress.
    let noise = "(SELECT string_agg(md5(random()::text || part), '') || number
                  FROM generate_series(1, 128) AS part)";
    execute(db, &clients("large", 10_000, noise, "-2 hours")).await;
    cleanup::once(db, &still())
        .await
        .expect("a cleanup")
        .expect("alone");
    let bytes = "SELECT sum(pg_column_size(clients.*))::bigint FROM hub.clients
                 WHERE client_id LIKE 'large%'";
    let bytes: i64 = sqlx::query_scalar(bytes).fetch_one(db).await.unwrap();
    assert!((16 << 20..=32 << 20).contains(&bytes), "{bytes}");

    execute(
        db,
        &clients("small", 50_000 + MORE, "'https://a.example'", "-1 minute"),
    )
    .await;
    let request = format!(
        "INSERT INTO hub.authorization_requests
            (id, client_id, issuer, redirect_uri, code_challenge, resource, scopes, browser_hash,
             csrf_hash, expires_at)
         SELECT gen_random_uuid(), clients.id, 'https://hub.test', 'https://a.example',
                repeat('x', 43), 'https://hub.test/mcp', '{{backlog:read}}', sha256('x'),
                sha256('y'), in_time('10 minutes')
         FROM (SELECT id FROM hub.clients WHERE last_used_at IS NOT NULL LIMIT 1) AS clients,
              generate_series(1, 50000 + {MORE})"
    );
    execute(db, &request).await;
    let removed = cleanup::once(db, &still())
        .await
        .expect("a cleanup")
        .expect("alone");
    assert!(count(db, "clients WHERE client_id LIKE 'small%'").await <= 50_000);
    let undecided = "authorization_requests WHERE approved_at IS NULL AND finished_at IS NULL";
    assert!(count(db, undecided).await <= 50_000);
    for kind in ["undecided_requests", "never_used_clients"] {
        let removed = removed.iter().find(|(name, _)| *name == kind);
        assert!(
            removed.is_some_and(|(_, rows)| *rows >= MORE.unsigned_abs()),
            "{removed:?}"
        );
    }
    // Nobody's who has signed in.
    assert_eq!(
        count(db, "clients WHERE client_id = 'kept: in use'").await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_replica_cleans_up_at_a_time() {
    let database = TestDatabase::create().await;
    let db = database.pool();
    execute(db, ROWS).await;
    let before = count(db, "refresh_tokens").await;
    let mut other = db.acquire().await.expect("a connection");
    assert!(db::cleanup::try_lock(&mut other).await.expect("an answer"));
    assert_eq!(cleanup::once(db, &still()).await.expect("an answer"), None);
    assert_eq!(count(db, "refresh_tokens").await, before);
    db::cleanup::unlock(&mut other).await.expect("unlocked");

    let removed = cleanup::once(db, &still())
        .await
        .expect("a cleanup")
        .expect("alone");
    assert!(!removed.is_empty());
    // Afterwards the lock is free for the next one.
    assert!(db::cleanup::try_lock(&mut other).await.expect("an answer"));
    db::cleanup::unlock(&mut other).await.expect("unlocked");
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_clean_up_at_once_remove_each_row_once() {
    let database = TestDatabase::create().await;
    let db = database.pool();
    execute(db, ROWS).await;
    let clock = still();
    let rounds = tokio::join!(
        cleanup::once(db, &clock),
        cleanup::once(db, &clock),
        cleanup::once(db, &clock),
        cleanup::once(db, &clock)
    );
    let rounds = [rounds.0, rounds.1, rounds.2, rounds.3].map(|round| round.expect("a round"));
    let grants: u64 = rounds
        .iter()
        .flatten()
        .flatten()
        .filter(|(name, _)| *name == "grants")
        .map(|(_, rows)| rows)
        .sum();
    assert_eq!(grants, 4, "{rounds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_in_use_does_not_notice() {
    let hub = TestHub::start().await;
    let db = hub.database.pool();
    let person = Person::default();
    let tokens = person.sign_in(&hub, seed::DANIEL).await;
    let client_id = hub.register_for("http://127.0.0.1:9/other").await;
    person.get(&authorize_url(&hub, &client_id)).await;
    let (_, body) = refresh(&hub.base_url, &tokens).await;
    let successor = tokens_of(&tokens.client_id, &body);
    let me = async || {
        let token = &successor.access_token;
        call(&hub.base_url, token, "get_myself", json!({})).await.0
    };
    assert_eq!(me().await, StatusCode::OK);
    let before = hub.state().await;
    assert_eq!(
        cleanup::once(db, &still()).await.expect("a cleanup"),
        Some(vec![])
    );
    assert_eq!(hub.state().await, before);
    // Inside the window, the same answer; and so it is after a cleanup.
    assert_eq!(refresh(&hub.base_url, &tokens).await.1, body);

    // Long after it, the used token is still known: its replay ends the grant.
    hub.sql(
        "UPDATE hub.refresh_tokens
         SET consumed_at = consumed_at - interval '20 days',
             answer_until = answer_until - interval '20 days',
             created_at = created_at - interval '20 days'
         WHERE consumed_at IS NOT NULL",
    )
    .await;
    let removed = cleanup::once(db, &still())
        .await
        .expect("a cleanup")
        .expect("alone");
    assert_eq!(removed, [("refresh_responses", 1)]);
    assert_eq!(me().await, StatusCode::OK);
    let (status, _) = refresh(&hub.base_url, &tokens).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let reason = "SELECT revoked_reason FROM hub.grants";
    assert_eq!(
        hub.value(reason).await.as_deref(),
        Some("refresh_token_replayed")
    );
    hub.stop().await;
}

/// Whoever comes back after a month has had no partition made for it: its first events are in
/// the rest, beside which PostgreSQL makes none.
#[tokio::test(flavor = "multi_thread")]
async fn a_month_without_its_partition_stops_no_cleanup() {
    let database = TestDatabase::create().await;
    let db = database.pool();
    let months = "SELECT string_agg(format('DROP TABLE %s;', inhrelid::regclass), '')
                  FROM pg_inherits WHERE inhparent = 'hub.audit_events'::regclass
                    AND inhrelid <> 'hub.audit_events_rest'::regclass";
    let drop: String = sqlx::query_scalar(months).fetch_one(db).await.unwrap();
    execute(db, &drop).await;
    execute(db, ROWS).await;
    execute(db, "INSERT INTO hub.audit_events (event) VALUES ('early')").await;

    let removed = cleanup::once(db, &still())
        .await
        .expect("a cleanup")
        .expect("alone");
    assert!(!removed.is_empty());
    // This month has no partition any more, the next one has.
    let made = "pg_inherits WHERE inhparent = 'hub.audit_events'::regclass";
    let made: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {made}")))
        .fetch_one(db)
        .await
        .unwrap();
    assert_eq!(made, 2);
    assert_eq!(
        count(db, "audit_events_rest WHERE event = 'early'").await,
        1
    );
}

/// A dump reads the audit trail for as long as it takes: partitions wait for it, the removal
/// does not, and nobody queues behind.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_the_audit_trail_stops_no_cleanup() {
    let database = TestDatabase::create().await;
    let db = database.pool();
    execute(db, ROWS).await;
    let next = "SELECT to_char(now() AT TIME ZONE 'UTC' + interval '1 month',
                               '\"hub.audit_events_\"YYYY_MM')";
    let next: String = sqlx::query_scalar(next).fetch_one(db).await.unwrap();
    execute(db, &format!("DROP TABLE {next}")).await;
    let mut dump = db.begin().await.expect("a transaction");
    sqlx::raw_sql("SELECT count(*) FROM hub.audit_events")
        .execute(&mut *dump)
        .await
        .expect("a read");
    let error = cleanup::once(db, &still())
        .await
        .expect_err("no partition yet");
    assert!(error.to_string().contains("lock timeout"), "{error}");
    assert_eq!(
        count(db, "clients WHERE client_id NOT LIKE 'kept: %'").await,
        0
    );
    dump.rollback().await.expect("the end");
    assert_eq!(
        cleanup::once(db, &still()).await.expect("a cleanup"),
        Some(vec![])
    );
}

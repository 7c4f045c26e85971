//! Maintenance of a service in use, while clients work behind nginx: the keys change, expired rows
//! are removed, and grants of other users end. No request fails, no response is wrong, and each
//! client ends with a refresh that succeeds.
//!
//! The tests print the observations of the clients (`--nocapture`).

use backlog_sim::seed;
use foundation::random::Random;
use sealing::{KeyRing, Place};
use secrecy::{ExposeSecret, SecretString};
use sqlx::AssertSqlSafe;
use tokio::{process::Command, time::Instant};
use uuid::Uuid;

use crate::support::{
    hub::{OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET, eventually},
    load::Load,
    person::Person,
    process::run,
    replicas::Replicas,
    site::Site,
};

/// Whose grants are there beside those of the people who work.
const BYSTANDER: u64 = seed::LUCIA;

async fn sql(replicas: &Replicas, statement: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(replicas.database.pool());
    done.await
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
}

/// Stores that many grants of the bystander, who is signed in, with Backlog tokens that open.
async fn store_grants(replicas: &Replicas, count: usize) {
    let random = Random::system();
    let keys = KeyRing::parse(&replicas.keys, random.clone()).expect("the ring");
    let token = SecretString::from("a-token-of-backlog");
    let ids: Vec<_> = (0..count)
        .map(|_| Uuid::from_bytes(random.bytes()))
        .collect();
    let base_url = sqlx::query_scalar("SELECT base_url FROM hub.spaces");
    let base_url: String = base_url.fetch_one(replicas.database.pool()).await.unwrap();
    let sealed = |column| {
        let seal = |id: &Uuid| {
            let place = Place {
                table: "grants",
                column,
                row: &id.to_string(),
                bound_to: &base_url,
            };
            keys.seal(place, &token)
        };
        ids.iter().map(seal).collect::<Vec<_>>()
    };
    let added = sqlx::query(
        "INSERT INTO hub.grants
            (id, space_id, client_id, backlog_user_id, backlog_user_name, scopes, issuer, resource,
             backlog_access_token, backlog_refresh_token, backlog_expires_at)
         SELECT new.id, one.space_id, one.client_id, one.backlog_user_id, one.backlog_user_name,
             one.scopes, one.issuer, one.resource, new.access_token, new.refresh_token,
             one.backlog_expires_at
         FROM unnest($1::uuid[], $2::text[], $3::text[]) AS new (id, access_token, refresh_token),
             (SELECT * FROM hub.grants WHERE backlog_user_id = $4 LIMIT 1) AS one",
    )
    .bind(&ids)
    .bind(sealed("backlog_access_token"))
    .bind(sealed("backlog_refresh_token"))
    .bind(i64::try_from(BYSTANDER).unwrap())
    .execute(replicas.database.pool())
    .await
    .expect("grants");
    assert_eq!(added.rows_affected(), count as u64);
}

/// What a command that is to succeed says.
async fn said(command: Command) -> String {
    let output = run(command).await;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

/// Stops the clients, who met nothing but right answers, and looks for their grants.
async fn nobody_noticed(replicas: &Replicas, load: Load, what: &str, since: Instant) {
    load.goes_on(100).await;
    let report = load.stop().await;
    report.assert_right(what, since);
    assert_eq!(report.failures.len(), 0, "{:?}", report.failures);
    let working = format!("grants WHERE revoked_at IS NULL AND backlog_user_id <> {BYSTANDER}");
    assert_eq!(replicas.count(&working).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_work_on_while_the_keys_change() {
    let mut replicas = Replicas::start().await;
    let lucia = Person::default().sign_in(&replicas.site, BYSTANDER).await;
    store_grants(&replicas, 2_000).await;
    let load = Load::start(&replicas.site).await;
    let began = Instant::now();

    // The new key opens, then it seals.
    let old = replicas.keys.expose_secret().to_owned();
    let new = KeyRing::generate("new", &Random::system());
    let new = new.expose_secret();
    let both = format!("{new},{old}");
    for ring in [format!("{old},{new}"), both.clone()] {
        replicas.ring = Some(ring);
        replicas.restart().await;
    }
    let rotation = Instant::now();
    let mut rotate = replicas.command_of(&["keys", "rotate"]);
    rotate.env("ENCRYPTION_KEYS", &both);
    let said = said(rotate).await;
    assert!(said.contains("No other key is needed"), "{said}");
    eprintln!("keys rotate: {:?}; {}", rotation.elapsed(), said.trim());

    // What is left of the old one, nobody needs.
    replicas.ring = Some(new.to_owned());
    replicas.restart().await;
    nobody_noticed(&replicas, load, "a change of the keys", began).await;
    replicas.assert_work(&lucia, BYSTANDER).await;
    let sealed_before = "grants WHERE backlog_access_token NOT LIKE 'sealed:v1:new:%'";
    assert_eq!(replicas.count(sealed_before).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_work_on_while_expired_rows_are_removed() {
    const ACCESS_TOKENS: i64 = 6_000;
    const REFRESH_TOKENS: i64 = 4_000;
    const GRANTS: i64 = 1_000;
    let replicas = Replicas::start().await;
    let lucia = Person::default().sign_in(&replicas.site, BYSTANDER).await;
    let hash = |kind: &str| format!("sha256(convert_to('{kind} ' || number, 'UTF8'))");
    let (access, refresh) = (hash("access"), hash("refresh"));
    sql(
        &replicas,
        &format!(
            "INSERT INTO hub.refresh_tokens (token_hash, grant_id, scopes, expires_at)
             SELECT {refresh}, id, scopes, clock_timestamp() - interval '1 second'
             FROM hub.grants, generate_series(1, {REFRESH_TOKENS}) AS number;
             INSERT INTO hub.access_tokens
                (token_hash, grant_id, refresh_token_hash, scopes, expires_at)
             SELECT {access}, id, {refresh}, scopes, clock_timestamp() - interval '1 second'
             FROM hub.grants, generate_series(1, {ACCESS_TOKENS}) AS number;
             INSERT INTO hub.grants
                (id, space_id, client_id, backlog_user_id, backlog_user_name, scopes, issuer,
                 resource, revoked_at, revoked_reason)
             SELECT gen_random_uuid(), space_id, client_id, backlog_user_id, backlog_user_name,
                 scopes, issuer, resource, clock_timestamp() - interval '8 days', 'by_client'
             FROM hub.grants, generate_series(1, {GRANTS}) AS number"
        ),
    )
    .await;
    let load = Load::start(&replicas.site).await;
    let began = Instant::now();
    let said = said(replicas.command_of(&["cleanup"])).await;
    eprintln!(
        "the cleanup of {} rows took {:?}",
        ACCESS_TOKENS + REFRESH_TOKENS + GRANTS,
        began.elapsed()
    );
    for (table, rows) in [
        ("access_tokens", ACCESS_TOKENS),
        ("refresh_tokens", REFRESH_TOKENS),
        ("grants", GRANTS),
    ] {
        assert!(said.contains(&format!("{rows:>12}  {table}\n")), "{said}");
    }
    nobody_noticed(&replicas, load, "a cleanup", began).await;
    let expired = "access_tokens WHERE expires_at <= clock_timestamp()";
    assert_eq!(replicas.count(expired).await, 0);
    replicas.assert_work(&lucia, BYSTANDER).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_work_on_while_sign_ins_of_others_end() {
    const STORED: usize = 1_000;
    let replicas = Replicas::start().await;
    let at = "/spaces/acme";
    sql(
        &replicas,
        &format!(
            "SELECT admin.create_space(slug => 'acme', domain => '{}',
                 oauth_client_id => '{OAUTH_CLIENT_ID}',
                 oauth_client_secret => '{OAUTH_CLIENT_SECRET}')",
            replicas.sim.url()
        ),
    )
    .await;
    eventually("its secret is sealed", async || {
        replicas.count("given_secrets").await == 0
    })
    .await;
    let acme = Site::new(replicas.site.url(at));
    let elsewhere = Person::default().sign_in(&acme, BYSTANDER).await;
    let first = Person::default().sign_in(&replicas.site, BYSTANDER).await;
    let second = Person::default().sign_in(&replicas.site, BYSTANDER).await;
    store_grants(&replicas, STORED).await;
    let load = Load::start(&replicas.site).await;
    for tokens in [&first, &second] {
        replicas.assert_work(tokens, BYSTANDER).await;
    }
    assert_eq!(
        replicas.statuses_at(at, &elsewhere.access_token).await,
        [200; 3]
    );

    let began = Instant::now();
    let grant = "SELECT admin.revoke_grant(grant_id) FROM hub.access_tokens
                 WHERE token_hash = sha256('TOKEN')";
    sql(&replicas, &grant.replace("TOKEN", &first.access_token)).await;
    replicas
        .all_say("a grant's end", "", &first.access_token, 401)
        .await;
    assert_eq!(replicas.statuses(&second).await, [200; 3]);
    let of_space = "SELECT admin.revoke_space_grants('acme')";
    sql(&replicas, of_space).await;
    replicas
        .all_say("a space's grants' end", at, &elsewhere.access_token, 401)
        .await;
    assert_eq!(replicas.statuses(&second).await, [200; 3]);
    let of_person = format!(
        "SELECT admin.revoke_user(slug, {BYSTANDER}) FROM admin.spaces WHERE slug <> 'acme'"
    );
    sql(&replicas, &of_person).await;
    replicas
        .all_say("a person's grants' end", "", &second.access_token, 401)
        .await;
    nobody_noticed(&replicas, load, "ends of other sign-ins", began).await;
    let left = format!("grants WHERE revoked_at IS NULL AND backlog_user_id = {BYSTANDER}");
    assert_eq!(replicas.count(&left).await, 0);
}

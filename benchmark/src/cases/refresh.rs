//! `/token` with refresh tokens, compared with pgbench running the statements of one refresh.

use std::{fs, process::Command, time::Duration};

use anyhow::Context;

use super::{
    findings::{CONNECTIONS, Findings},
    requests::Refreshes,
};
use crate::{
    RunArguments,
    load::{self, Lasts},
    plot,
    report::{Figure, Plot},
    store,
    world::World,
};

/// The hub's two statements for one refresh. The tokens are those that [`pgbench`] inserts, so no
/// table is added for the measurement, and used ones are used again, which the hub would refuse. A
/// literal must not contain a colon, which pgbench takes for the start of a variable.
const STATEMENTS: &str = r"
\set number random(1, 10000)
SELECT tokens.grant_id, tokens.scopes, tokens.consumed_at, tokens.answer, tokens.successor_hash,
       grants.issuer, grants.resource, grants.revoked_at, spaces.disabled_at, clients.client_id,
       clients.origin, clients.client_name, clients.redirect_uris, clients.scopes,
       EXISTS (SELECT FROM hub.accounts AS accounts
               WHERE accounts.space_id = grants.space_id
                 AND accounts.backlog_user_id = grants.backlog_user_id
                 AND accounts.ended_at IS NOT NULL)
    FROM hub.refresh_tokens AS tokens
    JOIN hub.grants AS grants ON grants.id = tokens.grant_id
    JOIN hub.spaces AS spaces ON spaces.id = grants.space_id
    JOIN hub.clients AS clients ON clients.id = grants.client_id
    WHERE tokens.token_hash = sha256(int8send(:number));
WITH held AS (
    SELECT id FROM hub.grants
    WHERE id = (SELECT grant_id FROM hub.refresh_tokens
                WHERE token_hash = sha256(int8send(:number)))
      AND revoked_at IS NULL
    FOR KEY SHARE),
new AS (
    SELECT sha256(uuid_send(gen_random_uuid())) AS refresh_hash,
           sha256(uuid_send(gen_random_uuid())) AS access_hash),
consumed AS (
    UPDATE hub.refresh_tokens AS tokens
    SET consumed_at = clock_timestamp(), successor_hash = new.refresh_hash,
        answer = translate('sealed.v1.bench.', '.', chr(58)) || repeat('a', 400),
        answer_until = clock_timestamp() + interval '60 seconds'
    FROM held, new
    WHERE tokens.token_hash = sha256(int8send(:number)) AND tokens.grant_id = held.id
      AND tokens.expires_at > clock_timestamp()
    RETURNING held.id, tokens.scopes),
refreshing AS (
    INSERT INTO hub.refresh_tokens (token_hash, grant_id, scopes, expires_at)
    SELECT new.refresh_hash, consumed.id, consumed.scopes, clock_timestamp() + interval '30 days'
    FROM consumed, new)
INSERT INTO hub.access_tokens
    (token_hash, grant_id, refresh_token_hash, scopes, levels, expires_at)
SELECT new.access_hash, consumed.id, new.refresh_hash, consumed.scopes, '{}',
       clock_timestamp() + interval '1 hour'
FROM consumed, new;
";

pub(super) async fn measure(arguments: &RunArguments) -> anyhow::Result<Findings> {
    let world = World::new(arguments, "bench_refresh").await?;
    let sessions = store::sessions(&world, 10_000).await?;
    let (hub, _) = world.hub().await?;
    let lasts = Lasts::For(Duration::from_secs(arguments.seconds));
    let refreshes = sessions
        .iter()
        .take(CONNECTIONS)
        .map(|session| Refreshes::chained(&world, &session.refresh));
    let outcome = load::run(world.address, refreshes.collect(), lasts)
        .await?
        .sound()?;
    hub.kill().await?;

    let compared = pgbench(arguments, &world).await?;
    let share = outcome.per_second() / compared;
    let svg = plot::latencies(
        "POST /token with a refresh token, 64 connections",
        &[("refresh", &outcome)],
    )?;
    Ok(Findings {
        figures: vec![Figure {
            what: "`/token` refreshes per second",
            budget: "≥ 50 % of pgbench with nearly the same statements".to_owned(),
            measured: format!("{:.0}/s ({:.0} %)", outcome.per_second(), share * 100.0),
            compared_with: format!("{compared:.0}/s"),
            held: Some(share >= 0.5),
        }],
        plots: vec![Plot {
            file: "refresh.svg",
            caption: "Latency of refreshing a token",
            svg,
        }],
    })
}

/// The transactions per second of pgbench.
async fn pgbench(arguments: &RunArguments, world: &World) -> anyhow::Result<f64> {
    sqlx::query(
        "INSERT INTO hub.refresh_tokens (token_hash, grant_id, scopes, expires_at)
         SELECT sha256(int8send(number)), grants.id, '{backlog:read,backlog:write}',
                now() + interval '30 days'
         FROM (SELECT id, row_number() OVER () AS number FROM hub.grants LIMIT 10000) AS grants",
    )
    .execute(&world.db)
    .await?;
    let script = std::env::temp_dir().join(format!("refresh-{}.sql", std::process::id()));
    fs::write(&script, STATEMENTS)?;
    let seconds = arguments.seconds.to_string();
    let clients = CONNECTIONS.to_string();
    let script_path = script.to_string_lossy().into_owned();
    let output = Command::new(arguments.postgres_binaries.join("pgbench"))
        .args([
            "--no-vacuum",
            "--protocol=prepared",
            "--jobs=2",
            "--client",
            &clients,
        ])
        .args([
            "--time",
            &seconds,
            "--file",
            &script_path,
            world.database_url.as_str(),
        ])
        .output()
        .context("pgbench does not start")?;
    fs::remove_file(script)?;
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "pgbench failed: {errors}");
    let line = text.lines().find_map(|line| line.strip_prefix("tps = "));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    number
        .context("pgbench prints no tps")?
        .parse()
        .context("tps")
}

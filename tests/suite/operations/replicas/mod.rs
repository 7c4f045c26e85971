//! Three processes behind nginx, with the configuration of `deploy/nginx`: every process returns
//! the same response, and while one of them or the database starts or stops, no user signs in
//! again.
//!
//! The tests print the observations of the clients (`--nocapture`).

mod maintenance;

use std::collections::BTreeSet;

use backlog_sim::seed;
use reqwest::StatusCode;
use serde_json::json;
use sqlx::AssertSqlSafe;
use tokio::time::Instant;

use crate::support::{
    cluster::Cluster,
    hub::{OAUTH_CLIENT_SECRET, eventually, sim_for},
    load::Load,
    mcp,
    person::{Person, refresh, tokens as tokens_of},
    replicas::Replicas,
    reply::Reply,
    site::{Site, http},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_walks_across_replicas() {
    let replicas = Replicas::start().await;
    let tokens = Person::default()
        .sign_in(&replicas.site, seed::DANIEL)
        .await;
    // A request is logged when it has ended; probes from before may be logged as late.
    let steps = || {
        let mut served = replicas.nginx.served();
        served.retain(|request| request.path != "/health");
        served
    };
    eventually("the steps are logged", async || steps().len() == 8).await;
    let steps = steps();
    let paths: Vec<_> = steps.iter().map(|step| step.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/register",
            "/authorize",
            "/consent",
            "/callback",
            "/sign-in",
            "/sign-in",
            "/sign-in",
            "/token"
        ]
    );
    let ports: Vec<_> = steps.iter().map(|step| step.replicas.clone()).collect();
    assert_eq!(ports.iter().collect::<BTreeSet<_>>().len(), 3, "{ports:?}");
    assert!(ports.windows(2).all(|pair| pair[0] != pair[1]), "{ports:?}");
    replicas.assert_work(&tokens, seed::DANIEL).await;
    let log = replicas.nginx.access_log();
    assert!(log.contains("\"GET /callback HTTP/1.1\" 302"), "{log}");
    assert!(
        !log.contains('?') && !log.contains("code") && !log.contains("state"),
        "{log}"
    );

    // Each refresh at the next replica; the token before it is good there, and once.
    let mut pair = tokens;
    let urls = replicas.urls();
    for at in 0..6 {
        let (status, body) = refresh(&urls[at % 3], &pair).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let (status, again) = refresh(&urls[(at + 1) % 3], &pair).await;
        assert_eq!((status, &again), (StatusCode::OK, &body));
        pair = tokens_of(&pair.client_id, &body);
        replicas.assert_work(&pair, seed::DANIEL).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_ends_at_one_replica_ends_at_all() {
    let replicas = Replicas::start().await;
    let site = &replicas.site;
    let urls = replicas.urls();
    let run = async |statement: &'static str| {
        let done = sqlx::query(statement).execute(replicas.database.pool());
        assert_ne!(done.await.expect(statement).rows_affected(), 0);
    };

    // A replay, of which no replica has seen both presentations.
    let first = Person::default().sign_in(site, seed::DANIEL).await;
    let (_, body) = refresh(&urls[0], &first).await;
    let second = tokens_of(&first.client_id, &body);
    replicas.assert_work(&second, seed::DANIEL).await;
    run(
        "UPDATE hub.refresh_tokens SET answer_until = clock_timestamp()
         WHERE consumed_at IS NOT NULL",
    )
    .await;
    let (status, body) = refresh(&urls[1], &first).await;
    assert_eq!(
        (status, &body["error"]),
        (StatusCode::BAD_REQUEST, &"invalid_grant".into())
    );
    replicas
        .all_say("a replay", "", &second.access_token, 401)
        .await;
    let (status, _) = refresh(&urls[2], &second).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);

    // A revocation by the client.
    let tokens = Person::default().sign_in(site, seed::MAJA).await;
    replicas.assert_work(&tokens, seed::MAJA).await;
    let form = [
        ("token", &tokens.refresh_token),
        ("client_id", &tokens.client_id),
    ];
    let revoked = http()
        .post(format!("{}/revoke", urls[1]))
        .form(&form)
        .send();
    assert_eq!(revoked.await.unwrap().status(), StatusCode::OK);
    replicas
        .all_say("a revocation", "", &tokens.access_token, 401)
        .await;

    // An operator's statement, and back.
    let tokens = Person::default().sign_in(site, seed::KENTA).await;
    replicas.assert_work(&tokens, seed::KENTA).await;
    run("UPDATE hub.spaces SET disabled_at = clock_timestamp()").await;
    replicas
        .all_say("a disabled space", "", &tokens.access_token, 403)
        .await;
    run("UPDATE hub.spaces SET disabled_at = NULL").await;
    replicas
        .all_say("an enabled space", "", &tokens.access_token, 200)
        .await;
}

/// The space `acme`: added, changed, disabled, enabled and deleted by SQL.
#[tokio::test(flavor = "multi_thread")]
async fn changes_of_a_space_apply_at_all_replicas() {
    let replicas = Replicas::start().await;
    let run = async |statement: &str| {
        let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(replicas.database.pool());
        done.await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    };
    let at = "/spaces/acme";
    // Each remembers that there is no such space.
    assert_eq!(replicas.statuses_at(at, "nonsense").await, [404; 3]);
    let elsewhere = sim_for("acme-at-backlog", Vec::new()).await;
    run(&format!(
        "SELECT admin.create_space(slug => 'acme', domain => '{}',
             oauth_client_id => 'acme-at-backlog', oauth_client_secret => '{OAUTH_CLIENT_SECRET}')",
        elsewhere.url()
    ))
    .await;
    replicas
        .all_say("an added space", at, "nonsense", 401)
        .await;
    let waiting = "given_secrets";
    eventually("its secret is sealed", async || {
        replicas.count(waiting).await == 0
    })
    .await;
    let acme = Site::new(replicas.site.url(at));
    let tokens = Person::default().sign_in(&acme, seed::DANIEL).await;
    let token = &tokens.access_token;
    assert_eq!(replicas.statuses_at(at, token).await, [200; 3]);

    run("SELECT admin.update_space('acme', toolsets => '{wiki}')").await;
    let since = Instant::now();
    for url in replicas.urls() {
        eventually("only tools of these sets", async || {
            let list = mcp::request(&format!("{url}{at}/mcp"), Some(token));
            let list = list.json(&mcp::message("tools/list", json!({})));
            let listed = Reply::to(list).await.body;
            assert!(listed.contains("\"get_wiki\""), "{listed}");
            !listed.contains("\"get_issue\"")
        })
        .await;
    }
    eprintln!(
        "a changed space: at all replicas after {:?}",
        since.elapsed()
    );

    for (what, status) in [("disable", 403), ("enable", 200), ("delete", 404)] {
        run(&format!("SELECT admin.{what}_space('acme')")).await;
        replicas
            .all_say(&format!("{what} a space"), at, token, status)
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_work_on_while_a_replica_is_killed() {
    let mut replicas = Replicas::start().await;
    let load = Load::start(&replicas.site).await;
    let killed = Instant::now();
    replicas.kill_one(1).await;
    load.goes_on(300).await;
    replicas.start_one(1).await;
    let back = Instant::now();
    load.goes_on(300).await;
    let report = load.stop().await;
    report.assert_right("kill -9 of a replica", killed);
    report.assert_failed_only(killed, back);
    assert_eq!(replicas.count("grants WHERE revoked_at IS NULL").await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_work_on_through_a_rolling_restart() {
    let mut replicas = Replicas::start().await;
    let load = Load::start(&replicas.site).await;
    let began = Instant::now();
    replicas.restart().await;
    let report = load.stop().await;
    report.assert_right("a rolling restart", began);
    assert_eq!(report.failures.len(), 0, "{:?}", report.failures);
    assert_eq!(replicas.count("grants WHERE revoked_at IS NULL").await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_work_on_after_a_restart_of_the_database() {
    let cluster = Cluster::start().await;
    let replicas = Replicas::start_on(Some(cluster.url("hub"))).await;
    let load = Load::start(&replicas.site).await;
    let down = Instant::now();
    cluster.down();
    cluster.up();
    let up = Instant::now();
    load.goes_on(300).await;
    let report = load.stop().await;
    report.assert_right("a restart of PostgreSQL", down);
    report.assert_failed_only(down, up);
    let live: i64 = sqlx::query_scalar("SELECT count(*) FROM hub.grants WHERE revoked_at IS NULL")
        .fetch_one(&cluster.pool("hub"))
        .await
        .unwrap();
    assert_eq!(live, 4);
}

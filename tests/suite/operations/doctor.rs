//! `doctor` and `cleanup`: what an operator runs by hand.

use std::process::Output;

use backlog_sim::{Matcher, seed};
use foundation::random::Random;
use sealing::KeyRing;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use tokio::process::Command;

use crate::support::{
    database::TestDatabase,
    hub::{OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET, eventually, sim_for},
    person::Person,
    process::{Deployment, Port, program, run},
};

const API_KEY: &str = "a-key-that-is-not-shown";

/// `doctor --json` with the settings of the deployment, changed: whether all is well, and
/// the findings.
async fn doctor(deployment: &Deployment, change: impl FnOnce(&mut Command)) -> (bool, Vec<Value>) {
    let mut command = deployment.command_of(&["doctor", "--json"]);
    change(&mut command);
    let Output {
        status,
        stdout,
        stderr,
    } = run(command).await;
    for secret in deployment.secrets() {
        for said in [&stdout, &stderr] {
            assert!(!String::from_utf8_lossy(said).contains(secret));
        }
    }
    let findings: Value = serde_json::from_slice(&stdout).expect("JSON");
    let findings = findings.as_array().expect("a list").clone();
    (status.success(), findings)
}

/// The texts of the findings that are bad.
fn bad(findings: &[Value]) -> Vec<(&str, &str)> {
    let bad = findings
        .iter()
        .filter(|finding| finding["verdict"] == "FAIL");
    bad.map(|finding| {
        let text = |name: &str| finding[name].as_str().expect("a text");
        (text("what"), text("text"))
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_finds_a_healthy_service_healthy() {
    let deployment = Deployment::new().await;
    let _hub = deployment.start().await;
    let (well, findings) = doctor(&deployment, |_| {}).await;
    assert!(well, "{findings:?}");
    let seen: Vec<&str> = findings
        .iter()
        .map(|finding| finding["what"].as_str().expect("a text"))
        .collect();
    for what in [
        "settings",
        "transport",
        "database",
        "clock",
        "schema",
        "keys",
        "accounts",
    ] {
        assert!(seen.contains(&what), "{what} is not in {seen:?}");
    }
    let space = findings.last().expect("the space");
    assert_eq!(space["verdict"], "ok", "{space}");
    let callback = format!("{}/callback", deployment.site.base_url);
    assert!(
        space["text"]
            .as_str()
            .is_some_and(|text| text.contains(&callback))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_names_each_ill_and_its_cure() {
    let deployment = Deployment::new().await;
    let hub = deployment.start().await;
    hub.kill().await;

    let (well, findings) = doctor(&deployment, |command| {
        command.env("MCP_SERVER_BASE_URL", "http://mcp.example.com");
    })
    .await;
    assert!(
        !well && bad(&findings)[0].1.contains("MCP_SERVER_BASE_URL"),
        "{findings:?}"
    );

    let nobody = Port::reserve();
    let (well, findings) = doctor(&deployment, |command| {
        let url = format!("postgres://hub@127.0.0.1:{}/hub", nobody.number);
        command.env("DATABASE_URL", url);
    })
    .await;
    assert!(
        !well && bad(&findings)[0].1.contains("connect to DATABASE_URL"),
        "{findings:?}"
    );

    let empty = TestDatabase::empty().await;
    let (well, findings) = doctor(&deployment, |command| {
        command.env("DATABASE_URL", empty.url());
    })
    .await;
    let found = bad(&findings);
    assert!(
        !well && found[0].0 == "schema" && found[0].1.contains("migrate"),
        "{findings:?}"
    );

    let (well, findings) = doctor(&deployment, |command| {
        let other = KeyRing::generate("other", &Random::system());
        command.env("ENCRYPTION_KEYS", other.expose_secret());
    })
    .await;
    let found = bad(&findings);
    assert!(
        !well && found[0].0 == "keys" && found[0].1.contains("\"test\""),
        "{findings:?}"
    );

    let control = deployment.sim.control();
    control.drop_connection(Matcher::token_endpoint(), 100);
    let (well, findings) = doctor(&deployment, |_| {}).await;
    control.clear_faults();
    let found = bad(&findings);
    assert!(!well && found[0].0.starts_with("space "), "{findings:?}");
    assert!(found[0].1.contains("cannot reach"), "{findings:?}");

    // The application's id is not the one that Backlog knows.
    sqlx::query("UPDATE hub.spaces SET oauth_client_id = 'somebody-else'")
        .execute(deployment.database.pool())
        .await
        .expect("changed");
    let (well, findings) = doctor(&deployment, |_| {}).await;
    let found = bad(&findings);
    assert!(
        !well && found[0].1.contains("client ID or client secret"),
        "{findings:?}"
    );

    sqlx::query("UPDATE hub.spaces SET disabled_at = now()")
        .execute(deployment.database.pool())
        .await
        .expect("changed");
    let (well, findings) = doctor(&deployment, |_| {}).await;
    // The service runs all the same.
    assert!(well, "{findings:?}");
    let spaces = findings.last().expect("the spaces");
    assert_eq!(
        (&spaces["what"], &spaces["verdict"]),
        (&json!("spaces"), &json!("warn"))
    );
    let text = spaces["text"].as_str().expect("a text");
    assert!(text.contains("users cannot sign in"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_doubts_accounts_that_backlog_does_not_confirm() {
    let deployment = Deployment::new().await;
    let _hub = deployment.start().await;
    for user in [seed::DANIEL, seed::MAJA] {
        Person::default().sign_in(&deployment.site, user).await;
    }
    let accounts = async || {
        let (well, findings) = doctor(&deployment, |_| {}).await;
        // The service runs all the same.
        assert!(well, "{findings:?}");
        let found = findings.iter().filter(|found| found["what"] == "accounts");
        let found = found.map(|finding| {
            let text = |name: &str| finding[name].as_str().expect("a text").to_owned();
            (text("verdict"), text("text"))
        });
        found.collect::<Vec<_>>()
    };
    let run = async |statement: &'static str| {
        let done = sqlx::raw_sql(statement).execute(deployment.database.pool());
        done.await.expect("done");
    };
    let text = "2 live, 0 in doubt, 0 waiting for a sign-in".to_owned();
    assert_eq!(accounts().await, [("ok".to_owned(), text)]);

    run(
        "UPDATE hub.accounts SET doubt_reason = 'taken_over', doubt_since = clock_timestamp(),
             doubt_until = clock_timestamp() + interval '1 hour'
         WHERE id = (SELECT min(id::text)::uuid FROM hub.accounts)",
    )
    .await;
    let text =
        "1 live, 1 in doubt, 0 waiting for a sign-in; admin.accounts lists them with the reasons";
    assert_eq!(accounts().await, [("warn".to_owned(), text.to_owned())]);

    run("INSERT INTO hub.paused_endings
         SELECT id, clock_timestamp(), clock_timestamp() + interval '1 hour' FROM hub.spaces")
    .await;
    let found = accounts().await;
    let [(verdict, paused), _] = &found[..] else {
        panic!("{found:?}");
    };
    assert!(
        verdict == "warn" && paused.contains("admin.paused_endings"),
        "{found:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_looks_at_what_keeps_spaces_apart() {
    let deployment = Deployment::new().await;
    let _hub = deployment.start().await;
    let pool = deployment.database.pool();
    let run = async |statement: String| {
        let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(pool).await;
        done.expect("done");
    };
    let says = async |text: &str| {
        let (_, findings) = doctor(&deployment, |_| {}).await;
        let found = findings.iter().find(|finding| {
            let said = finding["text"].as_str().expect("a text");
            said.contains(text)
        });
        let found = found.unwrap_or_else(|| panic!("no {text:?} in {findings:?}"));
        (found["what"].clone(), found["verdict"].clone())
    };
    let acme = sim_for("app-of-acme", Vec::new()).await;
    run(format!(
        "SELECT admin.create_space(slug => 'acme', domain => '{}',
             oauth_client_id => 'app-of-acme', oauth_client_secret => '{OAUTH_CLIENT_SECRET}')",
        acme.url()
    ))
    .await;
    eventually("the secret is sealed", async || {
        let sealed = "SELECT count(*) FROM admin.spaces WHERE secret = 'sealed'";
        let sealed: i64 = sqlx::query_scalar(sealed)
            .fetch_one(pool)
            .await
            .expect("a count");
        sealed == 2
    })
    .await;
    let own = deployment.site.url("/spaces/acme/callback");
    assert_eq!(says(&own).await, (json!("space acme"), json!("ok")));

    // As it may have been set up before.
    run(format!(
        "UPDATE hub.spaces SET is_default = false, listed = true, redirect_uri = '/callback',
             oauth_client_id = '{OAUTH_CLIENT_ID}'"
    ))
    .await;
    for (text, what) in [
        (" share one redirect URI", "spaces"),
        ("2 of 2 spaces are shown to anyone", "spaces"),
        ("the same OAuth application as default", "space acme"),
        ("the same OAuth application as acme", "space default"),
    ] {
        assert_eq!(says(text).await, (json!(what), json!("warn")), "{text}");
    }

    run("SELECT admin.allow_networks('acme', '{203.0.113.0/24}')".to_owned()).await;
    for (proxies, is_warned) in [("", true), ("10.0.0.0/8", false)] {
        let (_, findings) = doctor(&deployment, |command| {
            command.env("MCP_SERVER_BASE_URL", "https://hub.test");
            command.env("TRUSTED_PROXIES", proxies);
        })
        .await;
        let said = serde_json::to_string(&findings).expect("JSON");
        let is_there = said.contains("it limits networks, but TRUSTED_PROXIES is not set");
        assert_eq!(is_there, is_warned, "{said}");
    }

    run(
        "UPDATE hub.spaces SET redirect_uri = 'https://mcp.acme.test/callback'
         WHERE slug = 'acme'"
            .to_owned(),
    )
    .await;
    let lost = says("at mcp.acme.test, which is not a host name of the space").await;
    assert_eq!(lost, (json!("space acme"), json!("FAIL")));
    run("UPDATE hub.spaces SET base_url = 'https://evil.example' WHERE slug = 'acme'".to_owned())
        .await;
    let wrong = says("do not allow the site https://evil.example").await;
    assert_eq!(wrong, (json!("space acme"), json!("FAIL")));
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_knows_the_local_server_which_has_no_database() {
    let findings = async |settings: &[(&str, &str)]| {
        let mut command = program(&["doctor", "--json"]);
        command.envs(settings.iter().copied());
        let output = run(command).await;
        let findings: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert!(!findings.to_string().contains(API_KEY));
        (output.status.success(), findings)
    };
    let key = ("BACKLOG_API_KEY", API_KEY);
    let (well, found) = findings(&[("BACKLOG_DOMAIN", "acme.backlog.com"), key]).await;
    assert!(well, "{found}");
    let text = found[0]["text"].as_str().expect("a text");
    for part in [
        "local server for acme.backlog.com",
        "no database",
        "clients present the token in",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");

    let several = [
        ("BACKLOG_DEFAULT_ORG", "ONE"),
        ("BACKLOG_ORG_ONE_DOMAIN", "one.backlog.com"),
        ("BACKLOG_ORG_ONE_API_KEY", API_KEY),
        ("BACKLOG_ORG_TWO_DOMAIN", "two.backlog.jp"),
        ("BACKLOG_ORG_TWO_API_KEY", API_KEY),
    ];
    let (well, found) = findings(&several).await;
    assert!(well, "{found}");
    let text = found[0]["text"].as_str().expect("a text");
    for domain in ["one.backlog.com", "two.backlog.jp"] {
        assert!(text.contains(domain), "{text}");
    }

    let (well, found) = findings(&[key]).await;
    assert!(!well, "{found}");
    let text = found[0]["text"].as_str().expect("a text");
    assert!(text.starts_with("BACKLOG_DOMAIN is not set"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cleanup_counts_first_and_then_removes() {
    let database = TestDatabase::create().await;
    let rows = include_str!("../../fixtures/cleanup.sql");
    sqlx::raw_sql(AssertSqlSafe(rows))
        .execute(database.pool())
        .await
        .expect("rows");
    let cleanup = async |arguments: &[&str]| {
        let mut command = program(&["cleanup"]);
        command.args(arguments).env("DATABASE_URL", database.url());
        let output = run(command).await;
        assert!(output.status.success());
        String::from_utf8(output.stdout).expect("text")
    };
    let counted = |said: &str, name: &str| {
        let line = said.lines().find(|line| line.trim_end().ends_with(name));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.and_then(|number| number.parse::<u64>().ok())
    };
    let stored = async || -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM hub.consents")
            .fetch_one(database.pool())
            .await
            .expect("a count")
    };
    // A month that is past, an event of no month, and one that stays.
    let audit = "SELECT hub.ensure_audit_month((now() - interval '200 days')::date);
         INSERT INTO hub.audit_events (event, at) VALUES
             ('past', now() - interval '200 days'), ('of no month', now() - interval '400 days'),
             ('kept', now())";
    sqlx::raw_sql(audit)
        .execute(database.pool())
        .await
        .expect("events");
    let before = stored().await;
    let said = cleanup(&["--dry-run", "--audit-retention", "150d"]).await;
    assert_eq!(counted(&said, "audit_months"), Some(1), "{said}");
    assert_eq!(counted(&said, "audit_events"), Some(1), "{said}");
    let said = cleanup(&["--dry-run", "--audit-retention", "300"]).await;
    assert_eq!(counted(&said, "audit_months"), Some(0), "{said}");
    let expected = counted(&said, "consents").expect("a number");
    assert!(expected > 0, "{said}");
    assert_eq!(stored().await, before, "a dry run removes nothing");

    let said = cleanup(&["--audit-retention", "150d"]).await;
    assert_eq!(counted(&said, "consents"), Some(expected), "{said}");
    assert_eq!(counted(&said, "audit_months"), Some(1), "{said}");
    assert_eq!(counted(&said, "audit_events"), Some(1), "{said}");
    let left: Vec<String> = sqlx::query_scalar(
        "SELECT event FROM hub.audit_events WHERE event IN ('past', 'of no month', 'kept')",
    )
    .fetch_all(database.pool())
    .await
    .expect("events");
    assert_eq!(left, ["kept"]);
    assert_eq!(
        stored().await,
        before - i64::try_from(expected).expect("small")
    );
    assert!(cleanup(&[]).await.contains("Nothing has expired"));
}

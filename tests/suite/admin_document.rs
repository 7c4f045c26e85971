//! `docs/admin.md` works: its blocks, one after the other, beside a hub that runs.
//!
//! 1. A block of SQL runs as an operator; one marked `role` or `owner` as whoever may.
//! 2. A block of commands runs in a shell, with the operator's environment.
//! 3. What the reader has to fill in is filled in: names of roles, which are the whole
//!    server's, and a sealed secret.

use std::{fs, os::unix::fs::symlink, path::Path};

use backlog_mcp_hub::random::Random;
use backlog_sim::seed;
use regex::Regex;
use secrecy::ExposeSecret;
use sqlx::{AssertSqlSafe, PgPool};
use tokio::process::Command;

use crate::support::{
    hub::{TestHub, eventually},
    person::Person,
    process::run,
    role::TestRole,
};

async fn sql(pool: &PgPool, block: &str) {
    sqlx::raw_sql(AssertSqlSafe(block))
        .execute(pool)
        .await
        .unwrap_or_else(|error| panic!("{error}\n{block}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_block_of_the_page_for_operators_works() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/admin.md");
    let page = fs::read_to_string(page).expect("the page");
    let block = Regex::new(r"(?ms)^```(sql|sh)( \w+)?\n(.*?)^```$").expect("a pattern");
    let blocks: Vec<_> = block
        .captures_iter(&page)
        .map(|found| {
            let marked = found.get(2).map_or("", |mark| mark.as_str().trim());
            (found[1].to_owned(), marked.to_owned(), found[3].to_owned())
        })
        .collect();
    assert_eq!(
        blocks.len() * 2,
        page.matches("```").count(),
        "a block of another kind"
    );

    let hub = TestHub::start().await;
    Person::default().sign_in(&hub, seed::DANIEL).await;
    let operator = TestRole::member_of("hub_admin", &hub.database).await;
    let pool = operator.pool();
    let place = tempfile::tempdir().expect("a directory");
    symlink(
        env!("CARGO_BIN_EXE_backlog-mcp-hub"),
        place.path().join("backlog-mcp-hub"),
    )
    .expect("a link");
    for name in ["acme", "globex"] {
        let file = place.path().join(format!("{name}.secret"));
        fs::write(file, "the-client-secret\n").expect("a file");
    }
    let suffix = u64::from_be_bytes(Random::system().bytes());
    let roles = ["hub_app", "hub_operator"].map(|name| (name, format!("{name}_{suffix:016x}")));
    let mut sealed = None;
    for (language, marked, mut text) in blocks {
        for (name, own) in &roles {
            text = text.replace(name, own);
        }
        if language == "sh" {
            let said = shell(&hub, &operator, place.path(), &text).await;
            sealed = said
                .lines()
                .find(|line| line.starts_with("sealed:v1:"))
                .map(str::to_owned)
                .or(sealed);
            continue;
        }
        if text.contains("sealed:v1:…") {
            let sealed = sealed.as_deref().expect("a sealed secret comes first");
            text = text.replace("sealed:v1:…", sealed);
        }
        match marked.as_str() {
            "" => sql(&pool, &text).await,
            _ => sql(hub.database.pool(), &text).await,
        }
    }
    for (_, own) in &roles {
        sql(hub.database.pool(), &format!("DROP ROLE {own}")).await;
    }

    // What the page says of it came true.
    let stranger = TestRole::member_of("pg_monitor", &hub.database).await;
    let refused = PgPool::connect(stranger.url()).await;
    let refused = refused
        .expect_err("no member of the hub's roles")
        .to_string();
    assert!(
        refused.contains("permission denied for database"),
        "{refused}"
    );
    let left = "SELECT string_agg(slug, ',') FROM admin.spaces";
    assert_eq!(hub.value(left).await.as_deref(), Some("default"));
    assert!(hub.revoked_reason().await.as_deref() == Some("by_operator"));
    let sealings = "SELECT count(*)::text FROM hub.given_secrets";
    eventually("no secret waits", async || {
        hub.value(sealings).await.as_deref() == Some("0")
    })
    .await;
    pool.close().await;
    hub.stop().await;
}

async fn shell(hub: &TestHub, operator: &TestRole, place: &Path, text: &str) -> String {
    let path = std::env::var("PATH").expect("a PATH");
    let mut command = Command::new("sh");
    command
        .args(["-euc", text])
        .env_clear()
        .env("PATH", format!("{}:{path}", place.display()))
        .env("DATABASE_URL", operator.url())
        .env("ENCRYPTION_KEYS", hub.keys.expose_secret())
        .current_dir(place)
        .stdin(std::process::Stdio::null());
    let output = run(command).await;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{text}\n{said}");
    said
}

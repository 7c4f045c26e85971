//! `docs/admin.md` works: its blocks, one after the other, beside a hub that runs.
//!
//! 1. A block of SQL runs as an operator; one marked `role` or `owner` as whoever may.
//! 2. A block of commands runs in a shell, with the operator's environment.
//! 3. What the reader has to fill in is filled in: names of roles, which are the whole
//!    server's, the sites of the space `acme`, its OAuth application, a person, and a sealed
//!    secret.
//! 4. People sign in to the space once it is there and again when it has moved; they are in
//!    the list until the page ends their sign-ins.

use std::{fs, os::unix::fs::symlink, path::Path};

use backlog_sim::seed;
use foundation::random::Random;
use regex::Regex;
use secrecy::ExposeSecret;
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool, Row, postgres::PgRow};
use tokio::process::Command;

use crate::support::{
    hub::{OAUTH_CLIENT_SECRET, TestHub, eventually, sim_for},
    person::{Person, Tokens, call, result},
    process::run,
    role::TestRole,
    site::Site,
};

async fn sql(pool: &PgPool, block: &str) -> Vec<PgRow> {
    sqlx::raw_sql(AssertSqlSafe(block))
        .fetch_all(pool)
        .await
        .unwrap_or_else(|error| panic!("{error}\n{block}"))
}

/// The space of the page, as people reach it.
struct Acme<'a> {
    hub: &'a TestHub,
    site: Site,
}

impl Acme<'_> {
    /// Signs somebody in as soon as a replica has taken the secret, and calls a tool.
    async fn sign_in(&self, user: u64) -> Tokens {
        let secret = "SELECT secret FROM admin.spaces WHERE slug = 'acme'";
        eventually("its secret is sealed", async || {
            self.hub.value(secret).await.as_deref() == Some("sealed")
        })
        .await;
        let tokens = Person::default().sign_in(&self.site, user).await;
        let token = &tokens.access_token;
        let (_, me) = call(&self.site.base_url, token, "get_myself", json!({})).await;
        assert_eq!(result(&me)["id"], json!(user));
        tokens
    }

    async fn ended(&self, tokens: &Tokens) {
        let token = &tokens.access_token;
        eventually("the sign-in has ended", async || {
            let (status, _) = call(&self.site.base_url, token, "get_myself", json!({})).await;
            status == 401
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::too_many_lines,
    reason = "one page, read from its start to its end"
)]
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
        fs::write(file, format!("{OAUTH_CLIENT_SECRET}\n")).expect("a file");
    }
    let of_acme = async || sim_for("the-client-id-of-acme", Vec::new()).await;
    let (first, moved) = (of_acme().await, of_acme().await);
    let filled_in = [
        ("acme.backlog.com", first.url().to_string()),
        ("acme.backlog.jp", moved.url().to_string()),
        ("the-client-secret", OAUTH_CLIENT_SECRET.to_owned()),
        ("another-secret", OAUTH_CLIENT_SECRET.to_owned()),
        ("the-new-secret", OAUTH_CLIENT_SECRET.to_owned()),
        ("12345", seed::MAJA.to_string()),
    ];
    let acme = Acme {
        hub: &hub,
        site: Site::new(hub.url("/spaces/acme")),
    };
    let mut signed_in = Vec::new();
    let mut steps = Vec::new();
    let suffix = u64::from_be_bytes(Random::system().bytes());
    let roles = ["hub_app", "hub_operator"].map(|name| (name, format!("{name}_{suffix:016x}")));
    let mut sealed = None;
    for (language, marked, mut text) in blocks {
        for (name, own) in roles.iter().chain(&filled_in) {
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
        let lists_people = text.contains("backlog_user_name, client_name, scopes");
        if lists_people {
            for user in [seed::DANIEL, seed::MAJA] {
                signed_in.push(acme.sign_in(user).await);
            }
        }
        let rows = match marked.as_str() {
            "" => sql(&pool, &text).await,
            _ => sql(hub.database.pool(), &text).await,
        };
        if text.contains("admin.create_space(") {
            signed_in.push(acme.sign_in(seed::DANIEL).await);
            steps.push("added");
        } else if text.contains(&filled_in[1].1) {
            acme.ended(&signed_in.pop().expect("one was signed in"))
                .await;
            steps.push("moved");
        } else if lists_people {
            let names = rows
                .iter()
                .filter(|row| row.get::<&str, _>("space") == "acme");
            let mut names: Vec<&str> = names.map(|row| row.get("backlog_user_name")).collect();
            names.sort_unstable();
            assert_eq!(names, ["Daniel Okafor", "Maja Lindqvist"]);
            steps.push("listed");
        } else if text.contains("admin.revoke_user(") {
            for tokens in &signed_in {
                acme.ended(tokens).await;
            }
            steps.push("ended");
        }
    }
    assert_eq!(steps, ["added", "moved", "listed", "ended"]);
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

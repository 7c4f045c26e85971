//! `docs/operations.md` works: its blocks, section by section, by an operator with the roles
//! that the page names, beside a hub that people are signed in to.
//!
//! 1. A block of SQL runs as the operator; one marked `owner` as the owner of the tables.
//! 2. A block of commands runs in a shell. One marked `service` starts, stops or restarts
//!    the hub; one marked `elsewhere` needs a machine of its own and is left out.
//! 3. What the reader has to fill in is filled in.
//! 4. After each section, what the page says of it is looked at with people's own tokens.

use std::{collections::BTreeSet, fs, os::unix::fs::symlink, path::Path, process::Stdio};

use backlog_sim::seed;
use foundation::{clock::Clock, random::Random};
use regex::Regex;
use reqwest::StatusCode;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, postgres::PgRow};
use tempfile::TempDir;
use tokio::process::Command;
use url::Url;

use crate::support::{
    hub::{OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET, eventually},
    person::{Person, Tokens, call_request, refresh, tokens},
    process::{Deployment, Process, run},
    role::TestRole,
};

struct Block {
    section: String,
    language: String,
    mark: String,
    text: String,
}

fn page() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md");
    fs::read_to_string(page).expect("the page")
}

fn blocks() -> Vec<Block> {
    let page = page();
    let heading_or_block = Regex::new(
        r"(?ms)^#+ (?<section>[^\n]+)$|^ *```(?<language>sql|sh|text)(?: (?<mark>\w+))?\n(?<text>.*?)^ *```$",
    )
    .expect("a pattern");
    let mut section = String::new();
    let mut blocks = Vec::new();
    for found in heading_or_block.captures_iter(&page) {
        if let Some(heading) = found.name("section") {
            section = heading.as_str().to_owned();
            continue;
        }
        blocks.push(Block {
            section: section.clone(),
            language: found["language"].to_owned(),
            mark: found
                .name("mark")
                .map_or("", |mark| mark.as_str())
                .to_owned(),
            text: found["text"].to_owned(),
        });
    }
    assert_eq!(
        blocks.len() * 2,
        page.matches("```").count(),
        "a block of another kind"
    );
    blocks
}

/// Somebody who follows the page.
struct Reader {
    deployment: Deployment,
    service: TestRole,
    operator: TestRole,
    hub: Option<Process>,
    place: TempDir,
    /// What stands on the page, and what is meant.
    filled_in: Vec<(String, String)>,
    left: Vec<Block>,
}

impl Reader {
    async fn new() -> Self {
        let deployment = Deployment::new().await;
        let service = TestRole::member_of("hub_service", &deployment.database).await;
        let operator = TestRole::member_of("hub_admin", &deployment.database).await;
        let place = tempfile::tempdir().expect("a directory");
        let path = |name: &str| place.path().join(name);
        symlink(
            env!("CARGO_BIN_EXE_backlog-mcp-hub"),
            path("backlog-mcp-hub"),
        )
        .expect("a link");
        fs::write(path("default.secret"), OAUTH_CLIENT_SECRET).expect("a file");
        let database = Url::parse(deployment.database.url()).expect("a URL");
        // No connection may be left, because the page renames the database.
        let owner = database.username().to_owned();
        let database = database.path().trim_start_matches('/');
        // Named like a test's, so that a later run removes what this one might leave.
        let other = || {
            let random = u64::from_be_bytes(Random::system().bytes());
            let now = Clock::system().now().timestamp();
            format!("hub_test_{now}_{random:016x}")
        };
        let filled_in = [
            ("hub_restored", other()),
            ("hub_broken", other()),
            ("OWNER hub_owner", format!("OWNER \"{owner}\"")),
            ("DATABASE hub ", format!("DATABASE {database} ")),
            ("TO hub'", format!("TO {database}'")),
            ("/etc/backlog-mcp-hub", place.path().display().to_string()),
            ("acme", "default".to_owned()),
        ];
        Self {
            deployment,
            service,
            operator,
            hub: None,
            filled_in: filled_in
                .map(|(text, meant)| (text.to_owned(), meant))
                .into(),
            left: blocks()
                .into_iter()
                .filter(|block| block.language != "text" && block.mark != "elsewhere")
                .collect(),
            place,
        }
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "a caller has a value or a reference"
    )]
    fn fill_in(&mut self, text: &str, meant: impl ToString) {
        self.filled_in.push((text.to_owned(), meant.to_string()));
    }

    fn meant(&self, text: &str) -> String {
        let meant = |of: &str| self.filled_in.iter().rfind(|(text, _)| text == of);
        let texts: BTreeSet<_> = self.filled_in.iter().map(|(text, _)| text).collect();
        texts.into_iter().fold(text.to_owned(), |filled, text| {
            let (_, meant) = meant(text).expect("it is in the list");
            filled.replace(text.as_str(), meant)
        })
    }

    /// Runs the next section that has blocks, which must be this one; what the queries of
    /// its last block of SQL found.
    async fn follow(&mut self, section: &str) -> Vec<PgRow> {
        assert_eq!(
            self.left.first().map(|block| &*block.section),
            Some(section)
        );
        let mut rows = Vec::new();
        while self
            .left
            .first()
            .is_some_and(|block| block.section == section)
        {
            let block = self.left.remove(0);
            let text = self.meant(&block.text);
            match (block.language.as_str(), block.mark.as_str()) {
                ("sql", "") => rows = sql(self.operator.url(), &text).await,
                ("sql", "owner") => rows = sql(self.deployment.database.url(), &text).await,
                ("sh", "") => self.shell(&text).await,
                ("sh", "service") => self.control(text.trim()).await,
                (language, mark) => panic!("nobody knows how to run {language} {mark}"),
            }
        }
        rows
    }

    async fn control(&mut self, command: &str) {
        if let Some(mut hub) = self.hub.take() {
            hub.terminate();
            assert!(hub.ended().await.success());
        }
        match command.strip_prefix("systemctl ").expect("systemctl") {
            "stop backlog-mcp-hub" => {}
            "start backlog-mcp-hub" | "restart backlog-mcp-hub" => {
                let mut serve = self.deployment.command();
                serve
                    .env_remove("ENCRYPTION_KEYS")
                    .env("ENCRYPTION_KEYS_FILE", self.place.path().join("keys"))
                    .env("DATABASE_URL", self.service.url());
                let url = self.deployment.site.base_url.clone();
                self.hub = Some(Process::start(serve, url).await);
            }
            other => panic!("nobody knows {other}"),
        }
    }

    async fn shell(&self, text: &str) {
        let path = std::env::var("PATH").expect("a PATH");
        let owner = self.deployment.database.url();
        let mut server = Url::parse(owner).expect("a URL");
        server.set_path("postgres");
        let mut restored = server.clone();
        restored.set_path(&self.meant("hub_restored"));
        let mut command = Command::new("sh");
        command
            .args(["-euc", text])
            .env_clear()
            .env("PATH", format!("{}:{path}", self.place.path().display()))
            .env("OWNER_URL", owner)
            .env("SERVICE_URL", self.service.url())
            .env("OPERATOR_URL", self.operator.url())
            .env("SERVER_URL", server.as_str())
            .env("OWNER", server.username())
            .env("RESTORED_URL", restored.as_str())
            .env("ENCRYPTION_KEYS_FILE", self.place.path().join("keys"))
            .env("MCP_SERVER_BASE_URL", &self.deployment.site.base_url)
            .env("BACKLOG_DOMAIN", self.deployment.sim.url().as_str())
            .env("BACKLOG_OAUTH_CLIENT_ID", OAUTH_CLIENT_ID)
            .env("BACKLOG_OAUTH_CLIENT_SECRET", OAUTH_CLIENT_SECRET)
            .current_dir(self.place.path())
            .stdin(Stdio::null());
        let output = run(command).await;
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{text}\n{said}");
    }

    async fn sign_in(&self, user: backlog_sim::Id) -> Tokens {
        Person::default().sign_in(&self.deployment.site, user).await
    }

    /// What a tool call with this token is answered.
    async fn calls(&self, tokens: &Tokens) -> StatusCode {
        let url = &self.deployment.site.base_url;
        call_request(url, &tokens.access_token, "get_myself", json!({}))
            .send()
            .await
            .expect("an answer")
            .status()
    }

    async fn soon_calls(&self, tokens: &Tokens, status: StatusCode) {
        let what = format!("a call is answered {status}");
        eventually(&what, async || self.calls(tokens).await == status).await;
    }

    async fn refreshes(&self, tokens: &Tokens) -> (StatusCode, serde_json::Value) {
        refresh(&self.deployment.site.base_url, tokens).await
    }
}

/// Runs statements on a connection of their own: nobody else may be on a database that is
/// renamed.
async fn sql(url: &str, text: &str) -> Vec<PgRow> {
    let mut connection = PgConnection::connect(url).await.expect("a connection");
    let rows = sqlx::raw_sql(AssertSqlSafe(text))
        .fetch_all(&mut connection)
        .await
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    connection.close().await.expect("closed");
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn every_block_of_the_page_for_operations_works() {
    let mut reader = Reader::new().await;
    reader
        .shell("backlog-mcp-hub keys generate --id k1 > keys")
        .await;
    reader.control("systemctl start backlog-mcp-hub").await;
    let daniel = reader.sign_in(seed::DANIEL).await;
    let maja = reader.sign_in(seed::MAJA).await;
    let haruka = reader.sign_in(seed::HARUKA).await;
    for section in ["First installation", "Upgrade", "Cleanup", "Backup"] {
        reader.follow(section).await;
    }

    // After the backup one refreshes, one is signed out, one signs in.
    let (status, answer) = reader.refreshes(&maja).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let renewed = tokens(&maja.client_id, &answer);
    let sign_out = format!("SELECT admin.revoke_user('default', {})", seed::HARUKA);
    sql(reader.operator.url(), &sign_out).await;
    reader.soon_calls(&haruka, StatusCode::UNAUTHORIZED).await;
    let kenta = reader.sign_in(seed::KENTA).await;
    assert_eq!(reader.calls(&kenta).await, StatusCode::OK);

    reader.fill_in("12345", seed::HARUKA);
    reader.follow("Restore").await;
    assert_eq!(reader.calls(&daniel).await, StatusCode::OK);
    for (lost, tokens) in [("the refresh", &renewed), ("the sign-in", &kenta)] {
        assert_eq!(
            reader.calls(tokens).await,
            StatusCode::UNAUTHORIZED,
            "{lost}"
        );
        let (_, answer) = reader.refreshes(tokens).await;
        assert_eq!(answer["error"], "invalid_grant", "{lost}");
    }
    assert_eq!(reader.calls(&haruka).await, StatusCode::UNAUTHORIZED);

    for section in ["Keys", "Changing the key"] {
        reader.follow(section).await;
        assert_eq!(reader.calls(&daniel).await, StatusCode::OK, "{section}");
    }
    let (status, answer) = reader.refreshes(&daniel).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let daniel = tokens(&daniel.client_id, &answer);

    reader.follow("The key is lost").await;
    assert_eq!(reader.calls(&daniel).await, StatusCode::UNAUTHORIZED);
    let daniel = reader.sign_in(seed::DANIEL).await;
    let maja = reader.sign_in(seed::MAJA).await;

    reader.fill_in("12345", seed::DANIEL);
    let answers = reader.follow("A person").await;
    assert_eq!(answers.len(), 1, "one number, and nothing that is left");
    reader.soon_calls(&daniel, StatusCode::UNAUTHORIZED).await;
    assert_eq!(reader.calls(&maja).await, StatusCode::OK);

    let name = "SELECT name FROM admin.clients ORDER BY created_at DESC LIMIT 1";
    let name: String = sql(reader.operator.url(), name).await[0].get(0);
    reader.fill_in("Desk", name);
    reader.follow("A client").await;
    reader.soon_calls(&maja, StatusCode::UNAUTHORIZED).await;

    reader.follow("A client's, or a space's, secret").await;
    let daniel = reader.sign_in(seed::DANIEL).await;
    let maja = reader.sign_in(seed::MAJA).await;
    reader.fill_in("bmh_at_…", &daniel.access_token);
    let find = "SELECT grant_id::text FROM hub.access_tokens WHERE token_hash = sha256('bmh_at_…')";
    let owner = reader.deployment.database.url();
    let found: String = sql(owner, &reader.meant(find)).await[0].get(0);
    reader.fill_in("00000000-0000-0000-0000-000000000000", found);
    reader.follow("A token of the hub").await;
    reader.soon_calls(&daniel, StatusCode::UNAUTHORIZED).await;
    assert_eq!(reader.calls(&maja).await, StatusCode::OK);

    let operator = reader.operator.url().to_owned();
    let closed = "SELECT admin.create_space('closed', 'closed.backlog.com', 'an-id', 'a-secret');
         SELECT admin.disable_space('closed')";
    sql(&operator, closed).await;
    reader.follow("Everything").await;
    let enabled = "SELECT slug FROM admin.spaces WHERE enabled";
    let enabled = sql(&operator, enabled).await;
    let enabled: Vec<String> = enabled.iter().map(|row| row.get(0)).collect();
    assert_eq!(enabled, ["default"], "what was disabled before stays so");
    reader.soon_calls(&maja, StatusCode::UNAUTHORIZED).await;
    let daniel = reader.sign_in(seed::DANIEL).await;
    assert_eq!(reader.calls(&daniel).await, StatusCode::OK, "enabled again");

    for section in [
        "Sign-ins in doubt",
        "Retention of the audit trail",
        "Monitoring",
    ] {
        reader.follow(section).await;
    }
    let left: Vec<_> = reader.left.iter().map(|block| &block.section).collect();
    assert!(left.is_empty(), "sections that nobody followed: {left:?}");

    reader.control("systemctl stop backlog-mcp-hub").await;
    let old = reader.meant("DROP DATABASE hub_broken");
    let mut server = Url::parse(reader.deployment.database.url()).expect("a URL");
    server.set_path("postgres");
    sql(server.as_str(), &old).await;
}

#[test]
fn the_messages_of_the_troubleshooting_are_the_programs() {
    let mut sources = String::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut directories = vec![root.join("src"), root.join("crates")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("a directory").flatten() {
            let path = entry.path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                sources.push_str(&fs::read_to_string(&path).expect("a source"));
            }
        }
    }
    let continued = Regex::new(r"\\\n\s*").expect("a pattern");
    let sources = continued.replace_all(&sources, "").replace("\\\"", "\"");

    let page = page();
    let (_, section) = page.split_once("## Troubleshooting").expect("the section");
    let message = Regex::new(r"(?m)^\| `([^`]+)` \|").expect("a pattern");
    let messages: Vec<_> = message.captures_iter(section).collect();
    assert!(messages.len() > 20, "the table is read");
    for found in messages {
        for part in found[1].split('…') {
            // The name of a setting stands before what is wrong with it.
            let (_, without_name) = part.split_once(' ').unwrap_or(("", part));
            assert!(
                sources.contains(part) || sources.contains(without_name),
                "nothing says {part:?}"
            );
        }
    }
}

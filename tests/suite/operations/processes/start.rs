//! Starts of the program: an invalid setting fails with its name and without a secret, `--help`
//! lists every variable, and the demo runs.

use std::{fs::Permissions, os::unix::fs::PermissionsExt, process::Output};

use foundation::random::Random;
use regex::Regex;
use sealing::KeyRing;
use secrecy::ExposeSecret;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    process::Command,
};

use crate::support::{
    person::{Person, authorize_url},
    process::{Deployment, Port, Process, program, run},
    site::Site,
};

const PASSWORD: &str = "not-the-password";

/// Runs a start that must fail: it says each of `parts`, and no secret.
async fn refuses(deployment: &Deployment, change: impl FnOnce(&mut Command), parts: &[&str]) {
    let mut command = deployment.command();
    change(&mut command);
    let Output {
        status,
        stdout,
        stderr,
    } = run(command).await;
    let said = [stdout, stderr].concat();
    let said = String::from_utf8(said).expect("text");
    assert_eq!(status.code(), Some(1), "{said}");
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in: {said}");
    }
    for secret in deployment.secrets().iter().chain(&[PASSWORD]) {
        assert!(!said.contains(secret), "a secret is in: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_database_url_is_named() {
    let deployment = Deployment::new().await;
    let wants = "postgres://user:password@host:5432/database";
    for garbage in [
        "garbage",
        "mysql://hub:not-the-password@127.0.0.1/hub",
        "postgres://hub:not-the-password@127.0.0.1:port/hub",
    ] {
        let change = |command: &mut Command| {
            command.env("DATABASE_URL", garbage);
        };
        refuses(&deployment, change, &["DATABASE_URL", wants]).await;
    }

    let nobody = Port::reserve();
    let url = format!("postgres://hub:{PASSWORD}@127.0.0.1:{}/hub", nobody.number);
    let change = |command: &mut Command| {
        command.env("DATABASE_URL", url);
    };
    refuses(
        &deployment,
        change,
        &["cannot connect to DATABASE_URL", "refused"],
    )
    .await;

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "postgres://hub:{PASSWORD}@{}/hub?sslmode=disable",
        listener.local_addr().unwrap()
    );
    let server = tokio::spawn(refuse_passwords(listener));
    let change = |command: &mut Command| {
        command.env("DATABASE_URL", url);
    };
    refuses(
        &deployment,
        change,
        &[
            "cannot connect to DATABASE_URL",
            "password authentication failed",
        ],
    )
    .await;
    server.abort();
}

/// As much of a PostgreSQL server as it takes to refuse a password.
async fn refuse_passwords(listener: TcpListener) {
    const ASK_FOR_PASSWORD: [u8; 9] = [b'R', 0, 0, 0, 8, 0, 0, 0, 3];
    const REFUSAL: &[u8] = b"SFATAL\0C28P01\0Mpassword authentication failed for user \"hub\"\0\0";
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        message(&mut stream).await;
        stream.write_all(&ASK_FOR_PASSWORD).await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'p');
        message(&mut stream).await;
        let length = u32::try_from(REFUSAL.len() + 4).unwrap().to_be_bytes();
        let answer = [&b"E"[..], &length, REFUSAL].concat();
        stream.write_all(&answer).await.unwrap();
    }
}

/// Reads a message of the PostgreSQL protocol, without its type.
async fn message(stream: &mut TcpStream) {
    let length = stream.read_u32().await.unwrap() - 4;
    let mut body = vec![0; length.try_into().unwrap()];
    stream.read_exact(&mut body).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_encryption_keys_are_named() {
    let deployment = Deployment::new().await;
    refuses(
        &deployment,
        |command| {
            command.env_remove("ENCRYPTION_KEYS");
        },
        &[
            "ENCRYPTION_KEYS is required",
            "backlog-mcp-hub keys generate",
        ],
    )
    .await;
    refuses(
        &deployment,
        |command| {
            command.env("ENCRYPTION_KEYS", "k1:c2hvcnQ=");
        },
        &[
            "ENCRYPTION_KEYS: key \"k1\" is not 32 bytes in base64",
            "backlog-mcp-hub keys generate",
        ],
    )
    .await;
    refuses(
        &deployment,
        |command| {
            command
                .env_remove("ENCRYPTION_KEYS")
                .env("ENCRYPTION_KEYS_FILE", "/no/such/file");
        },
        &["ENCRYPTION_KEYS_FILE", "/no/such/file"],
    )
    .await;

    // The space is sealed with the key "test" from now on.
    deployment.start().await.kill().await;
    for (id, says) in [
        ("other", "ENCRYPTION_KEYS is missing key \"test\""),
        (
            "test",
            "ENCRYPTION_KEYS has a different key under the id \"test\"",
        ),
    ] {
        let key = KeyRing::generate(id, &Random::system());
        refuses(
            &deployment,
            |command| {
                command.env("ENCRYPTION_KEYS", key.expose_secret());
            },
            &[says],
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grace_window_that_would_hide_a_theft_is_refused() {
    let deployment = Deployment::new().await;
    let change = |command: &mut Command| {
        command.env("REFRESH_GRACE", "11m");
    };
    refuses(
        &deployment,
        change,
        &["REFRESH_GRACE is longer than 10 minutes"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lifetimes_out_of_bounds_are_refused() {
    let deployment = Deployment::new().await;
    for (name, value, says) in [
        (
            "AUTHORIZATION_CODE_TTL",
            "11m",
            "AUTHORIZATION_CODE_TTL is longer than 10 minutes",
        ),
        (
            "SIGN_IN_TTL",
            "2h",
            "SIGN_IN_TTL is out of range; expected a time from 1m to 1h",
        ),
        (
            "SIGN_IN_TTL",
            "59s",
            "SIGN_IN_TTL is out of range; expected a time from 1m to 1h",
        ),
    ] {
        let change = |command: &mut Command| {
            command.env(name, value);
        };
        refuses(&deployment, change, &[says]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_addresses_are_named() {
    let deployment = Deployment::new().await;
    refuses(
        &deployment,
        |command| {
            command.env("MCP_SERVER_BASE_URL", "http://mcp.example.com");
        },
        &["MCP_SERVER_BASE_URL is http", "https://mcp.example.com"],
    )
    .await;
    refuses(
        &deployment,
        |command| {
            command
                .env_remove("MCP_SERVER_BASE_URL")
                .args(["--http-host", "0.0.0.0"]);
        },
        &[
            "MCP_SERVER_BASE_URL is required",
            "such as https://mcp.example.com",
        ],
    )
    .await;

    let running = deployment.start().await;
    refuses(
        &deployment,
        |_| {},
        &[
            "MCP_HTTP_PORT",
            running.url.strip_prefix("http://").expect("a URL"),
            "or choose another port",
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_space_described_by_halves_is_named() {
    let deployment = Deployment::new().await;
    for missing in [
        "BACKLOG_DOMAIN",
        "BACKLOG_OAUTH_CLIENT_ID",
        "BACKLOG_OAUTH_CLIENT_SECRET",
    ] {
        refuses(
            &deployment,
            |command| {
                command.env_remove(missing);
            },
            &[
                &format!("{missing} is not set"),
                "BACKLOG_OAUTH_CLIENT_SECRET together",
            ],
        )
        .await;
    }
    refuses(
        &deployment,
        |command| {
            command.env("BACKLOG_DOMAIN", "http://acme.backlog.com");
        },
        &["BACKLOG_DOMAIN"],
    )
    .await;
}

/// Further up, in a directory that all may write to, it could be a stranger's.
#[tokio::test(flavor = "multi_thread")]
async fn settings_are_read_from_the_working_directory_and_not_from_those_above() {
    let directory = TempDir::new().unwrap();
    let below = directory.path().join("below");
    std::fs::create_dir(&below).unwrap();
    std::fs::write(directory.path().join(".env"), "not a setting").unwrap();
    for (place, status) in [(directory.path(), 1), (below.as_path(), 0)] {
        let mut command = program(&["keys", "generate"]);
        command.current_dir(place);
        let output = run(command).await;
        assert_eq!(output.status.code(), Some(status), "{}", place.display());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.contains("the file .env"), status == 1, "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn help_lists_every_environment_variable() {
    let setting = Regex::new(r#"env = "([A-Z_]+)""#).unwrap();
    for (command, sources) in [
        (
            "serve",
            vec![
                include_str!("../../../../src/config/args.rs"),
                include_str!("../../../../src/cli/serve.rs"),
                include_str!("../../../../src/cli/mod.rs"),
            ],
        ),
        ("demo", vec![include_str!("../../../../src/cli/demo.rs")]),
        (
            "migrate",
            vec![include_str!("../../../../src/cli/migrate.rs")],
        ),
    ] {
        let output = run(program(&[command, "--help"])).await;
        let help = String::from_utf8(output.stdout).unwrap();
        let mut names = sources
            .iter()
            .flat_map(|source| setting.captures_iter(source))
            .map(|found| found[1].to_owned())
            .peekable();
        assert!(names.peek().is_some(), "{command}");
        for name in names {
            let shown = [format!("[env: {name}="), format!("[env: {name}]")];
            assert!(
                shown.iter().any(|text| help.contains(text)),
                "{name}: {help}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_runs_by_itself_and_survives_a_kill() {
    let directory = TempDir::new().unwrap();
    // Root's PostgreSQL runs as another account, which passes through here.
    std::fs::set_permissions(directory.path(), Permissions::from_mode(0o711)).unwrap();
    let (port, backlog_port) = (Port::reserve(), Port::reserve());
    let site = Site::new(port.url());
    let start = || {
        let mut command = program(&["demo"]);
        command
            .env("MCP_HTTP_PORT", port.number.to_string())
            .arg("--data-dir")
            .arg(directory.path().join("data"))
            .args(["--backlog-port", &backlog_port.number.to_string()]);
        Process::start(command, port.url())
    };

    let demo = start().await;
    let client_id = site.register().await;
    demo.kill().await;

    let mut demo = start().await;
    let consent = Person::default()
        .get(&authorize_url(&site, &client_id))
        .await;
    assert_eq!(consent.status, 200, "{}", consent.body);
    demo.terminate();
    assert_eq!(demo.ended().await.code(), Some(0));
}

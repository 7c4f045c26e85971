//! A variable that is set and empty has the effect of one that is not set, in every command.

use backlog_sim::seed;
use regex::Regex;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::support::{
    person::Person,
    process::{Deployment, Process, program, run, until},
};

/// The names in `.env.example`.
fn every_setting() -> Vec<String> {
    let example = include_str!("../../../.env.example");
    let name = Regex::new(r"(?m)^#?([A-Z][A-Z0-9_]+)=").unwrap();
    let names = name.captures_iter(example);
    names
        .map(|found| found[1].to_owned())
        // A library's own, to which an empty name is that of a file.
        .filter(|name| name != "SSL_CERT_FILE")
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_setting_is_as_none() {
    let settings = every_setting();
    assert!(settings.len() > 30, "{settings:?}");
    // So that the demo ends before it needs another port, and says so.
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let taken = taken.local_addr().expect("an address").port().to_string();
    // What changes something must find no hub that happens to run on this computer.
    let nothing: &[(&str, &str)] = &[];
    let nowhere = &[("DATABASE_URL", "nowhere")];
    let site = "acme.backlog.com";
    let add = ["space", "add", "acme", site, "--oauth-client-id", "x"];
    for (given, arguments) in [
        (nothing, &["doctor", "--json"] as &[&str]),
        (nothing, &["demo", "--backlog-port", &taken]),
        (nothing, &["migrate"]),
        (nothing, &["keys", "list"]),
        (nothing, &["keys", "verify"]),
        (nothing, &["seal", "--space", site]),
        (nothing, &["space", "list"]),
        (nothing, &["client", "list"]),
        (nothing, &["grant", "list"]),
        (nothing, &["user", "export", "1", "--space", "acme"]),
        (nothing, &["stdio"]),
        (nothing, &[]),
        (nowhere, &["cleanup"]),
        (nowhere, &["keys", "rotate"]),
        (nowhere, &add),
        (nowhere, &["serve"]),
    ] {
        let [without, with_empty] = [&[] as &[String], &settings].map(async |empty| {
            let home = TempDir::new().expect("a directory");
            let mut command = program(arguments);
            command.env("HOME", home.path());
            command.envs(empty.iter().map(|name| (name, "")));
            command.envs(given.iter().copied());
            let output = run(command).await;
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8(said).expect("text");
            let home = home.path().to_str().expect("text");
            (output.status.code(), said.replace(home, "HOME"))
        });
        let without = without.await;
        assert_ne!(without.0, Some(2), "{arguments:?}: {}", without.1);
        assert_eq!(with_empty.await, without, "{arguments:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_empty_settings_besides_the_service_runs_and_logs_as_without() {
    let deployment = Deployment::new().await;
    let mut command = deployment.command();
    let given: Vec<_> = command
        .as_std()
        .get_envs()
        .filter_map(|(name, _)| name.to_str().map(str::to_owned))
        .collect();
    let empty = every_setting();
    let empty = empty.iter().filter(|name| !given.contains(name));
    command.envs(empty.map(|name| (name, "")));
    let process = Process::start(command, deployment.site.base_url.clone()).await;
    until("it says that it is ready", async || {
        process.said().contains("ready")
    })
    .await;
    let tokens = Person::default()
        .sign_in(&deployment.site, seed::DANIEL)
        .await;
    assert!(!tokens.refresh_token.is_empty());
}

//! Configurations as MCP clients have them, and the commands they stand for.

use std::collections::BTreeMap;

use backlog_sim::BacklogSim;
use serde_json::{Value, json};
use tokio::process::Command;

use super::{hub::sim, process::program};

/// A simulated Backlog and the key of a user.
pub(crate) struct Space {
    pub sim: BacklogSim,
    url: String,
    pub key: String,
}

impl Space {
    pub(crate) async fn of(user: u64) -> Self {
        let sim = sim().await;
        let key = sim.control().issue_api_key(user);
        let url = sim.url().to_string();
        Self { sim, url, key }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// The one server of a client's configuration, as a command. `real` has what stands for a
/// placeholder.
pub(crate) fn configured(configuration: &str, real: &[(&str, &str)]) -> Command {
    started_by(configuration, "backlog-mcp-hub", real)
}

/// A configuration as backlog-mcp-server's README has it, of which only `command` is changed:
/// it is the name of this program instead of `launcher`.
pub(crate) fn renamed(configuration: &str, launcher: &str, real: &[(&str, &str)]) -> Command {
    started_by(configuration, launcher, real)
}

fn started_by(configuration: &str, command: &str, real: &[(&str, &str)]) -> Command {
    let configuration: Value = serde_json::from_str(configuration).expect("JSON");
    let servers = configuration
        .get("mcpServers")
        .or_else(|| configuration.get("servers"))
        .and_then(Value::as_object)
        .expect("servers");
    let server = servers.values().next().expect("a server");
    assert_eq!(server["command"], command);
    let args: Vec<String> = serde_json::from_value(server["args"].clone()).unwrap_or_default();
    let env: BTreeMap<String, String> = serde_json::from_value(server["env"].clone()).expect("env");

    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let mut command = program(&args);
    for (name, value) in env {
        let value = real.iter().fold(value, |value, (placeholder, real)| {
            if value == *placeholder {
                (*real).to_owned()
            } else {
                value
            }
        });
        command.env(name, value);
    }
    command
}

/// A configuration of backlog-mcp-server with more flags and variables.
pub(crate) fn theirs(args: &[&str], env: &[(&str, &str)]) -> String {
    let mut variables = BTreeMap::from([
        ("BACKLOG_DOMAIN", "your-domain.backlog.com"),
        ("BACKLOG_API_KEY", "your-api-key"),
    ]);
    variables.extend(env.iter().copied());
    json!({"mcpServers": {"backlog": {"command": "backlog-mcp-hub", "args": args, "env": variables}}})
        .to_string()
}

/// A configuration of theirs as a command for this space.
pub(crate) fn configured_for(configuration: &str, space: &Space) -> Command {
    let real = [
        ("your-domain.backlog.com", space.url()),
        ("your-api-key", &space.key),
    ];
    configured(configuration, &real)
}

/// A configuration of theirs for two organizations, `COMPANY_A` being the default.
pub(crate) fn organizations(a: &Space, b: &Space) -> Command {
    let configuration = r#"{
        "mcpServers": {
            "backlog": {
                "command": "backlog-mcp-hub",
                "args": [],
                "env": {
                    "BACKLOG_DEFAULT_ORG": "COMPANY_A",
                    "BACKLOG_ORG_COMPANY_A_DOMAIN": "company-a.backlog.com",
                    "BACKLOG_ORG_COMPANY_A_API_KEY": "your-company-a-api-key",
                    "BACKLOG_ORG_COMPANY_B_DOMAIN": "company-b.backlog.com",
                    "BACKLOG_ORG_COMPANY_B_API_KEY": "your-company-b-api-key"
                }
            }
        }
    }"#;
    let real = [
        ("company-a.backlog.com", a.url()),
        ("your-company-a-api-key", a.key.as_str()),
        ("company-b.backlog.com", b.url()),
        ("your-company-b-api-key", b.key.as_str()),
    ];
    configured(configuration, &real)
}

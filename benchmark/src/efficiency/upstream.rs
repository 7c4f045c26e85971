//! The server that the hub replaces, as npm has it.

use std::{path::Path, process::Stdio};

use anyhow::Context;
use tokio::process::{Child, Command};

use super::connection::Connection;

pub(super) const VERSION: &str = "0.20.4";

const PACKAGE: &str = "backlog-mcp-server";
const ENTRY: &str = "node_modules/backlog-mcp-server/build/index.js";
/// Loaded before the server.
const PLAIN_HTTP: &str = "plain-http.mjs";

/// Installs the package into a directory, unless it has this version.
pub(super) async fn install(directory: &Path) -> anyhow::Result<()> {
    let manifest = directory
        .join("node_modules")
        .join(PACKAGE)
        .join("package.json");
    if let Ok(manifest) = std::fs::read(manifest) {
        let manifest: serde_json::Value = serde_json::from_slice(&manifest)?;
        if manifest["version"] == VERSION {
            return Ok(());
        }
    }
    let status = Command::new("npm")
        .args([
            "install",
            "--ignore-scripts",
            "--no-package-lock",
            "--no-save",
        ])
        .args(["--no-audit", "--no-fund", "--prefix"])
        .arg(directory)
        .arg(format!("{PACKAGE}@{VERSION}"))
        .status()
        .await
        .context("npm is required to install upstream's server")?;
    anyhow::ensure!(status.success(), "npm install failed: {status}");
    Ok(())
}

/// Starts the server for a user of the simulated Backlog. It ends when the process is dropped.
pub(super) async fn start(
    directory: &Path,
    domain: &str,
    api_key: &str,
) -> anyhow::Result<(Child, Connection)> {
    let directory = directory.canonicalize()?;
    let mut process = Command::new("node")
        .arg("--import")
        .arg(directory.join(PLAIN_HTTP))
        .arg(directory.join(ENTRY))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("BACKLOG_DOMAIN", domain)
        .env("BACKLOG_API_KEY", api_key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .context("node is required to run upstream's server")?;
    let (Some(input), Some(output)) = (process.stdout.take(), process.stdin.take()) else {
        anyhow::bail!("the pipes of a new process are missing");
    };
    let connection = Connection::open(input, output).await?;
    Ok((process, connection))
}

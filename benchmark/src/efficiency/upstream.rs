//! A connection to the server that the hub replaces.

use std::{path::Path, process::Stdio};

use anyhow::Context;
use tokio::process::{Child, Command};

use super::connection::Connection;
use crate::upstream;

/// Starts the server for a user of the simulated Backlog. It ends when the process is dropped.
pub(super) async fn start(
    directory: &Path,
    domain: &str,
    api_key: &str,
) -> anyhow::Result<(Child, Connection)> {
    let program = upstream::program(directory)?;
    let mut process = Command::new(program.node)
        .args(program.arguments)
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

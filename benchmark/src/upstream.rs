//! The server that the hub replaces, as npm has it, with a Node that it runs on.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde_json::Value;
use tokio::process::Command;

pub(crate) const VERSION: &str = "0.20.4";

const PACKAGE: &str = "backlog-mcp-server";
const ENTRY: &str = "node_modules/backlog-mcp-server/build/index.js";
/// The major version of Node that the package requires at least.
const NODE: &str = "22";
/// Loaded before the server.
const PLAIN_HTTP: &str = "plain-http.mjs";

/// The program and the arguments that run the server.
pub(crate) struct Program {
    pub node: PathBuf,
    pub arguments: Vec<String>,
}

/// Installs the package into a directory, unless it has this version, and Node.
pub(crate) async fn install(directory: &Path) -> anyhow::Result<()> {
    let manifest = directory
        .join("node_modules")
        .join(PACKAGE)
        .join("package.json");
    let manifest = fs::read(manifest).ok();
    let manifest = manifest.and_then(|manifest| serde_json::from_slice::<Value>(&manifest).ok());
    let has_server = manifest.is_some_and(|manifest| manifest["version"] == VERSION);
    let node = node_package();
    let has_node = node
        .as_ref()
        .is_none_or(|node| binary(directory, node).exists());
    if has_server && has_node {
        return Ok(());
    }
    // Both at a time, because npm removes what it is not asked for.
    let node = node.map(|node| format!("{node}@{NODE}"));
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
        .args(node)
        .status()
        .await
        .context("npm is required to install upstream's server")?;
    anyhow::ensure!(status.success(), "npm install failed: {status}");
    Ok(())
}

/// The way to run what is installed in a directory.
pub(crate) fn program(directory: &Path) -> anyhow::Result<Program> {
    let directory = directory.canonicalize()?;
    let installed = node_package().map(|package| binary(&directory, &package));
    let path = |name: &str| directory.join(name).to_string_lossy().into_owned();
    Ok(Program {
        // Elsewhere the machine's own has to be new enough.
        node: installed.unwrap_or_else(|| PathBuf::from("node")),
        arguments: vec!["--import".to_owned(), path(PLAIN_HTTP), path(ENTRY)],
    })
}

/// The npm package with the binary of Node for this machine, if there is one.
fn node_package() -> Option<String> {
    let processor = match env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        _ => return None,
    };
    (env::consts::OS == "linux").then(|| format!("node-linux-{processor}"))
}

fn binary(directory: &Path, package: &str) -> PathBuf {
    directory
        .join("node_modules")
        .join(package)
        .join("bin/node")
}

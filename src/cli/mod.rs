//! The command line: one file per command.

mod client;
mod demo;
mod keys;
mod migrate;
mod serve;
mod stdio;
mod user;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::telemetry::{self, LogFormat};

/// A hosted MCP server for Nulab Backlog: everybody's AI assistant works in
/// Backlog as the person who is signed in.
#[derive(Debug, Parser)]
#[command(name = "backlog-mcp-hub", version, about, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// How logs look
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t, global = true)]
    log_format: LogFormat,
}

const EXAMPLES: &str = "\
Try it without a Backlog account:
  backlog-mcp-hub demo

Serve a space on this computer, with a PostgreSQL of its own:
  export BACKLOG_DOMAIN=acme.backlog.com
  export BACKLOG_OAUTH_CLIENT_ID=…  BACKLOG_OAUTH_CLIENT_SECRET=…
  backlog-mcp-hub serve

Use it alone, with an API key; a client starts this itself:
  BACKLOG_DOMAIN=acme.backlog.com BACKLOG_API_KEY=… backlog-mcp-hub stdio

Serve a company, with a PostgreSQL you run:
  export DATABASE_URL=postgres://…  ENCRYPTION_KEYS=\"$(backlog-mcp-hub keys generate)\"
  export MCP_SERVER_BASE_URL=https://mcp.example.com
  backlog-mcp-hub serve --http-host 0.0.0.0

Settings are also read from a file .env in the working directory.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service: OAuth sign-in through Backlog, MCP tools
    Serve(Box<serve::Args>),
    /// Serve one client on standard input and output, with an API key
    Stdio(stdio::Args),
    /// Try everything against a built-in simulated Backlog; no account needed
    Demo(demo::Args),
    /// Bring the database's schema up to date, then exit (`serve` does it too)
    Migrate(migrate::Args),
    /// Clients registered by hand
    #[command(subcommand)]
    Client(client::Command),
    /// What is stored of a person, and its erasure
    #[command(subcommand)]
    User(user::Command),
    /// Master keys
    #[command(subcommand)]
    Keys(keys::Command),
}

/// The command line as data: every command, flag and variable with its help.
pub fn command() -> clap::Command {
    let mut command = Cli::command();
    command.build();
    command
}

/// Reads `.env` and the command line, and runs the command.
pub fn main() -> ExitCode {
    // Only here, not in the directories above: a stranger may write to one of those.
    match dotenvy::from_path(".env") {
        Ok(_) => {}
        Err(error) if error.not_found() => {}
        Err(error) => {
            eprintln!("error: the file .env cannot be read: {error}");
            return ExitCode::FAILURE;
        }
    }
    let cli = Cli::parse();
    let outcome = actix_web::rt::System::new().block_on(async {
        let telemetry = telemetry::init(cli.log_format);
        let outcome = match cli.command {
            Command::Serve(args) => serve::run(*args).await,
            Command::Stdio(args) => stdio::run(args).await,
            Command::Demo(args) => demo::run(args).await,
            Command::Migrate(args) => migrate::run(args).await,
            Command::Client(command) => client::run(command).await,
            Command::User(command) => user::run(command).await,
            Command::Keys(command) => keys::run(&command),
        };
        telemetry.finish().await;
        outcome
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", explain(&error));
            ExitCode::FAILURE
        }
    }
}

/// The error and its causes; a cause that the text before it repeats is left out.
fn explain(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// Ready at SIGTERM or SIGINT.
async fn stop_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let cause = std::io::Error::other("the disk is full");
        let error = anyhow::Error::from(cause).context("DATA_DIR cannot be used: the disk is full");
        assert_eq!(explain(&error), "DATA_DIR cannot be used: the disk is full");
        assert_eq!(
            explain(&error.context("the server failed")),
            "the server failed: DATA_DIR cannot be used: the disk is full"
        );
    }
}

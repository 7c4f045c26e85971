//! The command line: one file per command.

mod audit;
mod cleanup;
mod client;
mod database;
mod demo;
mod doctor;
mod grant;
mod keys;
mod launcher;
mod migrate;
mod operator;
mod seal;
mod serve;
mod space;
mod stdio;
mod upstream;
mod user;

use std::{
    ffi::{OsStr, OsString},
    process::ExitCode,
};

use clap::{
    ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand, builder::Resettable,
    error::ErrorKind,
};

use self::operator::{OWNER, SERVICE, explain_to};
use crate::{
    config::Environment,
    telemetry::{self, LogFormat},
};

/// A hosted MCP server for Nulab Backlog: everybody's AI assistant works in
/// Backlog as the person who is signed in.
#[derive(Debug, Parser)]
#[command(name = "backlog-mcp-hub", version, about, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    upstream: upstream::Args,
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

Without a command it takes the flags and variables of backlog-mcp-server: stdio, or with
--transport http the server that `serve` is. `serve --help` tells the settings.

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
    /// Check the settings of `serve`, the database, the keys and each space
    Doctor(Box<doctor::Args>),
    /// Remove what has expired, as the service does every five minutes
    Cleanup(cleanup::Args),
    /// The Backlog sites that the hub serves
    Space(Box<space::Args>),
    /// The MCP clients, and those registered by hand
    Client(Box<client::Args>),
    /// The sign-ins
    Grant(Box<grant::Args>),
    /// The people: the end of their sign-ins, what is stored of them, and its erasure
    User(Box<user::Args>),
    /// The audit trail: whether the operators' changes in it are whole
    Audit(Box<audit::Args>),
    /// Encrypt a client secret of Backlog for admin.create_space and admin.set_space_secret
    Seal(Box<seal::Args>),
    /// Master keys
    #[command(subcommand)]
    Keys(keys::Command),
}

/// The command line as data: every command, flag and variable with its help.
pub fn command() -> clap::Command {
    let mut command = root();
    command.build();
    command
}

/// The settings of `serve`, which are there without a command, too, are told by its help.
fn root() -> clap::Command {
    let told = ["transport", "export_descriptions", LOG_FORMAT];
    Cli::command().mut_args(|arg| {
        let hide = !told.contains(&arg.get_id().as_str());
        arg.hide(hide)
    })
}

const LOG_FORMAT: &str = "log_format";

/// A flag that stands before the command, where it would mean nothing. Only the words tell: what
/// stands after a command, clap counts for those above it as well, if it is global there.
fn misplaced<'a>(words: &'a [OsString], matches: &ArgMatches) -> Option<&'a str> {
    let command = matches.subcommand_name()?;
    let before = words.iter().skip(1).take_while(|word| *word != command);
    let flags = before.filter_map(|word| word.to_str()?.strip_prefix("--"));
    flags
        .map(|flag| flag.split_once('=').map_or(flag, |(name, _)| name))
        .find(|flag| !["log-format", "help", "version"].contains(flag))
}

/// An empty variable is as none; clap would take it for a value, and for some a wrong one.
fn without_empty(command: clap::Command, environment: &Environment) -> clap::Command {
    let is_empty = |arg: &clap::Arg| {
        let name = arg.get_env().and_then(OsStr::to_str);
        name.is_some_and(|name| environment.has_empty(name))
    };
    command
        .mut_args(|arg| match is_empty(&arg) {
            true => arg.env(Resettable::Reset),
            false => arg,
        })
        .mut_subcommands(|command| without_empty(command, environment))
}

fn parse(environment: &Environment) -> Cli {
    let mut root = without_empty(root(), environment);
    let words = launcher::without(std::env::args_os().collect());
    let matches = root
        .try_get_matches_from_mut(&words)
        .unwrap_or_else(|error| error.exit());
    if let Some(flag) = misplaced(&words, &matches) {
        let text = format!("--{flag} belongs after the command");
        root.error(ErrorKind::ArgumentConflict, text).exit();
    }
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
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
    let environment = Environment::of_process();
    let cli = parse(&environment);
    let outcome = actix_web::rt::System::new().block_on(async {
        let telemetry = telemetry::init(cli.log_format);
        let link = telemetry.link();
        let outcome = match cli.command {
            None => upstream::run(cli.upstream, &environment, link).await,
            Some(Command::Serve(args)) => serve::run(*args, &environment, link).await,
            Some(Command::Stdio(args)) => stdio::run(args, &environment).await,
            Some(Command::Demo(args)) => demo::run(args).await,
            Some(Command::Migrate(args)) => migrate::run(args).await.map_err(explain_to(OWNER)),
            Some(Command::Doctor(args)) => doctor::run(*args, &environment).await,
            Some(Command::Cleanup(args)) => cleanup::run(args).await.map_err(explain_to(SERVICE)),
            Some(Command::Keys(command)) => keys::run(command).await.map_err(explain_to(SERVICE)),
            Some(Command::Space(args)) => space::run(*args).await,
            Some(Command::Client(args)) => client::run(*args).await,
            Some(Command::Grant(args)) => grant::run(*args).await,
            Some(Command::User(args)) => user::run(*args).await,
            Some(Command::Audit(args)) => audit::run(*args).await,
            Some(Command::Seal(args)) => seal::run(*args).await,
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

    /// The flag that stands before its command, of a command line that can be read.
    fn before(line: &str) -> Option<String> {
        let words: Vec<_> = line.split(' ').map(OsString::from).collect();
        let matches = root().try_get_matches_from(&words);
        let matches = matches.unwrap_or_else(|error| panic!("{line}: {error}"));
        misplaced(&words, &matches).map(str::to_owned)
    }

    #[test]
    fn a_flag_of_a_command_stands_after_it() {
        for line in [
            "hub space list --data-dir x --json",
            "hub space --data-dir x list",
            "hub keys list --database-url postgres://x",
            "hub cleanup --data-dir=x",
            "hub --log-format json serve --http-port 1",
            "hub serve --log-format=json",
            "hub --prefix space",
        ] {
            assert_eq!(before(line), None, "{line}");
        }
        for (line, flag) in [
            ("hub --data-dir x space list", "data-dir"),
            ("hub --prefix=space serve", "prefix"),
            ("hub --prefix serve serve", "prefix"),
            ("hub --log-format json --http-port 1 serve", "http-port"),
        ] {
            assert_eq!(before(line).as_deref(), Some(flag), "{line}");
        }
    }
}

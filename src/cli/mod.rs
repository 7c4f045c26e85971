//! The command line: one file per command.

mod access_args;
mod audit;
mod cleanup;
mod client;
mod database;
mod demo;
mod doctor;
mod grant;
mod keys;
mod migrate;
mod npx_compat;
mod operator;
mod output;
mod seal;
mod secret_input;
mod serve;
mod space;
mod stdio;
mod stop_signal;
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

use crate::{
    config::Environment,
    db::error_hint::SERVICE_ROLE,
    telemetry::{self, LogFormat},
};
use operator::{OWNER, explain_to};

/// A self-hosted MCP server that lets AI assistants use Nulab Backlog on behalf of the signed-in
/// user.
#[derive(Debug, Parser)]
#[command(name = "backlog-mcp-hub", version, about, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    upstream: upstream::Args,
    /// Log format
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t, global = true)]
    log_format: LogFormat,
}

const EXAMPLES: &str = "\
Try it without a Backlog account:
  backlog-mcp-hub demo

Serve a space on this computer, with a built-in PostgreSQL:
  export BACKLOG_DOMAIN=acme.backlog.com
  export BACKLOG_OAUTH_CLIENT_ID=…  BACKLOG_OAUTH_CLIENT_SECRET=…
  backlog-mcp-hub serve

Use it alone, with an API key; an MCP client starts this command itself:
  BACKLOG_DOMAIN=acme.backlog.com BACKLOG_API_KEY=… backlog-mcp-hub stdio

Without a command, the program accepts the flags and variables of backlog-mcp-server and serves
stdio, or HTTP with --transport http. `serve --help` lists the settings.

Serve a company, with your own PostgreSQL:
  export DATABASE_URL=postgres://…  ENCRYPTION_KEYS=\"$(backlog-mcp-hub keys generate)\"
  export MCP_SERVER_BASE_URL=https://mcp.example.com
  backlog-mcp-hub serve --http-host 0.0.0.0

Settings are also read from a file .env in the working directory.";

#[expect(clippy::doc_markdown, reason = "the comments are the text of --help")]
#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service: OAuth sign-in through Backlog, and the MCP tools
    Serve(Box<serve::Args>),
    /// Serve one client on standard input and output, with an API key
    Stdio(Box<stdio::Args>),
    /// Try everything against a built-in simulated Backlog; no account needed
    Demo(demo::Args),
    /// Update the database schema, then exit; `serve` does this at its start
    Migrate(migrate::Args),
    /// Check the settings of `serve`, the database, the keys and each space
    Doctor(Box<doctor::Args>),
    /// Remove expired rows and audit events, as the service does by itself
    Cleanup(cleanup::Args),
    /// Manage the Backlog spaces that the hub serves
    Space(Box<space::Args>),
    /// List, register and revoke MCP clients
    Client(Box<client::Args>),
    /// List and revoke grants
    Grant(Box<grant::Args>),
    /// Revoke a user's grants; export or erase a user's data
    User(Box<user::Args>),
    /// Verify that the audit trail of operators' changes is intact
    Audit(Box<audit::Args>),
    /// Encrypt a Backlog client secret for admin.create_space and admin.set_space_secret
    Seal(Box<seal::Args>),
    /// Generate, list, rotate and verify master keys
    #[command(subcommand)]
    Keys(keys::Command),
}

/// The command line as data: every command, flag and variable with its help.
pub fn command() -> clap::Command {
    let mut command = root();
    command.build();
    command
}

/// Hides the settings of `serve`, which are accepted without a command as well: the help of `serve`
/// lists them.
fn root() -> clap::Command {
    let shown = ["transport", "export_descriptions", LOG_FORMAT];
    Cli::command().mut_args(|arg| {
        let hide = !shown.contains(&arg.get_id().as_str());
        arg.hide(hide)
    })
}

const LOG_FORMAT: &str = "log_format";

/// A flag before the command, where it has no effect. The raw words are searched, because clap also
/// reports a flag after the command for the levels above, if the flag is global there.
fn misplaced<'a>(words: &'a [OsString], matches: &ArgMatches) -> Option<&'a str> {
    let command = matches.subcommand_name()?;
    let before = words.iter().skip(1).take_while(|word| *word != command);
    let flags = before.filter_map(|word| word.to_str()?.strip_prefix("--"));
    flags
        .map(|flag| flag.split_once('=').map_or(flag, |(name, _)| name))
        .find(|flag| !["log-format", "help", "version"].contains(flag))
}

/// Treats an empty variable as unset; clap takes it for a value, which some options reject.
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
    let words = npx_compat::without(std::env::args_os().collect());
    let matches = root
        .try_get_matches_from_mut(&words)
        .unwrap_or_else(|error| error.exit());
    if let Some(flag) = misplaced(&words, &matches) {
        let text = format!("--{flag} must come after the command");
        root.error(ErrorKind::ArgumentConflict, text).exit();
    }
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// Reads `.env` and the command line, and runs the command.
pub fn main() -> ExitCode {
    // The directories above are not searched: another user may be able to write to one of them.
    match dotenvy::from_path(".env") {
        Ok(()) => {}
        Err(error) if error.not_found() => {}
        Err(error) => {
            eprintln!("error: cannot read the file .env: {error}");
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
            Some(Command::Stdio(args)) => stdio::run(*args, &environment).await,
            Some(Command::Demo(args)) => demo::run(args).await,
            Some(Command::Migrate(args)) => migrate::run(args).await.map_err(explain_to(OWNER)),
            Some(Command::Doctor(args)) => doctor::run(*args, &environment).await,
            Some(Command::Cleanup(args)) => {
                cleanup::run(args).await.map_err(explain_to(SERVICE_ROLE))
            }
            Some(Command::Keys(command)) => {
                keys::run(command).await.map_err(explain_to(SERVICE_ROLE))
            }
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

/// The error and its causes, without a cause that the text before it already contains.
fn explain(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_appears_once() {
        let cause = std::io::Error::other("the disk is full");
        let error = anyhow::Error::from(cause).context("DATA_DIR cannot be used: the disk is full");
        assert_eq!(explain(&error), "DATA_DIR cannot be used: the disk is full");
        assert_eq!(
            explain(&error.context("the server failed")),
            "the server failed: DATA_DIR cannot be used: the disk is full"
        );
    }

    /// The misplaced flag of a valid command line.
    fn before(line: &str) -> Option<String> {
        let words: Vec<_> = line.split(' ').map(OsString::from).collect();
        let matches = root().try_get_matches_from(&words);
        let matches = matches.unwrap_or_else(|error| panic!("{line}: {error}"));
        misplaced(&words, &matches).map(str::to_owned)
    }

    #[test]
    fn a_flag_of_a_command_comes_after_it() {
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

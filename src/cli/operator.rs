//! The shared arguments of the operator's commands, the confirmation before a change that cannot be
//! undone, and the explanation of database errors.

use std::io::{IsTerminal, Write};

use sealing::KeyRing;
use serde::Serialize;
use sqlx::PgPool;

use super::database::DatabaseArgs;
pub(super) use super::database::KeyArgs;
use crate::db::error_hint;

/// The role that may change the schema, as error texts name it.
pub(super) const OWNER: &str =
    "the owner of the tables: run `backlog-mcp-hub migrate` as the owner";

/// The options that all of the operator's commands share.
#[derive(Debug, clap::Args)]
pub(super) struct Common {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Print the result as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Do not ask for confirmation before a change that cannot be undone
    #[arg(long, global = true)]
    yes: bool,
}

// The arguments of an operator's command. A doc comment here would replace the command's help.
#[derive(Debug, clap::Args)]
pub(super) struct OperatorArgs<V: clap::Subcommand> {
    #[command(subcommand)]
    pub verb: V,
    #[command(flatten)]
    pub common: Common,
}

impl Common {
    pub(super) async fn connect(&self) -> anyhow::Result<PgPool> {
        self.database.open().await
    }

    /// The key ring of the settings, or the one that the hub generated for its built-in PostgreSQL.
    pub(super) fn keys(&self, keys: &KeyArgs) -> anyhow::Result<Option<KeyRing>> {
        keys.ring_if_any(&self.database)
    }

    /// Asks the operator to confirm `effect`. Without a terminal, `--yes` is required.
    pub(super) fn confirm(&self, effect: &str) -> anyhow::Result<()> {
        if self.yes {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() {
            anyhow::bail!("{effect} Pass --yes to confirm.");
        }
        eprint!("{effect} Continue? [y/N] ");
        std::io::stderr().flush()?;
        let mut reply = String::new();
        std::io::stdin().read_line(&mut reply)?;
        if !matches!(reply.trim(), "y" | "Y" | "yes") {
            anyhow::bail!("not confirmed; nothing was changed");
        }
        Ok(())
    }

    /// Prints `json` with `--json`, and `text` without.
    pub(super) fn say(&self, json: &impl Serialize, text: &str) -> anyhow::Result<()> {
        if self.json {
            println!("{}", serde_json::to_string_pretty(json)?);
        } else {
            println!("{text}");
        }
        Ok(())
    }
}

/// Explains an error of the functions of the schema `admin` to the operator.
#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes the error")]
pub(super) fn explain(error: sqlx::Error) -> anyhow::Error {
    anyhow::anyhow!(error_hint::explain(&error, "a member of hub_admin"))
}

/// For a command that reads or writes the tables and therefore needs the role `required`: replaces
/// an error that has a database error among its causes by the remedy for that one, if there is one.
pub(super) fn explain_to(required: &str) -> impl FnOnce(anyhow::Error) -> anyhow::Error {
    move |error| {
        let of_database = error
            .chain()
            .find_map(|cause| cause.downcast_ref::<sqlx::Error>());
        match of_database.and_then(|cause| error_hint::remedy(cause, required)) {
            Some(text) => anyhow::anyhow!(text),
            None => error,
        }
    }
}

//! The shared parts of the operator's commands: printing a result, reading a secret, and asking for
//! confirmation before a change that cannot be undone.

use std::io::{IsTerminal, Read, Write};

use comfy_table::{LineStyle, Table, presets};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sqlx::PgPool;

use super::database::DatabaseArgs;
pub use super::database::KeyArgs;
pub use crate::app::advice::SERVICE_ROLE;
use crate::{
    app::advice, backlog::BacklogUrl, crypto::KeyRing, domain::space::given_secret_place,
    web::pages::display,
};

/// The role that may change the schema, as error texts name it.
pub const OWNER: &str = "the owner of the tables: run `backlog-mcp-hub migrate` as the owner";

/// The options that all of the operator's commands share.
#[derive(Debug, clap::Args)]
pub struct Common {
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
pub struct OperatorArgs<V: clap::Subcommand> {
    #[command(subcommand)]
    pub verb: V,
    #[command(flatten)]
    pub common: Common,
}

impl Common {
    pub async fn connect(&self) -> anyhow::Result<PgPool> {
        self.database.open().await
    }

    /// The key ring of the settings, or the one that the hub generated for its built-in PostgreSQL.
    pub fn keys(&self, keys: &KeyArgs) -> anyhow::Result<Option<KeyRing>> {
        keys.ring_if_any(&self.database)
    }

    /// Asks the operator to confirm `effect`. Without a terminal, `--yes` is required.
    pub fn confirm(&self, effect: &str) -> anyhow::Result<()> {
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
    pub fn say(&self, json: &impl Serialize, text: &str) -> anyhow::Result<()> {
        if self.json {
            println!("{}", serde_json::to_string_pretty(json)?);
        } else {
            println!("{text}");
        }
        Ok(())
    }
}

/// A table with these column titles, or `None.` for an empty list.
pub fn table<const N: usize>(titles: [&str; N], rows: Vec<[String; N]>) -> String {
    if rows.is_empty() {
        return "None.".to_owned();
    }
    let mut table = Table::new();
    let line = LineStyle::none().fill('─').junction('─');
    table.load_style(presets::NOTHING.header_separator(line));
    table.set_header(titles);
    for row in rows {
        // Some names come from unauthenticated clients; they must not control the terminal.
        table.add_row(row.map(|cell| display::printable(&cell)));
    }
    table.trim_fmt()
}

/// One record, with one line per field.
pub fn sheet(lines: &[(&str, String)]) -> String {
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines: Vec<String> = lines
        .iter()
        .map(|(name, value)| format!("{name:width$}  {}", display::printable(value)))
        .collect();
    lines.join("\n")
}

pub fn time(at: chrono::DateTime<chrono::Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

pub fn yes_no(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

/// Reads a secret from a prompt without echo, or from standard input. It is never an argument,
/// which every user of the machine could read.
pub fn read_secret(question: &str) -> anyhow::Result<SecretString> {
    let text = if std::io::stdin().is_terminal() {
        rpassword::prompt_password(format!("{question}: "))?
    } else {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        text
    };
    let text = text.trim_end_matches(['\r', '\n']);
    anyhow::ensure!(
        !text.is_empty(),
        "no secret was given; enter it, or pass it on standard input"
    );
    Ok(text.to_owned().into())
}

/// The client secret as it is sent to the database: sealed for the site, if there are keys.
pub fn hand_over(
    keys: Option<&KeyRing>,
    domain: &str,
    secret: SecretString,
) -> anyhow::Result<SecretString> {
    let Some(keys) = keys else {
        return Ok(secret);
    };
    if KeyRing::is_sealed(secret.expose_secret()) {
        return Ok(secret);
    }
    let url = BacklogUrl::parse(domain).map_err(|error| anyhow::anyhow!("the domain {error}"))?;
    Ok(keys.seal(given_secret_place(url.as_str()), &secret).into())
}

/// Explains an error of the functions of the schema `admin` to the operator.
pub fn explain(error: sqlx::Error) -> anyhow::Error {
    anyhow::anyhow!(advice::explain(&error, "a member of hub_admin"))
}

/// For a command that reads or writes the tables and therefore needs the role `required`: replaces
/// an error that has a database error among its causes by the remedy for that one, if there is one.
pub fn explain_to(required: &str) -> impl FnOnce(anyhow::Error) -> anyhow::Error {
    move |error| {
        let of_database = error
            .chain()
            .find_map(|cause| cause.downcast_ref::<sqlx::Error>());
        match of_database.and_then(|cause| advice::remedy(cause, required)) {
            Some(text) => anyhow::anyhow!(text),
            None => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_client_chose_does_not_control_the_terminal() {
        let shown = table(["name"], vec![["a\u{1b}[2Jb\nc\u{9b}".to_owned()]]);
        assert!(!shown.replace('\n', "").chars().any(char::is_control));
        assert!(shown.contains("a\u{fffd}[2Jb\u{fffd}c"), "{shown}");
        assert!(sheet(&[("name", "\u{7}x".to_owned())]).ends_with("\u{fffd}x"));
        let shown = table(["name"], vec![["exe\u{202e}gpj".to_owned()]]);
        assert!(shown.contains("exe\u{fffd}gpj"), "{shown}");
        assert!(sheet(&[("name", "a\u{2067}b".to_owned())]).ends_with("a\u{fffd}b"));
    }
}

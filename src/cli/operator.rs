//! What the operator's commands have in common: how a result is shown, how a
//! secret is read, and the question before what cannot be undone.

use std::io::{IsTerminal, Read, Write};

use comfy_table::{LineStyle, Table, presets};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sqlx::PgPool;

use super::database::DatabaseArgs;
pub use super::database::KeyArgs;
use crate::{
    app::advice, backlog::BacklogUrl, crypto::KeyRing, domain::space::given_secret_place,
    web::pages::display,
};

/// Who may change the schema.
pub const OWNER: &str = "the owner of the tables: run `backlog-mcp-hub migrate` as the owner";
/// Who may work on the tables.
pub const SERVICE: &str = "the owner of the tables or a member of hub_service";

/// Options of every operator's command.
#[derive(Debug, clap::Args)]
pub struct Common {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Do not ask before what cannot be undone
    #[arg(long, global = true)]
    yes: bool,
}

impl Common {
    pub async fn connect(&self) -> anyhow::Result<PgPool> {
        self.database.open().await
    }

    /// The ring of the settings, or the one that the hub made for its own PostgreSQL.
    pub fn keys(&self, keys: &KeyArgs) -> anyhow::Result<Option<KeyRing>> {
        keys.ring_if_any(&self.database)
    }

    /// Asks; where nobody can answer, `--yes` must have been said.
    pub fn confirm(&self, question: &str) -> anyhow::Result<()> {
        if self.yes {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() {
            anyhow::bail!("{question} Say so with --yes");
        }
        eprint!("{question} [y/N] ");
        std::io::stderr().flush()?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        if !matches!(answer.trim(), "y" | "Y" | "yes") {
            anyhow::bail!("nothing was changed");
        }
        Ok(())
    }

    /// Prints JSON, or `text` for a person.
    pub fn say(&self, json: &impl Serialize, text: &str) -> anyhow::Result<()> {
        if self.json {
            println!("{}", serde_json::to_string_pretty(json)?);
        } else {
            println!("{text}");
        }
        Ok(())
    }
}

/// A table below these titles; an empty list says so.
pub fn table<const N: usize>(titles: [&str; N], rows: Vec<[String; N]>) -> String {
    if rows.is_empty() {
        return "None.".to_owned();
    }
    let mut table = Table::new();
    let line = LineStyle::none().fill('─').junction('─');
    table.load_style(presets::NOTHING.header_separator(line));
    table.set_header(titles);
    for row in rows {
        // Strangers choose some of the names; none may steer the terminal.
        table.add_row(row.map(|cell| display::printable(&cell)));
    }
    table.trim_fmt()
}

/// One thing, a line for each of its sides.
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

/// Reads a secret: asked for without echo, or all of standard input. Never an argument,
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
    anyhow::ensure!(!text.is_empty(), "no secret was given on standard input");
    Ok(text.to_owned().into())
}

/// The client secret as it goes to the database: sealed for the site, where there are keys.
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

/// An error of the functions of the schema `admin`, for a person.
pub fn explain(error: sqlx::Error) -> anyhow::Error {
    anyhow::anyhow!(advice::told(&error, "a member of hub_admin"))
}

/// For a command that works on the tables, whose role must be `wanted`: what it lacks is told
/// in place of the error of the database, wherever that is among the causes.
pub fn explain_to(wanted: &str) -> impl FnOnce(anyhow::Error) -> anyhow::Error {
    move |error| {
        let of_database = error
            .chain()
            .find_map(|cause| cause.downcast_ref::<sqlx::Error>());
        match of_database.and_then(|cause| advice::remedy(cause, wanted)) {
            Some(text) => anyhow::anyhow!(text),
            None => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_stranger_chose_does_not_steer_the_terminal() {
        let shown = table(["name"], vec![["a\u{1b}[2Jb\nc\u{9b}".to_owned()]]);
        assert!(!shown.replace('\n', "").chars().any(char::is_control));
        assert!(shown.contains("a\u{fffd}[2Jb\u{fffd}c"), "{shown}");
        assert!(sheet(&[("name", "\u{7}x".to_owned())]).ends_with("\u{fffd}x"));
        let shown = table(["name"], vec![["exe\u{202e}gpj".to_owned()]]);
        assert!(shown.contains("exe\u{fffd}gpj"), "{shown}");
        assert!(sheet(&[("name", "a\u{2067}b".to_owned())]).ends_with("a\u{fffd}b"));
    }
}

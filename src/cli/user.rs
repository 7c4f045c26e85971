//! `user`: what is stored of a person, and its erasure.

use std::path::PathBuf;

use secrecy::SecretString;
use serde_json::json;
use sqlx::PgPool;

use super::client::database_url;
use crate::db::{self, people};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print what is stored of a person, one JSON object a line; no secret is among it
    Export(Person),
    /// Erase a person: grants, tokens, approvals and calls. They are signed out at once
    Forget(Forget),
}

#[derive(Debug, clap::Args)]
pub struct Person {
    /// The space, by its slug
    #[arg(long, value_name = "SLUG")]
    space: String,
    /// The person's numeric id at Backlog, as `get_users` and the audit trail have it
    #[arg(long, value_name = "ID")]
    backlog_user_id: i64,
    /// PostgreSQL of the hub; without it the one that a running hub has in its data directory
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<SecretString>,
    /// Data directory of that hub
    #[arg(long, env = "DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct Forget {
    #[command(flatten)]
    person: Person,
    /// Say that it is meant: what is erased cannot be brought back
    #[arg(long, required = true)]
    yes: bool,
}

pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Export(person) => person.export().await,
        Command::Forget(Forget { person, yes: _ }) => person.forget().await,
    }
}

impl Person {
    async fn export(self) -> anyhow::Result<()> {
        let db = connect(self.database_url, self.data_dir).await?;
        for record in people::export(&db, &self.space, self.backlog_user_id).await? {
            let people::Record { kind, at, data } = record;
            println!("{}", json!({ "kind": kind, "at": at, "data": data }));
        }
        Ok(())
    }

    async fn forget(self) -> anyhow::Result<()> {
        let db = connect(self.database_url, self.data_dir).await?;
        let gone = people::forget(&db, &self.space, self.backlog_user_id).await?;
        println!("grants erased               {}", gone.grants);
        println!("approvals erased            {}", gone.consents);
        println!("calls and refreshes erased  {}", gone.events);
        println!("other events, now nobody's  {}", gone.anonymised);
        Ok(())
    }
}

async fn connect(url: Option<SecretString>, data_dir: Option<PathBuf>) -> anyhow::Result<PgPool> {
    db::pool::connect(&database_url(url, data_dir)?, 1)
        .await
        .map_err(|error| anyhow::anyhow!("DATABASE_URL {error}"))
}

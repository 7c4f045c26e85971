//! `user`: the end of a person's sign-ins, what is stored of them, and its erasure.

use serde_json::json;

use super::operator::{Common, explain, sheet};
use crate::db::{admin, users};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// End all sign-ins of one person in one space
    Revoke(Person),
    /// Print what is stored of a person, one JSON object a line; no secret is among it
    Export(Person),
    /// Erase a person: grants, tokens, approvals and calls. They are signed out at once
    Forget(Person),
}

#[derive(Debug, clap::Args)]
struct Person {
    /// Their id at Backlog, as `grant list` shows it
    id: i64,
    /// The space, by its slug
    #[arg(long, value_name = "SLUG")]
    space: String,
}

pub async fn run(args: Args) -> anyhow::Result<()> {
    let common = &args.common;
    match args.verb {
        Verb::Revoke(person) => person.revoke(common).await,
        Verb::Export(person) => person.export(common).await,
        Verb::Forget(person) => person.forget(common).await,
    }
}

impl Person {
    async fn revoke(self, common: &Common) -> anyhow::Result<()> {
        let Self { id, space } = self;
        let db = common.connect().await?;
        common.confirm(&format!("All sign-ins of {id} in {space} end."))?;
        let ended = admin::revoke_user(&db, &space, id).await.map_err(explain)?;
        common.say(
            &json!({ "ended": ended }),
            &format!("{ended} sign-in(s) ended."),
        )
    }

    async fn export(self, common: &Common) -> anyhow::Result<()> {
        let db = common.connect().await?;
        let records = users::export(&db, &self.space, self.id).await;
        let records = records.map_err(explain)?;
        if common.json {
            return common.say(&records, "");
        }
        for record in records {
            println!("{}", serde_json::to_string(&record)?);
        }
        Ok(())
    }

    async fn forget(self, common: &Common) -> anyhow::Result<()> {
        let Self { id, space } = self;
        let db = common.connect().await?;
        common.confirm(&format!(
            "What is stored of {id} in {space} is erased, and cannot be brought back."
        ))?;
        let gone = users::forget(&db, &space, id).await.map_err(explain)?;
        let text = sheet(&[
            ("grants erased", gone.grants.to_string()),
            ("approvals erased", gone.consents.to_string()),
            ("calls and refreshes erased", gone.events.to_string()),
            ("other events, now nobody's", gone.anonymised.to_string()),
        ]);
        common.say(&gone, &text)
    }
}

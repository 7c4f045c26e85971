//! `user`: revokes a user's grants, exports and erases a user's data.

use serde_json::json;

use super::{
    operator::{Common, OperatorArgs, explain},
    output::sheet,
};
use crate::db::{admin, users};

pub(super) type Args = OperatorArgs<Verb>;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// Revoke all grants of one user in one space
    Revoke(User),
    /// Print everything stored about a user, without secrets, as one JSON object per line
    Export(User),
    /// Erase a user's grants, tokens, approvals and calls; signs the user out immediately
    Forget(User),
}

#[derive(Debug, clap::Args)]
pub(super) struct User {
    /// Backlog user ID, as `grant list` shows it
    id: i64,
    /// Slug of the space
    #[arg(long, value_name = "SLUG")]
    space: String,
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    let common = &args.common;
    match args.verb {
        Verb::Revoke(user) => user.revoke(common).await,
        Verb::Export(user) => user.export(common).await,
        Verb::Forget(user) => user.forget(common).await,
    }
}

impl User {
    async fn revoke(self, common: &Common) -> anyhow::Result<()> {
        let Self { id, space } = self;
        let db = common.connect().await?;
        common.confirm(&format!("This revokes all grants of user {id} in {space}."))?;
        let ended = admin::revoke_user(&db, &space, id).await.map_err(explain)?;
        common.say(
            &json!({ "ended": ended }),
            &format!("{ended} grant(s) revoked."),
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
            "This permanently erases everything stored about user {id} in {space}."
        ))?;
        let gone = users::forget(&db, &space, id).await.map_err(explain)?;
        let text = sheet(&[
            ("grants erased", gone.grants.to_string()),
            ("approvals erased", gone.consents.to_string()),
            ("calls and refreshes erased", gone.events.to_string()),
            ("other events anonymized", gone.anonymised.to_string()),
        ]);
        common.say(&gone, &text)
    }
}

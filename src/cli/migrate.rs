//! `migrate`: updates the schema without starting the service.

use anyhow::Context;
use secrecy::SecretString;

use crate::{app, db};

#[expect(clippy::doc_markdown, reason = "the comments are the text of --help")]
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// PostgreSQL to migrate, e.g. postgres://owner:password@host/database
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<SecretString>,
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    let url = args
        .database_url
        .context("DATABASE_URL is required, such as postgres://owner:password@host/database")?;
    match app::migrate(&url).await? {
        0 => println!("The schema is up to date."),
        applied => println!("Applied {applied} migration(s)."),
    }
    let db = db::pool::connect(&url, 1).await?;
    let missing = db::admin::missing_roles(&db).await?;
    if !missing.is_empty() {
        println!(
            "The owner may not create roles, so there is no {}; create them as docs/admin.md \
             describes.",
            missing.join(" and no ")
        );
    }
    Ok(())
}

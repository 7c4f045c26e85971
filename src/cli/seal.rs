//! `seal`: encrypts a client secret before it is sent to the database.

use anyhow::Context;
use secrecy::ExposeSecret;

use super::{
    database::DatabaseArgs,
    operator::{KeyArgs, explain},
    secret_input,
};
use crate::db;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The space that the secret is for: its domain, e.g. acme.backlog.com, or the slug of an
    /// existing space
    #[arg(long, value_name = "DOMAIN|SLUG")]
    space: String,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    let keys = args
        .keys
        .ring_if_any(&args.database)?
        .context("ENCRYPTION_KEYS is required: the keys of the hub")?;
    // A slug contains neither.
    let domain = if args.space.contains(['.', ':']) {
        args.space
    } else {
        let database = args.database.open().await?;
        let spaces = db::admin::spaces(&database, Some(&args.space)).await;
        let space = spaces.map_err(explain)?.into_iter().next();
        space
            .with_context(|| {
                format!(
                    "--space: unknown space \"{}\"; `space list` shows the spaces",
                    args.space
                )
            })?
            .base_url
    };
    let secret = secret_input::read_secret("Client secret at Backlog")?;
    let sealed = secret_input::hand_over(Some(&keys), &domain, secret)?;
    println!("{}", sealed.expose_secret());
    Ok(())
}

//! `serve`: the service.

use anyhow::Context;

use crate::{app::Application, config::ServeArgs};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    settings: ServeArgs,
}

pub async fn run(args: Args) -> anyhow::Result<()> {
    let settings = args.settings.resolve()?;
    if settings.default_space.is_none() {
        tracing::warn!(
            "no BACKLOG_DOMAIN: people can sign in only to spaces that are in the database"
        );
    }
    let application = Application::build(settings, None, |step| tracing::info!("{step}")).await?;
    tracing::info!(
        mcp_url = application.mcp_url(),
        address = %application.address(),
        "ready"
    );
    application
        .run_until(async {
            if let Err(error) = super::stop_signal().await {
                tracing::error!(%error, "signals cannot be received; stopping");
            }
        })
        .await
        .context("the server failed")
}
